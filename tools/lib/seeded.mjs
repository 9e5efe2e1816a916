import { randomInt } from 'node:crypto';
import { Failure } from './failure.mjs';
import { Shutdown } from './shutdown.mjs';

/** The exit code of a run that says nothing about what it was to attack. */
export const COULD_NOT_RUN = 2;

const STEPS = 10_000;
const MAX_SEED = 2 ** 32 - 1;

export const seededOptions = { seed: { type: 'string' }, steps: { type: 'string' }, minutes: { type: 'string' } };

export const seededUsage = `  --seed N      the same seed is the same schedule; random unless told, and printed first
  --steps N     how many steps; ${STEPS} unless told
  --minutes M   for so long instead`;

/**
 * @typedef {{ seed: number, steps: number, minutes?: number }} Limits
 * @typedef {{ seed: number, tally: Tally, mayTake: (step: number) => boolean, progress: import('./progress.mjs').Progress, shutdown: Shutdown }} Run
 *   `mayTake`: whether there is time for step number `step`, from 0; what is registered at `shutdown` is undone when the run ends
 * @typedef {{ notes: string[], missing: string[] }} Report lines that say what was done, and what has to happen in a run and did not
 * @typedef {{ run: (run: Run) => Promise<Report | void> }} Campaign takes random steps and checks what comes of them; throws when it cannot
 */

/** @returns {Limits} */
export function readSeeded({ seed, steps, minutes }) {
  if (steps !== undefined && minutes !== undefined) throw new Failure('Give --steps or --minutes, not both.');
  return {
    seed: seed === undefined ? randomInt(MAX_SEED + 1) : readNumber('seed', seed, { min: 0, max: MAX_SEED }),
    steps: minutes !== undefined ? Infinity : steps === undefined ? STEPS : readNumber('steps', steps, { min: 1, max: 1e9 }),
    ...(minutes !== undefined && { minutes: readNumber('minutes', minutes, { min: 0.01, max: 1e5, whole: false }) }),
  };
}

function readNumber(name, text, { min, max, whole = true }) {
  const number = text.trim() === '' ? NaN : Number(text);
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw new Failure(`--${name} ${text}: not a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
}

/**
 * Takes a campaign's steps and prints what came of it: the seed first, the first violation, and last `N steps, N checks, N violations`.
 * @param {Limits} limits
 * @param {{ progress: import('./progress.mjs').Progress }} tool
 * @param {Campaign & { prepare?: () => Promise<void> }} campaign
 * @param {(line: string) => void} print
 * @returns {Promise<number>} the exit code: 0 where all was well, 1 where something was not, nothing was checked, or what has to happen did not
 */
export async function runSeeded({ seed, steps, minutes }, { progress, shutdown }, campaign, print) {
  print(`seed ${seed}`);
  await campaign.prepare?.();
  const own = new Shutdown();
  const forget = shutdown.add(() => own.run());
  const tally = new Tally();
  const deadline = minutes === undefined ? Infinity : performance.now() + minutes * 60_000;
  const mayTake = (step) => step < steps && performance.now() < deadline && !tally.isFull && !own.begun;
  let report;
  try {
    report = await campaign.run({ seed, tally, mayTake, progress, shutdown: own });
  } finally {
    await own.run();
    forget();
  }
  if (tally.first) {
    const { step, expected, seen, because } = tally.first;
    print(`violation: seed ${seed}, step ${step}\n  expected: ${expected}\n  seen:     ${seen}\n  step:     ${because}`);
  }
  report?.notes.forEach((line) => print(line));
  const missing = report?.missing ?? [];
  if (missing.length > 0) print(`Too short: no ${missing.join(', no ')}.`);
  if (tally.checks === 0) print('Nothing was checked.');
  print(`${tally.steps} steps, ${tally.checks} checks, ${tally.violations} violations`);
  return tally.violations > 0 || tally.checks === 0 || missing.length > 0 ? 1 : 0;
}

/** What was done, looked at and found. */
export class Tally {
  /** After so many violations a run ends: more of them tell nothing more. */
  static LIMIT = 5;

  steps = 0;
  checks = 0;
  violations = 0;
  /** @type {{ step: number, expected: string, seen: string, because: string } | undefined} the violation of the earliest step */
  first;

  get isFull() {
    return this.violations >= Tally.LIMIT;
  }

  /**
   * Counts a check.
   * @param {boolean} ok
   * @param {() => { step: number, expected: unknown, seen: unknown, because?: unknown }} tell asked where it is not
   * @returns {boolean} `ok`
   */
  check(ok, tell) {
    this.checks++;
    if (ok) return true;
    this.violations++;
    const { step, expected, seen, because = '' } = tell();
    if (!this.first || step < this.first.step) this.first = { step, expected: show(expected), seen: show(seen), because: show(because) };
    return false;
  }
}

const SHOWN = 2000;

function show(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
}

/** Random numbers that are the same for the same seeds (mulberry32), in all runs and on all machines. */
export class Random {
  #state = 0;

  /** @param {...number} seeds whole numbers, for example a run's seed and a step's number */
  constructor(...seeds) {
    for (const seed of seeds) {
      this.#state ^= seed | 0;
      this.#state = Math.floor(this.next() * 2 ** 32);
    }
  }

  /** From 0 to below 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  /** A whole number from `min` to `max`. */
  between(min, max) {
    return min + this.below(max - min + 1);
  }

  /** Whether something that has a chance of `share`, from 0 to 1, is so. */
  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of several by weight: `{ name: weight }`. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let at = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) if ((at -= weight) < 0) return name;
    return entries.at(-1)[0];
  }

  /** What `make` makes, so many times. */
  list(count, make = (i) => i) {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}
