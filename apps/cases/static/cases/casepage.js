// The page of one case: the bar shows what the page is about once the head is out of sight, and which section is in view.
// Without this file the bar stays as it is and its links work all the same.
document.addEventListener("DOMContentLoaded", () => {
  const bar = document.querySelector("[data-bar]");
  const sentinel = document.querySelector("[data-sentinel]");
  if (!bar || !sentinel) return;

  new IntersectionObserver(([entry]) => {
    bar.toggleAttribute("data-stuck", !entry.isIntersecting && entry.boundingClientRect.top < 1);
  }).observe(sentinel);

  const links = [...bar.querySelectorAll('a[href^="#"]')].map((link) => [link, document.getElementById(link.hash.slice(1))]);
  const inView = ([, heading]) => heading.getBoundingClientRect().top >= 0 && heading.getBoundingClientRect().top < innerHeight;
  const mark = () => {
    const line = bar.getBoundingClientRect().bottom + 60;
    const asked = links.find((each) => each[0].hash === location.hash && inView(each));
    const passed = links.filter(([, heading]) => heading.closest(".ek-main") && heading.getBoundingClientRect().top <= line);
    const current = asked || passed[passed.length - 1] || links[0];
    links.forEach(([link]) => link.removeAttribute("aria-current"));
    current[0].setAttribute("aria-current", "true");
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  addEventListener("hashchange", mark);
  mark();
});
