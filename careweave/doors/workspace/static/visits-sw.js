// Keeps the empty page of the visit list and its styles for when there is no line. It never sees,
// and never keeps, anything about a person: the copy is ciphertext in another store.
const SHELL = "/workspace/visits/offline";
const LIST = "/workspace/visits";
const FILES = [
  "/static/theme.css", "/static/cw.css", "/static/brand.css", "/static/print.css",
  "/static/boot.js", "/static/start.js", "/static/nhsuk-frontend.min.js", "/static/htmx.min.js",
  "/static/visits.js", "/static/visits.webmanifest", "/static/favicon.svg",
];
// The name changes with the files, so that an old page never meets a new script.
const KEPT = "visits " + FILES.join(" ");

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([SHELL, ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && (path === LIST || path === SHELL)) {
    event.respondWith(fetch(request).catch(() => caches.match(SHELL)));
  } else if (path.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  }
});
