/*
 * Rows of a table in the order that its reader asks for. Each heading becomes a button: rising,
 * falling, as it was. All headings of a table are one stop of the Tab key; arrow keys walk them.
 * Its only global is mappingSortable, for tables that are made later.
 */
window.mappingSortable = function (table) {
  "use strict";
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const given = [...body.rows];
  const buttons = heads.map((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.tabIndex = at ? -1 : 0;
    button.addEventListener("click", () => order(at));
    button.addEventListener("keydown", (event) => walk(event, at));
    return button;
  });

  function walk(event, at) {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = buttons[(to + buttons.length) % buttons.length];
    buttons.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  }

  function order(at) {
    const now = heads[at].getAttribute("aria-sort");
    const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    if (next) heads[at].setAttribute("aria-sort", next);
    body.append(...(next ? sorted(at, next === "ascending" ? 1 : -1) : given));
  }

  // What has no value stays last, whichever way the others go.
  function sorted(at, sign) {
    const values = new Map(given.map((row) => [row, valueOf(row.cells[at].textContent.trim())]));
    const known = given.filter((row) => values.get(row) !== null);
    const numbers = known.filter((row) => typeof values.get(row) === "number").length * 2 > known.length;
    const compare = (one, other) => {
      const [a, b] = [values.get(one), values.get(other)];
      if (numbers) return sign * ((typeof a === "number" ? a : 0) - (typeof b === "number" ? b : 0));
      return sign * String(a).localeCompare(String(b), "en-GB", { numeric: true });
    };
    return [...known.sort(compare), ...given.filter((row) => values.get(row) === null)];
  }

  // "12,000 (10,000 to 14,000)" is 12,000, "none" is 0, "under 5" is below 5.
  function valueOf(text) {
    if (["", "–", "no estimate", "not known"].includes(text)) return null;
    if (text === "none") return 0;
    if (/^under \d/.test(text)) return Number(text.match(/\d+/)[0]) - 0.5;
    const number = text.match(/^(?:about |£)?([−-]?\d[\d,]*(?:\.\d+)?)(?=$|[\s%(:])/);
    return number ? Number(number[1].replace(/,/g, "").replace("−", "-")) : text;
  }
};
(function () {
  "use strict";
  document.querySelectorAll("table.sortable").forEach(window.mappingSortable);
  // A table that fits needs no stop of its own; one that can be sorted has one already.
  const regions = [...document.querySelectorAll(".table[tabindex]")];
  const settle = () => {
    for (const region of regions) {
      const wide = region.scrollWidth > region.clientWidth + 1;
      if (wide && !region.querySelector("button")) region.tabIndex = 0;
      else region.removeAttribute("tabindex");
    }
  };
  settle();
  window.addEventListener("resize", settle);
})();
