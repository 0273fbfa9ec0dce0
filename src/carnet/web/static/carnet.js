// The pages work without this file. It adds: j/k (and n/p) between changes or entries,
// a visible range between two chosen entries, and local time on hover.
(() => {
  "use strict";
  const changes = ".sheet a.cn-mark[id]";
  const steps = () => [...document.querySelectorAll(document.querySelector(changes) ? changes : "[data-step]")].filter((one) => one.getClientRects().length > 0);
  let here = -1;

  const place = (list) => {
    if (here >= 0 && list[here] && list[here].classList.contains("at-focus")) return here;
    if (window.scrollY < 4) return -1;
    const middle = window.innerHeight / 3;
    let last = -1;
    list.forEach((one, index) => { if (one.getBoundingClientRect().top < middle - 4) last = index; });
    return last;
  };

  const go = (by) => {
    const list = steps();
    if (list.length === 0) return;
    const from = place(list);
    const to = Math.max(0, Math.min(list.length - 1, from + by + (from < 0 && by < 0 ? 1 : 0)));
    list.forEach((one) => one.classList.remove("at-focus"));
    const target = list[to];
    here = to;
    target.classList.add("at-focus");
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    const link = target.matches("a") ? target : target.querySelector("a[href]");
    if (link) { link.focus({ preventScroll: true }); return; }
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=radio]), select, textarea, [contenteditable]")) return;
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "/") { const find = document.querySelector("input[type=search]"); if (find) { event.preventDefault(); find.focus(); } }
    else {
      const rel = { p: "prev", n: "next" }[event.key];
      const link = rel && document.querySelector(`main a[rel=${rel}]`);
      if (link) link.click();
    }
  });

  // Choosing two: the newer one can never stand below the older one.
  const form = document.querySelector("form[data-choose]");
  if (form) {
    const rows = [...form.querySelectorAll("[data-entry]")];
    const index = (name) => rows.findIndex((row) => { const dot = row.querySelector(`input[name=${name}]`); return dot && dot.checked; });
    const show = (event) => {
      let newer = index("new"), older = index("old");
      if (event && newer >= 0 && older >= 0 && newer >= older && rows.length > 1) {
        const moved = event.target.name === "new" ? "old" : "new";
        const at = moved === "old" ? Math.min(rows.length - 1, newer + 1) : Math.max(0, older - 1);
        const dot = rows[at].querySelector(`input[name=${moved}]`);
        if (dot) dot.checked = true;
        newer = index("new"); older = index("old");
      }
      rows.forEach((row, at) => row.toggleAttribute("data-chosen", newer >= 0 && older >= 0 && at >= newer && at <= older));
    };
    form.addEventListener("change", show);
    show(null);
  }

  document.addEventListener("mouseover", (event) => {
    const time = event.target.closest && event.target.closest("time[datetime]");
    if (!time || time.title) return;
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  });
})();
