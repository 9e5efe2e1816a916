/**
 * Latency, end to end, one change at a time: from asking the server for a save until a listener in another process has the new row.
 * The reference is what one writes by hand in the same program (tests/benchmarks/server/Hubs.cs): save with the same DbContext without
 * LiveHub, then `SendAsync` to the group of those who watch the list. Both sides are asked through the same hub.
 */
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { startBenchServer } from './lib/bench-server.mjs';
import { alternate, percentile, ratioResult } from './lib/statistics.mjs';

export const needs = ['packages', 'client', 'solution'];

const LIST = 1;
const TICKET = 10;

/** What takes longer never comes; in milliseconds. */
const LIMIT_MS = 10_000;

export async function run({ quick, progress, shutdown }) {
  const [runs, warmUps, changes] = quick ? [3, 1, 150] : [21, 8, 400];
  const { url } = await startBenchServer({ shutdown });
  const driver = await connect(`${url}/driver`);
  shutdown.add(() => driver.stop());
  const live = await liveSide(url, driver, shutdown);
  const plain = await plainSide(url, driver, shutdown);
  const pairs = await alternate({
    runs,
    warmUps,
    subject: () => measure(live, changes),
    reference: () => measure(plain, changes),
    onRun: (run) => progress.line(`latency: ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${-run} more`}`),
  });
  return {
    results: [
      ratio('p50 ratio', 0.5, 1.1),
      ratio('p99 ratio', 0.99, 1.5),
    ],
    medians: { liveP50Ms: middle('subject', 0.5), plainP50Ms: middle('reference', 0.5) },
  };

  function ratio(name, p, budget) {
    const of = pairs.map(({ subject, reference }) => ({ subject: percentile(subject, p), reference: percentile(reference, p) }));
    return ratioResult(name, of, { budget, direction: 'max' });
  }

  function middle(side, p) {
    return Math.round(percentile(pairs.map((pair) => percentile(pair[side], p)), 0.5) * 1000) / 1000;
  }
}

/** A collection of LiveHub; `change` asks for a save. */
async function liveSide(url, driver, shutdown) {
  // Built by the set-up steps above.
  const { createLiveHub } = await import('@livehub/client');
  const hub = createLiveHub(`${url}/live`);
  shutdown.add(() => hub.close());
  const tickets = hub.all('Ticket', { where: { listId: LIST } });
  await tickets.ready;
  const arrivals = new Arrivals();
  tickets.subscribe(() => arrivals.saw(tickets.get(TICKET).title));
  return { arrivals, change: (title) => driver.send('SaveLive', TICKET, title) };
}

/** A hand-written listener. */
async function plainSide(url, driver, shutdown) {
  const connection = await connect(`${url}/plain`);
  shutdown.add(() => connection.stop());
  await connection.invoke('Join', LIST);
  const rows = new Map();
  const arrivals = new Arrivals();
  connection.on('TicketChanged', (ticket) => {
    rows.set(ticket.id, ticket);
    arrivals.saw(rows.get(TICKET).title);
  });
  return { arrivals, change: (title) => driver.send('SavePlain', TICKET, title) };
}

/** Milliseconds for each of some changes, one after the other; a row that comes with another title than was saved is an error. */
async function measure({ arrivals, change }, changes) {
  const times = [];
  for (let i = 0; i < changes; i++) {
    const title = `title ${process.hrtime.bigint()}`;
    const arrived = arrivals.next(title);
    const start = performance.now();
    await change(title);
    times.push((await arrived) - start);
  }
  return times;
}

/** Tells when a title has arrived. */
class Arrivals {
  #wanted;
  #resolve;

  next(title) {
    this.#wanted = title;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new Error(`'${title}' did not arrive within ${LIMIT_MS} ms.`)), LIMIT_MS);
      this.#resolve = (at) => {
        clearTimeout(timeout);
        resolve(at);
      };
    });
  }

  saw(title) {
    if (title === this.#wanted) this.#resolve(performance.now());
  }
}

async function connect(url) {
  const connection = new HubConnectionBuilder()
    .withUrl(url, { transport: HttpTransportType.WebSockets, skipNegotiation: true })
    .configureLogging(LogLevel.Error)
    .build();
  await connection.start();
  return connection;
}
