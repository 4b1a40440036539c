// Tables sort by a column: its title becomes a button that turns through ascending, descending and the order given.
(() => {
  "use strict";
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const NUMBER = /^(?<bound>[<>]|less than|more than|at least|at most|all)? ?(?<number>[+-]?(?:\d[\d,]*)?(?:\.\d+)?)(?![\w.,])/;
  const words = new Intl.Collator("en", { numeric: true });

  // What a cell is sorted by: its number, the estimate where an interval follows; null where nothing is known.
  const valueOf = (cell) => {
    const text = cell.textContent.replace(/\s+/g, " ").replace(/\u2212/g, "-").trim();
    if (text === "" || text === "\u2013") return null;
    const { bound, number } = NUMBER.exec(text.replace(/^\[/, ""))?.groups ?? {};
    if (!number || !/\d/.test(number)) return text;
    // A bound stands beside the number that it names, on its own side of it.
    const beside = { "<": -1, ">": 1, "less than": -1, "more than": 1 }[bound] ?? 0;
    return [Number(number.replaceAll(",", "")), beside];
  };

  // Numbers before words, and what is not known last in either direction.
  const compare = (a, b) => {
    if (typeof a === "string" || typeof b === "string") {
      if (typeof a !== typeof b) return typeof a === "string" ? 1 : -1;
      return words.compare(a, b);
    }
    return a[0] - b[0] || a[1] - b[1];
  };

  const sorted = (rows, column, order) => {
    if (order === "none") return rows;
    const keyed = rows.map((row) => [valueOf(row.cells[column]), row]);
    const known = keyed.filter(([value]) => value !== null);
    const unknown = keyed.filter(([value]) => value === null);
    const sign = order === "ascending" ? 1 : -1;
    return [...known.sort(([a], [b]) => sign * compare(a, b)), ...unknown].map(([, row]) => row);
  };

  for (const table of document.querySelectorAll(".table table")) {
    const body = table.tBodies[0];
    const given = [...body.rows];
    const titles = [...table.tHead.rows[0].cells];
    if (given.length < 2) continue;
    titles.forEach((title, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...title.childNodes);
      button.addEventListener("click", () => {
        const order = NEXT[title.getAttribute("aria-sort") ?? "none"];
        for (const other of titles) other.removeAttribute("aria-sort");
        if (order !== "none") title.setAttribute("aria-sort", order);
        body.append(...sorted(given, column, order));
      });
      title.append(button);
    });
  }
})();
