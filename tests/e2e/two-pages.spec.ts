import { expect, test } from "./support/test.js";

test("a card dragged in one page moves in the other", async ({ open, kanban }) => {
  const [one, two] = [await open(), await open()];
  await one.drag("Sand", { before: "Measure" });
  for (const page of [one, two]) {
    await page.expectCards("To do", ["Paint", "Varnish"]);
    await page.expectCards("Doing", ["Sand", "Measure"]);
  }
  await two.drag("Varnish", { before: "Paint" });
  for (const page of [one, two]) await page.expectCards("To do", ["Varnish", "Paint"]);
  await one.drag("Paint", { list: "Done" });
  for (const page of [one, two]) {
    await page.expectCards("Done", ["Paint"]);
    await expect.poll(() => kanban.content()).toEqual(await page.content());
  }
});

test("a card moved by keyboard in one page moves in the other, and Escape puts it back", async ({ open }) => {
  const [one, two] = [await open(), await open()];
  const { keyboard } = one.page;
  await one.card("Paint").focus();
  await keyboard.press("Space");
  await expect(one.page.locator("[aria-live=assertive]")).toContainText("Picked up Paint. Position 1 of 3 in To do.");
  await keyboard.press("ArrowDown");
  await one.expectCards("To do", ["Sand", "Paint", "Varnish"]);
  await keyboard.press("ArrowRight");
  await one.expectCards("Doing", ["Measure", "Paint"]);
  await keyboard.press("Enter");
  await two.expectCards("Doing", ["Measure", "Paint"]);
  await expect(one.card("Paint")).toBeFocused();

  await keyboard.press("Space");
  await keyboard.press("ArrowLeft");
  await one.expectCards("To do", ["Sand", "Paint", "Varnish"]);
  await keyboard.press("Escape");
  await one.expectCards("Doing", ["Measure", "Paint"]);
  await expect(one.card("Paint")).toBeFocused();
});

test("a card is added, edited, ticked, deleted and restored in both pages", async ({ open }) => {
  const [one, two] = [await open(), await open()];
  await one.addCard("Polish", "Doing");
  await two.expectCards("Doing", ["Measure", "Polish"]);

  await two.openCard("Polish");
  await two.panel.getByRole("textbox", { name: "Title" }).fill("Polish twice");
  await two.page.keyboard.press("Enter");
  await one.expectCards("Doing", ["Measure", "Polish twice"]);
  await two.panel.getByLabel("Member").selectOption({ label: "Mei Tanaka" });
  await expect(one.card("Polish twice").getByRole("img", { name: "Mei Tanaka" })).toBeVisible();
  await two.panel.getByLabel("Estimate").fill("2,5");
  await two.page.keyboard.press("Enter");
  await expect(one.card("Polish twice")).toContainText("2.5 d");
  await two.panel.getByLabel("Due").fill("2030-05-17");
  await expect(one.card("Polish twice")).toContainText("May 17, 2030");

  await one.tick("Polish twice").click();
  await two.expectCards("Doing", ["Measure", "Polish twice ✓"]);
  await expect(two.panel.getByRole("checkbox", { name: "Done" })).toBeChecked();

  await one.card("Polish twice").focus();
  await one.page.keyboard.press("Delete");
  await two.expectCards("Doing", ["Measure"]);
  await expect(two.panel).toContainText("This card has been deleted");
  await one.page.getByRole("button", { name: "Undo" }).click();
  for (const page of [one, two]) await page.expectCards("Doing", ["Measure", "Polish twice ✓"]);
  await expect(two.panel.getByRole("textbox", { name: "Title" })).toHaveValue("Polish twice");
});

test("comments and labels show in both pages", async ({ open }) => {
  const [one, two] = [await open(), await open()];
  await one.openCard("Sand");
  await two.openCard("Sand");
  await one.panel.getByRole("textbox", { name: "Write a comment" }).fill("With the grain.\nAlways.");
  await one.panel.getByRole("button", { name: "Send" }).click();
  await expect(two.panel.getByRole("listitem")).toContainText("With the grain.\nAlways.");
  await expect(two.card("Sand").getByTitle("1 comment")).toBeVisible();
  await two.panel.getByRole("button", { name: "Delete comment" }).click();
  await expect(one.panel.getByRole("listitem")).toHaveCount(0);
  await expect(one.card("Sand").getByTitle("1 comment")).toBeHidden();

  await two.panel.getByRole("button", { name: "urgent" }).click();
  await expect(one.card("Sand").getByText("urgent")).toBeVisible();
  await one.panel.getByRole("button", { name: "urgent", pressed: true }).click();
  await expect(two.card("Sand").getByText("urgent")).toHaveCount(0);
});

test("lists are added, renamed, moved and deleted in both pages", async ({ open, kanban }) => {
  const [one, two] = [await open(), await open()];
  await one.page.getByRole("button", { name: "Add a list" }).click();
  await one.page.getByRole("textbox", { name: "Name of the list" }).fill("Someday");
  await one.page.keyboard.press("Enter");
  await expect(two.list("Someday")).toBeVisible();
  await two.addCard("Rest", "Someday");
  await one.expectCards("Someday", ["Rest"]);

  await two.list("Someday").getByRole("textbox", { name: "List title" }).fill("Later");
  await two.page.keyboard.press("Enter");
  await expect(one.list("Later")).toBeVisible();
  await one.list("Later").getByRole("button", { name: "List actions" }).click();
  await one.page.getByRole("menuitem", { name: "Move left" }).click();
  await expect.poll(async () => (await two.content()).map(({ list }) => list)).toEqual(["To do", "Doing", "Later", "Done"]);

  await two.list("Later").getByRole("button", { name: "List actions" }).click();
  await two.page.getByRole("menuitem", { name: "Delete list…" }).click();
  await two.page.getByRole("button", { name: "Delete list" }).click();
  await expect(one.list("Later")).toHaveCount(0);
  await one.expectContent(await kanban.content());
});
