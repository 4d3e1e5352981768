/*
 * Draws one map ("plate") from plain data. Its only global is mappingPlate. Text enters the page
 * as text (textContent), never as markup, so a name cannot run.
 */
window.mappingPlate = function (id, data) {
  "use strict";
  const frame = document.getElementById(id);
  const plate = frame.closest(".plate");
  // Twice the pixels: sharp on paper, where the screen's own ratio does not count.
  L.Browser.retina = true;

  const map = L.map(frame, {
    preferCanvas: true,
    attributionControl: false,
    zoomSnap: 0.1,
    zoomDelta: 0.5,
    scrollWheelZoom: false,
    fadeAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  const whole = data.bounds ? L.latLngBounds(data.bounds) : L.latLngBounds([[50, -6], [56, 2]]);
  const fit = (bounds) => map.fitBounds(bounds, { padding: [14, 14], animate: false });
  let fitted = false;
  start();
  L.control.scale({ position: "bottomleft", maxWidth: 130 }).addTo(map);
  // A page that scrolls must scroll past the map: the wheel zooms only once the map is in use.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());

  const hatch = hatching();
  const textures = new Map();
  let view = "estimate";
  let patterned = false;
  const areas = drawAreas();
  const sites = drawSites();
  drawLabels(sites);
  wireSwitch();
  wireTable();
  wirePrint();
  keepFitted();
  return map;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // "140" is an estimate, "under 5" says so itself.
  function counted(text) {
    return /^\d/.test(text) ? `about ${text}` : text;
  }

  function sentence(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  function hatching() {
    const tile = element("canvas");
    tile.width = tile.height = 12;
    const pen = tile.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 12, 12);
    pen.strokeStyle = "#6f777b";
    pen.lineWidth = 1.6;
    for (const start of [-12, 0, 12]) {
      pen.moveTo(start, 12);
      pen.lineTo(start + 12, 0);
    }
    pen.stroke();
    const pattern = pen.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(0.5));
    return pattern;
  }

  // Marks for each class beside its colour: the higher the class, the denser they stand.
  function texture(colour, at, count) {
    if (!textures.has(colour)) textures.set(colour, drawTexture(colour, at, count));
    return textures.get(colour);
  }

  function drawTexture(colour, at, count) {
    const size = [0, 20, 14, 10, 7][Math.round((4 * at) / Math.max(1, count - 1))];
    if (!size) return colour;
    const tile = element("canvas");
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, size, size);
    pen.fillStyle = at > (count - 1) / 2 ? "#ffffff" : "#0b0c0c";
    pen.beginPath();
    pen.arc(size / 2, size / 2, 1.9, 0, 7);
    pen.fill();
    const pattern = pen.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(0.5));
    return pattern;
  }

  function styleOf(feature) {
    const at = feature.properties[view];
    const fill = data.colours[view][at];
    // Light lines between dark areas, dark lines between light ones.
    const dark = at > (data.colours[view].length - 1) / 2;
    return {
      fillColor: (patterned && fill && texture(fill, at, data.colours[view].length)) || fill || hatch,
      fillOpacity: 1,
      color: fill && dark ? "#ffffff" : "#0b0c0c",
      weight: 0.7,
      opacity: fill && dark ? 0.6 : 0.35,
    };
  }

  function drawAreas() {
    const still = { interactive: false, smoothFactor: 0 };
    if (data.water) {
      L.geoJSON(data.water, { ...still, style: { stroke: false, fillColor: "#c9dbe6", fillOpacity: 1 } }).addTo(map);
    }
    const highlight = L.geoJSON(null, {
      ...still,
      style: { fill: false, color: "#0b0c0c", weight: 3 },
    });
    const layer = L.geoJSON(data.areas, {
      smoothFactor: 0, // drawn exactly: thinning each area alone would open gaps between them
      style: styleOf,
      onEachFeature: (feature, shape) => {
        shape.bindTooltip(() => areaFacts(feature.properties), { sticky: true, className: "plate-tip", opacity: 1 });
        shape.on("mouseover", () => highlight.clearLayers().addData(feature).bringToFront());
        shape.on("mouseout", () => highlight.clearLayers());
      },
    }).addTo(map);
    if (data.roads) {
      L.geoJSON(data.roads, { ...still, style: { color: "#ffffff", weight: 3.2, opacity: 0.85 } }).addTo(map);
      L.geoJSON(data.roads, { ...still, style: { color: "#6f777b", weight: 1.4, opacity: 1 } }).addTo(map);
    }
    if (data.wards) {
      L.geoJSON(data.wards, { ...still, style: { fill: false, color: "#0b0c0c", weight: 1.1, opacity: 0.75 } }).addTo(map);
    }
    if (data.routes) {
      L.geoJSON(data.routes, { ...still, style: { color: "#ffffff", weight: 3.4, opacity: 0.8 } }).addTo(map);
      L.geoJSON(data.routes, {
        ...still,
        style: ({ properties }) => ({ color: "#7b0a5c", weight: 1.8, opacity: 1, lineCap: "butt", dashArray: properties.dash }),
      }).addTo(map);
    }
    highlight.addTo(map);
    return layer;
  }

  function areaFacts(facts) {
    const tip = element("div");
    tip.append(element("strong", "", facts.name));
    if (facts.people) {
      tip.append(element("span", "plate-tip-figure", sentence(`${counted(facts.people)} ${data.label}`)));
      if (facts.interval) tip.append(element("span", "", `Likely between ${facts.interval.replace(" to ", " and ")}`));
    } else {
      tip.append(element("span", "plate-tip-figure", "No estimate"));
    }
    tip.append(element("small", "", facts.code));
    return tip;
  }

  function siteName(site) {
    const number = site.role === "proposed" ? ` ${site.number}` : "";
    return `${data.roles[site.role]}${number}: ${site.name}`;
  }

  function siteDetail(site) {
    const people = site.people ? `${counted(site.people)} people` : "";
    return [site.kind, people].filter(Boolean).join(", ");
  }

  function siteFacts(site) {
    const tip = element("div");
    tip.append(element("strong", "", siteName(site)));
    const detail = siteDetail(site);
    if (detail) tip.append(element("span", "plate-tip-figure", sentence(detail)));
    return tip;
  }

  function drawSites() {
    const order = { stop: 0, one_group: 1, open: 2, proposed: 3 };
    const made = data.sites.map((site) => {
      const symbol = plate.querySelector(`template[data-symbol="${site.role}"]`).content.firstElementChild.cloneNode(true);
      const number = symbol.querySelector("text");
      if (number) number.textContent = site.number || "";
      const holder = element("div");
      holder.append(symbol);
      const icon = L.divIcon({ html: holder, className: `plate-site plate-site-${site.role}`, iconSize: [26, 26], iconAnchor: [13, 13] });
      const marker = L.marker(site.at, { icon, keyboard: false, zIndexOffset: 1000 * order[site.role] }).addTo(map);
      marker.bindTooltip(() => siteFacts(site), { className: "plate-tip", direction: "top", offset: [0, -12], opacity: 1 });
      marker.getElement().setAttribute("role", "img");
      marker.getElement().setAttribute("aria-label", [siteName(site), siteDetail(site)].filter(Boolean).join(". "));
      return marker;
    });
    oneTabStop(made);
    return made;
  }

  // All sites together are one stop of the Tab key; arrow keys walk from site to site.
  function oneTabStop(markers) {
    const nodes = markers.map((marker) => marker.getElement());
    nodes.forEach((node, at) => {
      node.tabIndex = at ? -1 : 0;
      node.addEventListener("focus", () => {
        nodes.forEach((other) => (other.tabIndex = other === node ? 0 : -1));
        map.panInside(markers[at].getLatLng(), { padding: [40, 60] });
        markers[at].openTooltip();
      });
      node.addEventListener("blur", () => markers[at].closeTooltip());
      node.addEventListener("keydown", (event) => {
        if (event.key === "Escape") markers[at].closeTooltip();
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        nodes[(at + step + nodes.length) % nodes.length].focus();
      });
    });
  }

  // Names of wards where they fit: the largest first, none over another or over a site.
  function drawLabels(markers) {
    map.createPane("labels").classList.add("plate-labels");
    const labels = data.labels.map((ward) => {
      const icon = L.divIcon({ html: element("span", "", ward.name), className: "plate-label", iconSize: [0, 0] });
      return L.marker(ward.at, { icon, pane: "labels", interactive: false, keyboard: false }).addTo(map);
    });
    labels.forEach((label) => label.getElement().setAttribute("aria-hidden", "true"));
    const arrange = () => {
      const taken = markers.map((marker) => box(marker, 26, 26));
      const [wide, high] = [map.getSize().x, map.getSize().y];
      for (const label of labels) {
        const text = label.getElement().firstElementChild;
        const mine = box(label, text.offsetWidth + 10, text.offsetHeight + 6);
        const inside = mine[0] > 0 && mine[1] > 0 && mine[2] < wide && mine[3] < high;
        const free = inside && taken.every((other) => mine[2] < other[0] || mine[0] > other[2] || mine[3] < other[1] || mine[1] > other[3]);
        label.getElement().classList.toggle("is-hidden", !free);
        if (free) taken.push(mine);
      }
    };
    map.on("zoomend moveend resize", arrange);
    arrange();
  }

  function box(marker, width, height) {
    const at = map.latLngToContainerPoint(marker.getLatLng());
    return [at.x - width / 2, at.y - height / 2, at.x + width / 2, at.y + height / 2];
  }

  function wireSwitch() {
    for (const choice of plate.querySelectorAll(".plate-switch input[type=radio]")) {
      choice.addEventListener("change", () => show(choice.value));
    }
    const marks = plate.querySelector(".plate-marks input");
    marks.addEventListener("change", () => {
      patterned = marks.checked;
      areas.setStyle(styleOf);
      plate.classList.toggle("is-patterned", patterned);
    });
  }

  // The legend follows the layer: one cannot be seen without the other.
  function show(chosen) {
    view = chosen;
    areas.setStyle(styleOf);
    for (const legend of plate.querySelectorAll(".plate-legend")) legend.hidden = legend.dataset.view !== view;
  }

  // Everything the tooltips say, for those who cannot point: made when first asked for.
  function wireTable() {
    const details = plate.querySelector(".plate-table");
    if (!details) return;
    details.addEventListener("toggle", () => details.querySelector("table") || addTable(details));
  }

  function addTable(details) {
    const table = areaTable();
    details.append(table);
    if (window.mappingSortable) window.mappingSortable(table);
  }

  function areaTable() {
    const table = element("table");
    table.append(element("caption", "", data.heading));
    const head = table.createTHead().insertRow();
    const columns = data.intervals ? ["Area", "About", "Likely between"] : ["Area", "About"];
    for (const name of columns) {
      const cell = element("th", "", name);
      cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    const rows = data.areas.features.map((feature) => feature.properties);
    rows.sort((a, b) => a.name.localeCompare(b.name, "en-GB", { numeric: true }));
    for (const facts of rows) body.append(areaRow(facts));
    return table;
  }

  function areaRow(facts) {
    const row = element("tr");
    const name = element("th", "", facts.name);
    name.scope = "row";
    row.append(name, element("td", "", facts.people || "no estimate"));
    if (data.intervals) row.append(element("td", "", facts.interval.replace(" to ", " and ")));
    return row;
  }

  // Paper is not the screen's shape: draw again at the size the print style gives, then go back.
  function wirePrint() {
    let seen = null;
    window.addEventListener("beforeprint", () => {
      seen = map.getBounds();
      plate.classList.add("is-printing");
      map.invalidateSize({ animate: false, pan: false });
      fit(seen.contains(whole) ? whole : seen);
    });
    window.addEventListener("afterprint", () => {
      plate.classList.remove("is-printing");
      map.invalidateSize({ animate: false, pan: false });
      if (seen) fit(seen.contains(whole) ? whole : seen);
    });
  }

  // A frame without a size, in a hidden page, cannot be fitted yet: it is when it gets one.
  function start() {
    map.setView(whole.getCenter(), 10, { animate: false });
    if (!frame.clientWidth || !frame.clientHeight) return;
    fitted = true;
    fit(whole);
    map.setMinZoom(map.getZoom() - 1.5);
  }

  function keepFitted() {
    new ResizeObserver(() => {
      map.invalidateSize({ animate: false });
      if (!fitted) start();
    }).observe(frame);
  }
};
