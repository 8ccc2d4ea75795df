// The list of cases from the keyboard, and ticking its rows. Without this file links, buttons and boxes do the same.
document.addEventListener("DOMContentLoaded", () => {
  const search = document.getElementById("ek-q");
  const links = [...document.querySelectorAll(".ek-row .ek-headline")];
  const picks = [...document.querySelectorAll(".ek-pick")];
  const all = document.querySelector("[data-pick-all]");
  const count = document.querySelector("[data-pick-count]");

  const tell = () => {
    const picked = picks.filter((box) => box.checked).length;
    if (count) count.textContent = picked || "";
    if (all) {
      all.checked = picked > 0 && picked === picks.length;
      all.indeterminate = picked > 0 && picked < picks.length;
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      picks.forEach((box) => { box.checked = all.checked; });
      tell();
    });
  }
  picks.forEach((box) => box.addEventListener("change", tell));
  window.addEventListener("pageshow", tell);
  tell();

  document.querySelectorAll(".ek-tabs [aria-current]").forEach((tab) => {
    const bar = tab.parentElement; // on a phone it scrolls by itself
    bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2;
  });

  // Before `dialogs.js` opens the dialog: which of the rows it is about.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog=dialog-accept][data-action]");
    if (!opener) return;
    const dialog = document.getElementById("dialog-accept");
    dialog.querySelector("form").action = opener.dataset.action;
    dialog.querySelector("[name=seen]").value = opener.dataset.seen;
    dialog.querySelector("[data-about]").textContent = opener.dataset.about;
  }, true);

  // Sent once, however often a tired finger presses.
  document.querySelectorAll("form[data-once]").forEach((form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }));
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  const isTyping = (target) => target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
  const here = () => links.findIndex((link) => link.closest(".ek-row").contains(document.activeElement));
  const go = (place) => {
    const link = links[Math.max(0, Math.min(place, links.length - 1))];
    link?.focus();
    link?.closest(".ek-row").scrollIntoView({ block: "nearest" });
  };
  const keys = {
    "/": () => { search?.focus(); search?.select(); },
    j: () => go(here() + 1),
    k: () => go(here() < 0 ? 0 : here() - 1),
    x: () => links[here()]?.closest(".ek-row").querySelector(".ek-pick")?.click(),
    "?": () => document.querySelector("[data-dialog=dialog-keys]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    // 229: a key that belongs to the conversion of an input method
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
});
