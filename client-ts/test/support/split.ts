import type { Op, Steps } from "../../src/protocol.js";

/** Cuts the ops of steps into parts; each cut says how many parts the next step gets and so where they end. */
export function splitter(cuts: readonly number[]): (message: unknown) => readonly unknown[] {
  let next = 0;
  let step = 0;
  return (message) => {
    const { type, steps, end } = message as Steps;
    const count = cuts.length > 0 ? (cuts[next++ % cuts.length] as number) : 0;
    if (type !== "steps" || count === 0) return [message];
    const [ops = []] = steps;
    step++;
    const size = Math.max(1, Math.ceil(ops.length / count));
    const parts = Array.from({ length: count }, (_, i) => ({ type: "part", step, ops: splitRows(ops.slice(i * size, (i + 1) * size)) }));
    return [...parts.slice(0, -1), { ...parts.at(-1), end }];
  };
}

/** A snapshot of several rows may come as several ops; only the first carries `snapshot`. */
function splitRows(ops: readonly Op[]): readonly unknown[] {
  return ops.flatMap((op) =>
    "rows" in op && op.rows.length > 1
      ? [{ ...op, rows: op.rows.slice(0, 1) }, { shape: op.shape, rows: op.rows.slice(1) }]
      : [op]);
}
