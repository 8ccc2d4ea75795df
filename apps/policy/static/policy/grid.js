// Beside each limit in minutes: what that is in hours. The words come from the form's data attributes.
(() => {
  const form = document.querySelector("form[data-hours]");
  const words = (count) => {
    const [hours, minutes] = [Math.floor(count / 60), count % 60];
    const text = hours === 0 ? form.dataset.minutes : minutes === 0 ? form.dataset.hours : form.dataset.both;
    return text.replace("%(hours)d", hours).replace("%(minutes)d", minutes);
  };
  for (const input of form.querySelectorAll("input[type=number]")) {
    const hint = input.insertAdjacentElement("afterend", document.createElement("span"));
    hint.className = "ek-hint";
    const show = () => {
      const count = Number(input.value);
      hint.textContent = count >= 60 && Number.isInteger(count) ? words(count) : "";
    };
    input.addEventListener("input", show);
    show();
  }
  document.querySelector(".ek-refusal[tabindex]")?.focus();
})();
