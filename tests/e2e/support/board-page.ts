import { expect, type Locator, type Page } from "@playwright/test";
import type { Content } from "./kanban.js";

/** One browser window on a board, in the words of its user. */
export class BoardPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get badge(): Locator {
    return this.page.getByTestId("connection");
  }

  /** The opened card. */
  get panel(): Locator {
    return this.page.getByRole("dialog", { name: "Card" });
  }

  list(title: string): Locator {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  card(title: string): Locator {
    return this.page.locator(".card").filter({ has: this.page.getByText(title, { exact: true }) });
  }

  tick(title: string): Locator {
    return this.page.getByRole("checkbox", { name: `Done: ${title}`, exact: true });
  }

  async openCard(title: string): Promise<void> {
    await this.card(title).click();
    await expect(this.panel.getByRole("textbox", { name: "Title" })).toHaveValue(title);
  }

  async addCard(title: string, list: string): Promise<void> {
    await this.list(list).getByRole("button", { name: "Add a card" }).click();
    await this.list(list).getByRole("textbox", { name: "What needs doing?" }).fill(title);
    await this.page.keyboard.press("Enter");
  }

  /** Drags a card with the mouse into the place of another, or to the top of a list. */
  async drag(title: string, to: { readonly before: string } | { readonly list: string }): Promise<void> {
    const card = this.card(title);
    await card.hover();
    await this.page.mouse.down();
    const target = "before" in to ? this.card(to.before) : this.list(to.list);
    const box = await boxOf(target);
    const ghost = this.page.locator(".ghost");
    await this.page.mouse.move(box.x + box.width / 2, box.y + ("before" in to ? box.height / 2 : 4), { steps: 6 });
    await expect(ghost).toBeVisible();
    // Where it will land shows before it is dropped.
    const list = "before" in to ? this.page.getByRole("region").filter({ has: target }) : target;
    await expect(list.locator(".card.lifted")).toBeVisible();
    await this.page.mouse.up();
    await expect(ghost).toHaveCount(0);
  }

  content(): Promise<Content> {
    return this.page.locator(".list[data-list]").evaluateAll((lists) =>
      lists.map((list) => ({
        list: list.getAttribute("aria-label") ?? "",
        cards: [...list.querySelectorAll(".card")].map((card) => {
          const title = card.querySelector(".card-title")?.textContent ?? "";
          return card.querySelector<HTMLInputElement>(".tick")?.checked === true ? `${title} ✓` : title;
        }),
      })),
    );
  }

  async expectContent(expected: Content): Promise<void> {
    await expect.poll(() => this.content()).toEqual(expected);
  }

  async expectCards(list: string, cards: readonly string[]): Promise<void> {
    await expect.poll(async () => (await this.content()).find((other) => other.list === list)?.cards).toEqual(cards);
  }

  async expectLive(): Promise<void> {
    await expect(this.badge).toHaveText("Live", { timeout: 15_000 });
  }

  /** Remembers this load of the page; `expectNotReloaded` fails when another has come. */
  async mark(): Promise<void> {
    await this.page.evaluate(() => document.documentElement.setAttribute("data-marked", ""));
  }

  async expectNotReloaded(): Promise<void> {
    await expect(this.page.locator("html[data-marked]")).toHaveCount(1);
  }
}

async function boxOf(target: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await target.boundingBox();
  if (box === null) throw new Error("The target of the drag is not to be seen.");
  return box;
}
