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

// A dialog stays, with all that was typed and photographed, until it is known to have arrived.
const say = (form, why) => {
  let line = form.querySelector(".unsent");
  if (!line) {
    line = document.createElement("p");
    line.className = "error wide unsent";
    line.role = "alert";
    form.querySelector(".dialog-body").prepend(line);
  }
  line.textContent = form.dataset[why];
  if (why === "signedOut") {
    const link = Object.assign(document.createElement("a"), { href: form.dataset.signIn, target: "_blank", textContent: form.dataset.signInWords });
    line.append(" ", link); // in another tab: what was typed stays in this one
  }
  line.scrollIntoView({ block: "nearest" });
};

const post = (form) =>
  fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "manual" });

// Who signed in anew has another token than the page.
const renew = async (form) => {
  const page = await fetch(form.action, { redirect: "manual" });
  const token = page.ok && new DOMParser().parseFromString(await page.text(), "text/html").querySelector("dialog.verb [name=csrfmiddlewaretoken]");
  if (token) form.elements.csrfmiddlewaretoken.value = token.value;
  return Boolean(token);
};

const send = async (form) => {
  let answer = await post(form);
  if (answer.status === 403 && (await renew(form))) answer = await post(form);
  if (answer.status === 201) return location.assign((await answer.json()).url);
  if (answer.type === "opaqueredirect" || answer.status === 403) return say(form, "signedOut");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("dialog.verb form");
  if (answer.status >= 400 || !fresh) return say(form, "failed");
  const files = [...form.querySelectorAll("input[type=file][name]")].map((input) => [input.id, [...input.files]]);
  form.replaceChildren(...document.adoptNode(fresh).childNodes);
  files.forEach(([id, held]) => chosen.put(document.getElementById(id), held));
  (form.querySelector(".wrong :is(input, textarea, select)") || form.closest("dialog").querySelector("h2")).focus();
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.closest("dialog.verb")) return;
  event.preventDefault();
  if (form.dataset.isSending) return;
  form.dataset.isSending = "1";
  await send(form).catch(() => say(form, "offline"));
  delete form.dataset.isSending;
}, true);

// A thumb presses twice. The server makes one of it; this spares the second request.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
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

const shown = document.querySelector("[data-looked]");
const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
if (shown && token) fetch(shown.dataset.looked, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});

navigator.serviceWorker?.register("/sw.js").catch(() => {}); // refused without HTTPS: then there is no offline page
