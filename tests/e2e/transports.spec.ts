import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test as base, type Page } from "@playwright/test";
import { startGate, token } from "../gate/gate.mjs";
import { Line } from "../gate/line.mjs";
import { root } from "../../tools/lib/paths.mjs";

/** The client in the page, and what the test looks at. */
interface PageWindow extends Window {
  readonly createLiveHub: (url: string, options: object) => PageWindow["live"];
  live: { readonly status: string; all(entity: string, options?: object): PageWindow["guests"] };
  guests: { readonly rows: readonly { readonly name: string }[]; readonly status: string; readonly ready: Promise<void> };
}

/** SignalR's numbers for them. */
const transports = { WebSockets: 1, ServerSentEvents: 2, LongPolling: 4 };

/** What the client's exports map leads to. */
const client = path.dirname(createRequire(import.meta.url).resolve("@livehub/client"));
const signalR = path.join(root, "node_modules/@microsoft/signalr/dist/browser/signalr.js");
const importMap = { imports: { "@microsoft/signalr": "/modules/@microsoft/signalr.js" } };

const test = base.extend<{ readonly line: Line }, { readonly gate: Awaited<ReturnType<typeof startGate>> }>({
  gate: [
    async ({}, use) => {
      const gate = await startGate();
      try {
        await use(gate);
      } finally {
        await gate.stop();
      }
    },
    { scope: "worker", timeout: 60_000 },
  ],
  line: async ({ gate }, use) => {
    const line = await Line.to(gate.url);
    await use(line);
    await line.close();
  },
  // The client as a browser takes it, from the server's own origin: its modules, and SignalR's build for browsers.
  page: async ({ page, line }, use) => {
    await page.route("**/modules/**", async (route) => {
      const file = new URL(route.request().url()).pathname.replace("/modules/", "");
      const body = file === "@microsoft/signalr.js" ? "export const { HubConnectionBuilder, JsonHubProtocol } = globalThis.signalR;" : await readFile(path.join(client, file));
      await route.fulfill({ body, contentType: "text/javascript" });
    });
    await page.goto(`${line.url}/page`);
    await page.addScriptTag({ path: signalR });
    await page.addScriptTag({ type: "importmap", content: JSON.stringify(importMap) });
    await page.addScriptTag({ type: "module", content: 'import { createLiveHub } from "/modules/index.js"; window.createLiveHub = createLiveHub;' });
    await page.waitForFunction(() => "createLiveHub" in window);
    await use(page);
  },
});

for (const { transport, skipNegotiation } of [
  { transport: "WebSockets", skipNegotiation: false },
  { transport: "WebSockets", skipNegotiation: true },
  { transport: "ServerSentEvents", skipNegotiation: false },
  { transport: "LongPolling", skipNegotiation: false },
] as const) {
  test(`over ${transport}${skipNegotiation ? " without negotiation" : ""}: snapshot, changes, refusal, and the way back`, async ({ page, gate, line }) => {
    const room = crypto.randomUUID();
    const guest = (name: string) => ({ id: crypto.randomUUID(), room, name });
    const send = async (body: readonly object[]): Promise<void> => {
      const response = await fetch(`${gate.url}/guests`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
      expect(response.ok).toBe(true);
    };
    await send([guest("first")]);
    const refusal = await page.evaluate(
      async ([room, token, transport, skipNegotiation]) => {
        const here = window as unknown as PageWindow;
        const url = "/guarded";
        here.live = here.createLiveHub(url, {
          accessTokenFactory: () => token,
          reconnectDelayMs: () => 20,
          configure: (builder: { withUrl(url: string, options: object): void }) => builder.withUrl(url, { transport, skipNegotiation }),
        });
        here.guests = here.live.all("Guest", { where: { room } });
        await here.guests.ready;
        return here.live.all("Nothing").ready.catch((error: { readonly code: string }) => error.code);
      },
      [room, token, transports[transport], skipNegotiation] as const,
    );
    expect(refusal).toBe("unknown_entity");
    expect(await shown(page)).toEqual(["connected", "live", "first"]);
    await send([guest("second")]);
    await expect.poll(() => shown(page)).toEqual(["connected", "live", "first", "second"]);
    line.cut();
    await expect.poll(() => shown(page)).toEqual(["reconnecting", "stale", "first", "second"]);
    await send([guest("third")]);
    line.restore();
    await expect.poll(() => shown(page)).toEqual(["connected", "live", "first", "second", "third"]);

    // What a browser can give no headers has the token in its address.
    const seen = (await (await fetch(`${gate.url}/requests`)).json()) as { readonly path: string; readonly transport: string; readonly token: string | null }[];
    const connects = seen.filter((request) => request.path === "GET /guarded" && request.transport === transport);
    expect(new Set(connects.map((request) => request.token))).toEqual(new Set([transport === "LongPolling" ? "header" : "query"]));
  });
}

/** Status of hub and collection, and the names. */
function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { live, guests } = window as unknown as PageWindow;
    return [live.status, guests.status, ...guests.rows.map((row) => row.name).sort()];
  });
}
