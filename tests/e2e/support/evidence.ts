import type { Page, TestInfo } from "@playwright/test";

const maxLines = 60;
const maxLineLength = 400;
const logLength = 6_000;

/** What happened in a page, for whoever reads of a test that failed where nobody can look. */
export class Evidence {
  readonly #page: Page;
  readonly #begun = Date.now();
  readonly #lines: string[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on("console", (message) => this.#note(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.#note(`error: ${String(error)}`));
    page.on("websocket", (socket) => {
      this.#note(`opens ${socket.url()}`);
      socket.on("framesent", ({ payload }) => this.#note(`> ${String(payload)}`));
      socket.on("framereceived", ({ payload }) => this.#note(`< ${String(payload)}`));
      socket.on("close", () => this.#note("closed"));
    });
  }

  /** Adds to the report of a test that failed what its pages show and were told, and what their server logged. */
  static async attach(pages: readonly Evidence[], log: string, testInfo: TestInfo): Promise<void> {
    const told = await Promise.all(pages.map((page, i) => page.#tell(i + 1)));
    await testInfo.attach("evidence", { body: [...told, `The server's log:\n${log.slice(-logLength)}`].join("\n\n"), contentType: "text/plain" });
  }

  async #tell(number: number): Promise<string> {
    const text = await within(this.#page.evaluate(() => document.body.innerText), "does not answer");
    const frames = await within(this.#page.evaluate(() => new Promise<string>((resolve) => requestAnimationFrame(() => resolve("painted")))), "not painted");
    return `Page ${number}, ${frames}, ${Date.now() - this.#begun} ms after it was opened:\n${text}\n${this.#lines.join("\n")}`;
  }

  /** The first lines and the last: how it began, and how it ended. */
  #note(line: string): void {
    this.#lines.push(`${Date.now() - this.#begun} ms ${line.slice(0, maxLineLength)}`);
    if (this.#lines.length > maxLines) this.#lines.splice(maxLines / 2, 1);
  }
}

function within(answer: Promise<string>, otherwise: string): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve(otherwise), 2_000));
  return Promise.race([answer.catch(String), late]);
}
