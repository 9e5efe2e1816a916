import { defineConfig } from "@playwright/test";

const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/** LIVEHUB_E2E_REPORT names the file for the JSON report that `npm test` reads. */
const report = process.env.LIVEHUB_E2E_REPORT;

export default defineConfig({
  testDir: ".",
  // All tests share one server, and some kill it.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: report === undefined ? [["list"]] : [["list"], ["json", { outputFile: report }]],
  use: {
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 860 },
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: { executablePath: process.env.LIVEHUB_CHROMIUM ?? "/usr/bin/chromium", args: flags.split(" ") },
  },
});
