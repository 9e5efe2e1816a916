/** The rows and commits of a run: the same for every side, whatever process it is in. */

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns rows with the keys 1 to `count`, in that order */
export function makeRows(count) {
  const next = random(1);
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    title: `Ticket number ${i + 1}`,
    listId: 1 + Math.floor(next() * 50),
    position: Math.floor(next() * 1e9),
    done: next() < 0.5,
    due: `2026-11-${String(1 + Math.floor(next() * 28)).padStart(2, '0')}`,
  }));
}

/** @returns `count` commits, each of them updates of `size` different rows out of `rows`; an update sets a title and a position */
export function makeCommits(count, size, rows, seed) {
  const next = random(seed);
  return Array.from({ length: count }, (_, c) => {
    const keys = new Set();
    while (keys.size < size) keys.add(1 + Math.floor(next() * rows));
    return [...keys].map((key) => ({ key, set: { title: `Title ${c} of ${key}`, position: Math.floor(next() * 1e9) } }));
  });
}

/** What a side shows, as one number: the same for equal rows in the same order. */
export function checksum(rows) {
  let sum = 17;
  const add = (value) => (sum = (Math.imul(sum, 31) + value) | 0);
  for (const { id, title, position, done } of rows) {
    [id, position, title.length, title.charCodeAt(title.length - 1), Number(done)].forEach(add);
  }
  return sum;
}
