import { chai, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, setState } from "@vitest/expect";

/**
 * Stands for "vitest" in the page, as far as cases use it: its own matchers, and tests that are collected. The same cases run in Node under
 * vitest itself (tests/acceptance).
 */
export interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export const collected: Case[] = [];
let titles: readonly string[] = [];

export function test(name: string, run: () => Promise<void>): void {
  collected.push({ name: [...titles, name].join(" › "), run });
}

test.each = <T>(table: readonly T[]) => (name: string, run: (...args: T extends readonly unknown[] ? T : [T]) => Promise<void>): void => {
  for (const row of table) {
    const args = (Array.isArray(row) ? row : [row]) as T extends readonly unknown[] ? T : [T];
    test(name.replace("%s", String(args[0])), () => run(...args));
  }
};

export function describe(title: string, collect: () => void): void {
  const around = titles;
  titles = [...around, title];
  collect();
  titles = around;
}

chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

type Matchers = Readonly<Record<string, (...args: unknown[]) => void>>;
type Poll = { readonly timeout: number; readonly interval: number; readonly message?: string };
const globals = globalThis as unknown as Record<symbol, object>;

export const expect = Object.assign((value: unknown, message?: string): Matchers => chai.expect(value, message) as unknown as Matchers, chai.expect as object, {
  /** Matchers that are tried until they hold or the time is over. */
  poll: (get: () => unknown, { timeout, interval, message }: Poll): unknown => new Proxy({}, {
    get: (_, matcher: string) => async (...args: unknown[]): Promise<void> => {
      for (const end = Date.now() + timeout; ;) {
        try {
          return expect(await get(), message)[matcher]?.(...args);
        } catch (error) {
          if (Date.now() > end) throw error;
          await new Promise((resolve) => setTimeout(resolve, interval));
        }
      }
    },
  }),
});
globals[GLOBAL_EXPECT as unknown as symbol] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null, expectedAssertionsNumber: null, expectedAssertionsNumberErrorGen: null }, expect as never);
