import { CasesPage, namesOfCases } from "./support/cases-page.js";
import { expect, test } from "./support/test.js";

/** What tests/acceptance shows in Node, in a page of the same servers: the same cases, one by one. */
const names = await namesOfCases;

for (const name of names.sample) {
  test(name, async ({ samplePage }) => samplePage.run("sample", name));
}

for (const name of names.values) {
  test(name, async ({ valuesPage }) => valuesPage.run("values", name));
}

test("what runs here are the cases that there are: a collection that came out empty, or a name that is no case, would show nothing", async ({ samplePage }) => {
  expect(names.sample.length).toBeGreaterThanOrEqual(15);
  expect(names.values.length).toBeGreaterThanOrEqual(80);
  await expect(samplePage.run("sample", "no such case")).rejects.toThrow("There is no case 'no such case'.");
});

test("C6 a page that is closed by its user leaves nothing behind on the server", async ({ browser, values }) => {
  const counts = async (): Promise<unknown> => (await fetch(`${values.url}/counts`)).json();
  const { page } = await CasesPage.open(browser, values.url);
  await page.evaluate(() => (globalThis as unknown as { readonly livehub: typeof import("./cases/page.js") }).livehub.open());
  await expect.poll(counts).toEqual({ connections: 1, subscriptions: 1 });
  await page.close();
  await expect.poll(counts).toEqual({ connections: 0, subscriptions: 0 });
});
