import { keyOf, rowsOf } from './shapes.mjs';

/**
 * One collection under watch: each row only goes on. A row's `note` is another one with every write, and its `rev` grows; so a note that comes back, and a number that falls,
 * are of the past. A row that was deleted is `born` anew, with a number of its own.
 */
export class Watch {
  #check;
  #known = new Map();
  #dead = new Set();

  /**
   * @param {import('./shapes.mjs').Shape} shape
   * @param {object} collection of the client
   * @param {(ok: boolean, tell: () => { expected: string, seen: unknown }) => void} check
   */
  constructor(shape, collection, check) {
    this.shape = shape;
    this.collection = collection;
    this.#check = check;
  }

  get isLive() {
    return this.collection.status === 'live';
  }

  get isClosed() {
    return this.collection.status === 'closed';
  }

  /** Looks at what it shows now. */
  look() {
    const { status, error } = this.collection;
    this.#check(status !== 'failed', () => ({ expected: `${this} that does not fail`, seen: String(error) }));
    const there = new Map(rowsOf(this.collection).map((row) => [keyOf(this.shape.entity, row), row]));
    for (const [key, known] of this.#known) {
      if (!known.row || there.has(key)) continue;
      // Where it cannot have moved, it was deleted.
      if (!this.shape.where) this.#dead.add(`${key} ${known.row.born}`);
      known.row = undefined;
    }
    for (const [key, row] of there) this.#lookAt(key, row);
  }

  #lookAt(key, row) {
    const known = this.#known.get(key);
    if (known?.row === row) return;
    if (!known) {
      this.#known.set(key, { row, note: row.note, notes: new Set([row.note]), rev: BigInt(row.rev ?? 0) });
    } else {
      const rev = BigInt(row.rev ?? 0);
      this.#check(rev >= known.rev, () => ({ expected: `row ${key} of ${this} that does not go back behind number ${known.rev}`, seen: row }));
      const isOld = row.note !== undefined && known.notes.has(row.note) && (row.note !== known.note || (known.row === undefined && rev === known.rev));
      this.#check(!isOld, () => ({ expected: `row ${key} of ${this} as it never was before '${known.note}'${known.row ? '' : ', after which it had gone'}`, seen: row }));
      this.#known.set(key, { row, note: row.note, notes: known.notes.add(row.note), rev: rev > known.rev ? rev : known.rev });
    }
    this.#check(!this.#dead.has(`${key} ${row.born}`), () => ({ expected: `no row ${key} of ${this} that was deleted before`, seen: row }));
    this.#check(!String(row.note).startsWith('void'), () => ({ expected: `${this} without anything that was rolled back`, seen: row }));
  }

  toString() {
    return JSON.stringify(this.shape);
  }
}
