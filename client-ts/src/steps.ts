import type { End, Op, Part } from "./protocol.js";

/** What a client merges at once: one changeset, or one snapshot with what joins it (P13). */
export interface Step {
  readonly ops: readonly Op[];
  readonly end: End;
}

/** Puts steps together from their parts. One for each connection: what is unfinished goes with it. */
export class StepAssembler {
  readonly #unfinished = new Map<number, Op[]>();

  /** Takes a part in; returns its step when this was the last. */
  add(part: Part): Step | undefined {
    const { step, end } = part;
    if (step === undefined) return end && { ops: part.ops, end };
    const earlier = this.#unfinished.get(step);
    if (end) {
      this.#unfinished.delete(step);
      return { ops: earlier ? earlier.concat(part.ops) : part.ops, end };
    }
    if (earlier) for (const op of part.ops) earlier.push(op);
    else this.#unfinished.set(step, part.ops.slice());
    return undefined;
  }
}
