/** The limit: a plain Map with listeners. An updated row is a new object; the array of rows is made anew when it is read after a change. */
export async function open({ sorted, onRow, onCommit }) {
  if (sorted) throw new Error('A Map does not sort.');
  const map = new Map();
  const listen = (changed) => {
    for (const row of changed) onRow(row);
    onCommit();
  };
  const side = { map, listeners: new Set([listen]), array: undefined, rows: () => (side.array ??= [...map.values()]), close: async () => {} };
  return side;
}

export function loadText(rows) {
  return JSON.stringify(rows);
}

export function load(side, rows) {
  for (const row of rows) side.map.set(row.id, row);
  side.array = undefined;
  for (const listener of side.listeners) listener(rows);
}

export function commitText(commit) {
  return JSON.stringify(commit);
}

export function commit(side, changes) {
  const changed = [];
  for (const { key, set } of changes) {
    const row = { ...side.map.get(key), ...set };
    side.map.set(key, row);
    changed.push(row);
  }
  side.array = undefined;
  for (const listener of side.listeners) listener(changed);
}
