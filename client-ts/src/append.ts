/**
 * Adds an item and returns the list. A list that `push` fills for the first time gets room for 17; most of ours hold one, many times a
 * second, and garbage is most of what a small step costs.
 */
export function append<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
