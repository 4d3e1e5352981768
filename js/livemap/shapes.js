/* Shapes as they travel: polygons of rings of whole steps from point to point. */

const STEPS = 1e5; // in a degree, as in mapping.maps.live.shapes

export function decoded(polygons) {
  return polygons.map((rings) => rings.map(ring));
}

function ring(steps) {
  const points = [];
  let [x, y] = [0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    x += steps[at];
    y += steps[at + 1];
    points.push([y / STEPS, x / STEPS]);
  }
  return points;
}
