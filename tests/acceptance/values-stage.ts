import type { LiveHub, LooseKey, LooseRow } from '@livehub/client';
import { connect } from './viewer.ts';
import { Wire, type SocketConstructor } from './wire.ts';

type ValuesSchema = Record<string, { readonly row: LooseRow; readonly key: LooseKey }>;

/** A user of the values server with one connection. */
export interface Eye {
  readonly live: LiveHub<ValuesSchema>;
  readonly wire: Wire;
}

type Fields = Readonly<Record<string, unknown>>;
/** A write of a row; `key` by column names, values in .NET's JSON. */
export interface Write {
  readonly op: 'insert' | 'update' | 'delete';
  readonly entity: string;
  readonly key?: Fields;
  readonly values?: Fields;
}

/** What cases need of the values server (tests/acceptance/server), wherever they run. */
export type ValuesStage = Omit<ReturnType<typeof valuesStageOf>, 'leave'>;

export function valuesStageOf(origin: () => string, WebSocket: SocketConstructor) {
  const hubs: LiveHub<ValuesSchema>[] = [];
  const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(origin() + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    viewer(): Eye {
      const wire = new Wire(WebSocket);
      const live = connect<ValuesSchema>(origin(), wire);
      hubs.push(live);
      return { wire, live };
    },
    origin,
    /** Writes rows in one transaction. Returns the ids that the database made. */
    save: (...writes: readonly Write[]) =>
      ask('/save', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(writes) }) as Promise<number[]>,
    /** The connections and subscriptions that the server counts. */
    counts: () => ask('/counts') as Promise<{ readonly connections: number; readonly subscriptions: number }>,
    /** A number that no other test has. */
    batch: () => crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1,
    /** All connections go: after each test. */
    leave: () => Promise.all(hubs.splice(0).map((live) => live.close())),
  };
}
