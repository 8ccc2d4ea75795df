// Offers people while their name is being typed; without it the name is looked up when the form is sent.
"use strict";
const filters = document.querySelector("form[data-people]");
if (filters) {
  const field = filters.querySelector("[name=person]");
  const offered = document.getElementById(field.getAttribute("list"));
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = field.value.trim();
      if (!typed) return;
      const answer = await fetch(`${filters.dataset.people}?q=${encodeURIComponent(typed)}`);
      if (!answer.ok || field.value.trim() !== typed) return;
      const { people } = await answer.json();
      offered.replaceChildren(...people.map((name) => Object.assign(document.createElement("option"), { value: name })));
    }, 200);
  });
}
