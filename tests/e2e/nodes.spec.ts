import { expect, test } from "./support/test.js";

test.use({ nodes: 2, networkFails: true });

test("two pages on two nodes see each other's changes, and go on at the other node when one is killed", async ({ open, kanban, server }) => {
  test.slow(); // a server starts in it
  const [one, two] = [await open(), await open()];
  const pages = [one, two];
  for (const page of pages) await page.mark();
  await expect.poll(() => server.proxy?.open).toEqual([1, 1]);
  await one.drag("Sand", { before: "Measure" });
  for (const page of pages) await page.expectCards("Doing", ["Sand", "Measure"]);
  await two.addCard("Polish", "Done");
  for (const page of pages) await page.expectCards("Done", ["Polish"]);

  // Each node dies once; the first one comes back for the second one's death.
  for (const [gone, title] of [[0, "Glue"], [1, "Oil"]] as const) {
    await server.nodes[gone]?.kill();
    await kanban.add(title, "To do");
    const other = gone === 0 ? [0, 2] : [2, 0];
    await expect.poll(() => server.proxy?.open).toEqual(other);
    for (const page of pages) {
      await page.expectLive();
      await page.expectContent(await kanban.content());
    }
    await one.tick(title).click();
    for (const page of pages) await expect(page.tick(title)).toBeChecked();
    if (gone === 1) break;
    await server.nodes[gone]?.start();
    await expect.poll(() => server.proxy?.up).toEqual([true, true]);
  }
  for (const page of pages) await page.expectNotReloaded();
});
