/**
 * What capture costs a save: SaveChanges of a context with LiveHub on PostgreSQL (`UsePostgreSql`) beside the same context without
 * LiveHub, in one process, on one table, with fsync=on (tests/benchmarks/server/Saves.cs). Only SaveChanges is timed.
 */
import { startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, ratioResult } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

/** `saves`: of one run, chosen so that a run takes some tenths of a second. */
const CASES = [
  { name: '1 row', kind: 'update', rows: 1, saves: 300, budget: 1.35 },
  { name: '100 rows', kind: 'update', rows: 100, saves: 40, budget: 1.3 },
  { name: '1 insert', kind: 'insert', rows: 1, saves: 300, budget: 1.35 },
  { name: '100 inserts', kind: 'insert', rows: 100, saves: 40, budget: 1.3 },
];

const WARM_UP_ROUNDS = 8;

export async function run({ quick, progress, shutdown }) {
  const runs = quick ? 3 : 21;
  const { url } = await startBenchServer({ shutdown });
  await warmUp(url, quick ? 3 : WARM_UP_ROUNDS, progress);
  const results = [];
  const medians = {};
  for (const { name, kind, rows, saves, budget } of CASES) {
    const pairs = await alternate({
      runs,
      subject: () => measure(url, 'live', { kind, rows, saves }),
      reference: () => measure(url, 'plain', { kind, rows, saves }),
      onRun: (run) => progress.line(`save: ${name}, run ${run} of ${runs}`),
    });
    checkEqual(name, pairs);
    const times = pairs.map(({ subject, reference }) => ({ subject: subject.milliseconds / saves, reference: reference.milliseconds / saves }));
    results.push(ratioResult(name, times, { budget, direction: 'max' }));
    medians[name] = { liveMs: round(median(times.map((t) => t.subject))), plainMs: round(median(times.map((t) => t.reference))) };
  }
  return { results, medians };
}

/** Until .NET has compiled for good what both sides run: it does so in the background, some tenths of a second after the first calls. */
async function warmUp(url, rounds, progress) {
  for (let round = 1; round <= rounds; round++) {
    progress.line(`save: warming up, round ${round} of ${rounds}`);
    for (const { kind, rows, saves } of CASES) for (const side of ['live', 'plain']) await measure(url, side, { kind, rows, saves });
  }
}

async function measure(url, side, { kind, rows, saves }) {
  const response = await fetch(`${url}/save/${side}?kind=${kind}&rows=${rows}&saves=${saves}`, { method: 'POST' });
  if (!response.ok) throw new Error(`The bench server answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** A side that saves less is not quicker. */
function checkEqual(name, pairs) {
  for (const { subject, reference } of pairs) {
    if (JSON.stringify(subject.stored) !== JSON.stringify(reference.stored) || subject.stored.length === 0) {
      throw new Error(`${name}: the sides did not store the same: ${JSON.stringify([subject.stored, reference.stored])}`);
    }
  }
}

const round = (value) => Math.round(value * 1000) / 1000;
