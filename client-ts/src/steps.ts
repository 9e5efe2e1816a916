import type { End, Op, Part } from "./protocol.js";

/** What a client merges at once: one changeset, or one snapshot with what joins it (P13). */
export interface Step {
  readonly ops: readonly Op[];
  readonly end: End;
}

/** Puts steps together from their parts. One for each connection: what is unfinished goes with it. */
export class StepAssembler {
  readonly #unfinished = new Map<number | undefined, (readonly Op[])[]>();

  /** Takes a part in; returns its step when this was the last. */
  add(part: Part): Step | undefined {
    const { step, ops, end } = part;
    const parts = this.#unfinished.get(step);
    if (!parts) {
      if (end) return part as Step;
      this.#unfinished.set(step, [ops]);
      return undefined;
    }
    parts.push(ops);
    if (!end) return undefined;
    this.#unfinished.delete(step);
    return { ops: parts.flat(), end };
  }
}
