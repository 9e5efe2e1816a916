/**
 * What is looked at, and what the database says of it.
 * @typedef {{ entity: string, key?: number | string | object, keys?: (number | string)[], where?: Record<string, unknown>, columns?: string[] }} Shape
 */

const tables = {
  Account: { table: 'Accounts', key: ['id'], columns: ['id', 'balance'] },
  Vault: { table: 'Vaults', key: ['id'], columns: ['id', 'balance'] },
  Card: { table: 'Cards', key: ['id'], columns: ['id', 'listId', 'done', 'note', 'rev', 'born'] },
  CardLabel: { table: 'Labels', key: ['cardId', 'labelId'], columns: ['cardId', 'labelId', 'note', 'rev', 'born'] },
};

/** What tells a row from the others of its entity. */
export const keyOf = (entity, row) => tables[entity].key.map((column) => row[column]).join(' ');

/** Opens it with the client. */
export function open(live, { entity, key, keys, where, columns }, label) {
  const options = { ...(columns && { columns }), ...(label && { label }) };
  if (key !== undefined) return live.one(entity, key, options);
  return keys ? live.many(entity, keys, options) : live.all(entity, { ...(where && { where }), ...options });
}

/** The rows that a collection shows. */
export const rowsOf = (collection) => collection.rows ?? (collection.row ? [collection.row] : []);

/** What the database says that it has to show, as the client has it, by key. @param {import('pg').Client} database */
export async function query(database, { entity, key, keys, where = {}, columns }) {
  const { table, key: keyColumns, columns: all } = tables[entity];
  const terms = { ...where };
  if (keys) terms.id = { in: keys };
  if (key !== undefined) Object.assign(terms, typeof key === 'object' ? key : { id: key });
  const values = [];
  const tests = Object.entries(terms).map(([column, term]) => {
    const any = Array.isArray(term?.in) ? term.in : [term];
    return `${quoted(column)} in (${any.map((value) => `$${values.push(value)}`).join(', ')})`;
  });
  const selected = [...new Set([...keyColumns, ...(columns ?? all)])];
  const { rows } = await database.query(
    `select ${selected.map((column) => `${quoted(column)} as "${column}"`).join(', ')} from "${table}"${tests.length > 0 ? ` where ${tests.join(' and ')}` : ''}`, values);
  return new Map(rows.map((row) => [keyOf(entity, row), row]));
}

const quoted = (column) => `"${column[0].toUpperCase()}${column.slice(1)}"`;
