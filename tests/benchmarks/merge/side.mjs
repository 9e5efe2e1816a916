/** One side of the bench `merge`, in a process of its own: runs what its parent asks for. Needs `--expose-gc`. */
import { checksum, makeCommits, makeRows } from './data.mjs';

const side = await import(`./${process.argv[2]}.mjs`);

process.on('message', async (request) => process.send(await measures[request.measure](request)));
process.on('disconnect', () => process.exit());

const measures = { commits, loads, heap };

/** Commits of `size` rows each, in a collection of `rows`; sorted: the listener reads all rows, as a page does that shows them. */
async function commits({ rows, count, size, sorted, run }) {
  const told = { commits: 0, rows: 0, positions: 0 };
  const shown = await side.open({ sorted, onCommit: (changed) => {
    told.commits++;
    told.rows += changed.length;
    for (const { position } of changed) told.positions = (told.positions + position) % 1e9;
    if (sorted) told.positions = (told.positions + shown?.rows().at(-1).position) % 1e9;
  } });
  side.load(shown, JSON.parse(side.loadText(makeRows(rows))));
  shown.rows();
  const messages = makeCommits(count, size, rows, run).map((commit, n) => JSON.parse(side.commitText(commit, n)));
  Object.assign(told, { commits: 0, rows: 0, positions: 0 });
  global.gc();
  const start = performance.now();
  for (const message of messages) side.commit(shown, message);
  const milliseconds = performance.now() - start;
  const seen = { ...told, checksum: checksum(shown.rows()) };
  await shown.close();
  return { milliseconds, seen };
}

/** Loads of `rows`, each into a new collection that has a listener, until its rows have been read. */
async function loads({ rows, count }) {
  const text = side.loadText(makeRows(rows));
  let told = 0;
  let milliseconds = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const shown = await side.open({ sorted: false, onCommit: (changed) => (told += changed.length) });
    const input = JSON.parse(text);
    global.gc();
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
  const shown = await side.open({ sorted: false, onCommit: () => {} });
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
