/**
 * The value below which the share `p` of the values lies, between neighbours by straight line; 0.5 is the median.
 * @param {number[]} values at least one, in any order
 * @param {number} p from 0 to 1
 */
export function percentile(values, p) {
  if (values.length === 0) throw new RangeError('No values.');
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export const median = (values) => percentile(values, 0.5);

/** The middle half of the values: [first quartile, third quartile]. */
export const spread = (values) => [percentile(values, 0.25), percentile(values, 0.75)];

/**
 * Runs the two sides in turns, each pair in the other order than the pair before, so that a drift of the machine hits both.
 * @template T
 * @param {{ runs: number, warmUps?: number, subject: (run: number) => Promise<T>, reference: (run: number) => Promise<T>, onRun?: (run: number) => void }} options
 *   `runs`: pairs that count; `warmUps`: pairs before them that do not (default 1), run 0 and below: .NET compiles what runs often for good in
 *   the background, and begins anew with what it saw
 * @returns {Promise<{ subject: T, reference: T }[]>}
 */
export async function alternate({ runs, warmUps = 1, subject, reference, onRun }) {
  const pairs = [];
  for (let run = 1 - warmUps; run <= runs; run++) {
    onRun?.(run);
    const sides = { subject, reference };
    const order = run % 2 === 0 ? ['subject', 'reference'] : ['reference', 'subject'];
    const pair = {};
    for (const side of order) pair[side] = await sides[side](run);
    if (run > 0) pairs.push(pair);
  }
  return pairs;
}

/**
 * A result line: the median of subject / reference over pairs of runs, against a budget.
 * @param {string} name stable; listed in docs/performance.md
 * @param {{ subject: number, reference: number }[]} pairs
 * @param {{ budget: number, direction: 'max' | 'min' }} goal `max`: at most the budget, `min`: at least
 */
export function ratioResult(name, pairs, { budget, direction }) {
  return result(name, pairs.map(({ subject, reference }) => subject / reference), { budget, unit: 'x', direction });
}

/**
 * A result line: the median of some values, against a budget.
 * @param {string} name stable; listed in docs/performance.md
 * @param {number[]} values one for each run
 * @param {{ budget: number, unit: string, direction: 'max' | 'min' }} goal
 */
export function result(name, values, { budget, unit, direction }) {
  const value = median(values);
  const ok = direction === 'max' ? value <= budget : value >= budget;
  return { name, value: round(value), budget, unit, direction, runs: values.length, spread: spread(values).map(round), ok };
}

/** Three digits after the point. */
const round = (value) => Math.round(value * 1000) / 1000;
