import { defineConfig } from "vite";

// `npm run dev -w samples/Board/web` beside a running `npm start`: the API and the hub come from there.
const server = "http://127.0.0.1:5080";

export default defineConfig({
  build: { target: "es2022", outDir: "dist", emptyOutDir: true },
  server: { proxy: { "/api": server, "/live": { target: server, ws: true } } },
});
