/**
 * What the client makes of a message once JSON.parse is done: into the collection, and to its listeners. The reference is TanStack DB's
 * collection, written as its docs advise (merge/tanstack.mjs); the limit is a plain Map with listeners that does the same work (merge/map.mjs). Each side
 * runs in a process of its own, with the same rows and commits; what its listener heard and what it shows at last must be the same.
 */
import { fileURLToPath } from 'node:url';
import { spawnTied, stopChild } from '../../tools/lib/processes.mjs';
import { alternate, median, ratioResult } from './lib/statistics.mjs';

export const needs = ['packages', 'client'];

/** `rows`: of the collection; `count`: of commits or loads in one run. A `map` budget is that of the limit, a `tanstack` one that of the reference. */
const CASES = [
  { name: '1-row commits', measure: 'commits', rows: 1_000, size: 1, count: 20_000, budgets: { tanstack: 10, map: 0.35 } },
  { name: '100-row commits', measure: 'commits', rows: 1_000, size: 100, count: 500, budgets: { tanstack: 5, map: 0.35 } },
  { name: 'sorted', measure: 'commits', rows: 1_000, size: 1, count: 500, sorted: true, budgets: { tanstack: 10 } },
  { name: 'initial load', measure: 'loads', rows: 10_000, count: 3, budgets: { tanstack: 5 } },
];

const HEAP_ROWS = 10_000;

const HEAP_BUDGET = 0.6;

const WARM_UPS = 4;

export async function run({ quick, progress, shutdown }) {
  const runs = quick ? 3 : 11;
  const sides = Object.fromEntries(['live', 'tanstack', 'map'].map((name) => [name, startSide(name, shutdown)]));
  const results = [];
  const medians = {};
  for (const { name, budgets, ...request } of CASES) {
    for (const [reference, budget] of Object.entries(budgets)) {
      const pairs = await compare(name, request, reference);
      const speeds = pairs.map((pair) => ({ subject: 1 / pair.subject.milliseconds, reference: 1 / pair.reference.milliseconds }));
      results.push(ratioResult(reference === 'map' ? `${name}, limit` : name, speeds, { budget, direction: 'min' }));
      const units = request.count * (request.size ?? request.rows);
      medians[`${name}, ${reference}`] = { live: nanoseconds('subject'), [reference]: nanoseconds('reference') };
      function nanoseconds(side) {
        return Math.round((median(pairs.map((pair) => pair[side].milliseconds)) / units) * 1e6);
      }
    }
  }
  const heap = await compare('heap per row', { measure: 'heap', rows: HEAP_ROWS }, 'tanstack');
  const bytes = heap.map((pair) => ({ subject: pair.subject.bytes, reference: pair.reference.bytes }));
  results.push(ratioResult('heap per row', bytes, { budget: HEAP_BUDGET, direction: 'max' }));
  medians['heap per row'] = { liveBytes: Math.round(median(bytes.map((b) => b.subject))), tanstackBytes: Math.round(median(bytes.map((b) => b.reference))) };
  return { results, medians };

  async function compare(name, request, reference) {
    const pairs = await alternate({
      runs,
      warmUps: WARM_UPS,
      subject: (run) => sides.live({ ...request, run }),
      reference: (run) => sides[reference]({ ...request, run }),
      onRun: (run) => progress.line(`merge: ${name} beside ${reference}, ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
    });
    for (const { subject, reference: other } of pairs) {
      const [ours, theirs] = [subject.seen, other.seen].map((seen) => JSON.stringify(seen));
      if (ours !== theirs) throw new Error(`${name}: the sides did not show the same: ${ours} and ${theirs} (${reference}).`);
    }
    return pairs;
  }
}

/** A process that measures one side; returns what asks it. */
function startSide(name, shutdown) {
  const program = fileURLToPath(new URL('merge/side.mjs', import.meta.url));
  const child = spawnTied(process.execPath, ['--expose-gc', program, name], {
    // TanStack DB leaves checks out that are for development.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  shutdown.add(() => stopChild(child));
  return (request) => new Promise((resolve, reject) => {
    const gone = (code, signal) => reject(new Error(`The process that measures ${name} ended (${signal ?? `exit code ${code}`}).`));
    child.once('exit', gone);
    child.once('message', (answer) => {
      child.off('exit', gone);
      resolve(answer);
    });
    child.send(request);
  });
}
