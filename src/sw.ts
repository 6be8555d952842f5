/**
 * The service worker: what opens the page without a network. The page's own files are kept when it installs; WebAssembly,
 * manifests and graphs are kept by the engine (host/fileCache.ts), which loads them before this worker listens. A new version
 * waits until the page asks for it or is closed, so that a page left open goes on finding its own files. Whatever the
 * storage does, a file that the network has is served.
 */
import { clientsClaim } from "workbox-core";
import {
  addPlugins,
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { CacheFirst, NetworkFirst } from "workbox-strategies";
import { CACHES } from "./host/fileCache.ts";

declare const self: ServiceWorkerGlobalScope & {
  /** The page's files with their revisions, filled in by the build. */
  readonly __WB_MANIFEST: Parameters<typeof precacheAndRoute>[0];
};

/** A storage that rejects is as good as none. */
const networkInstead = {
  handlerDidError: ({ request }: { readonly request: Request }) => fetch(request),
};

addPlugins([networkInstead]);
// oxlint-disable-next-line no-underscore-dangle -- the build looks for this name
precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// The page under any query; other files opened in a tab of their own (a model's card) are themselves.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("index.html"), {
    allowlist: [/\/(?:index\.html)?(?:\?|$)/],
  }),
);
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && /\/assets\/.*\.wasm$/.test(url.pathname),
  new CacheFirst({ cacheName: CACHES.runtime, plugins: [networkInstead] }),
);
registerRoute(
  ({ url, sameOrigin }) =>
    // Graphs of a folder in the layout of browser exports, too: the page itself asks for them, not the engine.
    sameOrigin && /\/models\/(?:.*\.(?:json|md|jinja)|[\w-]+\/onnx\/.*)$/.test(url.pathname),
  new NetworkFirst({ cacheName: CACHES.manifests, plugins: [networkInstead] }),
);

clientsClaim();
self.addEventListener("message", ({ data }) => {
  if ((data as { type?: string } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});
