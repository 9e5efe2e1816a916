import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';

/**
 * Parses a tool's options. An unknown one, a missing value, and an option that npm took for itself because `--` was left out are Failures.
 * @param {{ usage: string, options: Record<string, { type: 'string' | 'boolean' }>, positionals?: boolean }} spec
 * @param {string[]} argv the arguments after the script's name
 * @param {NodeJS.ProcessEnv} env where npm leaves the options that it swallowed, as `npm_config_NAME`
 * @returns {{ values: Record<string, string | boolean | undefined>, positionals: string[] }} `values.help` is true when help was asked for
 */
export function parseOptions(spec, argv, env = process.env) {
  const options = { ...spec.options, help: { type: 'boolean', short: 'h' } };
  let parsed;
  try {
    parsed = parseArgs({ args: argv, options, strict: true, allowPositionals: spec.positionals ?? false });
  } catch (error) {
    const what = error.message.split(/[.\n]/, 1)[0];
    throw new Failure(`${what}.`, { remedy: spec.usage });
  }
  if (env.npm_lifecycle_event) {
    for (const name of Object.keys(spec.options)) {
      if (parsed.values[name] === undefined && env[`npm_config_${name}`]) {
        throw new Failure(`npm took --${name} for itself.`, { remedy: `Write -- before the options:  npm run ${env.npm_lifecycle_event} -- --${name} …` });
      }
    }
  }
  return parsed;
}

/** A TCP port from an option's text; 0 means "any free one". */
export function parsePort(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) throw new Failure(`--port ${text}: not a port.`, { remedy: 'Give a number from 1 to 65535, or 0 for any free port.' });
  return port;
}

/** A number from 1 to `max` from an option's text. */
export function parseCount(name, text, max) {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(count >= 1 && count <= max)) throw new Failure(`--${name} ${text}: not a number from 1 to ${max}.`, { remedy: `Give a number from 1 to ${max}.` });
  return count;
}
