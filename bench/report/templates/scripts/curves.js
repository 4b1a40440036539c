// Figures answer to the pointer and to the keyboard: the values of a point, and a series set apart or hidden.
// All values stand in the figure itself, as titles of its points; without this script they are tooltips.
(() => {
  "use strict";
  const NEAR = 45; // units of the drawing within which a pointer means a point
  const HINT = "For values, point, or focus and use the arrow keys.";

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const pointsOf = (svg) =>
    [...svg.querySelectorAll(".points circle")].map((circle) => ({
      series: circle.parentNode.dataset.series,
      panel: Number(circle.dataset.panel),
      x: circle.cx.baseVal.value,
      y: circle.cy.baseVal.value,
      text: circle.textContent,
    }));

  const ringIn = (svg) => {
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("r", "6");
    svg.append(ring);
    return ring;
  };

  const enliven = (svg, number) => {
    const points = pointsOf(svg);
    const hidden = new Set();
    const ring = ringIn(svg);
    const readout = element("p", "readout", HINT);
    readout.id = `readout-${number}`;
    readout.setAttribute("aria-live", "polite");
    let chosen = null;

    const visible = () => points.filter((point) => !hidden.has(point.series));
    const emphasise = (series) => {
      for (const drawn of svg.querySelectorAll("[data-series]")) {
        drawn.classList.toggle("faded", series !== null && drawn.dataset.series !== series);
        drawn.classList.toggle("hidden", hidden.has(drawn.dataset.series));
      }
    };
    const choose = (point) => {
      if (point === chosen) return;
      chosen = point;
      emphasise(point && point.series);
      ring.classList.toggle("shown", point !== null);
      if (point) {
        ring.setAttribute("cx", point.x);
        ring.setAttribute("cy", point.y);
      }
      readout.textContent = point ? point.text : HINT;
    };

    // The points of the same series and panel, from the smallest amount to the largest.
    const along = (point) =>
      visible()
        .filter((other) => other.series === point.series && other.panel === point.panel)
        .sort((a, b) => a.x - b.x);
    // Of each series of each panel the point nearest in amount, from the top of the first panel to the foot of the last.
    const across = (point) => {
      const nearest = new Map();
      for (const other of visible()) {
        const key = `${other.panel} ${other.series}`;
        const best = nearest.get(key);
        if (!best || Math.abs(other.x - point.x) < Math.abs(best.x - point.x)) nearest.set(key, other);
      }
      nearest.set(`${point.panel} ${point.series}`, point);
      return [...nearest.values()].sort((a, b) => a.panel - b.panel || a.y - b.y);
    };
    const step = (list, by) => list[Math.min(list.length - 1, Math.max(0, list.indexOf(chosen) + by))];
    const moves = {
      ArrowLeft: () => step(along(chosen), -1),
      ArrowRight: () => step(along(chosen), 1),
      ArrowUp: () => step(across(chosen), -1),
      ArrowDown: () => step(across(chosen), 1),
      Home: () => along(chosen)[0],
      End: () => along(chosen).at(-1),
      Escape: () => null,
    };

    const first = () => visible()[0] ?? null;
    svg.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      choose(chosen || event.key === "Escape" ? move() : first());
    });
    svg.addEventListener("focus", () => {
      if (!chosen && svg.matches(":focus-visible")) choose(first());
    });
    svg.addEventListener("blur", () => choose(null));

    const pointed = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const distance = (point) => Math.hypot(point.x - at.x, point.y - at.y);
      const nearest = visible().reduce((a, b) => (a && distance(a) <= distance(b) ? a : b), null);
      choose(nearest && distance(nearest) <= NEAR ? nearest : null);
    };
    svg.addEventListener("pointermove", pointed);
    svg.addEventListener("pointerdown", pointed);
    svg.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") choose(null);
    });

    const button = (group) => {
      const made = element("button", "series", group.dataset.name);
      made.type = "button";
      made.style.setProperty("--colour", group.dataset.colour);
      made.setAttribute("aria-pressed", "true");
      made.addEventListener("click", () => {
        const { series } = group.dataset;
        if (!hidden.delete(series)) hidden.add(series);
        made.setAttribute("aria-pressed", String(!hidden.has(series)));
        choose(null);
        emphasise(null);
      });
      const show = () => emphasise(hidden.has(group.dataset.series) ? null : group.dataset.series);
      const clear = () => emphasise(chosen && chosen.series);
      for (const [event, act] of Object.entries({ pointerenter: show, focus: show, pointerleave: clear, blur: clear })) {
        made.addEventListener(event, act);
      }
      return made;
    };

    svg.setAttribute("role", "application");
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("aria-describedby", readout.id);
    const below = element("div", "answers", "");
    below.append(readout);
    // Where each panel is one series' own there is nothing to set apart.
    const crowded = points.some((point) => points.some((other) => other.panel === point.panel && other.series !== point.series));
    if (crowded) {
      const legend = element("div", "legend", "");
      legend.setAttribute("role", "group");
      legend.setAttribute("aria-label", "Show or hide");
      legend.append(...[...svg.querySelectorAll(".points > g")].map(button));
      below.append(legend);
    }
    svg.after(below);
  };

  [...document.querySelectorAll("figure svg")].filter((svg) => svg.querySelector(".points circle")).forEach(enliven);
})();
