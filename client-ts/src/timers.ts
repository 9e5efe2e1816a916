/** The longest wait that a timer takes; it does not wait at all where it is told to wait longer. */
const maxMs = 2_147_483_647;

/** So many milliseconds as a timer can wait. */
export function clampMs(ms: number): number {
  return Math.min(ms, maxMs);
}
