import { parseOptions } from '../args.mjs';
import { formatConnectionString } from '../connection-string.mjs';
import { Failure } from '../failure.mjs';
import { setUp } from '../setup.mjs';
import { requireUnix, runTool } from '../tool.mjs';
import { startThrowaway } from './throwaway.mjs';

const usage = `Starts a throwaway PostgreSQL and prints an Npgsql connection string for it, on one line.

  node tools/postgres.mjs --hold [--durable]

  --hold      keep it until stdin ends, then stop it and remove its data
  --durable   with fsync, for measurements`;

/** The command `node tools/postgres.mjs`. */
export async function main(argv) {
  await runTool(async ({ progress, shutdown }) => {
    const { values } = parseOptions({ usage, options: { hold: { type: 'boolean' }, durable: { type: 'boolean' } } }, argv);
    if (values.help) {
      console.log(usage);
      return 0;
    }
    if (!values.hold) throw new Failure('Nothing to do without --hold.', { remedy: usage });
    requireUnix();
    await setUp(['packages'], { progress, shutdown });
    const cluster = await progress.step('Starting PostgreSQL', () => startThrowaway({ durable: values.durable, shutdown }));
    console.log(formatConnectionString({ ...cluster.server, database: 'postgres' }));
    await new Promise((resolve) => process.stdin.resume().once('end', resolve).once('error', resolve));
    return 0;
  }, { codeWhenStopped: 0 });
}
