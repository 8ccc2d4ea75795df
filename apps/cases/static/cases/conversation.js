// For the dialogs of admin and desk: prepared texts, files that are too large, and a form that keeps its files when it
// is refused. All of it works without this file, only less comfortably.
"use strict";

// Unfold would write the name of a chosen file into the text field of its own widget, which these have not.
document.querySelectorAll("input[type=file][data-limit]").forEach((input) => {
  input.hasChangeListener = true;
});

// A prepared text goes where the cursor is; what is being composed with an IME is finished by leaving the field.
document.addEventListener("change", (event) => {
  const select = event.target.closest("select[data-begins]");
  const text = select?.selectedOptions[0]?.dataset.text;
  if (!text) return;
  const field = document.getElementById(select.dataset.begins);
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  select.value = "";
});

// “Merge into …”: the dialog opens with the number in it.
document.addEventListener("click", (event) => {
  const filler = event.target.closest("[data-fill]");
  const field = filler && document.getElementById(filler.dataset.fill);
  if (field) field.value = filler.dataset.value;
});

// Too large: said at once, not after minutes of sending.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-limit]")) return;
  const large = [...input.files].filter((file) => file.size > Number(input.dataset.limit));
  const sentences = large.map((file) => input.dataset.tooLarge.replace("{name}", file.name));
  const said = input.parentElement.querySelector("[data-said]");
  said?.remove();
  if (!sentences.length) return;
  const line = document.createElement("p");
  line.dataset.said = "";
  line.className = "ek-wrong error";
  line.role = "alert";
  line.textContent = sentences.join(" ");
  input.before(line);
  const fitting = new DataTransfer();
  [...input.files].filter((file) => !large.includes(file)).forEach((file) => fitting.items.add(file));
  input.files = fitting.files;
});

// A browser forgets the chosen files when a page comes back. So the form is sent from here, and when it is refused the
// answer's form takes its place, around the same choice of files.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const chosen = form.querySelector("input[type=file]");
  if (event.defaultPrevented || !chosen?.files.length || !form.closest("dialog")) return;
  event.preventDefault();
  const page = form.querySelector("a[data-close]").href;
  const again = () => form.submit(); // the plain way
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  } catch {
    return again();
  }
  if (answer.type === "opaqueredirect") return location.assign(page);
  const came = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = came.querySelector(`form[action="${form.getAttribute("action")}"][enctype]`);
  if (!fresh) return again();
  const empty = fresh.querySelector("input[type=file]");
  form.replaceChildren(...document.adoptNode(fresh).childNodes);
  empty?.replaceWith(chosen);
  delete form.dataset.sent;
  delete form.closest("dialog").dataset.sent;
  (form.querySelector(":is(.wrong, .ek-field-wrong) :is(input, textarea, select)") || chosen).focus();
});
