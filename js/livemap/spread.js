/* Markers that would lie on each other stand apart, each with a line to where it really is: so all
   of them can be seen and touched, whatever the zoom. */

export const ORDER = { candidate: 0, depot: 1, open: 2, proposed: 3, stop: 4, own: 5 };
const APART = 28; // pixels from middle to middle, across or down: 24 of each stay free
const ROUNDS = 60;

export class Spread {
  constructor(L, map, markers, canvas) {
    Object.assign(this, { L, map, markers, canvas });
    this.leads = L.featureGroup().addTo(map);
    map.on("zoomend", () => this.apply());
  }

  apply() {
    const all = [...this.markers.values()];
    const points = all.map(({ marker }) => this.map.latLngToLayerPoint(marker.getLatLng()));
    const ranks = all.map(({ busy, site }) => (busy ? null : ORDER[site.role]));
    const places = apart(points.map(({ x, y }) => [x, y]), ranks);
    this.leads.clearLayers();
    all.forEach((held, at) => {
      const [x, y] = places[at];
      this.shift(held, Math.round(x - points[at].x), Math.round(y - points[at].y));
      if (held.aside) this.lead(held, this.L.point(x, y));
    });
  }

  lead({ marker }, place) {
    const look = { color: "#0b0c0c", renderer: this.canvas, interactive: false };
    const from = marker.getLatLng();
    this.L.polyline([from, this.map.layerPointToLatLng(place)], { ...look, weight: 1.5 }).addTo(this.leads);
    this.L.circleMarker(from, { ...look, radius: 2, fillOpacity: 1 }).addTo(this.leads);
  }

  shift(held, right, down) {
    held.aside = right || down ? this.L.point(right, down) : null;
    const { style } = held.marker.getElement();
    [style.marginLeft, style.marginTop] = [`${right - 15}px`, `${down - 15}px`];
  }

  /* Whoever takes hold of a marker takes it where it is seen: how far that is from its place. */
  take(held) {
    const aside = held.aside || this.L.point(0, 0);
    this.shift(held, 0, 0);
    return aside;
  }
}

/* Push points apart two by two, along the way that is shorter, until none is too near another. The
   lower rank gives way; what is being moved (null) neither gives way nor pushes. */
function apart(points, ranks) {
  for (let round = 0, moved = true; moved && round < ROUNDS; round += 1) {
    moved = false;
    for (let a = 0; a < points.length; a += 1) {
      for (let b = a + 1; b < points.length; b += 1) {
        const away = [points[b][0] - points[a][0], points[b][1] - points[a][1]];
        const along = Math.abs(away[0]) >= Math.abs(away[1]) ? 0 : 1;
        const lack = APART - Math.abs(away[along]);
        if (lack < 0.5 || ranks[a] === null || ranks[b] === null) continue;
        const push = away[along] < 0 ? -lack : lack;
        const share = ranks[a] === ranks[b] ? 0.5 : Number(ranks[a] < ranks[b]);
        points[a][along] -= share * push;
        points[b][along] += (1 - share) * push;
        moved = true;
      }
    }
  }
  return points;
}
