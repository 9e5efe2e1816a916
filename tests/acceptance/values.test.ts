import { afterAll, afterEach, beforeAll } from 'vitest';
import { endCases } from './ends.cases.ts';
import { nodeWebSocket } from './node-socket.ts';
import { valuesCases } from './values.cases.ts';
import { startValues } from './values-server.mjs';
import { valuesStageOf } from './values-stage.ts';

let server: Awaited<ReturnType<typeof startValues>>;
const stage = valuesStageOf(() => server.url, nodeWebSocket);

beforeAll(async () => {
  server = await startValues();
});
afterEach(stage.leave);
afterAll(() => server?.stop());

valuesCases(stage);
endCases(stage);
