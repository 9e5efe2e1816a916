import { expect, test } from 'vitest';
import { eventually } from './observe.ts';
import type { ValuesStage } from './values-stage.ts';

/** C6, as the server counts. */
export function endCases({ viewer, counts }: ValuesStage): void {
  let now: unknown;
  const eventuallyCounts = (connections: number, subscriptions: number) =>
    eventually(async () => (now = await counts()), 'what the server counts').toEqual({ connections, subscriptions });

  test('C6 what ends leaves nothing behind on the server: neither a collection that is closed, nor a connection', async () => {
    await eventuallyCounts(0, 0);
    const [one, two] = [viewer(), viewer()];
    const [first, same, other] = [one.live.all('LongKeyed'), one.live.all('LongKeyed'), one.live.one('GuidKeyed', crypto.randomUUID())];
    const theirs = two.live.many('LongKeyed', ['1', '2']);
    await Promise.all([first, same, other, theirs].map(({ ready }) => ready));
    await eventuallyCounts(2, 3);
    first.close();
    other.close();
    await eventuallyCounts(2, 2);
    one.live.closeAll();
    await eventuallyCounts(2, 1);
    await two.live.close();
    await eventuallyCounts(1, 0);
    one.wire.drop();
    await eventually(() => one.wire.sockets, 'it connects anew').toBe(2);
    await eventuallyCounts(1, 0);
    await one.live.close();
    await eventuallyCounts(0, 0);
    expect(now).toEqual({ connections: 0, subscriptions: 0 });
  });
}
