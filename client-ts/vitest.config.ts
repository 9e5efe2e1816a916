import { compile, compileModule } from "svelte/compiler";
import { defineConfig, type ViteUserConfig } from "vitest/config";

type Plugin = NonNullable<ViteUserConfig["plugins"]>[number];

/** Compiles Svelte's components and runes, as the plugin of an application does. */
const svelte = (generate: "client" | "server"): Plugin => ({
  name: "svelte",
  enforce: "post",
  transform(code, id) {
    const [filename = ""] = id.split("?");
    if (/\.svelte\.[jt]s$/.test(filename)) return compileModule(code, { filename, generate }).js;
    if (filename.endsWith(".svelte")) return compile(code, { filename, generate }).js;
    return undefined;
  },
});

/** Svelte and Solid are other code in a browser than on a server, chosen by the resolver. */
const ofBrowsers = ["test/svelte.test.ts", "test/solid.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [svelte("server")],
        test: { name: "node", include: ["test/**/*.test.ts"], exclude: ofBrowsers },
      },
      {
        plugins: [svelte("client")],
        resolve: { conditions: ["browser"] },
        ssr: { resolve: { conditions: ["browser"] } },
        test: { name: "browser", include: ofBrowsers, environment: "happy-dom", server: { deps: { inline: [/svelte/, /solid-js/] } } },
      },
    ],
  },
});
