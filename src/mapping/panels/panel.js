// What ipywidgets leaves out for people who use a keyboard or a screen reader: names for sliders,
// their figures and file choosers, live regions that stand before they speak, a line from a control
// to its fault, and headers of folds that open by keyboard. It only sets attributes.

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
  for (const header of panel.querySelectorAll(".jp-Collapse-header")) {
    set(header, "role", "button");
    set(header, "tabindex", "0");
    const open = header.classList.contains("jp-Collapse-header-collapsed") ? "false" : "true";
    set(header, "aria-expanded", open);
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

function mend(panel) {
  panel.querySelectorAll(LIVE).forEach((region) => {
    set(region, "aria-live", "polite");
    set(region, "aria-atomic", "true");
  });
  nameSliders(panel);
  nameLists(panel);
  linkFaults(panel);
  openFolds(panel);
}

function render({ el }) {
  el.style.display = "none";
  let watching = null;
  let waiting = 0;
  // The element is put into the page after this function returns.
  function begin() {
    const panel = el.closest(".mapping-panel");
    if (!panel) {
      waiting = requestAnimationFrame(begin);
      return;
    }
    let due = false;
    const later = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        mend(panel);
      });
    };
    mend(panel);
    watching = new MutationObserver(later);
    watching.observe(panel, {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["class"],
    });
  }
  begin();
  return () => {
    cancelAnimationFrame(waiting);
    watching?.disconnect();
  };
}

export default { render };
