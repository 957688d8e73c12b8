"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // In the zip file of `snakemake --report`, each page has a folder of its own. A report that is
  // one file shows pages as data, which cannot link to each other.
  const links = all("a[data-packed]");
  if (/\/data\/raw\/[0-9a-f]{16}\/[^/]+$/.test(location.pathname)) {
    for (const link of links) link.href = link.dataset.packed;
  } else if (location.protocol === "data:") {
    for (const link of links) link.removeAttribute("href");
    for (const way of all(".back")) way.hidden = true;
    for (const notice of all(".embedded")) notice.hidden = links.length === 0;
  }

  // The contents are always open in a column of their own, and closed above the text.
  const contents = document.querySelector("nav details");
  const wide = matchMedia("(min-width: 70rem)");
  const adapt = () => { contents.open = wide.matches; };
  adapt();
  wide.addEventListener("change", adapt);
  contents.addEventListener("click", (event) => {
    if (!wide.matches && event.target.closest("a")) contents.open = false;
  });
  const entries = new Map(all("a", contents).map((link) => [link.hash.slice(1), link]));
  const visible = new Set();
  const observer = new IntersectionObserver((changes) => {
    for (const change of changes) {
      if (change.isIntersecting) visible.add(change.target.id);
      else visible.delete(change.target.id);
    }
    const current = [...entries.keys()].find((key) => visible.has(key));
    for (const [key, link] of entries) {
      if (key === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-20% 0px -60% 0px" });
  for (const section of all("main > section")) observer.observe(section);

  // Figures open in a tab of their own, from the page itself.
  for (const link of all("a.figure")) {
    const { src } = link.querySelector("img");
    if (!src.startsWith("data:image/svg+xml;base64,")) continue;
    link.target = "_blank";
    link.addEventListener("click", () => {
      const bytes = Uint8Array.from(atob(src.split(",")[1]), (letter) => letter.charCodeAt(0));
      link.href = URL.createObjectURL(new Blob([bytes], { type: "image/svg+xml" }));
    });
  }

  // Tables are sorted by a click on the head of a column, within the groups of their rows.
  const value = (cell, numeric) => {
    const text = cell.textContent.trim();
    if (text === "" || text === "\u2013") return null;
    if (!numeric) return text.toLowerCase();
    const number = parseFloat(text.replaceAll("\u2212", "-").replace(/[,<\s]/g, ""));
    return Number.isNaN(number) ? null : number;
  };
  const compare = (first, second) => (first < second ? -1 : Number(first > second));
  const groups = (body) => {
    const found = [[]];
    for (const row of body.rows) {
      if (row.querySelector("td.group")) found.push([row], []);
      else found.at(-1).push(row);
    }
    return found;
  };
  const sort = (table, head, column) => {
    const numeric = head.classList.contains("number");
    const before = head.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = before === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    for (const cell of all("th", table)) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const body = table.tBodies[0];
    for (const rows of groups(body)) {
      const keyed = rows.map((row) => [row.cells[column] && value(row.cells[column], numeric), row]);
      keyed.sort(([a], [b]) => {
        if (a == null || b == null) return Number(a == null) - Number(b == null);
        return sign * compare(a, b);
      });
      body.append(...keyed.map(([, row]) => row));
    }
  };
  for (const table of all("main table")) {
    if (!table.tHead || table.tBodies[0].rows.length < 2) continue;
    all("th", table.tHead).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Sort by this column";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, head, column));
    });
  }
})();
