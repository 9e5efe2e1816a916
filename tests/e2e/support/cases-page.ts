import type { Browser, Page } from "@playwright/test";
import { build } from "esbuild";

type Cases = typeof import("../cases/page.js");

/** The cases of tests/acceptance with the real client, bundled for a page as an application's code is. */
const bundle = build({
  entryPoints: [new URL("../cases/page.ts", import.meta.url).pathname],
  bundle: true,
  format: "iife",
  globalName: "livehub",
  platform: "browser",
  target: "es2023",
  sourcemap: "inline",
  alias: { vitest: new URL("../cases/vitest.ts", import.meta.url).pathname },
  write: false,
}).then(({ outputFiles }) => outputFiles[0]?.text ?? "");

/** The names of the cases, by the server that they run on. */
export const namesOfCases = bundle.then((code) => {
  const { cases } = new Function(`${code}; return livehub;`)() as Cases;
  return { sample: cases.sample.map(({ name }) => name), values: cases.values.map(({ name }) => name) };
});

/** A page of a server's own origin that has the cases. */
export class CasesPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, origin: string): Promise<CasesPage> {
    const code = await bundle;
    const page = await browser.newPage();
    // Any document of the server will do: one that the test made up would be none of the local network's.
    await page.goto(`${origin}/health`);
    await page.addScriptTag({ content: code });
    return new CasesPage(page);
  }

  /** Runs a case; what does not hold is thrown. */
  async run(server: keyof Cases["cases"], name: string): Promise<void> {
    const failure = await this.page.evaluate(async ([server, name]) => {
      const { cases } = (globalThis as unknown as { readonly livehub: Cases }).livehub;
      try {
        const found = cases[server].find((one) => one.name === name);
        if (!found) throw new Error(`There is no case '${name}'.`);
        await found.run();
        return undefined;
      } catch (error) {
        const { message, stack, actual, expected } = error as Error & { readonly actual?: unknown; readonly expected?: unknown };
        const text = (value: unknown): string => JSON.stringify(value, (_, item: unknown) => (item instanceof Set ? [...item] : item)) ?? String(value);
        return `${message}\nexpected ${text(expected)}\nreceived ${text(actual)}\n${stack ?? ""}`;
      }
    }, [server, name] as const);
    if (failure !== undefined) throw new Error(failure);
  }
}
