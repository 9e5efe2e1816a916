import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endCases } from './ends.cases.ts';
import { nodeWebSocket } from './node-socket.ts';
import { valuesCases } from './values.cases.ts';
import { startValues } from './values-server.mjs';
import { valuesStageOf } from './values-stage.ts';

let server: Awaited<ReturnType<typeof startValues>>;
const stage = valuesStageOf(() => server.url, nodeWebSocket);

// In Chromium the same cases run on an application that sets nothing (tests/e2e/cases.spec.ts).
beforeAll(async () => {
  server = await startValues({ oddJson: true });
});
afterEach(stage.leave);
afterAll(() => server?.stop());

test('the application of the cases below has JSON of its own, for its endpoints and for its hubs', async () => {
  const odd = { $id: '1', Name: 'odd', Number: '1' };
  expect(await (await fetch(`${server.url}/odd`)).json()).toEqual(odd);
  const hub = new HubConnectionBuilder().withUrl(`${server.url}/odd-hub`).configureLogging(LogLevel.None).build();
  await hub.start();
  expect(await hub.invoke('Show')).toEqual(odd);
  await hub.stop();
});

valuesCases(stage);
endCases(stage);
