import { Failure } from './failure.mjs';

/** Npgsql's keywords and their synonyms that we have to understand, lower case and without blanks. */
const KEYWORDS = {
  host: 'host', server: 'host',
  port: 'port',
  username: 'user', userid: 'user', user: 'user', uid: 'user',
  password: 'password', psw: 'password', pwd: 'password',
  database: 'database', db: 'database',
};

/**
 * What an Npgsql connection string says about the server; other keywords are left to Npgsql.
 * @param {string} text
 * @returns {{ host: string, port: number, user?: string, password?: string, database?: string }}
 */
export function parseConnectionString(text) {
  const found = {};
  const pair = /\s*([^=;]+?)\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;]*?)\s*(?:;|$)/gy;
  let at = 0;
  for (const match of text.matchAll(pair)) {
    const name = KEYWORDS[match[1].toLowerCase().replace(/\s/g, '')];
    if (name) found[name] = unquote(match[2]);
    at = match.index + match[0].length;
  }
  if (text.slice(at).replace(/[;\s]/g, '') !== '' || !found.host) {
    throw new Failure('--database: not a connection string of Npgsql with a Host.', {
      remedy: 'Write it like this:  --database "Host=db.example;Port=5432;Username=me;Password=secret;Database=board"',
    });
  }
  return { ...found, port: Number(found.port ?? 5432) };
}

/** An Npgsql connection string from its parts. */
export function formatConnectionString({ host, port, user, password, database }) {
  const parts = { Host: host, Port: port, Username: user, Password: password, Database: database };
  return Object.entries(parts).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${quote(String(value))}`).join(';');
}

function quote(value) {
  return /[;"'\s]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function unquote(value) {
  const mark = value[0];
  return mark === '"' || mark === "'" ? value.slice(1, -1).replaceAll(mark + mark, mark) : value;
}
