import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const own = fileURLToPath(new URL(".", import.meta.url));
const client = join(own, "..");
const expectation = "@ts-expect-error";

/** Names that nobody knows, syntax, modules that are not found: with these a line does not compile whatever the types say. */
const slips = /^TS(1\d{3}|2304|2307|2552|2580|7006|7031)$/;

interface Guarded { readonly place: string; readonly why: string }

const found = new Map<string, string[]>();
let guarded: Guarded[] = [];
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "livehub-types-"));
  await mkdir(join(folder, "test"));
  await symlink(join(client, "src"), join(folder, "src"));
  await symlink(join(client, "..", "node_modules"), join(folder, "node_modules"));
  const options = { extends: join(own, "tsconfig.json"), compilerOptions: { rootDir: "/" }, include: ["test"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of (await readdir(own)).filter((file) => /\.test-d\.tsx?$/.test(file))) {
    const lines = (await readFile(join(own, name), "utf8")).split("\n");
    if (!lines.some((line) => line.startsWith(`// ${expectation}`))) continue;
    guarded = guarded.concat(lines.flatMap((line, i) => {
      const why = line.split(`${expectation} `)[1];
      return line.trimStart().startsWith(`// ${expectation}`) ? [{ place: `${name}:${i + 2}`, why: why ?? "" }] : [];
    }));
    await writeFile(join(folder, "test", name), lines.join("\n").replaceAll(expectation, "not expected:"));
  }
  const tsc = join(client, "..", "node_modules", "typescript", "bin", "tsc");
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder, maxBuffer: 1e8 }, (_, stdout) => resolve(stdout));
  });
  for (const [, name, line, code, text] of output.matchAll(/^test\/([^(]+)\((\d+),\d+\): error (TS\d+): (.*)$/gm)) {
    const place = `${name}:${line}`;
    found.set(place, [...(found.get(place) ?? []), `${code} ${text}`]);
  }
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("lines that must not compile", () => {
  test("there are as many as there are faults, each with its reason", () => {
    expect(guarded.length).toBeGreaterThan(100);
    expect(guarded.filter(({ why }) => why === "")).toEqual([]);
    expect([...found].filter(([place]) => !guarded.some((line) => line.place === place))).toEqual([]);
  });

  test("each has one fault, and that of a type", () => {
    const wrong = guarded.filter(({ place }) => {
      const faults = found.get(place) ?? [];
      return faults.length !== 1 || faults.some((fault) => slips.test(fault.split(" ")[0] as string));
    });
    expect(wrong.map(({ place, why }) => [place, why, found.get(place)])).toEqual([]);
  });
});
