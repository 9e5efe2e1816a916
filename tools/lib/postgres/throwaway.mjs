import path from 'node:path';
import { Shutdown } from '../shutdown.mjs';
import { abandonedTempFolders, makeTempFolder, removeTempFolder } from '../temp.mjs';
import { startCluster } from './cluster.mjs';
import { stopLeftovers } from './leftovers.mjs';

/**
 * Starts a PostgreSQL with empty data in a temporary folder; `stop` removes it all. What tools that were killed left of theirs goes too.
 * @param {{ version?: string, durable?: boolean, shutdown?: Shutdown }} [options] the major version, the packaged one unless told; `durable` turns fsync on, for measurements; `shutdown` stops and removes it too
 * @returns {Promise<import('./cluster.mjs').Cluster>}
 */
export async function startThrowaway({ version, durable = false, shutdown = new Shutdown() } = {}) {
  await sweep();
  const folder = makeTempFolder();
  const remove = () => removeTempFolder(folder);
  const forget = shutdown.add(remove);
  try {
    const cluster = await startCluster(folder, { version, durable, shutdown });
    const stop = async () => {
      await cluster.stop();
      remove();
      forget();
    };
    return { ...cluster, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

async function sweep() {
  for (const folder of abandonedTempFolders()) {
    await stopLeftovers(path.join(folder, 'postgres'));
    removeTempFolder(folder);
  }
}
