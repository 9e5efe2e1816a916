import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

test("the README's code is what the type tests compile", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(read("../README.md")) ?? [];
  expect(read("./readme.test-d.ts")).toBe(`// The code of README.md, compiled by \`npm run test:types\`.\n${code}`);
});

test("the README's code for frameworks is what the type tests compile", () => {
  const [, ...codes] = [...read("../README.md").matchAll(/```tsx?\n([\s\S]*?)```/g)].map(([, code]) => code);
  const files = ["react.test-d.tsx", "vue.test-d.ts", "svelte.test-d.ts", "solid.test-d.tsx", "signals.test-d.ts"];
  expect(files.map((file) => read(`./readme/${file}`).split("// README begin\n")[1])).toEqual(codes);
});

test("the repository's README has the code that the type tests compile", () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(read("../../README.md")) ?? [];
  expect(read("./root-readme.test-d.ts").split("// README begin\n")[1]).toBe(code);
});
