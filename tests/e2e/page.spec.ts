import { expect, test } from "./support/test.js";

test("text being typed survives what others change", async ({ open, kanban }) => {
  const page = await open();
  await page.openCard("Sand");
  const description = page.panel.getByRole("textbox", { name: "Description" });
  await description.click();
  await page.page.keyboard.type("Start with 80, ");
  await kanban.change("Sand", { title: "Sand down", description: "Use 120." });
  await page.expectCards("To do", ["Paint", "Sand down", "Varnish"]);
  await expect(page.panel.getByRole("textbox", { name: "Title" })).toHaveValue("Sand down");
  await expect(page.panel.getByText("Changed meanwhile to: Use 120.")).toBeVisible();
  await expect(description).toBeFocused();
  await page.page.keyboard.type("end with 240.");
  await expect(description).toHaveValue("Start with 80, end with 240.");
  await description.blur();
  await expect.poll(async () => (await kanban.card("Sand down")).description).toBe("Start with 80, end with 240.");
  await expect(page.panel.getByText("Changed meanwhile")).toBeHidden();

  // A field that was only looked at shows what has come.
  await description.focus();
  await kanban.change("Sand down", { description: "Use 180." });
  await expect(page.panel.getByText("Changed meanwhile to: Use 180.")).toBeVisible();
  await description.blur();
  await expect(description).toHaveValue("Use 180.");
});

test("a card being written stays while the board changes around it", async ({ open, kanban, api }) => {
  const page = await open();
  const list = page.list("Doing");
  await list.getByRole("button", { name: "Add a card" }).click();
  const field = list.getByRole("textbox", { name: "What needs doing?" });
  await page.page.keyboard.type("Cut the ");
  await kanban.add("Plane", "Doing");
  await kanban.delete("Measure");
  await api.patch(`lists/${kanban.listId("Doing")}`, { position: 9 });
  await expect.poll(async () => (await page.content()).map((shown) => shown.list)).toEqual(["To do", "Done", "Doing"]);
  await expect(field).toBeFocused();
  await page.page.keyboard.type("boards");
  await page.page.keyboard.press("Enter");
  await page.expectCards("Doing", ["Plane", "Cut the boards"]);
});

test("a page that is not painted follows all the same", async ({ open, kanban }) => {
  const page = await open({ prepare: async (page) => void (await page.addInitScript(() => (window.requestAnimationFrame = () => 0))) });
  await kanban.add("Plane", "Doing");
  await page.expectCards("Doing", ["Measure", "Plane"]);
});

test("markup in text shows as text", async ({ open, kanban, api }) => {
  const markup = `<img src=x onerror="document.title='hacked'"><b>bold</b>`;
  const { id } = await kanban.add(markup, "Doing", { description: markup });
  const [member] = await api.get<{ id: number }[]>("members?limit=1");
  await api.post("comments", { cardId: id, memberId: member?.id, text: markup });
  await api.patch(`lists/${kanban.listId("Done")}`, { title: markup });
  const page = await open({ at: `/card/${id}` });
  await page.expectCards("Doing", ["Measure", markup]);
  await expect(page.panel.getByRole("textbox", { name: "Title" })).toHaveValue(markup);
  await expect(page.panel.getByRole("listitem")).toContainText(markup);
  await expect(page.list(markup)).toBeVisible();
  await expect(page.page.locator("main img, aside img, main b, aside b")).toHaveCount(0);
  await expect(page.page).toHaveTitle("Workshop · Board");
});

test("an address leads to a board and to a card; Back closes the card", async ({ open, kanban }) => {
  const { id } = await kanban.card("Varnish");
  const page = await open({ at: `/card/${id}` });
  await expect(page.panel.getByRole("textbox", { name: "Title" })).toHaveValue("Varnish");
  await page.page.keyboard.press("Escape");
  await expect(page.panel).toHaveCount(0);
  await expect(page.card("Varnish")).toBeFocused();
  await page.page.goBack();
  await expect(page.panel.getByRole("textbox", { name: "Title" })).toHaveValue("Varnish");
});

test("a board is chosen in the menu; an address of no board says so", async ({ open }) => {
  const page = await open();
  await page.page.getByRole("button", { name: "Board Workshop" }).first().click();
  await page.page.getByRole("menuitemradio", { name: "Website relaunch" }).click();
  await expect(page.page).toHaveURL(/#\/board\/1$/);
  await expect(page.page.locator(".card").first()).toBeVisible();
  await page.page.evaluate(() => (location.hash = "#/board/999999"));
  await expect(page.page.getByRole("heading", { name: "There is no such board" })).toBeVisible();
});

test("cards between which no number lies any more are numbered anew", async ({ open, kanban }) => {
  for (const title of ["Paint", "Sand", "Varnish"]) await kanban.change(title, { position: 1 });
  const page = await open();
  await page.drag("Measure", { before: "Varnish" });
  await page.expectCards("To do", ["Paint", "Sand", "Measure", "Varnish"]);
  await expect.poll(() => kanban.content()).toEqual(await page.content());
});

test("a card that others delete while it is dragged is gone", async ({ open, kanban }) => {
  const page = await open();
  await page.card("Sand").hover();
  await page.page.mouse.down();
  await page.list("Done").hover();
  await page.expectCards("Done", ["Sand"]);
  await kanban.delete("Sand");
  await page.expectCards("Done", []);
  await page.page.mouse.move(300, 300);
  await page.page.mouse.up();
  await expect(page.page.getByText("The card was deleted by someone else")).toBeVisible();
  await expect(page.page.locator(".ghost")).toHaveCount(0);
  await page.expectContent(await kanban.content());
});

test("a phone shows one list, opens a card over it and drags by finger", async ({ open, kanban }) => {
  const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.card("Sand").tap();
  const box = await page.panel.boundingBox();
  expect([box?.x, box?.width]).toEqual([0, 390]);
  await page.panel.getByRole("button", { name: "Close card" }).tap();
  await expect(page.panel).toHaveCount(0);

  const touch = await page.page.context().newCDPSession(page.page);
  const from = await page.card("Varnish").boundingBox();
  const to = await page.card("Paint").boundingBox();
  if (from === null || to === null) throw new Error("The cards are not to be seen.");
  const x = from.x + 120;
  const send = (type: "touchStart" | "touchMove" | "touchEnd", y?: number): Promise<unknown> =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints: y === undefined ? [] : [{ x, y }] });
  await send("touchStart", from.y + 20);
  await expect(page.page.locator(".ghost")).toBeVisible();
  for (const part of [0.25, 0.5, 0.75, 1]) await send("touchMove", from.y + 20 + (to.y - 10 - from.y - 20) * part);
  await page.expectCards("To do", ["Varnish", "Paint", "Sand"]);
  await send("touchEnd");
  await expect.poll(async () => (await kanban.content())[0]?.cards).toEqual(["Varnish", "Paint", "Sand"]);
});
