// Shows how far a verification is, and the page anew when it is done. Without it the page shows the last state.
"use strict";
const place = document.querySelector("[data-progress]");
if (place) {
  const bar = place.querySelector("progress");
  const words = place.querySelector("[role=status]");
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.progress);
      if (answer.ok) {
        const found = await answer.json();
        if (found.done) return location.reload();
        if (found.total) bar.max = found.total;
        bar.value = found.entries;
        words.textContent = found.words;
      }
    } catch {
      // the network is away for a moment: look again
    }
    setTimeout(look, 1500);
  };
  look();
}
