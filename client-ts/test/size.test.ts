import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";

const peers = ["react", "vue", "svelte", "svelte/*", "solid-js", "solid-js/*", "@preact/signals-core"];

/** An entry and all that it needs of ours, minified and gzipped, in bytes; and what it imports of others. */
async function bundle(entry: string, external: readonly string[]): Promise<{ size: number; imports: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL(`../src/${entry}.ts`, import.meta.url).pathname],
    bundle: true, minify: true, format: "esm", target: "es2022", external: [...external], write: false, metafile: true, outdir: "out",
  });
  const [output] = Object.values(metafile.outputs) as [Metafile["outputs"][string]];
  return { size: gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length, imports: output.imports.map(({ path }) => path) };
}

test("the core is at most 8 kB, minified and gzipped, without SignalR", async () => {
  const { size, imports } = await bundle("index", ["@microsoft/signalr", ...peers]);
  expect(size).toBeLessThanOrEqual(8 * 1024);
  expect(imports).toEqual(["@microsoft/signalr"]);
});

/** What each framework's subpath may weigh beside the core, in bytes, and what it may import. */
const budgets: Readonly<Record<string, readonly [bytes: number, imports: readonly string[]]>> = {
  react: [512, ["react"]],
  signals: [640, ["@preact/signals-core"]],
  solid: [512, ["solid-js", "solid-js/web"]],
  svelte: [640, []],
  vue: [512, ["vue"]],
};

test.each(Object.entries(budgets))("%s has its budget, and needs nothing of the core", async (entry, [bytes, allowed]) => {
  const { size, imports } = await bundle(entry, peers);
  expect(size).toBeLessThanOrEqual(bytes);
  expect(imports).toEqual(allowed);
});

test("every subpath of the package has a budget", () => {
  const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { exports: object };
  expect(Object.keys(exports)).toEqual([".", ...Object.keys(budgets).map((entry) => `./${entry}`)]);
});
