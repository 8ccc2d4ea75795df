{% load static %}// Keeps one page for when the network is away. Nothing about cases or people is ever stored here.
"use strict";

const STYLE = "{% static 'desk/desk.css' %}";
const OFFLINE = "{% url 'offline' %}";
const CACHE = `esukare-${STYLE}`;
const KEPT = [OFFLINE, STYLE, "{% static 'desk/desk.js' %}", "{% static 'desk/mark.svg' %}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("esukare-") && name !== CACHE);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  }
});
