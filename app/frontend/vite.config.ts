import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds Django; the page itself asks its own origin when there is no /config.json. */
const backend = process.env["BACKEND_ORIGIN"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    // The policy has no `data:`, so nothing may be inlined into the bundle as such an address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: backend, changeOrigin: false } },
  },
  preview: { host: "127.0.0.1" },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "https://gallery.test/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    setupFiles: ["src/test/setup.ts"],
    unstubGlobals: true,
  },
});
