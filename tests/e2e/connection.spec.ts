import type { Page } from "@playwright/test";
import type { Kanban } from "./support/kanban.js";
import { expect, test } from "./support/test.js";

test.use({ networkFails: true });

/** What others do while a page is away: an insert, moves, a change and deletes. */
async function workAlone(kanban: Kanban): Promise<void> {
  await kanban.add("Glue", "Doing");
  await kanban.change("Paint", { listId: kanban.listId("Done"), position: 1 });
  await kanban.change("Measure", { listId: kanban.listId("To do"), position: 0.5, done: true });
  await kanban.change("Sand", { title: "Sand again" });
  await kanban.delete("Varnish");
}

/** Cuts a page off from the hub, sockets that are open included, and lets it back. */
class Cable {
  #isCut = false;
  readonly #sockets = new Set<{ close(): Promise<void> }>();

  async plugInto(page: Page): Promise<void> {
    await page.route(/\/live\b/, (route) => (this.#isCut ? route.abort("connectionfailed") : route.continue()));
    await page.routeWebSocket(/\/live\b/, (socket) => {
      socket.connectToServer();
      this.#sockets.add(socket);
    });
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    for (const socket of this.#sockets) await socket.close();
    this.#sockets.clear();
  }

  mend(): void {
    this.#isCut = false;
  }
}

test("a page whose socket is killed keeps its content and comes back right", async ({ open, kanban }) => {
  const cable = new Cable();
  const lost = await open({ prepare: (page) => cable.plugInto(page) });
  const other = await open();
  const before = await lost.content();
  await cable.cut();
  await expect(lost.badge).toHaveText("Reconnecting…");
  await workAlone(kanban);
  const now = await kanban.content();
  await other.expectContent(now);
  expect(await lost.content()).toEqual(before);
  await expect(lost.badge).toHaveText("Reconnecting…");
  cable.mend();
  await lost.expectLive();
  await lost.expectContent(now);
  await expect(lost.page.locator(".list")).toHaveCount(3);
});

test("a page without network keeps its content and comes back right", async ({ open, kanban }) => {
  const lost = await open();
  const other = await open();
  const before = await lost.content();
  await lost.page.context().setOffline(true);
  await expect(lost.badge).toHaveText("Offline");
  await workAlone(kanban);
  const now = await kanban.content();
  await other.expectContent(now);
  expect(await lost.content()).toEqual(before);
  await lost.page.context().setOffline(false);
  await lost.expectLive();
  await lost.expectContent(now);
});

test("what is done without network is refused with a notice and put back", async ({ open }) => {
  const lost = await open();
  await lost.page.context().setOffline(true);
  await lost.tick("Sand").click();
  await expect(lost.page.getByRole("alert")).toContainText("The card was not saved. The server cannot be reached.");
  await expect(lost.tick("Sand")).not.toBeChecked();
  await lost.drag("Paint", { list: "Done" });
  await lost.expectCards("To do", ["Paint", "Sand", "Varnish"]);
  await lost.page.context().setOffline(false);
  await lost.expectLive();
});

test("a dropped card stays where it was dropped until the server refuses, and then goes back", async ({ open }) => {
  const page = await open();
  let refuse = (): void => {};
  const refused = new Promise<void>((resolve) => (refuse = resolve));
  await page.page.route(/\/api\/cards\/\d+$/, async (route) => {
    await refused;
    await route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ title: "Conflict", detail: "Sand is out." }) });
  });
  await page.drag("Sand", { list: "Done" });
  await page.expectCards("Done", ["Sand"]);
  refuse();
  await expect(page.page.getByRole("alert")).toHaveText("The card was not saved. Sand is out.");
  await page.expectCards("Done", []);
  await page.expectCards("To do", ["Paint", "Sand", "Varnish"]);
});

test("both pages come back by themselves after the server is killed", async ({ open, kanban, server }) => {
  const [one, two] = [await open(), await open()];
  for (const page of [one, two]) await page.mark();
  const before = await one.content();
  await server.kill();
  for (const page of [one, two]) await expect(page.badge).toHaveText("Reconnecting…");
  expect(await one.content()).toEqual(before);
  await server.start();
  await workAlone(kanban);
  for (const page of [one, two]) {
    await page.expectLive();
    await page.expectContent(await kanban.content());
    await page.expectNotReloaded();
  }
  await one.drag("Glue", { list: "Done" });
  await expect.poll(async () => (await kanban.card("Glue")).listId).toBe(kanban.listId("Done"));
  await two.expectContent(await kanban.content());
});
