/**
 * Random and mutated hub messages over real connections, to a real server (tests/fuzz/server). After each of them the connection is as good as before, or was
 * closed by SignalR, and then a new one is; the server has logged nothing, holds nothing more than before, and others go on hearing of what is saved.
 */
import { startFuzzServer } from './lib/fuzz-server.mjs';
import { Bystander } from './hub/bystander.mjs';
import { Lane } from './hub/lane.mjs';
import { stepOf } from './hub/steps.mjs';
import { until } from '../../tools/lib/processes.mjs';

export const needs = ['packages', 'solution'];

/** Connections that take steps at the same time: step n is taken by lane n % LANES. */
const LANES = 6;

/** After so many steps all wait for each other, and the server is looked at. */
const ROUND = 300;

/** What SignalR logs as an error although the client is to blame: a frame that it cannot read, on which it closes the connection. */
const ALLOWED = /^Error Microsoft\.AspNetCore\.SignalR\.HubConnectionHandler .*System\.IO\.InvalidDataException/s;

/** @param {import('../../tools/lib/seeded.mjs').Run} run */
export async function run({ shutdown, ...run }) {
  await attack(await startFuzzServer({ shutdown }), run);
}

/**
 * @param {Awaited<ReturnType<typeof startFuzzServer>>} server
 * @param {Omit<import('../../tools/lib/seeded.mjs').Run, 'shutdown'>} run
 * @param {number} [limitMs] how long to wait for what has to come
 */
export async function attack(server, { seed, tally, mayTake, progress }, limitMs = 20_000) {
  const bystander = new Bystander(server.hubUrl);
  const lanes = Array.from({ length: LANES }, () => new Lane(server, tally, limitMs));
  try {
    await Promise.all([bystander.open(), ...lanes.map((lane) => lane.open())]);
    for (let n = 0; mayTake(n);) {
      const round = [];
      while (round.length < ROUND && mayTake(n)) round.push(n++);
      await Promise.all(lanes.map(async (lane, i) => {
        for (const step of round) if (step % LANES === i && !tally.isFull) await lane.take(step, stepOf(seed, step));
      }));
      await look(server, { n, taken: round.length, tally, bystander, limitMs });
      progress.line(`${n} steps, ${tally.checks} checks, ${tally.violations} violations`);
    }
  } finally {
    for (const lane of lanes) lane.close();
    bystander.close();
  }
}

/** What has to hold when all steps are taken and nobody is at work. */
async function look(server, { n, taken, tally, bystander, limitMs }) {
  const check = (ok, expected, seen) => tally.check(ok, () => ({ step: n - 1, expected: `${expected} (after this step)`, seen }));
  if (!check(server.runs, 'a server that runs', 'it has ended')) throw new Error('The fuzz server has ended.');

  const text = `written after ${n} steps`;
  await server.write(1 + (n % 5), text);
  check(await bystander.sees(1 + (n % 5), text, limitMs), `a bystander that sees '${text}'`, bystander.told);

  const faults = [];
  let state;
  const isAtRest = () => state.connections === LANES + 1 && state.subscriptions === bystander.subscriptions && state.queueBytes === 0;
  await until(async () => {
    state = await server.state();
    faults.push(...state.faults);
    return isAtRest();
  }, limitMs);
  check(isAtRest(), `${LANES + 1} connections with ${bystander.subscriptions} subscriptions and nothing that waits`, { ...state, faults: undefined });
  check(state.failures === 0, 'no failure that LiveHub counts', state.failures);
  const unexpected = faults.filter((fault) => !ALLOWED.test(fault));
  check(unexpected.length === 0, 'nothing in the log', unexpected);
  const grown = server.memory.growth(taken, state.liveBytes);
  check(grown === undefined, 'no growth of memory', grown);
}
