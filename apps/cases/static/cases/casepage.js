// The page of one case: the bar shows what the page is about once the head is out of sight, and which section is in view.
// Without this file the bar stays as it is and its links work all the same.
document.addEventListener("DOMContentLoaded", () => {
  const bar = document.querySelector("[data-bar]");
  const sentinel = document.querySelector("[data-sentinel]");
  if (!bar || !sentinel) return;

  new IntersectionObserver(([entry]) => {
    bar.toggleAttribute("data-stuck", !entry.isIntersecting && entry.boundingClientRect.top < 1);
  }).observe(sentinel);

  const links = [...bar.querySelectorAll('a[href^="#"]')];
  const mark = () => {
    const line = bar.getBoundingClientRect().bottom + 40;
    const passed = links
      .map((link) => [link, document.getElementById(link.hash.slice(1))?.getBoundingClientRect().top])
      .filter(([, top]) => top !== undefined && top <= line)
      .sort(([, one], [, other]) => other - one);
    links.forEach((link) => link.removeAttribute("aria-current"));
    (location.hash ? links.find((link) => link.hash === location.hash && inView(link)) : null || passed[0]?.[0] || links[0])
      ?.setAttribute("aria-current", "true");
  };
  const inView = (link) => {
    const box = document.getElementById(link.hash.slice(1))?.getBoundingClientRect();
    return box && box.top >= 0 && box.top < innerHeight;
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
