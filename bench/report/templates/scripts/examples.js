// Examples: filters, more of them on demand, and a row of the list sets its box apart.
(() => {
  "use strict";
  const section = document.getElementById("examples");
  const form = section && section.querySelector(".filters");
  if (!form) return;
  const PAGE = 12; // cards that are added at a time
  const cards = [...section.querySelectorAll(".example")];
  const more = section.querySelector(".more");
  const status = section.querySelector(".shown");
  const buttons = [...form.querySelectorAll("button")];
  let limit = PAGE;

  const chosenSystem = () => Number(form.elements.system ? form.elements.system.value : 0);
  const chosenCase = () => form.querySelector('[aria-pressed="true"]').dataset.case;
  const isCase = (card, name) =>
    name === "" ||
    (name === "no-proposal-fits" && "unfit" in card.dataset) ||
    (name === "systems-disagree" && "disagree" in card.dataset) ||
    card.dataset.cases.split(" ")[chosenSystem()] === name;
  const isType = (card, type) => type === "" || card.dataset.types.split(" ").includes(type);

  const update = () => {
    const name = chosenCase();
    const type = form.elements.type.value;
    const matching = cards.filter((card) => isCase(card, name) && isType(card, type));
    const shown = new Set(matching.slice(0, limit));
    for (const card of cards) card.hidden = !shown.has(card);
    more.hidden = shown.size === matching.length;
    const of = matching.length === cards.length ? `${cards.length}` : `${matching.length} that match, ${cards.length} in all`;
    status.textContent = `Shown: ${shown.size} of ${of}`;
    for (const rate of form.querySelectorAll(".rate")) {
      const alone = rate.parentNode.querySelectorAll(".rate").length === 1;
      rate.hidden = !alone && Number(rate.dataset.system) !== chosenSystem();
    }
    return matching;
  };
  const restart = () => {
    limit = PAGE;
    update();
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      restart();
    });
  }
  form.addEventListener("change", restart);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const before = limit;
    limit += PAGE;
    const next = update()[before];
    // Else the focus would be lost with the button, or stay below what is new.
    next.tabIndex = -1;
    next.focus();
  });

  // A list of choices is one stop of the tab key; the arrow keys go along it.
  const apart = (card, row) => {
    card.classList.toggle("pointed", row !== null);
    for (const part of card.querySelectorAll("[data-key]")) {
      part.classList.toggle("at", row !== null && part.dataset.key === row.dataset.key);
    }
  };
  for (const card of cards) {
    const rows = [...card.querySelectorAll(".choices li")];
    for (const row of rows) {
      row.tabIndex = row === rows[0] ? 0 : -1;
      for (const event of ["pointerenter", "focus"]) row.addEventListener(event, () => apart(card, row));
      for (const event of ["pointerleave", "blur"]) row.addEventListener(event, () => apart(card, null));
      row.addEventListener("keydown", (event) => {
        const there = rows.filter((other) => !other.classList.contains("undrawn"));
        const at = there.indexOf(row);
        const next = { ArrowDown: there[at + 1], ArrowUp: there[at - 1], Home: there[0], End: there.at(-1) }[event.key];
        if (!next) return;
        event.preventDefault();
        for (const other of rows) other.tabIndex = other === next ? 0 : -1;
        next.focus();
      });
    }
  }

  // Where many systems were trained, all their boxes at once would hide the picture, and all rows be a long list.
  const draw = (box) => {
    for (const drawn of section.querySelectorAll(`.example [data-key="${box.dataset.key}"]`)) {
      drawn.classList.toggle("undrawn", !box.checked);
    }
  };
  for (const box of section.querySelectorAll(".legend input")) {
    box.hidden = false;
    box.checked = !("later" in box.dataset);
    draw(box);
    box.addEventListener("change", () => draw(box));
  }

  const others = section.querySelector(".others");
  if (others) {
    section.querySelector(".examples").append(...others.querySelectorAll(".example"));
    others.remove();
  }
  form.hidden = false;
  update();
})();
