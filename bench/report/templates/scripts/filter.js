(() => {
  "use strict";
  const entries = [...document.querySelectorAll(".report")];
  if (entries.length < 2) return;
  const words = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = "Show only what contains: ";
  const input = document.createElement("input");
  input.type = "search";
  label.append(input);
  const shown = document.createElement("p");
  shown.className = "small";
  shown.setAttribute("role", "status");
  input.addEventListener("input", () => {
    const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of entries) entry.hidden = !asked.every((word) => words.get(entry).includes(word));
    const left = entries.filter((entry) => !entry.hidden).length;
    shown.textContent = asked.length ? `${left} of ${entries.length} shown` : "";
  });
  document.querySelector("h1").parentElement.append(label, shown);
})();
