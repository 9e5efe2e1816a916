import { readFileSync } from 'node:fs';
import { inRoot } from '../../../tools/lib/paths.mjs';

/** The codes that docs/protocol.md lists. */
export const knownCodes = new Set([...readFileSync(inRoot('docs', 'protocol.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code));

/** Codes that say that something is wrong with the server; nothing is, here. */
export const faultCodes = new Set(['internal', 'snapshot_failed', 'snapshot_too_slow', 'snapshot_too_large']);

/** What no client may be told: stack traces, type names, SQL, what is hidden. */
const INDISCREET = [
  /\bat \w+(\.\w+)+\(/, /\bSystem\.\w/, /\bMicrosoft\.\w/, /\bNpgsql/, /\bLiveHub\.\w/, /\bFuzzServer\b/, /Exception\b/, /\bselect\b.+\bfrom\b/i, /\b(22|23|25|42|57)[0-9A-Z]{3}: /, /"Things"|"Links"|"Vaults"/,
  /secret-\d/, /\.cs\b/, /\/home\/|\/tmp\//,
];

/** SignalR's own word for a method that no hub has. */
const SIGNALR = /HubException: Method does not exist\.$/;

const MAX_LENGTH = 1_500;

/**
 * What is wrong with an error's text; undefined where nothing is.
 * @param {string} text
 * @param {string} sent pieces of it are the client's own
 */
export function faultOf(text, sent) {
  if (typeof text !== 'string' || text.length < 10) return 'a text that says what to do';
  if (text.length > MAX_LENGTH) return `a text of at most ${MAX_LENGTH} characters`;
  const own = unescape(sent);
  const indiscreet = INDISCREET.find((pattern) => {
    const [found] = pattern.exec(text.replace(SIGNALR, '')) ?? [];
    return found !== undefined && !own.includes(found);
  });
  return indiscreet && `nothing like ${indiscreet}`;
}

const unescape = (text) => text.replace(/\\+(["/])/g, '$1');
