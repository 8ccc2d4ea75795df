// The report in three steps, with its draft kept and sent when there is a connection. Without this file it is one long
// form that works the same.
"use strict";

(() => {
  const RETRY = 10_000;
  const SHIFT = 12 * 60 * 60 * 1000; // a report that waited longer is not sent without asking
  let form, key, step, saving, retrying, isSending, isWanted, isDone;
  const every = (selector) => [...form.querySelectorAll(selector)];
  const part = (id) => document.getElementById(id);

  // --- steps ---------------------------------------------------------------------------------------------------------

  const show = (number, focuses) => {
    step = number;
    const steps = every(".step");
    steps.forEach((each, place) => { each.hidden = place !== step; });
    every(".steps button").forEach((button, place) => {
      button.toggleAttribute("aria-current", place === step);
      if (place === step) button.setAttribute("aria-current", "step");
    });
    form.querySelector(".send").hidden = step !== steps.length - 1;
    if (!focuses) return;
    steps[step].querySelector("legend").focus();
    form.scrollIntoView();
  };

  const complain = (field) => {
    const box = field.closest(".field");
    if (!box.querySelector(".error")) {
      const line = document.createElement("p");
      line.className = "error";
      line.role = "alert";
      line.textContent = field.dataset.missing;
      (box.querySelector(".hint") || box.firstElementChild).after(line);
      box.classList.add("wrong");
      box.addEventListener("input", () => { line.remove(); box.classList.remove("wrong"); }, { once: true });
    }
  };

  // The first step that lacks something, with a sentence at each field; -1 for none.
  const firstGap = (upTo) => {
    const gaps = every(".step").slice(0, upTo + 1).map((each) => [...each.querySelectorAll(":required")].filter((field) => !field.checkValidity()));
    gaps.flat().forEach(complain);
    return gaps.findIndex((fields) => fields.length);
  };

  const turn = (to) => {
    const gap = to > step ? firstGap(to - 1) : -1;
    show(gap < 0 ? to : gap, true);
    if (gap >= 0) form.querySelectorAll(".step")[gap].querySelector(".wrong :is(input, textarea, select)").focus();
  };

  // --- what follows from the answers -----------------------------------------------------------------------------------

  const foresee = () => {
    const place = part("foresight");
    const [impact, urgency] = ["impact", "urgency"].map((name) => form.elements[name].value);
    const sentence = JSON.parse(place.dataset.limits)[`${impact}.${urgency}`];
    place.hidden = !sentence;
    place.textContent = sentence || "";
    const alarmed = part("alarmed");
    const alarms = JSON.parse(alarmed.dataset.alarms);
    const effects = every("[name=flags]:checked").map((box) => alarms[box.value]).filter(Boolean);
    alarmed.hidden = !effects.length;
    alarmed.textContent = effects.join("\n");
    const intent = form.elements.intent.value;
    every("[name=checklist]")[0]?.closest(".field").toggleAttribute("hidden", intent !== "ESCALATE");
    every("[name=checklist][data-kind]").forEach((box) => {
      const isOfAnother = box.dataset.kind !== form.elements.category.value;
      box.closest("label").hidden = isOfAnother;
      if (isOfAnother) box.checked = false;
    });
    const stuck = form.elements.stuck_on;
    stuck.required = intent === "ESCALATE" || intent === "CONSULT";
    const label = stuck.labels[0];
    label.querySelector(".must")?.remove();
    if (stuck.required) label.append(form.querySelector(".must").cloneNode(true));
  };

  // --- the draft -------------------------------------------------------------------------------------------------------

  const keep = () => {
    clearTimeout(saving);
    return isDone ? null : drafts.keep(key, { ...drafts.read(form), isWanted }).catch(() => {});
  };
  const keepSoon = () => {
    clearTimeout(saving);
    saving = setTimeout(keep, 250);
  };

  // --- sending ---------------------------------------------------------------------------------------------------------

  const wait = (why) => {
    const place = part("waiting");
    place.hidden = false;
    place.textContent = place.dataset[why];
    part("sign-in").hidden = why !== "signedOut";
    if (why === "signedOut") return;
    clearTimeout(retrying);
    retrying = setTimeout(send, RETRY);
  };

  const send = async () => {
    if (isSending) return; // a thumb presses twice
    isSending = isWanted = true;
    clearTimeout(retrying);
    await keep();
    await post();
    isSending = false;
  };

  const post = async () => {
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin",
      });
    } catch {
      return wait("offline");
    }
    if (answer.status === 201) {
      const { url } = await answer.json();
      isDone = true; // leaving the page keeps no draft any more
      await drafts.drop(key).catch(() => {});
      return location.assign(url);
    }
    if (answer.redirected || answer.status === 403) return wait("signedOut");
    if (answer.status >= 500) return wait("failed");
    isWanted = false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const kept = drafts.read(form).files;
    document.querySelector("main").replaceChildren(...document.adoptNode(page.querySelector("main")).childNodes);
    begin();
    for (const input of every("input[type=file][name]")) {
      chosen.put(input, kept.filter(([name]) => name === input.name).map(([, file]) => file));
    }
    keep();
  };

  // --- all together ----------------------------------------------------------------------------------------------------

  const begin = () => {
    form = part("report");
    key = form.dataset.draft;
    const wrong = every(".step").findIndex((each) => each.querySelector(".wrong"));
    part("steps").hidden = false;
    every(".turn").forEach((each) => { each.hidden = false; });
    show(Math.max(wrong, 0), false);
    form.querySelector(".wrong :is(input, textarea, select)")?.focus();
    foresee();
    form.addEventListener("input", keepSoon);
    form.addEventListener("change", () => { foresee(); keepSoon(); });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-turn], [data-step]");
      if (button) turn(button.dataset.turn ? step + Number(button.dataset.turn) : Number(button.dataset.step));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (step < every(".step").length - 1) return turn(step + 1); // Enter in a field of an earlier step
      const gap = firstGap(step);
      if (gap >= 0) return turn(gap), show(gap, true);
      send();
    });
  };

  begin();
  addEventListener("online", () => { if (!part("waiting").hidden) send(); });
  addEventListener("pagehide", keep);
  if (!form.dataset.bound) {
    drafts.find(key).then((draft) => {
      if (!draft) return;
      drafts.fill(form, draft);
      foresee();
      part("draft-note").hidden = false;
      if (draft.isWanted && Date.now() - draft.at < SHIFT) {
        show(every(".step").length - 1, false);
        send();
      }
      part("draft-drop").addEventListener("click", async () => {
        clearTimeout(saving);
        removeEventListener("pagehide", keep);
        await drafts.drop(key);
        location.assign(location.pathname);
      });
    }).catch(() => {});
  }
})();
