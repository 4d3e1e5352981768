/* One live map. Python holds what is shown; this draws it and tells what the reader does. */

import { element, button } from "./page.js";
import { Areas } from "./areas.js";
import { Sites } from "./sites.js";
import { Keys } from "./keys.js";
import { labels } from "./labels.js";

/* What keys do, read out after the name of whatever has the focus. */
const HELP = {
  map: "Arrow keys move the map, plus and minus zoom, Enter tells about the area in the middle.",
  moves: "Arrow keys move it, further with Shift; Escape puts it back while it moves. Enter tells more.",
  stays: "Arrow keys go to the next. Enter tells more.",
};
const WORKING = "Working out what that does …";
let count = 0;

export function render({ model, el }) {
  const born = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const id = `livemap-${(count += 1)}`;
  el.classList.add("livemap");
  el.setAttribute("role", "group");

  const bar = element("div", "livemap-bar");
  const frame = element("div", "livemap-frame");
  const node = element("div", "livemap-map");
  const card = element("section", "livemap-card");
  const status = element("p", "livemap-status");
  const key = element("div");
  const sources = element("div", "livemap-sources");
  // What changes while something moves would be read out again and again: this is told once.
  const read = element("div", "livemap-read");
  read.setAttribute("aria-live", "polite");
  const help = Object.fromEntries(Object.entries(HELP).map(([what, words]) => [what, hint(`${id}-${what}`, words)]));
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-labelledby", `${id}-card`);
  card.setAttribute("aria-describedby", `${id}-told`);
  card.tabIndex = -1;
  card.hidden = true;
  // Keys that move the map and what is on it are for the map, not for a reader of the page.
  node.setAttribute("role", "application");
  node.setAttribute("aria-roledescription", "map");
  node.setAttribute("aria-describedby", help.map.id);
  frame.append(node, north(), card);
  el.append(bar, frame, ...(model.get("still") ? [] : [status]), read, ...Object.values(help), key, sources);

  const map = L.map(node, {
    attributionControl: false, zoomControl: true, zoomSnap: 0.1, zoomDelta: 0.5,
    scrollWheelZoom: false, fadeAnimation: !still, zoomAnimation: !still, boxZoom: false,
  });
  map.setView(middle(), 10, { animate: false });
  L.control.scale({ position: "bottomleft", maxWidth: 120, imperial: false }).addTo(map);
  // A page that scrolls must scroll past the map: the wheel zooms only once the map is in use.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());

  let fitted = false; // the view is set once the page has laid the map out
  let following = false; // another map, and not the reader
  el.dataset.link = model.get("link");
  map.on("move", lead);
  el.addEventListener("livemap-follow", (event) => fitted && follow(event.detail));
  el.addEventListener("livemap-pick", (event) => areas.pick(event.detail));
  // What is under way: null, or what the next click on the map is for.
  let aim = null;
  let from = null; // what had the focus when the keyboard asked for a card
  const areas = new Areas(L, map, model, {
    over: (at) => hover(at),
    out: () => hover(null),
    click: (at, event) => (aim ? null : (L.DomEvent.stop(event), askArea(at))),
  });
  const sites = new Sites(L, map, model, areas.canvas, help, {
    start: () => hover(null),
    finish: () => say(WORKING),
    cancel: () => (tell(), announce("It is back where it was.")),
    asking: (now) => el.toggleAttribute("data-asking", now),
    choose: (site, latlng, node_) => (aim ? land(latlng) : askSite(site, node_)),
    dot: (site, event) => (aim ? land(event.latlng) : askSite(site)),
  });
  const names = labels(L, map, model, sites);
  const keys = new Keys(model, key);
  const tip = L.tooltip({ className: "livemap-tip", opacity: 1, direction: "top", offset: [0, -6] });
  map.on("click", (event) => aim && land(event.latlng));
  map.on("mousemove", (event) => map.hasLayer(tip) && tip.setLatLng(event.latlng));
  frame.addEventListener("keydown", press);
  // Whoever points needs no cross and no frame: they are for the keyboard.
  node.addEventListener("pointerdown", () => node.classList.add("is-pointed"), true);
  node.addEventListener("keydown", () => node.classList.remove("is-pointed"), true);
  node.addEventListener("blur", () => node.classList.remove("is-pointed"));
  fillBar();
  tell();
  credit();
  describe();

  const changes = {
    "change:shapes": () => (hover(null), closeCard(), areas.draw(), redraw()),
    "change:backdrop": () => (redraw(), names.draw()),
    "change:lines": () => (redraw(), keys.draw()),
    "change:outlines": () => (areas.drawOutlines(), keys.draw()),
    "change:stale": redraw,
    "change:layers": () => (areas.paintAll(), keys.draw(), fillBar()),
    "change:layer": () => (areas.paintAll(), keys.draw(), fillBar()),
    "change:reach": () => areas.paintAll(),
    "change:pattern": () => keys.draw(),
    "change:roles": () => keys.draw(),
    "change:sites": () => (sites.draw(), keys.draw(), names.arrange()),
    "change:status": tell,
    "change:attribution": credit,
    "change:title": describe,
    "change:placing": fillBar,
    "change:noun": fillBar,
    "msg:custom": hear,
  };
  for (const [event, act] of Object.entries(changes)) model.on(event, act);
  const keeper = fit();
  model.send({ kind: "here" }); // what changed while the page was being put up reached nobody
  return () => {
    for (const [event, act] of Object.entries(changes)) model.off(event, act);
    keeper.disconnect();
    map.remove();
  };

  function hear(message, buffers) {
    if (message.kind === "marks") repaint(message, buffers);
    // Until then it was being worked out; now it is what the kernel says, which may be just that.
    if (message.kind === "done" && sites.answered(message.seq)) {
      tell();
      if (message.last) announce(model.get("status"));
    }
    if (message.kind === "told") showCard(message);
    if (message.kind === "closed") closeCard();
    if (message.kind === "back") sites.draw(); // what was refused
  }

  /* Bytes are changed where the model holds them, so that a second view of it sees them too. */
  function repaint({ of, told }, [where, what]) {
    const view = model.get("layers").find((layer) => layer.name === of);
    if (view) Object.assign(view.told, told);
    const held = of === "reach" ? model.get("reach") : view && view.classes;
    if (!held) return;
    const changed = [];
    for (let at = 0; at < what.byteLength; at += 1) {
      const area = where.getUint32(4 * at, true);
      held.setUint8(area, what.getUint8(at));
      changed.push(area);
    }
    if (of === "reach" || of === areas.view.name) areas.paint(changed);
  }

  function redraw() {
    areas.drawBackdrop();
    areas.drawLines();
    areas.chosen.bringToFront();
    areas.picked.bringToFront();
    sites.dots.bringToFront();
  }

  /* Other maps of the same link on the page; where each is stands on its element. */
  function linked() {
    const link = model.get("link");
    return [...document.querySelectorAll(".livemap[data-view]")].filter((other) => link && other !== el && other.dataset.link === link);
  }

  function lead() {
    if (!fitted || following) return;
    const { lat, lng } = map.getCenter();
    el.dataset.view = JSON.stringify([lat, lng, map.getZoom()]);
    for (const other of linked()) other.dispatchEvent(new CustomEvent("livemap-follow", { detail: el.dataset.view }));
  }

  function follow(view) {
    const [latitude, longitude, zoom] = JSON.parse(view);
    following = true;
    map.setView([latitude, longitude], zoom, { animate: false });
    following = false;
    el.dataset.view = view;
  }

  function middle() {
    const [[south, west], [north_, east]] = model.get("bounds");
    return [(south + north_) / 2, (west + east) / 2];
  }

  /* The element has no size until the page has laid it out: the view is set then, and only then. */
  function fit() {
    const watch = new ResizeObserver(() => {
      if (!node.clientWidth || !node.clientHeight) return;
      map.invalidateSize({ animate: false });
      if (fitted) return;
      whole();
      map.setMinZoom(map.getZoom() - 1.5);
      fitted = true;
      const [other] = linked();
      if (other) follow(other.dataset.view);
      else lead();
      requestAnimationFrame(() => setTimeout(() => {
        el.dataset.drawn = "true";
        performance.measure("livemap-first-paint", { start: born, end: performance.now() });
      }));
    });
    watch.observe(node);
    return watch;
  }

  function whole() {
    map.fitBounds(model.get("bounds"), { padding: [10, 10], animate: false });
  }

  function fillBar() {
    const before = document.activeElement && document.activeElement.dataset.for;
    const parts = [];
    const layers = model.get("layers");
    if (layers.length === 1) parts.push(element("strong", "livemap-choice", layers[0].choice));
    if (layers.length > 1) {
      const label = element("label", "livemap-choice");
      const select = element("select");
      select.setAttribute("aria-label", "Show");
      select.dataset.for = "layer";
      for (const layer of layers) {
        const option = element("option", "", layer.choice);
        option.value = layer.name;
        select.append(option);
      }
      select.value = areas.view.name;
      select.addEventListener("change", () => {
        model.set("layer", select.value);
        model.save_changes();
      });
      label.append(element("span", "", "Show"), select);
      parts.push(label);
    }
    if (model.get("placing")) {
      const noun = model.get("noun");
      const put = button(aim && !aim.id ? "Cancel" : `Place a ${noun}`, "livemap-button", () =>
        aim ? stopAiming() : startAiming({ what: `a ${noun} of your own` }));
      put.dataset.for = "place";
      parts.push(put);
    }
    const all = button("Whole map", "livemap-button", whole);
    all.dataset.for = "whole";
    parts.push(all);
    bar.replaceChildren(...parts);
    const again = before && bar.querySelector(`[data-for="${before}"]`);
    if (again) again.focus({ preventScroll: true });
  }

  function tell() {
    status.textContent = aim
      ? `Click where ${aim.what} should be, or move the map under the cross and press Enter. Escape leaves all as it is.`
      : model.get("status");
  }

  function say(words) {
    status.textContent = words;
  }

  /* Read out, once, to those who do not see it. */
  function announce(words) {
    read.textContent = "";
    requestAnimationFrame(() => (read.textContent = words));
  }

  function describe() {
    el.setAttribute("aria-label", model.get("title"));
    node.setAttribute("aria-label", model.get("title"));
  }

  function credit() {
    sources.replaceChildren(...model.get("attribution").map((line) => element("p", "livemap-small", line)));
  }

  function hover(at) {
    areas.outline(at);
    if (at === null || aim) return map.closeTooltip(tip);
    tip.setContent(facts(at));
    tip.setLatLng(areas.shapes[at].getCenter());
    tip.addTo(map);
  }

  function facts(at) {
    const said = element("div");
    said.append(element("strong", "", model.get("names")[at]));
    const told = areas.view && areas.view.told[at];
    if (told) said.append(element("span", "", told));
    const reach = model.get("reach");
    if (model.get("pattern") && reach.byteLength && reach.getUint8(at) === 1) {
      said.append(element("span", "livemap-soft", model.get("pattern")));
    }
    return said;
  }

  function askArea(at, node_ = null) {
    from = node_;
    model.send({ kind: "ask", area: at });
  }

  function askSite(site, node_ = null) {
    from = node_;
    model.send({ kind: "ask", site: site.id });
  }

  function press(event) {
    if (event.key === "Escape") {
      if (aim) stopAiming();
      else closeCard();
    }
    if (event.target !== node || event.key !== "Enter") return;
    if (aim) return land(map.getCenter());
    const at = areas.at(map.getCenter());
    if (at >= 0) askArea(at, node);
  }

  function startAiming(what) {
    aim = what;
    frame.classList.add("is-aiming");
    closeCard();
    tell();
    fillBar();
    node.focus({ preventScroll: true });
    announce(status.textContent);
  }

  function stopAiming() {
    aim = null;
    frame.classList.remove("is-aiming");
    tell();
    fillBar();
  }

  function land(latlng) {
    const { id: moved } = aim;
    stopAiming();
    if (moved) sites.moveTo(moved, latlng);
    else {
      say(WORKING);
      model.send({ kind: "place", at: [latlng.lat, latlng.lng] });
    }
  }

  /* The area that is told about is picked out on all maps that go together. */
  function pick(at) {
    for (const one of [el, ...linked()]) one.dispatchEvent(new CustomEvent("livemap-pick", { detail: at }));
  }

  function showCard({ title, lines, site, area = null }) {
    pick(area);
    const known = model.get("sites").find((one) => site && one.id === site);
    const place = known ? known.at : areas.shapes[area]?.getBounds().getCenter();
    const x = place ? map.latLngToContainerPoint(place).x : 0;
    card.classList.toggle("is-left", x > map.getSize().x / 2); // what it tells of stays in sight
    const held = site && sites.markers.get(site);
    const close = button("×", "livemap-close", closeCard);
    close.setAttribute("aria-label", "Close");
    const actions = element("div", "livemap-actions");
    if (held && held.site.movable) {
      actions.append(button("Move by clicking", "livemap-button", () => startAiming({ id: site, what: held.site.name })));
    }
    if (held && held.site.remove) {
      actions.append(button(held.site.remove, "livemap-button", () => {
        from = node; // the site itself will be gone
        closeCard();
        model.send({ kind: "remove", id: site });
      }));
    }
    const [heading, told] = [element("h3", "", title), element("div")];
    [heading.id, told.id] = [`${id}-card`, `${id}-told`];
    told.append(...lines.map((line) => element("p", "", line)));
    card.replaceChildren(heading, told, actions, close);
    card.hidden = false;
    // The keyboard goes into the card and, with Escape, back; who points stays, and is told.
    if (from) card.focus({ preventScroll: true });
    else announce([`${title}.`, ...lines].join(" "));
    from ||= held ? held.marker.getElement() : node;
  }

  function closeCard() {
    if (card.hidden) return;
    const inside = card.contains(document.activeElement);
    pick(null);
    card.hidden = true;
    read.textContent = "";
    if (inside) (from && from.isConnected ? from : node).focus({ preventScroll: true });
  }

  function hint(name, words) {
    const made = element("span", "", words);
    [made.id, made.hidden] = [name, true];
    return made;
  }

  function north() {
    const mark = element("span", "livemap-north", "N");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", "North is up");
    return mark;
  }
}

export default { render };
