// Shows what is masked in its place. Without this file the page is loaded again with the value above it.
"use strict";
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-show]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  }).catch(() => null);
  const place = form.querySelector("[data-value]");
  if (!answer || !(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
    form.submit(); // signed out meanwhile, or the network is away: the browser says so
    return;
  }
  const { text } = await answer.json();
  if (answer.ok) {
    const shown = document.createElement("output");
    shown.textContent = text;
    form.replaceWith(shown);
  } else {
    place.textContent = text;
    place.setAttribute("role", "alert");
    button.disabled = false;
  }
});
