/* The key: it follows the layer, so that one is never seen without the other. */

import { drawing, element, symbol } from "./page.js";
import { DASHED, OUTLINE, paint } from "./areas.js";

const ROLES = {
  open: "Hub open now",
  proposed: "Proposed hub",
  own: "Your own point",
  candidate: "Place that could host a hub",
  stop: "Bus stop",
  depot: "Depot",
};

export class Keys {
  constructor(model, node) {
    Object.assign(this, { model, node });
    this.node.classList.add("livemap-keys");
    this.draw();
  }

  draw() {
    const { model } = this;
    const layers = model.get("layers");
    const view = layers.find((layer) => layer.name === model.get("layer")) || layers[0];
    this.node.replaceChildren();
    if (view) {
      this.node.append(element("p", "livemap-heading", view.heading), this.classes(view));
      if (view.note) this.node.append(element("p", "livemap-small", view.note));
    }
    const outlines = model.get("outlines");
    if (outlines.length) this.node.append(this.lines(outlines, OUTLINE));
    this.node.append(this.places());
    const lines = model.get("lines");
    if (lines.length) this.node.append(element("p", "livemap-small", lines[0].heading), this.lines(lines, DASHED));
  }

  lines(lines, look) {
    const list = element("ul", "livemap-places");
    for (const { name, dash } of lines) list.append(line(stroke(dash, look), name));
    return list;
  }

  classes(view) {
    const list = element("ul", "livemap-classes");
    view.labels.forEach((label, at) => list.append(line(swatch(view.colours[at]), label)));
    if (view.unknown) list.append(line(swatch(null), "no estimate"));
    return list;
  }

  places() {
    const list = element("ul", "livemap-places");
    const pattern = this.model.get("pattern");
    if (pattern) list.append(line(swatch("#b4a76f", true), pattern));
    const roles = new Set(this.model.get("sites").map((site) => site.role));
    for (const [role, words] of Object.entries(ROLES)) {
      if (roles.has(role)) list.append(line(symbol(role), this.model.get("roles")[role] || words));
    }
    return list;
  }
}

function line(picture, words) {
  const item = element("li");
  item.append(picture, element("span", "", words));
  return item;
}

function stroke(dash, { color, weight }) {
  const ends = { x1: 0, y1: 6, x2: 44, y2: 6, stroke: color, "stroke-width": weight, "stroke-dasharray": dash.join(" ") };
  return drawing("svg", { class: "livemap-stroke", viewBox: "0 0 44 12", "aria-hidden": "true", focusable: "false" }, drawing("line", ends));
}

function swatch(colour, patterned = false) {
  const tile = element("canvas", "livemap-swatch");
  [tile.width, tile.height] = [64, 32];
  tile.setAttribute("aria-hidden", "true");
  const pen = tile.getContext("2d");
  const square = document.createElement("canvas");
  square.width = square.height = 16;
  paint(square.getContext("2d"), colour, patterned);
  pen.fillStyle = pen.createPattern(square, "repeat");
  pen.fillRect(0, 0, 64, 32);
  return tile;
}
