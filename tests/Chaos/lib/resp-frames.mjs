const DELIVERIES = ['*3\r\n$7\r\nmessage\r\n', '*4\r\n$8\r\npmessage\r\n'].map((text) => Buffer.from(text));

/** Cuts what a redis-server says into its answers and deliveries, as they come in pieces (Redis serialization protocol, version 2). */
export class RespFrames {
  #rest = Buffer.alloc(0);

  /** Whether it is what somebody has published. @param {Buffer} frame */
  static isDelivery(frame) {
    return DELIVERIES.some((start) => frame.subarray(0, start.length).equals(start));
  }

  /** Those that are complete by now. @param {Buffer} piece @returns {Buffer[]} */
  add(piece) {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    const frames = [];
    let at = 0;
    for (let end = endOf(all, at); end !== undefined; end = endOf(all, at)) {
      frames.push(all.subarray(at, end));
      at = end;
    }
    this.#rest = all.subarray(at);
    return frames;
  }
}

/** Where a frame ends; undefined where it is not complete. */
function endOf(bytes, start) {
  const line = bytes.indexOf('\r\n', start, 'latin1');
  if (line < 0) return undefined;
  let end = line + 2;
  const kind = String.fromCharCode(bytes[start]);
  const count = kind === '$' || kind === '*' ? Number(bytes.toString('latin1', start + 1, line)) : 0;
  if (kind === '$' && count >= 0) end += count + 2;
  for (let i = 0; kind === '*' && i < count && end !== undefined; i++) end = endOf(bytes, end);
  return end <= bytes.length ? end : undefined;
}
