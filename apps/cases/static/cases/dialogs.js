// Opens and closes the dialogs that the server has rendered. Without this file the buttons are links that do the same.
document.addEventListener("DOMContentLoaded", () => {
  const opener = (dialog) => document.querySelector(`[data-dialog="${dialog.id}"]`);
  const open = (dialog) => {
    dialog.removeAttribute("open");
    dialog.showModal();
    const first = (place) => dialog.querySelector(`${place} :is(input, select, textarea)`);
    const said = dialog.querySelector(".ek-meanwhile, .ek-refusal");
    if (said) said.tabIndex = -1;
    (first(".ek-field-wrong") || said || first(".ek-field") || dialog.querySelector("[type=submit], button"))?.focus();
  };

  document.querySelectorAll("dialog.ek-dialog").forEach((dialog) => {
    if (dialog.open) {
      open(dialog);
      // Whoever leaves it goes on at the button that would have opened it; and the address is the page's own again, so
      // that reloading it sends nothing a second time.
      dialog.addEventListener("close", () => {
        opener(dialog)?.focus();
        history.replaceState(null, "", dialog.querySelector("a[data-close]").href);
      }, { once: true });
    }
    // Sent once, however often a tired finger presses.
    dialog.querySelector("form[method=post]")?.addEventListener("submit", (event) => {
      if (dialog.dataset.sent) event.preventDefault();
      dialog.dataset.sent = "yes";
      dialog.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
    });
  });

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-dialog]");
    const closer = event.target.closest("[data-close]");
    if (pressed) {
      event.preventDefault();
      open(document.getElementById(pressed.dataset.dialog));
    } else if (closer && closer.closest("dialog").open) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
  });

  // A link that is a button also answers to the space bar.
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches("[data-dialog]")) {
      event.preventDefault();
      event.target.click();
    }
  });

  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("dialog[data-sent]").forEach((dialog) => {
      delete dialog.dataset.sent;
      dialog.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });
});
