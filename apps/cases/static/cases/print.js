// The button that prints shows only where it can.
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-print]");
  button.hidden = false;
  button.addEventListener("click", () => print());
});
