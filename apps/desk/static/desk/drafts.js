// What has been typed and photographed, kept in this browser until it has arrived: by person, for a week.
"use strict";

const drafts = (() => {
  const WEEK = 7 * 24 * 60 * 60 * 1000;

  const store = (mode, work) =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open("esukare", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("drafts");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const asked = work(database.transaction("drafts", mode).objectStore("drafts"));
        asked.onerror = () => reject(asked.error);
        asked.onsuccess = () => resolve(asked.result);
        asked.transaction.oncomplete = () => database.close();
      };
    });

  const read = (form) => ({
    at: Date.now(),
    values: [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken"),
    files: [...form.querySelectorAll("input[type=file][name]")].flatMap((input) => [...input.files].map((file) => [input.name, file])),
  });

  const fill = (form, draft) => {
    for (const field of form.elements) {
      if (!field.name || field.name === "csrfmiddlewaretoken") continue;
      const values = draft.values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "file") {
        chosen.put(field, draft.files.filter(([name]) => name === field.name).map(([, file]) => file));
      } else if (field.type === "radio" || field.type === "checkbox") {
        field.checked = values.includes(field.value);
      } else if (values.length) {
        field.value = values[0];
      }
    }
  };

  return {
    read,
    fill,
    keep: (key, draft) => store("readwrite", (kept) => kept.put(draft, key)),
    drop: (key) => store("readwrite", (kept) => kept.delete(key)),
    find: async (key) => {
      const draft = await store("readonly", (kept) => kept.get(key));
      return draft && Date.now() - draft.at < WEEK ? draft : null;
    },
  };
})();
