import { describe, expect, test } from 'vitest';
import { eventually } from './observe.ts';
import type { ValuesStage } from './values-stage.ts';

/** SignalR's transports as its `HttpTransportType` numbers them, and whether the server is asked first which of them it has. */
const TRANSPORTS: [name: string, options: { readonly transport: number; readonly skipNegotiation?: boolean }][] = [
  ['WebSockets', { transport: 1 }],
  ['WebSockets without negotiation', { transport: 1, skipNegotiation: true }],
  ['server-sent events', { transport: 2 }],
  ['long polling', { transport: 4 }],
];

/** Ways to connect, in Node and in Chromium. */
export function transportCases({ origin, open, save, counts, tokens }: ValuesStage): void {
  const token = () => `token-${crypto.randomUUID()}`;
  const keyOf = () => crypto.randomUUID();

  describe('a collection is live and follows', () => {
    test.each(TRANSPORTS)('over %s, and its end is noticed', async (_, options) => {
      const [id, bearer] = [keyOf(), token()];
      const url = `${origin()}/live`;
      const live = open({ configure: (builder) => void builder.withUrl(url, { ...options, accessTokenFactory: () => bearer }) });
      const one = live.one('GuidKeyed', id);
      const many = live.many('LongKeyed', Array.from({ length: 900 }, (__, n) => String(9_007_199_254_740_993n + BigInt(n))));
      await Promise.all([one.ready, many.ready]);
      expect([live.status, one.status, one.row]).toEqual(['connected', 'live', undefined]);
      await save({ op: 'insert', entity: 'GuidKeyed', values: { id, name: 'new' } });
      await eventually(() => one.row).toEqual({ id, name: 'new' });
      await save({ op: 'update', entity: 'GuidKeyed', key: { id }, values: { name: '漢'.repeat(20_000) } });
      await eventually(() => one.row?.['name']).toBe('漢'.repeat(20_000));
      expect(await tokens()).toContain(bearer);
      await live.close();
      await eventually(counts).toEqual({ connections: 0, subscriptions: 0 });
    });

    test('with an access token, which is asked for again for each connection', async () => {
      const id = keyOf();
      const given: string[] = [];
      let cut = () => {};
      const live = open({
        accessTokenFactory: async () => {
          given.push(token());
          return given.at(-1) as string;
        },
        reconnectDelayMs: () => 20,
        configure: (builder) => {
          const build = builder.build.bind(builder);
          builder.build = () => {
            const connection = build();
            cut = () => void connection.stop();
            return connection;
          };
        },
      });
      const one = live.one('GuidKeyed', id);
      await one.ready;
      const before = given.length;
      const statuses: string[] = [];
      live.subscribe(() => statuses.push(live.status));
      cut();
      await eventually(() => statuses).toEqual(['reconnecting', 'connected']);
      await eventually(() => one.status).toBe('live');
      expect(given.length).toBeGreaterThan(before);
      expect(await tokens()).toEqual(expect.arrayContaining([given[0], given.at(-1)]));
    });
  });
}
