/* The areas of the map: painted by class, patterned where no hub is near. */

import { decoded } from "./shapes.js";

const NO_CLASS = 255;
const OUT_OF_REACH = 1;
export const DASHED = { color: "#7b0a5c", weight: 2.2 };
export const OUTLINE = { color: "#0b0c0c", weight: 3.5, lineCap: "butt" };
const CASING = { color: "#ffffff", weight: 7 };
const EDGE = { fill: false, interactive: false, smoothFactor: 0 };

/* A colour under a pattern, as a brush of the canvas; made once for each of them. */
const brushes = new Map();

export function brush(colour, patterned) {
  if (colour && !patterned) return colour;
  const name = `${colour} ${patterned}`;
  if (!brushes.has(name)) brushes.set(name, pattern(colour, patterned));
  return brushes.get(name);
}

/* No estimate: lines on white. Out of reach: dots, light on dark colours and dark on light ones. */
export function paint(pen, colour, patterned) {
  pen.fillStyle = colour || "#ffffff";
  pen.fillRect(0, 0, 16, 16);
  if (!colour) {
    pen.strokeStyle = "#6f777b";
    pen.lineWidth = 1.6;
    for (const start of [-16, 0, 16]) {
      pen.moveTo(start, 16);
      pen.lineTo(start + 16, 0);
    }
    pen.stroke();
  }
  if (!patterned) return;
  pen.fillStyle = dark(colour) ? "rgb(255 255 255 / .8)" : "rgb(11 12 12 / .7)";
  for (const [x, y] of [[4, 4], [12, 12]]) {
    pen.beginPath();
    pen.arc(x, y, 1.7, 0, 7);
    pen.fill();
  }
}

function pattern(colour, patterned) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 16;
  const pen = tile.getContext("2d");
  paint(pen, colour, patterned);
  const made = pen.createPattern(tile, "repeat");
  made.setTransform(new DOMMatrix().scale(0.5));
  return made;
}

function dark(colour) {
  if (!colour) return false;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.3 * r + 0.59 * g + 0.11 * b < 140;
}

export class Areas {
  constructor(L, map, model, on) {
    Object.assign(this, { L, map, model, on });
    this.canvas = L.canvas({ padding: 0.2 });
    this.layer = L.featureGroup().addTo(map);
    this.backdrop = L.featureGroup().addTo(map);
    this.lines = L.featureGroup().addTo(map);
    this.chosen = L.featureGroup().addTo(map);
    this.picked = L.featureGroup().addTo(map);
    this.mark = L.featureGroup().addTo(map);
    this.draw();
    this.drawBackdrop();
    this.drawLines();
    this.drawOutlines();
  }

  get view() {
    const layers = this.model.get("layers");
    return layers.find((layer) => layer.name === this.model.get("layer")) || layers[0];
  }

  draw() {
    this.layer.clearLayers();
    this.shapes = this.model.get("shapes").map((polygons, at) => {
      if (!polygons.length) return null; // an area without a boundary
      const shape = this.L.polygon(decoded(polygons), { ...this.style(at), renderer: this.canvas, smoothFactor: 0 });
      shape.on("mouseover", () => this.on.over(at));
      shape.on("mouseout", () => this.on.out());
      shape.on("click", (event) => this.on.click(at, event));
      return shape.addTo(this.layer);
    });
  }

  drawBackdrop() {
    const { water, wards } = this.model.get("backdrop");
    this.backdrop.clearLayers();
    for (const polygons of water || []) {
      this.L.polygon(decoded(polygons), { ...EDGE, fill: true, stroke: false, fillColor: "#c9dbe6", fillOpacity: 1, renderer: this.canvas }).addTo(this.backdrop).bringToBack();
    }
    for (const polygons of wards || []) {
      this.L.polygon(decoded(polygons), { ...EDGE, color: "#0b0c0c", weight: 1.1, opacity: 0.7, renderer: this.canvas }).addTo(this.backdrop);
    }
  }

  /* Lines with a light edge, so that they are seen on every colour; faint while they are of the past. */
  drawLines() {
    this.lines.clearLayers();
    const faint = this.model.get("stale") ? 0.35 : 1;
    const paths = this.model.get("lines").map(({ paths, dash }) => [decoded([paths])[0], dash]);
    const add = (path, look) => this.L.polyline(path, { ...EDGE, ...look, renderer: this.canvas }).addTo(this.lines);
    for (const [path] of paths) add(path, { color: "#ffffff", weight: 4, opacity: 0.8 * faint });
    for (const [path, dash] of paths) add(path, { ...DASHED, dashArray: dash, lineCap: "butt", opacity: faint });
  }

  /* What was chosen, by a thick line with a light edge on both sides. */
  drawOutlines() {
    this.chosen.clearLayers();
    for (const { shape, dash } of this.model.get("outlines")) this.thick(decoded(shape), dash, this.chosen);
  }

  /* The area that a card is open for; null for none. */
  pick(at) {
    this.picked.clearLayers();
    const shape = at === null ? null : this.shapes[at];
    if (shape) this.thick(shape.getLatLngs(), null, this.picked);
  }

  thick(shape, dash, group) {
    for (const look of [CASING, { ...OUTLINE, dashArray: dash }]) this.L.polygon(shape, { ...EDGE, ...look, renderer: this.canvas }).addTo(group);
  }

  style(at) {
    const view = this.view;
    // While other areas arrive, what is drawn may be more than what is known.
    const found = view && at < view.classes.byteLength ? view.classes.getUint8(at) : NO_CLASS;
    const colour = found === NO_CLASS ? null : view.colours[found];
    const reach = this.model.get("reach");
    const far = reach.byteLength > at && reach.getUint8(at) === OUT_OF_REACH;
    const light = dark(colour);
    return {
      fillColor: brush(colour, far && Boolean(colour)),
      fillOpacity: 1,
      color: light ? "#ffffff" : "#0b0c0c",
      opacity: light ? 0.6 : 0.35,
      weight: 0.7,
    };
  }

  paint(indexes) {
    for (const at of indexes) if (this.shapes[at]) this.shapes[at].setStyle(this.style(at));
  }

  paintAll() {
    this.paint(this.shapes.keys());
  }

  /* A thick line around one area; null takes it away. */
  outline(at) {
    this.mark.clearLayers();
    const shape = at === null ? null : this.shapes[at];
    if (shape) this.L.polygon(shape.getLatLngs(), { ...EDGE, color: "#0b0c0c", weight: 3, renderer: this.canvas }).addTo(this.mark);
  }

  /* The area at a place on the map, -1 outside all of them. */
  at(latlng) {
    const point = this.map.latLngToLayerPoint(latlng);
    return this.shapes.findIndex((shape) => shape && shape._containsPoint(point));
  }
}
