import { test as base, expect, type BrowserContextOptions, type Page } from "@playwright/test";
import { startBoard } from "../../../tools/lib/board.mjs";
import { boardWeb } from "../../../tools/lib/setup.mjs";
import { Api } from "./api.js";
import { startValues } from "../../acceptance/values-server.mjs";
import { BoardPage } from "./board-page.js";
import { CasesPage } from "./cases-page.js";
import { Evidence } from "./evidence.js";
import { Kanban } from "./kanban.js";

type Server = Awaited<ReturnType<typeof startBoard>>;
type Values = Awaited<ReturnType<typeof startValues>>;

interface WorkerFixtures {
  /** How many servers the sample runs on. */
  readonly nodes: number;
  readonly server: Server;
  /** The server of every type. */
  readonly values: Values;
  /** Pages of the two servers that have the acceptance tests' cases. */
  readonly samplePage: CasesPage;
  readonly valuesPage: CasesPage;
}

interface OpenOptions extends BrowserContextOptions {
  /** What follows the board's address: `/card/1`. */
  readonly at?: string;
  /** Called before the page loads. */
  readonly prepare?: (page: Page) => Promise<void>;
}

interface Fixtures {
  readonly api: Api;
  readonly kanban: Kanban;
  /** Opens the board in a browser context of its own and waits until it is live. */
  readonly open: (options?: OpenOptions) => Promise<BoardPage>;
  /** What the pages have written to the console as errors. */
  readonly consoleErrors: string[];
  /** Whether the test makes requests or connections fail: then the browser's own words about that are no fault. */
  readonly networkFails: boolean;
}

/** What Chromium writes about a request or a connection that failed. */
const networkErrors = /net::ERR_|WebSocket connection to|Failed to load resource/;

export const test = base.extend<Fixtures, WorkerFixtures>({
  networkFails: [false, { option: true }],

  nodes: [1, { option: true, scope: "worker" }],

  server: [
    async ({ nodes }, use) => {
      const server = await startBoard({ web: boardWeb, nodes });
      try {
        await use(server);
      } finally {
        await server.stop();
      }
    },
    { scope: "worker", timeout: 100_000 },
  ],

  values: [
    async ({}, use) => {
      const values = await startValues();
      await use(values);
      await values.stop();
    },
    { scope: "worker", timeout: 100_000 },
  ],

  samplePage: [async ({ browser, server }, use) => use(await CasesPage.open(browser, server.url)), { scope: "worker" }],

  valuesPage: [async ({ browser, values }, use) => use(await CasesPage.open(browser, values.url)), { scope: "worker" }],

  api: async ({ server }, use) => {
    await use(new Api(server.url));
  },

  kanban: async ({ api }, use) => {
    await use(await Kanban.create(api));
  },

  consoleErrors: [
    async ({ networkFails }, use) => {
      const errors: string[] = [];
      await use(errors);
      expect(errors.filter((text) => !networkFails || !networkErrors.test(text)), "errors in the console").toEqual([]);
    },
    { auto: true },
  ],

  open: async ({ browser, server, kanban, consoleErrors, contextOptions, viewport }, use, testInfo) => {
    const contexts: Awaited<ReturnType<typeof browser.newContext>>[] = [];
    const evidence: Evidence[] = [];
    await use(async ({ at = "", prepare, ...options } = {}) => {
      const context = await browser.newContext({ ...contextOptions, viewport, ...options });
      contexts.push(context);
      const page = await context.newPage();
      evidence.push(new Evidence(page));
      page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
      page.on("pageerror", (error) => consoleErrors.push(String(error)));
      await prepare?.(page);
      await page.goto(`${server.url}/#/board/${kanban.id}${at}`);
      const board = new BoardPage(page);
      await board.expectLive();
      await board.expectContent(await kanban.content());
      return board;
    });
    if (testInfo.status !== testInfo.expectedStatus) await Evidence.attach(evidence, server.log, testInfo);
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };
