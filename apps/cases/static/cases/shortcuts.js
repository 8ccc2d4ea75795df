// One key for one thing: an element says which by data-key. Where somebody writes, converts Japanese, holds a modifier
// or has a dialog open, the keys mean what they always mean.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit])")) return;
  if (document.querySelector("dialog:modal")) return;

  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key && each.checkVisibility());
  if (!found) return;
  event.preventDefault();
  if (found.matches("input")) {
    found.focus();
    found.select();
  } else {
    found.click();
  }
});
