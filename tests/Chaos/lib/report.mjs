import { READERS } from '../schedule.mjs';

/**
 * What was done, what was looked at, and what has to happen in a run and did not.
 * @param {{ faults: import('./faults.mjs').Faults, cluster: import('./cluster.mjs').Cluster, readers: import('../reader/reader.mjs').Reader[], writers: import('./writers.mjs').Writers,
 *   rounds: number, steps: number, durable: boolean }} done
 * @returns {import('../../../tools/lib/seeded.mjs').Report}
 */
export function report({ faults, cluster, readers, writers, rounds, steps, durable }) {
  const { drop, stall, backends, kill, all } = faults.counts;
  const { appended, late, latest } = cluster.counts;
  const calls = sum(readers, ({ calls }) => calls);
  const written = writers.answers.get(200) ?? 0;
  const killed = kill + all * cluster.servers.length;
  const several = cluster.redis ? severalNodes(faults, cluster, readers) : { notes: [], happened: [] };
  return {
    notes: [
      `faults: ${drop} sockets dropped, ${stall} stalled, ${killed} servers killed, ${backends} backends killed, ${late} of ${appended} changesets published after more than 100 later ones (at most ${latest})`,
      ...several.notes,
      `looked at: ${calls} listener calls of ${READERS} clients, ${rounds} times all collections beside their queries; fsync=${durable ? 'on' : 'off'}, ${written} of ${steps} steps written`,
    ],
    missing: [[drop + stall + backends + killed + late, 'fault'], [calls, 'call of a listener'], [written, 'write'], ...several.happened].filter(([count]) => count === 0).map(([, what]) => what),
  };
}

function severalNodes(faults, cluster, readers) {
  const { all, pause, writer, redis, empty, hang, silence, flush, connections } = faults.counts;
  const { filled, resets } = cluster.counts;
  const { lines } = cluster.redis;
  const moves = sum(readers, ({ moves }) => moves);
  const counts = sum(readers, ({ counts }) => counts);
  return {
    notes: [
      `${lines.length} nodes: ${all} times all killed at once, ${pause} stood still, ${writer} writers killed; Redis: ${redis} times killed, ${empty} emptied, ${flush} flushed, ${hang} stood still, ${silence} for longer than 5 s, ` +
        `${connections} times connections killed; deliveries: ${sum(lines, ({ counts }) => counts.lost)} lost, ${sum(lines, ({ counts }) => counts.late)} late, ${sum(lines, ({ counts }) => counts.doubled)} doubled`,
      `${filled} changesets in holes that were filled from the stream, ${cluster.epochs} epochs begun, ${resets} connections ended to start again, ${moves} moves of readers between nodes, ${counts} times whole transactions looked for across collections`,
    ],
    happened: [[filled, 'hole that was filled from the stream'], [moves, 'move of a reader between nodes'], [counts, 'look at what entered as one']],
  };
}

const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
