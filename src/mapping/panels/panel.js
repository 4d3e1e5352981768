// What ipywidgets leaves out for people who use a keyboard or a screen reader: names for sliders,
// their figures, live regions that stand before they speak and say what is new, a line from a control
// to its fault, headers of folds that open by keyboard, a focus that is not lost, and long names that
// may break. It takes away words that say nothing; and it tells the kernel when the page is there.

const LIVE = ".mapping-live > .widget-html-content";

function set(element, name, value) {
  if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function nameSliders(panel) {
  for (const slider of panel.querySelectorAll(".widget-slider")) {
    const label = slider.querySelector(".widget-label")?.textContent.trim();
    const readout = slider.querySelector(".widget-readout");
    slider.querySelectorAll(".noUi-handle").forEach((handle) => {
      set(handle, "aria-label", label);
      if (readout) set(handle, "aria-valuetext", readout.textContent.trim());
    });
    set(readout, "aria-label", `${label}, as a number`);
    set(readout, "role", "textbox");
  }
}

function nameLists(panel) {
  for (const list of panel.querySelectorAll(".widget-select-multiple select, .widget-dropdown select")) {
    const label = list.closest(".jupyter-widgets")?.querySelector(".widget-label");
    if (label && !list.labels?.length) set(list, "aria-label", label.textContent.trim());
  }
}

let count = 0;

function linkFaults(panel) {
  for (const field of panel.querySelectorAll(".mapping-field")) {
    const fault = field.querySelector(".mapping-fault p");
    const control = field.querySelector("select, input, textarea, .noUi-handle, button");
    if (!control) continue;
    if (fault) {
      fault.id ||= `mapping-fault-${(count += 1)}`;
      set(control, "aria-invalid", "true");
      set(control, "aria-describedby", fault.id);
    } else if (control.hasAttribute("aria-invalid")) {
      control.removeAttribute("aria-invalid");
      control.removeAttribute("aria-describedby");
    }
  }
}

function openFolds(panel) {
  for (const header of panel.querySelectorAll(".jupyter-widget-Collapse-header")) {
    const open = !header.nextElementSibling?.classList.contains("lm-mod-hidden");
    set(header, "role", "button");
    set(header, "aria-label", header.textContent.trim()); // without the arrow
    set(header, "tabindex", "0");
    set(header, "aria-expanded", open ? "true" : "false");
    if (header.dataset.mappingKeys) continue;
    header.dataset.mappingKeys = "yes";
    header.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      header.click();
    });
  }
}

// A label without a tooltip says "null" when pointed at.
function dropEmptyTitles(panel) {
  panel.querySelectorAll('[title="null"]').forEach((element) => element.removeAttribute("title"));
}

// A chooser of files counts them; here each is read and let go at once.
function dropCounts(panel) {
  for (const chooser of panel.querySelectorAll(".widget-upload")) {
    for (const node of chooser.childNodes) {
      const plain = node.textContent.replace(/ \(\d+\)$/, "");
      if (node.nodeType === Node.TEXT_NODE && plain !== node.textContent) node.textContent = plain;
    }
  }
}

// ipywidgets joins the words of an option so that none can break; long names would be cut.
function partWords(panel) {
  for (const option of panel.querySelectorAll("select option")) {
    const plain = option.textContent.replaceAll("\u00a0", " ");
    if (plain !== option.textContent) option.textContent = plain;
  }
}

// The icon of a button is a letter of its font, which would be read out.
function nameButtons(panel) {
  panel.querySelectorAll(".jupyter-button").forEach((button) => {
    const words = button.textContent.trim();
    set(button, "aria-label", button.title.startsWith(words) ? button.title : words);
  });
}

// A table wider than the page is moved by arrow keys once it has the focus.
function reachTables(panel) {
  for (const table of panel.querySelectorAll(".mapping-table")) {
    if (table.scrollWidth <= table.clientWidth) {
      for (const name of ["tabindex", "role", "aria-label"]) table.removeAttribute(name);
      continue;
    }
    set(table, "tabindex", "0");
    set(table, "role", "region");
    const inside = table.querySelector("table");
    set(table, "aria-label", inside?.caption?.textContent || inside?.getAttribute("aria-label"));
  }
}

// What is new in the answer is read out, once and without its tables; and that work goes on, if it
// takes a while.
const NEW = 2; // sentences
const LONG = 1500; // milliseconds

function speaker(panel) {
  const said = document.createElement("div");
  said.className = "mapping-said";
  said.setAttribute("aria-live", "polite");
  panel.append(said);
  let known = null;
  let late = 0;
  return () => {
    const doing = panel.querySelector(".mapping-doing");
    if (!doing) {
      clearTimeout(late);
      late = 0;
    }
    late ||= doing && setTimeout(() => (said.textContent = doing.textContent.trim()), LONG);
    if (panel.querySelector(".mapping-stale")) return;
    const told = [...panel.querySelectorAll(".mapping-lead, .mapping-lead ~ p")].map((one) => one.textContent);
    const fresh = known ? told.filter((one) => !known.has(one)) : told.slice(0, 1);
    if (fresh.length) said.textContent = fresh.slice(0, NEW).join(" ");
    if (told.length) known = new Set(told);
  };
}

// Whatever has the focus may be switched off or taken away while its answer is worked out: the focus
// comes back to it, or goes to what stands nearest.
const CONTROLS = "button, select, input, textarea, summary, [tabindex='0']";

function keeper(panel) {
  let held = null;
  let around = [];
  panel.addEventListener("focusin", ({ target }) => {
    held = target;
    around = [];
    for (let box = target.parentElement; box && panel.contains(box); box = box.parentElement) around.push(box);
  });
  panel.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !panel.contains(relatedTarget)) held = null;
  });
  document.addEventListener("pointerdown", () => (held = null), true);
  const usable = (one) => one.isConnected && !one.disabled && one.getClientRects().length > 0;
  return () => {
    if (!held || document.activeElement !== document.body) return;
    if (usable(held)) return held.focus({ preventScroll: true });
    if (held.isConnected && held.classList.contains("mod-primary")) return; // it works, and comes back
    for (const box of around) {
      const other = box.isConnected && [...box.querySelectorAll(CONTROLS)].find(usable);
      if (other) return other.focus({ preventScroll: true });
    }
  };
}

function nameGroups(panel) {
  const heading = panel.querySelector("h2");
  set(panel, "role", "region");
  set(panel, "aria-label", heading?.textContent);
}

function mend(panel) {
  nameGroups(panel);
  panel.querySelectorAll(LIVE).forEach((region) => {
    set(region, "aria-live", "polite");
    set(region, "aria-atomic", "true");
  });
  nameSliders(panel);
  nameLists(panel);
  linkFaults(panel);
  openFolds(panel);
  dropEmptyTitles(panel);
  dropCounts(panel);
  partWords(panel);
  nameButtons(panel);
  reachTables(panel);
}

// JupyterLab goes to the last cell when all are run: the panel above it comes back into view once, if
// less than half the page shows of it.
function meet(panel) {
  const page = panel.closest(".jp-WindowedPanel-outer, .jp-Notebook")?.getBoundingClientRect();
  const { top, bottom } = panel.getBoundingClientRect();
  if (page && top < page.top && bottom < page.top + page.height / 2) panel.scrollIntoView({ block: "start" });
}

function render({ model, el }) {
  el.style.display = "none";
  let watching = null;
  let waiting = 0;
  let marked = null;
  // The element is put into the page after this function returns.
  function begin() {
    const panel = el.closest(".mapping-panel");
    if (!panel) {
      waiting = requestAnimationFrame(begin);
      return;
    }
    const [speak, keep] = [speaker(panel), keeper(panel)];
    let due = false;
    const later = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        mend(panel);
        keep();
        speak();
      });
    };
    mend(panel);
    speak();
    marked = () => {
      const first = panel.dataset.answers === "0";
      panel.dataset.answers = model.get("answers");
      if (first) meet(panel);
    };
    model.on("change:answers", marked);
    marked();
    // What changed while the page was being put up reached nobody: ask for it.
    model.send({ kind: "here" });
    watching = new MutationObserver(later);
    watching.observe(panel, {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["class", "disabled"],
    });
  }
  begin();
  return () => {
    cancelAnimationFrame(waiting);
    if (marked) model.off("change:answers", marked);
    watching?.disconnect();
  };
}

export default { render };
