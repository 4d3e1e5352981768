/* Elements of the page. Text enters as text (textContent), never as markup, so a name cannot run. */

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function button(words, className, press) {
  const made = element("button", className, words);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function drawing(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* Hubs and stops are told apart by shape as well as by colour; the same shapes as on printed maps. */
export function symbol(role, number = "") {
  const box = { viewBox: "0 0 26 26", width: 26, height: 26, "aria-hidden": "true", focusable: "false" };
  const name = drawing("text", { x: 13, y: 17.2, "text-anchor": "middle", "font-size": 12, "font-weight": 700, fill: "#fff" });
  name.textContent = number;
  const shapes = {
    open: () => [drawing("circle", { cx: 13, cy: 13, r: 8, fill: "#0b0c0c", stroke: "#fff", "stroke-width": 2.5 })],
    proposed: () => [drawing("path", { d: "M13 1 25 13 13 25 1 13Z", fill: "#b3261e", stroke: "#fff", "stroke-width": 2 }), name],
    own: () => [drawing("rect", { x: 3, y: 3, width: 20, height: 20, rx: 3, fill: "#b3261e", stroke: "#fff", "stroke-width": 2, "stroke-dasharray": "4 2.5" }), name],
    stop: () => [drawing("path", { d: "M13 2 25 24H1Z", fill: "#fff", stroke: "#0b0c0c", "stroke-width": 1.8, "stroke-linejoin": "round" }), onWhite(name)],
    depot: () => [drawing("path", { d: "M4 23V10L13 3l9 7V23Z", fill: "#0b0c0c", stroke: "#fff", "stroke-width": 1.8, "stroke-linejoin": "round" }), drawing("path", { d: "M9 23v-8h8v8Z", fill: "#fff" })],
    candidate: () => [drawing("circle", { cx: 13, cy: 13, r: 3.5, fill: "#fff", stroke: "#0b0c0c", "stroke-width": 1.5 })],
  };
  return drawing("svg", box, ...(shapes[role] || shapes.open)());
}

/* A number on a white triangle: dark, lower and smaller, so that two digits stay inside. */
function onWhite(name) {
  const look = { y: 21.6, "font-size": 10.5, fill: "#0b0c0c" };
  for (const [what, value] of Object.entries(look)) name.setAttribute(what, value);
  return name;
}
