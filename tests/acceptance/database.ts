import pg from 'pg';
import { parseConnectionString } from '../../tools/lib/connection-string.mjs';

/** Runs statements in one transaction on the database itself, with no server between. Returns the rows of each. */
export async function runSql<Row>(connectionString: string, ...statements: (readonly [sql: string, ...values: unknown[]])[]): Promise<Row[][]> {
  const client = new pg.Client(parseConnectionString(connectionString));
  await client.connect();
  try {
    await client.query('begin');
    const results: Row[][] = [];
    for (const [sql, ...values] of statements) results.push((await client.query<Row>(sql, values)).rows);
    await client.query('commit');
    return results;
  } finally {
    await client.end();
  }
}
