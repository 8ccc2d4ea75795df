// Comfort only: every page works without it.
"use strict";

const open = (dialog, opener) => {
  dialog.removeAttribute("open");
  dialog.showModal();
  const firstWrong = dialog.querySelector(".wrong input, .wrong textarea, .wrong select");
  if (firstWrong) firstWrong.focus();
  dialog.addEventListener("close", () => {
    dialog.remove();
    opener?.focus();
    const page = dialog.dataset.page;
    if (page && location.pathname !== page) history.replaceState(null, "", page);
  });
};

document.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const closer = event.target.closest("[data-close]");
  if (closer && closer.closest("dialog")) {
    event.preventDefault();
    closer.closest("dialog").close();
    return;
  }
  const opener = event.target.closest("[data-dialog]");
  if (!opener) return;
  event.preventDefault();
  try {
    const answer = await fetch(opener.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const dialog = document.adoptNode(page.querySelector("dialog.verb"));
    document.body.append(dialog);
    open(dialog, opener);
  } catch {
    location.assign(opener.href);
  }
});

// A thumb presses twice. The server makes one of it; this spares the second request.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

document.querySelectorAll("dialog.verb[open]").forEach((dialog) => {
  document.querySelector(".veil")?.remove();
  dialog.dataset.page = dialog.querySelector("a[data-close]").getAttribute("href");
  open(dialog);
});
document.querySelector("form.sheet .wrong")?.scrollIntoView({ block: "center" });

navigator.serviceWorker?.register("/sw.js").catch(() => {}); // refused without HTTPS: then there is no offline page
