import type { Collection, LooseKey, LooseRow } from '@livehub/client';
import { describe, expect, test } from 'vitest';
import { eventually } from './observe.ts';
import { capital, KEYS, maybe, PARTS, RESPELLED, SCALARS, type Value } from './values.ts';
import type { ValuesStage } from './values-stage.ts';
import { opsOf } from './wire.ts';

type Rows = Collection<LooseRow, LooseKey>;

const idsOf = ({ rows }: Rows) => rows.map(({ id }) => id as number).toSorted((a, b) => a - b);
const allReady = (opened: readonly { readonly ready: Promise<void> }[]) => Promise.all(opened.map(({ ready }) => ready));
const valuesOf = (table: Readonly<Record<string, readonly Value[]>>, column: string) => table[column] as readonly Value[];

/** C10: every type of the protocol's table in columns, keys and filters, in Node and in Chromium. */
export function valuesCases({ viewer, save, batch }: ValuesStage): void {
  const insert = (values: object) => ({ op: 'insert' as const, entity: 'Sample', values: values as LooseRow });
  const update = (id: unknown, values: object) => ({ op: 'update' as const, entity: 'Sample', key: { id }, values: values as LooseRow });

  describe('C10 in columns and filters', () => {
    test.each(Object.keys(SCALARS))('C10 %s: every value arrives as it is stored, in inserts, updates and snapshots, and what a row shows finds it', async (column) => {
      const values = valuesOf(SCALARS, column);
      const nullable = maybe(column);
      const own = batch();
      const { live } = viewer();
      const all = live.all('Sample', { where: { batch: own }, columns: ['id', column, nullable] });
      await all.ready;
      const shown = () => all.rows.map((row) => [row[column], row[nullable]]);
      const written = values.map(({ written }) => ({ batch: own, [column]: written, [nullable]: written }));
      const arrives = values.map((value) => [value.arrives, value.arrives]);
      const first = arrives[0]?.[0];

      // One row for each value, and one without.
      const ids = await save(...written.map(insert), insert({ ...written[0], [nullable]: null }));
      const blank = ids.at(-1) as number;
      await eventually(shown).toEqual([...arrives, [first, null]]);

      // Every value as its row shows it, alone, and beside null. `place` says which row has the value number n.
      const terms = all.rows.slice(0, -1).flatMap((row) => [{ [column]: row[column] }, { [nullable]: { in: [row[nullable], null] } }] as const);
      const find = ({ live }: Pick<ReturnType<typeof viewer>, 'live'>) => ({
        each: terms.map((term) => live.all('Sample', { where: { batch: own, ...term } as never, columns: ['id'] })),
        none: live.all('Sample', { where: { batch: own, [nullable]: null }, columns: ['id'] }),
      });
      const founds = (place: (n: number) => number) => values.flatMap((_, n) => {
        const id = ids[place(n)] as number;
        return [n === 0 ? [id, blank] : [id], [id, blank]].map((expected) => expected.toSorted((a, b) => a - b));
      });
      const expectFound = ({ each, none }: ReturnType<typeof find>, place: (n: number) => number) =>
        eventually(() => [...each, none].map(idsOf)).toEqual([...founds(place), [blank]]);
      const found = find({ live });
      await allReady([...found.each, found.none]);
      await expectFound(found, (n) => n);

      // Every value becomes the next one, in one transaction.
      const diffs: unknown[] = [];
      all.onDiff(({ inserted, updated, deleted }) => diffs.push([inserted.length, updated.map(({ row, columns }) => [row['id'], columns.toSorted()]), deleted.length]));
      await save(...written.map((_, n) => update(ids[n], written[(n + 1) % written.length] as object)));
      await eventually(shown).toEqual([...arrives.slice(1), arrives[0], [first, null]]);
      expect(diffs).toEqual([[0, values.map((_, n) => [ids[n], [column, nullable].toSorted()]), 0]]);
      await expectFound(found, (n) => (n + values.length - 1) % values.length);

      // Who comes now, reads the same and finds the same.
      const later = viewer();
      const read = later.live.all('Sample', { where: { batch: own }, columns: ['id', column, nullable] });
      const foundLater = find(later);
      await allReady([read, ...foundLater.each, foundLater.none]);
      expect(new Set(read.rows)).toEqual(new Set(all.rows));
      await expectFound(foundLater, (n) => (n + values.length - 1) % values.length);

      await save(...ids.map((id) => ({ op: 'delete' as const, entity: 'Sample', key: { id } })));
      await eventually(() => [all, read, ...found.each, found.none, ...foundLater.each, foundLater.none].flatMap(({ rows }) => rows)).toEqual([]);
    });

    test.each(Object.keys(PARTS))('C10 %s: every value arrives, in inserts, updates and snapshots; a filter by it is refused', async (column) => {
      const values = valuesOf(PARTS, column);
      const own = batch();
      const { live } = viewer();
      const all = live.all('Sample', { where: { batch: own }, columns: ['id', column] });
      await all.ready;
      const shown = () => all.rows.map((row) => row[column]);
      const ids = await save(...values.map(({ written }) => insert({ batch: own, [column]: written })));
      await eventually(shown).toEqual(values.map(({ arrives }) => arrives));
      await save(...values.map((_, n) => update(ids[n], { [column]: values[(n + 1) % values.length]?.written })));
      await eventually(shown).toEqual([...values.slice(1), values[0]].map((value) => value?.arrives));
      const read = viewer().live.all('Sample', { where: { batch: own }, columns: ['id', column] });
      await read.ready;
      expect(new Set(read.rows)).toEqual(new Set(all.rows));
      const refused = live.all('Sample', { where: { batch: own, [column]: 'x' } });
      await expect(refused.ready).rejects.toMatchObject({ code: 'not_supported' });
      expect(JSON.stringify([all.rows, read.rows])).not.toContain('secret');
    });

    test('C10 a row of all types at once: its first values, its last, and nulls', async () => {
      const own = batch();
      const { live } = viewer();
      const all = live.all('Sample', { where: { batch: own } });
      await all.ready;
      const everything = { ...SCALARS, ...PARTS };
      const row = (n: 0 | -1, side: keyof Value) => Object.fromEntries(
        Object.entries(everything).flatMap(([column, values]) => {
          const value = values.at(n)?.[side];
          return column in SCALARS ? [[column, value], [maybe(column), value]] : [[column, value]];
        }),
      );
      const [id] = await save(insert({ batch: own, ...row(0, 'written') }));
      await eventually(() => all.rows).toEqual([{ id, batch: own, ...row(0, 'arrives') }]);
      await save(update(id, row(-1, 'written')));
      await eventually(() => all.rows).toEqual([{ id, batch: own, ...row(-1, 'arrives') }]);
      const nulls = Object.fromEntries(Object.keys(SCALARS).map((column) => [maybe(column), null]));
      await save(update(id, nulls));
      await eventually(() => all.rows).toEqual([{ id, batch: own, ...row(-1, 'arrives'), ...nulls }]);
      const one = viewer().live.one('Sample', id as number);
      await one.ready;
      expect(one.row).toEqual(all.rows[0]);
    });

    test('C10 values that are equal find each other however they are written', async () => {
      const own = batch();
      const { live } = viewer();
      const ids = await save(
        insert({ batch: own, decimal: '1.5', double: 0, guid: 'ffffffff-ffff-ffff-ffff-fffffffffff1', dateTimeOffset: '2026-11-21T10:15:00Z', long: '42', timeSpan: '1.00:00:00' }),
        insert({ batch: own, decimal: '1.500', double: '-0', guid: 'ffffffff-ffff-ffff-ffff-fffffffffff1', dateTimeOffset: '2026-11-21T10:15:00Z', long: '42', timeSpan: '1.00:00:00' }),
      );
      const terms: object[] = [
        { decimal: '1.5' }, { decimal: '1.500' }, { decimal: 1.5 }, { decimal: { in: ['1.50', '7'] } }, { double: 0 }, { double: -0 }, { guid: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFF1' },
        { dateTimeOffset: '2026-11-21T10:15Z' }, { dateTimeOffset: '2026-11-21T12:15:00+02:00' }, { long: 42 }, { long: '42' }, { timeSpan: 'PT24H' },
      ];
      const before = terms.map((term) => live.all('Sample', { where: { batch: own, ...term } as never }));
      await allReady(before);
      expect(before.map(idsOf)).toEqual(terms.map(() => ids));
      expect(before[0]?.rows.map((row) => [row['decimal'], row['double']])).toEqual([['1.5', 0], ['1.500', -0]]);
      const [odd] = await save(insert({ batch: own, double: 'NaN', float: '-Infinity' }));
      const odds = [{ double: NaN }, { double: 'NaN' }, { float: -Infinity }, { double: { in: [NaN] } }].map((term) => live.all('Sample', { where: { batch: own, ...term } as never }));
      await allReady(odds);
      expect(odds.map(idsOf)).toEqual(odds.map(() => [odd]));

      await save(...ids.map((id) => update(id, { decimal: '9', double: 9, guid: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', dateTimeOffset: '2026-11-22T10:15:00Z', long: '9', timeSpan: '09:00:00' })));
      await eventually(() => before.flatMap(idsOf)).toEqual([]);
    });
  });

  describe('C10 in keys', () => {
    test.each(Object.keys(KEYS))('C10 a key that is %s, alone and in a composite key: rows come, change, go and return under it, and what a row shows is its key', async (type) => {
      const values = valuesOf(KEYS, type);
      const part = batch();
      const { live, wire } = viewer();
      const kinds = [
        { entity: `${capital(type)}Keyed`, key: (id: unknown) => id as LooseKey, keyOf: ({ id }: LooseRow) => id as LooseKey, sent: (id: unknown): unknown => id, fields: (id: unknown) => ({ id }), rest: {}, of: {} },
        {
          entity: `${capital(type)}Paired`, key: (id: unknown) => ({ id, part }) as LooseKey, keyOf: ({ id, part }: LooseRow) => ({ part, id }) as LooseKey,
          sent: (id: unknown): unknown => [part, id], fields: (id: unknown) => ({ part, id }), rest: { part }, of: { part },
        },
      ] as const;
      for (const { entity, key, keyOf, sent, fields, rest, of } of kinds) {
        const row = ({ arrives }: Value, name: string) => ({ id: arrives, name, ...rest });
        const write = (op: 'insert' | 'update' | 'delete', { written }: Value, name?: string) =>
          op === 'insert' ? { op, entity, values: { ...fields(written), name } } : { op, entity, key: fields(written), ...(name === undefined ? {} : { values: { name } }) };

        const ones = values.map(({ arrives }) => live.one(entity, key(arrives)));
        const backwards = values.toReversed();
        const many = live.many(entity, backwards.map(({ arrives }) => key(arrives)));
        const all = live.all(entity, { where: of as never });
        await allReady([...ones, many, all]);
        expect([ones.map((one) => one.row), many.rows, all.rows]).toEqual([values.map(() => undefined), [], []]);
        const expectRows = (held: readonly Value[], name: string) => eventually(() => [ones.map((one) => one.row), many.rows, new Set(all.rows)]).toEqual([
          values.map((value) => (held.includes(value) ? row(value, name) : undefined)),
          backwards.filter((value) => held.includes(value)).map((value) => row(value, name)),
          new Set(held.map((value) => row(value, name))),
        ]);
        const from = wire.received.length;
        await save(...values.map((value) => write('insert', value, 'new')));
        await expectRows(values, 'new');
        await save(...values.map((value) => write('update', value, 'changed')));
        await expectRows(values, 'changed');

        // What a row shows is its key: here, and for who comes now.
        const rows = values.map(({ arrives }) => all.get(key(arrives)) as LooseRow);
        expect(rows.map((shown) => all.get(keyOf(shown)))).toEqual(values.map((value) => row(value, 'changed')));
        const later = viewer().live;
        const again = rows.map((shown) => later.one(entity, keyOf(shown)));
        const list = later.many(entity, rows.map(keyOf));
        const found = rows.map((shown) => later.all(entity, { where: { ...of, id: shown['id'] } as never }));
        await allReady([...again, list, ...found]);
        const expectLater = (held: readonly Value[]) => eventually(() => [again.map((one) => one.row), list.rows, found.map(({ rows }) => rows)]).toEqual([
          values.map((value) => (held.includes(value) ? row(value, 'changed') : undefined)),
          held.map((value) => row(value, 'changed')),
          values.map((value) => (held.includes(value) ? [row(value, 'changed')] : [])),
        ]);
        await expectLater(values);
        const [gone, ...stay] = values as [Value, ...Value[]];
        await save(write('delete', gone));
        await expectRows(stay, 'changed');
        await expectLater(stay);
        await save(write('insert', gone, 'changed'));
        await expectRows(values, 'changed');
        await expectLater(values);

        // Row ops name rows by the same values.
        const keys = opsOf(wire.received.slice(from).flat()).filter((op) => 'key' in op).map((op) => op.key);
        expect(new Set(keys.map((sentKey) => JSON.stringify(sentKey)))).toEqual(new Set(values.map(({ arrives }) => JSON.stringify(sent(arrives)))));
        await save(...values.map((value) => write('delete', value)));
      }
    });

    test.each(Object.keys(RESPELLED))('C10 a key that is %s, written otherwise than rows show it: one, many in their order, and get find it as it was asked for and as it is shown', async (type) => {
      const respelled = (RESPELLED[type] as (typeof RESPELLED)[string]).toReversed();
      const part = batch();
      const { live } = viewer();
      for (const composite of [false, true]) {
        const entity = `${capital(type)}${composite ? 'Paired' : 'Keyed'}`;
        const key = (id: unknown) => (composite ? { id, part } : id) as LooseKey;
        const row = (id: unknown) => ({ id, name: 'new', ...(composite ? { part } : {}) });
        const asked = respelled.map(([, written]) => key(written));
        const shown = respelled.map(([id]) => key(id));
        const rows = respelled.map(([id]) => row(id));
        const open = (hub: typeof live) => ({
          ones: asked.map((one) => hub.one(entity, one)),
          many: hub.many(entity, asked),
          both: hub.many(entity, [...asked, ...shown]),
          all: hub.all(entity, { where: (composite ? { part } : {}) as never }),
        });
        const expectFound = ({ ones, many, both, all }: ReturnType<typeof open>) =>
          eventually(() => [ones.map((one) => one.row), many.rows, both.rows, asked.map((one) => many.get(one)), shown.map((one) => many.get(one)), shown.map((one) => all.get(one))])
            .toEqual([rows, rows, rows, rows, rows, rows]);
        const before = open(live);
        await allReady([...before.ones, before.many, before.both]);
        await save(...respelled.toReversed().map(([id]) => {
          const { written } = valuesOf(KEYS, type).find(({ arrives }) => arrives === id) as Value;
          return { op: 'insert' as const, entity, values: { id: written, name: 'new', ...(composite ? { part } : {}) } };
        }));
        await expectFound(before);
        const after = open(viewer().live);
        await allReady([...after.ones, after.many, after.both, after.all]);
        await expectFound(after);
        await save(...respelled.map(([id]) => {
          const { written } = valuesOf(KEYS, type).find(({ arrives }) => arrives === id) as Value;
          return { op: 'delete' as const, entity, key: { id: written, ...(composite ? { part } : {}) } };
        }));
        await eventually(() => [...before.many.rows, ...after.both.rows]).toEqual([]);
      }
    });
  });
}
