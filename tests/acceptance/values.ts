/** A value as .NET's own JSON writes it for the server, and as it must arrive (docs/protocol.md, Values). */
export interface Value {
  readonly arrives: unknown;
  readonly written: unknown;
}

/** What is written alike on both sides. */
const same = (...values: readonly unknown[]): Value[] => values.map((value) => ({ arrives: value, written: value }));
const as = (arrives: unknown, written: unknown): Value => ({ arrives, written });

const texts = ['', ' a ', 'Straße', '"quoted" \\ \'', '漢👩‍👩‍👧', '\u0001\u001e\u2028\t\r\n', '</script><!--', 'null', '42', '1.0', '1e3', 'NaN', '-0'];

/** By column of `Sample`: different values, none of them equal to another. Each column has one beside it that may be null: `maybeLong`. */
export const SCALARS: Readonly<Record<string, readonly Value[]>> = {
  bool: same(true, false),
  byte: same(0, 255),
  sbyte: same(-128, 127),
  short: same(-32_768, 32_767),
  ushort: same(0, 65_535),
  int: same(-2_147_483_648, 0, 2_147_483_647),
  uint: same(0, 4_294_967_295),
  long: same('-9223372036854775808', '-1', '0', '42', '9007199254740991', '9007199254740992', '9007199254740993', '9223372036854775807'),
  ulong: same('0', '9007199254740992', '9007199254740993', '18446744073709551615'),
  float: [...same(0.1, -1.5, 16_777_216, 3.4028235e38, 'NaN', 'Infinity', '-Infinity'), as(1e-45, 1.401298464324817e-45)],
  double: same(0.1 + 0.2, -1.5, 9_007_199_254_740_992, 1e21, Number.MAX_VALUE, Number.MIN_VALUE, 'NaN', 'Infinity', '-Infinity'),
  decimal: same('0', '1.50', '-0.0000000000000000000000000001', '9007199254740993', '9007199254740993.5', '12345678901234567890.12345678', '79228162514264337593543950335'),
  scaled: [as('1.5000', '1.5'), as('0.0000', '0'), as('-99999999999999.9999', '-99999999999999.9999')],
  string: same(...texts),
  padded: [as('     ', ''), as('ab   ', 'ab'), as('a"\u001e漢é', 'a"\u001e漢é')],
  char: same('x', 'é', '漢', '"', '\u0001', '\u001e', '\u2028', '4'),
  guid: [...same('00000000-0000-0000-0000-000000000000', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'), as('ffffffff-ffff-ffff-ffff-ffffffffffff', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF')],
  dateTimeOffset: [
    ...same('2026-11-21T10:15:19.123456Z', '1969-07-20T20:17:40.000000Z'),
    as('0001-01-01T00:00:00.000000Z', '0001-01-01T00:00:00Z'), as('9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.9999999Z'),
  ],
  dateTime: [
    ...same('2026-11-21T10:15:19.123456Z', '1969-07-20T20:17:40.000000Z'),
    as('0001-01-01T00:00:00.000000Z', '0001-01-01T00:00:00Z'), as('9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.9999999Z'),
  ],
  localTime: [
    ...same('2026-11-21T10:15:19.123456', '1969-07-20T20:17:40.000000'),
    as('0001-01-01T00:00:00.000000', '0001-01-01T00:00:00'), as('9999-12-31T23:59:59.999999', '9999-12-31T23:59:59.9999999'),
  ],
  dateOnly: same('2026-11-21', '2024-02-29', '0001-01-01', '9999-12-31'),
  timeOnly: [as('00:00:00.000000', '00:00:00'), ...same('10:15:19.000001', '23:59:59.999999')],
  timeSpan: [
    as('PT0S', '00:00:00'), as('P1DT2H3M4.5S', '1.02:03:04.5'), as('-PT1H30M', '-01:30:00'), as('PT0.000001S', '00:00:00.000001'), as('P1D', '1.00:00:00'),
    as('-P10000DT23H59M59.999999S', '-10000.23:59:59.999999'),
  ],
  bytes: same('', 'AP8+', 'AA==', '/+8='),
  enum: same('Black', 'Green', 42, -42),
  flags: same('None', 'Tuesday', 'Monday, Tuesday', 8),
  wideEnum: same('None', 'All', '9007199254740993', '18446744073709551614'),
  enumAsText: same('Dark', 'Light'),
  enumAsNumber: [as(1, 'First'), as(2, 'Second'), as(7, 7)],
  converted: same('42', '9007199254740992', '9007199254740993', '-1'),
};

/** By type: what keys are, and how rows show them. As keys, numbers that are equal look alike: without zeros at their end. */
export const KEYS: Readonly<Record<string, readonly Value[]>> = Object.fromEntries(
  Object.entries(SCALARS).filter(([column]) => column !== 'padded').map(([column, values]) => [column, ['decimal', 'scaled'].includes(column)
    ? values.map(({ arrives, written }) => as(String(arrives).replace(/(\.\d*[1-9])0+$|\.0+$/, '$1'), written))
    : values]),
);

/** By type: keys as rows show them, and as somebody may write them. */
export const RESPELLED: Readonly<Record<string, readonly (readonly [shown: unknown, asked: string | number])[]>> = {
  long: [['42', 42], ['-1', '-01'], ['9007199254740991', '09007199254740991']],
  ulong: [['0', 0], ['9007199254740993', '09007199254740993']],
  float: [[0.1, 0.10000000149011612], [-1.5, -1.5]],
  decimal: [['1.5', '1.500'], ['9007199254740993', '9007199254740993.0'], ['0', 0], ['9007199254740993.5', '9007199254740993.50']],
  scaled: [['1.5', '1.50'], ['0', '0.0000'], ['-99999999999999.9999', '-99999999999999.99990']],
  guid: [['ffffffff-ffff-ffff-ffff-ffffffffffff', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'], ['0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', '0A1B2c3d-4E5F-6071-8293-A4B5C6D7E8F9']],
  dateTimeOffset: [['2026-11-21T10:15:19.123456Z', '2026-11-21T12:15:19.123456+02:00'], ['1969-07-20T20:17:40.000000Z', '1969-07-20T20:17:40Z']],
  dateTime: [['2026-11-21T10:15:19.123456Z', '2026-11-21T02:15:19.123456-08:00'], ['1969-07-20T20:17:40.000000Z', '1969-07-20T20:17:40.000Z']],
  localTime: [['1969-07-20T20:17:40.000000', '1969-07-20T20:17:40']],
  timeOnly: [['00:00:00.000000', '00:00'], ['23:59:59.999999', '23:59:59.999999']],
  timeSpan: [['P1D', 'PT24H'], ['P1DT2H3M4.5S', 'PT26H3M4.500S'], ['-PT1H30M', '-PT90M']],
  enum: [['Green', 2], ['Black', 0]],
  wideEnum: [['None', '0'], ['9007199254740993', '09007199254740993']],
  converted: [['42', 42], ['9007199254740993', '09007199254740993']],
};

const place = { name: 'é"漢', number: '9007199254740993', area: '1.50', since: '2026-11-21T10:15:19.123456Z', colour: 'Green' };
const emptyPlace = { name: '', number: null, area: '0', since: null, colour: 'Black' };
const json = { b: [1, null, { a: '漢"' }], a: 1.5, text: '9007199254740993' };

/** By column: lists, JSON, and what is nested in a row. Rows cannot be filtered by them. */
export const PARTS: Readonly<Record<string, readonly Value[]>> = {
  strings: same([], texts, ['a', 'a']),
  longs: same([], ['9007199254740993', null, '-1']),
  decimals: same(['1.50', '79228162514264337593543950335']),
  times: same(['2026-11-21T10:15:19.123456Z']),
  colours: same(['Green', 'Black', 'Green']),
  maybeGuids: same(null, [], ['0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9']),
  jsonb: [as(null, null), as(json, JSON.stringify(json)), as('text', '"text"'), as([1, 2], '[1, 2]'), as(4.25, '4.25')],
  json: [as(null, null), as(json, JSON.stringify(json)), as(true, 'true')],
  document: same(null, json, [json]),
  owned: [as(emptyPlace, {}), as(place, { ...place, secret: 'secret' })],
  maybeOwned: [as(null, null), as(place, { ...place, secret: 'secret' })],
  complex: same({ width: 0.1, height: '18446744073709551615' }, { width: 'NaN', height: '0' }),
  ownedJson: [as(null, null), as(place, { ...place, secret: 'secret' })],
  ownedList: [as([], []), as([place, emptyPlace], [place, {}])],
};

export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The column beside it that may be null. */
export const maybe = (column: string): string => `maybe${capital(column)}`;
