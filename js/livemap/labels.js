/* Names of wards where they fit: the largest first, none over another or over a hub. */

import { element } from "./page.js";

export function labels(L, map, model, sites) {
  map.createPane("labels").classList.add("livemap-labels");
  const names = L.layerGroup().addTo(map);
  let made = [];

  function draw() {
    names.clearLayers();
    made = (model.get("backdrop").labels || []).map((ward) => {
      const icon = L.divIcon({ html: element("span", "", ward.name), className: "livemap-label", iconSize: [0, 0] });
      const marker = L.marker(ward.at, { icon, pane: "labels", interactive: false, keyboard: false }).addTo(names);
      marker.getElement().setAttribute("aria-hidden", "true");
      return marker;
    });
    arrange();
  }

  function box(marker, width, height) {
    const at = map.latLngToContainerPoint(marker.getLatLng());
    return [at.x - width / 2, at.y - height / 2, at.x + width / 2, at.y + height / 2];
  }

  function arrange() {
    const taken = [...sites.markers.values()].map(({ marker }) => box(marker, 28, 28));
    const { x: wide, y: high } = map.getSize();
    // All sizes are read before any is changed: the page is laid out once.
    const boxes = made.map((label) => {
      const text = label.getElement().firstElementChild;
      return box(label, text.offsetWidth + 10, text.offsetHeight + 6);
    });
    made.forEach((label, at) => {
      const mine = boxes[at];
      const inside = mine[0] > 0 && mine[1] > 0 && mine[2] < wide && mine[3] < high;
      const free = inside && taken.every((other) => mine[2] < other[0] || mine[0] > other[2] || mine[3] < other[1] || mine[1] > other[3]);
      label.getElement().classList.toggle("is-hidden", !free);
      if (free) taken.push(mine);
    });
  }

  map.on("zoomend moveend resize", arrange);
  draw();
  return { draw, arrange };
}
