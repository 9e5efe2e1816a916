/** One side of the bench `merge`, in a process of its own: runs what its parent asks for. Needs `--expose-gc`. */
import { checksum, makeCommits, makeRows } from './data.mjs';

const side = await import(`./${process.argv[2]}.mjs`);

process.on('message', async (request) => process.send(await measures[request.measure](request)));
process.on('disconnect', () => process.exit());

const measures = { commits, loads, heap };

/** Messages that are parsed together, just before they are merged: as the messages of a connection, they are not cold by then. */
const LOT = 100;

/** Of a run's commits, the share that is not timed: what the compiler knows of the collection is of the one before. */
const WARM_UP = 0.2;

/** Commits of `size` rows each, in a collection of `rows`; sorted: the listener reads all rows, as a page does that shows them. */
async function commits({ rows, count, size, sorted, run }) {
  const told = { commits: 0, rows: 0, positions: 0 };
  const shown = await side.open({
    sorted,
    onRow: ({ position }) => {
      told.rows++;
      told.positions = (told.positions + position) % 1e9;
    },
    onCommit: () => {
      told.commits++;
      if (sorted) told.positions = (told.positions + shown.rows().at(-1).position) % 1e9;
    },
  });
  side.load(shown, JSON.parse(side.loadText(makeRows(rows))));
  shown.rows();
  Object.assign(told, { commits: 0, rows: 0, positions: 0 });
  const texts = makeCommits(count, size, rows, run).map((commit, n) => side.commitText(commit, n));
  let milliseconds = 0;
  for (let from = 0; from < count; from += LOT) {
    const messages = texts.slice(from, from + LOT).map((text) => JSON.parse(text));
    const start = performance.now();
    for (const message of messages) side.commit(shown, message);
    if (from >= count * WARM_UP) milliseconds += performance.now() - start;
  }
  const seen = { ...told, checksum: checksum(shown.rows()) };
  await shown.close();
  return { milliseconds: milliseconds / (1 - WARM_UP), seen };
}

/** Loads of `rows`, each into a new collection that has a listener, until its rows have been read. */
async function loads({ rows, count }) {
  const text = side.loadText(makeRows(rows));
  let told = 0;
  let milliseconds = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const shown = await side.open({ sorted: false, onRow: () => told++, onCommit: () => {} });
    const input = JSON.parse(text);
    const start = performance.now();
    side.load(shown, input);
    const read = shown.rows();
    milliseconds += performance.now() - start;
    sum = (sum + checksum(read)) | 0;
    await shown.close();
  }
  return { milliseconds, seen: { rows: told, checksum: sum } };
}

/** Bytes of the heap for each row, with everything that is held beside it. */
async function heap({ rows }) {
  const text = side.loadText(makeRows(rows));
  const shown = await side.open({ sorted: false, onRow: () => {}, onCommit: () => {} });
  const before = used();
  side.load(shown, JSON.parse(text));
  const sum = checksum(shown.rows());
  const bytes = (used() - before) / rows;
  await shown.close();
  return { bytes, seen: { checksum: sum } };
}

function used() {
  global.gc();
  global.gc();
  return process.memoryUsage().heapUsed;
}
