import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import lab from "./package.json" with { type: "json" };
import { CONTENT_POLICY } from "./scripts/contentPolicy.mjs";
import { catalogs } from "./scripts/catalogs.ts";
import { jsxDoor } from "./scripts/jsxDoor.ts";
import { labStudies } from "./scripts/labStudies.ts";
import { offlineList } from "./scripts/offlineList.ts";
import { besideEntry } from "./scripts/workerChunks.ts";
import { commitOf } from "./src/cli/build.ts";

// COOP/COEP make the page cross-origin isolated, which onnxruntime-web needs for more than one WASM thread.
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

// What a run manifest of the page says of the code that made it (src/ui/share/build.ts).
const BUILD = {
  lab: lab.version,
  commit: commitOf(import.meta.dirname),
  runtime: `onnxruntime-web ${lab.dependencies["onnxruntime-web"]}`,
};

export default defineConfig({
  base: "./",
  define: { PENUMBRA_BUILD: JSON.stringify(BUILD) },
  plugins: [
    react(),
    {
      name: "content-policy",
      // Not while developing: hot replacement runs inline scripts.
      apply: "build",
      transformIndexHtml: () => [
        {
          tag: "meta",
          attrs: { "http-equiv": "Content-Security-Policy", content: CONTENT_POLICY },
          injectTo: "head-prepend",
        },
      ],
    },
    catalogs(),
    jsxDoor(),
    labStudies(),
    offlineList(),
    // The page's own files are kept by the service worker (src/sw.ts), the rest by the engine as it loads it.
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      // A page left open goes on with the files it began with; a newer one takes over when the reader says so.
      registerType: "prompt",
      // src/ui/offline/serviceWorker.ts does.
      injectRegister: false,
      includeAssets: ["favicon.svg"],
      manifest: {
        name: "Penumbra",
        short_name: "Penumbra",
        description: "A lab for the failure modes of vision-language models on chest radiographs.",
        background_color: "#0a0b0c",
        theme_color: "#0a0b0c",
        display: "standalone",
        icons: [{ src: "favicon.svg", sizes: "any", type: "image/svg+xml" }],
      },
      injectManifest: {
        globPatterns: [
          "**/*.{html,js,mjs,css,svg,woff2}",
          "offline.json",
          "lessons/*.json",
          "studies/*.json",
          "glossary.json",
          "languages/*.json",
        ],
        maximumFileSizeToCacheInBytes: 4_000_000,
        rollupFormat: "iife",
      },
    }),
  ],
  // The "extern" build keeps ORT's glue in its own file; the default one re-runs our whole worker in every thread.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  worker: {
    format: "es",
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: besideEntry, debugName: "beside" }] } },
    },
  },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  build: { target: "es2022" },
  server: { headers: isolation },
  preview: { headers: isolation },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "src/**/*.test.tsx",
            "scripts/*.test.ts",
            "models/dataset/*.test.ts",
          ],
          environment: "node",
          // For what hangs, not for what is slow: in `npm test` these run in the time that the journeys leave them.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Processes, not threads: the native runtime aborts the whole run when a thread ends while one of its calls is
          // still on the way back ("terminate called after throwing an instance of 'Napi::Error'").
          pool: "forks",
          maxWorkers: 2,
          // One thread for each native session: two processes with a thread per core each wait for one another (89 s of
          // processor time for four files, 62 s so).
          env: { PENUMBRA_THREADS: "1" },
        },
      },
    ],
  },
});
