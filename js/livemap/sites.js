/* Hubs and stops: shapes that are dragged, moved by arrow keys, or moved by a click. */

import { element, symbol } from "./page.js";
import { ORDER, Spread } from "./spread.js";

const PAUSE = 25; // milliseconds between two reports of one move, at least
const SETTLED = 700; // milliseconds after the last arrow key, when a move is meant
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/* What a site is, said after its name; whoever sees it knows that by its shape. */
const KINDS = { open: "hub open now", proposed: "proposed hub", stop: "bus stop" };

export class Sites {
  constructor(L, map, model, canvas, help, on) {
    Object.assign(this, { L, map, model, canvas, help, on });
    this.markers = new Map();
    this.dots = L.featureGroup().addTo(map);
    this.spread = new Spread(L, map, this.markers, canvas);
    this.draw();
  }

  /* Markers that stay are kept: focus, and a drag that is going on, are not lost. */
  draw() {
    const sites = this.model.get("sites");
    const shown = sites.filter((site) => site.role !== "candidate");
    const ids = new Set(shown.map((site) => site.id));
    for (const [id, held] of this.markers) {
      if (!ids.has(id)) {
        held.marker.remove();
        this.markers.delete(id);
      }
    }
    for (const site of shown) this.place(site);
    this.stops();
    this.drawDots(sites.filter((site) => site.role === "candidate"));
    this.spread.apply();
  }

  place(site) {
    const held = this.markers.get(site.id);
    if (held && held.site.movable !== site.movable) {
      held.marker.remove();
      this.markers.delete(site.id);
      return this.place(site);
    }
    if (!held) return this.add(site);
    held.site = site;
    if (!held.busy) held.marker.setLatLng(site.at);
    this.dress(held);
  }

  add(site) {
    const icon = this.L.divIcon({ html: element("span"), className: "livemap-site", iconSize: [30, 30], iconAnchor: [15, 15] });
    const marker = this.L.marker(site.at, { icon, draggable: site.movable, autoPan: true, keyboard: false, zIndexOffset: 1000 * ORDER[site.role] }).addTo(this.map);
    const held = { marker, site, busy: false };
    this.markers.set(site.id, held);
    this.dress(held);
    marker.bindTooltip(() => this.tip(held.site, this.told(marker)), { className: "livemap-tip", direction: "top", offset: [0, -14], opacity: 1 });
    marker.on("click", ({ originalEvent }) => {
      marker.closeTooltip();
      this.on.choose(held.site, this.map.mouseEventToLatLng(originalEvent));
    });
    if (site.movable) this.letMove(held);
    this.listen(held);
  }

  dress(held) {
    const { site, marker } = held;
    const node = marker.getElement();
    const look = `${site.role} ${site.number}`;
    if (held.look !== look) node.replaceChildren(symbol(site.role, site.number));
    held.look = look;
    node.setAttribute("role", "button");
    const kind = site.role === "own" ? `your own ${this.model.get("noun")}` : KINDS[site.role];
    node.setAttribute("aria-label", kind ? `${site.name}, ${`${kind} ${site.number}`.trim()}` : site.name);
    node.dataset.site = site.id;
    this.describe(held);
  }

  /* What the tooltip says of a site, and then what keys do. */
  describe({ site, marker }) {
    const { id } = site.movable ? this.help.moves : this.help.stays;
    marker.getElement().setAttribute("aria-describedby", `${this.told(marker)} ${id}`);
  }

  told(marker) {
    return `${this.help.moves.id}-${this.L.stamp(marker)}`;
  }

  /* A hub that moves is a stop of the Tab key; those that do not are one stop together, through
     which arrow keys walk. */
  stops() {
    const fixed = this.fixed();
    for (const { site, marker } of this.markers.values()) marker.getElement().tabIndex = site.movable ? 0 : -1;
    const first = fixed.find((node) => node === document.activeElement) || fixed[0];
    if (first) first.tabIndex = 0;
  }

  fixed() {
    return [...this.markers.values()].filter((held) => !held.site.movable).map((held) => held.marker.getElement());
  }

  walk(node, step) {
    const fixed = this.fixed();
    const next = fixed[(fixed.indexOf(node) + (step[0] || step[1]) + fixed.length) % fixed.length];
    node.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  tip(site, id = "") {
    const [tip, told] = [element("div"), element("div")];
    told.id = id;
    told.append(...site.lines.map((line) => element("span", "", line)));
    tip.append(element("strong", "", site.name), told);
    return tip;
  }

  drawDots(candidates) {
    this.dots.clearLayers();
    for (const site of candidates) {
      const dot = this.L.circleMarker(site.at, { renderer: this.canvas, radius: 2.6, color: "#0b0c0c", weight: 1, fillColor: "#ffffff", fillOpacity: 1, bubblingMouseEvents: false });
      dot.bindTooltip(() => this.tip(site), { className: "livemap-tip", direction: "top", opacity: 1 });
      dot.on("click", (event) => this.on.dot(site, event));
      dot.addTo(this.dots);
    }
  }

  letMove(held) {
    const { marker } = held;
    const escape = (event) => event.key === "Escape" && this.cancel(held);
    marker.on("dragstart", () => {
      held.busy = true;
      document.addEventListener("keydown", escape, true);
      const { _draggable: hand } = marker.dragging;
      hand._startPos = hand._startPos.add(this.spread.take(held));
      marker.closeTooltip();
      this.on.start(held.site);
    });
    marker.on("drag", () => held.busy && this.report(held, false));
    marker.on("dragend", () => {
      document.removeEventListener("keydown", escape, true);
      if (held.busy) this.finish(held);
    });
  }

  listen(held) {
    const node = held.marker.getElement();
    node.addEventListener("focus", () => {
      this.map.panInside(held.marker.getLatLng(), { padding: [50, 60] });
      held.marker.openTooltip();
      this.describe(held); // as Leaflet names the tooltip alone
    });
    node.addEventListener("blur", () => {
      held.marker.closeTooltip();
      if (held.settling) this.finish(held);
    });
    node.addEventListener("keydown", (event) => this.key(held, event));
  }

  key(held, event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      if (held.settling) this.finish(held);
      held.marker.closeTooltip();
      this.on.choose(held.site, held.marker.getLatLng(), held.marker.getElement());
    }
    if (event.key === "Escape" && held.busy) {
      event.stopPropagation();
      return this.cancel(held);
    }
    if (event.key === "Escape") held.marker.closeTooltip();
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    if (!held.site.movable) return this.walk(held.marker.getElement(), step);
    const far = event.shiftKey ? 40 : 8; // pixels
    const aside = this.spread.take(held);
    held.busy = true;
    held.marker.closeTooltip();
    if (!held.settling) this.on.start(held.site);
    const point = this.map.latLngToContainerPoint(held.marker.getLatLng()).add(aside).add([far * step[0], far * step[1]]);
    held.marker.setLatLng(this.map.containerPointToLatLng(point));
    this.map.panInside(held.marker.getLatLng(), { padding: [40, 40], animate: false });
    this.report(held, false);
    clearTimeout(held.settling);
    held.settling = setTimeout(() => this.finish(held), SETTLED);
  }

  moveTo(id, latlng) {
    const held = this.markers.get(id);
    if (!held) return;
    this.spread.take(held);
    held.marker.setLatLng(latlng);
    this.on.start(held.site);
    this.finish(held);
    held.marker.getElement().focus();
  }

  finish(held) {
    clearTimeout(held.settling);
    held.settling = null;
    held.busy = false;
    this.on.finish();
    this.report(held, true);
  }

  /* All is as before the move: what is on its way is not waited for, but for what was shown before. */
  cancel(held) {
    clearTimeout(held.settling);
    clearTimeout(this.later);
    held.settling = this.later = this.next = null;
    held.busy = false;
    const hand = held.marker.dragging;
    if (hand && hand.moved()) hand._draggable.finishDrag(true);
    this.draw();
    this.awaiting = { seq: (this.seq = (this.seq || 0) + 1) };
    this.on.asking(true);
    this.model.send({ kind: "cancel", seq: this.seq });
    this.on.cancel();
  }

  /* One report is on its way at a time, and none sooner than PAUSE after the last: what moved on in
     between is told as soon as the answer is there, so that answers never queue up. */
  report(held, done) {
    const { lat, lng } = held.marker.getLatLng();
    this.next = { kind: "move", id: held.site.id, at: [lat, lng], done, moved: performance.now() };
    this.on.asking(true);
    this.send();
  }

  send() {
    if (!this.next) return;
    const now = performance.now();
    const wait = this.next.done ? 0 : (this.sent || -PAUSE) + PAUSE - now;
    if (this.awaiting && now - this.sent < 2000 && !this.next.done) return;
    if (wait > 0) {
      this.later ||= setTimeout(() => {
        this.later = null;
        this.send();
      }, wait);
      return;
    }
    const { moved, ...report } = this.next;
    this.next = null;
    this.sent = now;
    this.awaiting = { seq: (this.seq = (this.seq || 0) + 1), moved };
    this.model.send({ ...report, seq: this.seq });
  }

  /* The answer to a report was painted: measure it, and tell what moved on. Returns whether this
     was the answer to the last report; so is one to no report at all. */
  answered(seq) {
    if (seq == null) return true;
    if (!this.awaiting || this.awaiting.seq !== seq) return false;
    const { moved } = this.awaiting;
    this.awaiting = null;
    if (moved)
      requestAnimationFrame(() =>
        setTimeout(() => performance.measure("livemap-move", { start: moved, end: performance.now() })),
      );
    this.send();
    if (this.awaiting || this.next) return false;
    this.on.asking(false);
    return true;
  }
}
