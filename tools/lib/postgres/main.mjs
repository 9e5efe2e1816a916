import { parseOptions } from '../args.mjs';
import { formatConnectionString } from '../connection-string.mjs';
import { Failure } from '../failure.mjs';
import { setUp } from '../setup.mjs';
import { requireUnix, runTool } from '../tool.mjs';
import { PACKAGED } from './binaries.mjs';
import { startThrowaway } from './throwaway.mjs';

const usage = `Starts a throwaway PostgreSQL and prints an Npgsql connection string for it, on one line.

  node tools/postgres.mjs --hold [--version VERSION] [--durable]

  --hold      keep it until stdin ends, then stop it and remove its data
  --version   another major version than the packaged one, from the system's programs
  --durable   with fsync, for measurements`;

/** The command `node tools/postgres.mjs`. */
export async function main(argv) {
  await runTool(async ({ progress, shutdown }) => {
    const { values } = parseOptions({ usage, options: { hold: { type: 'boolean' }, version: { type: 'string' }, durable: { type: 'boolean' } } }, argv);
    if (values.help) {
      console.log(usage);
      return 0;
    }
    if (!values.hold) throw new Failure('Nothing to do without --hold.', { remedy: usage });
    requireUnix();
    if (!/^\d+$/.test(values.version ?? PACKAGED)) throw new Failure(`--version ${values.version}: not a major version.`, { remedy: usage });
    if ((values.version ?? PACKAGED) === PACKAGED) await setUp(['packages'], { progress, shutdown });
    const cluster = await progress.step('Starting PostgreSQL', () => startThrowaway({ version: values.version, durable: values.durable, shutdown }));
    console.log(formatConnectionString({ ...cluster.server, database: 'postgres' }));
    await new Promise((resolve) => process.stdin.resume().once('end', resolve).once('error', resolve));
    return 0;
  }, { codeWhenStopped: 0 });
}
