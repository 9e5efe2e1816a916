import type { Op, Part } from "./protocol.js";

/** Puts steps together from their parts. One for each connection: what is unfinished goes with it. */
export class StepAssembler {
  readonly #unfinished = new Map<number, Op[]>();

  /** Takes a part in; returns its step when this was the last. */
  add({ step, ops, end, dropped }: Part): readonly Op[] | undefined {
    const all = this.#unfinished.get(step) ?? [];
    all.push(...ops);
    this.#unfinished.set(step, all);
    if (dropped || end) this.#unfinished.delete(step);
    return end && all;
  }
}
