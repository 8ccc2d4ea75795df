// Photos and files one after the other, from the camera too: a choice is added to those before it, and each of them is
// shown and can be taken away again. Without this file a choice takes the place of the one before it.
"use strict";

const chosen = (() => {
  const kept = new WeakMap(); // what an input held after its last change
  const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

  const put = (input, files) => {
    const all = new DataTransfer();
    files.filter((file, place) => files.findIndex((other) => isSame(file, other)) === place).forEach((file) => all.items.add(file));
    input.files = all.files;
    show(input);
  };

  const line = (input, file) => {
    const item = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(file);
      picture.alt = "";
      picture.onload = () => URL.revokeObjectURL(picture.src);
      picture.onerror = () => picture.remove(); // a kind that this browser cannot draw
      item.append(picture);
    }
    const name = document.createElement("span");
    name.textContent = file.name;
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "button";
    drop.textContent = "×";
    drop.setAttribute("aria-label", input.dataset.drop.replace("{name}", file.name));
    drop.addEventListener("click", () => {
      put(input, [...input.files].filter((other) => other !== file));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.focus();
    });
    item.append(name, drop);
    return item;
  };

  const show = (input) => {
    kept.set(input, [...input.files]);
    input.parentElement.querySelector(".chosen")?.remove();
    if (!input.files.length) return;
    const list = document.createElement("ul");
    list.className = "chosen";
    list.append(...[...input.files].map((file) => line(input, file)));
    input.after(list);
  };

  document.documentElement.classList.add("has-camera"); // whatever it turns out to be: the button works
  // Before anybody else looks at the choice: what was chosen earlier is still chosen.
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-camera]")) {
      const input = document.getElementById(target.dataset.camera);
      put(input, [...input.files, ...target.files]);
      target.value = "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (target.matches("[data-drop]")) {
      put(target, [...(kept.get(target) || []), ...target.files]);
    }
  }, true);
  // After everybody else: what is too large has been taken out.
  addEventListener("change", ({ target }) => {
    if (target.matches("[data-drop]")) show(target);
  });

  return { put };
})();
