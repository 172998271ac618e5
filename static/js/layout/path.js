/** Polylines with rounded corners: as SVG path data, and as dense point lists to travel along. */
/** @import {Path, Point} from './types.js' */

/** Points per rounded corner. */
const CORNER_STEPS = 5;

/**
 * @param {ReadonlyArray<Point>} points
 * @param {number} radius  px; smaller where the legs are short
 * @returns {string} for the `d` of an SVG path
 */
export function pathData(points, radius) {
  const [first] = points;
  if (first === undefined) return '';
  const parts = [`M${first.x} ${first.y}`];
  points.slice(1).forEach((corner, i) => {
    const next = points[i + 2];
    const cut = next ? rounding(points[i] ?? first, corner, next, radius) : null;
    parts.push(cut ? `L${pair(cut.enter)}Q${pair(corner)} ${pair(cut.leave)}` : `L${pair(corner)}`);
  });
  return parts.join('');
}

/** @param {Point} point */
const pair = ({x, y}) => `${round(x)} ${round(y)}`;
/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;

/**
 * Where the rounding of a corner begins and ends.
 * @param {Point} before
 * @param {Point} corner
 * @param {Point} after
 * @param {number} radius
 * @returns {{enter: Point, leave: Point} | null} null for a straight line
 */
function rounding(before, corner, after, radius) {
  const one = distance(before, corner);
  const two = distance(corner, after);
  const cross = (corner.x - before.x) * (after.y - corner.y) - (corner.y - before.y) * (after.x - corner.x);
  if (one === 0 || two === 0 || cross === 0) return null;
  const r = Math.min(radius, one / 2, two / 2);
  return {enter: between(corner, before, r / one), leave: between(corner, after, r / two)};
}

/**
 * @param {ReadonlyArray<Point>} points  corners
 * @param {number} radius
 * @returns {Path}
 */
export function flatten(points, radius) {
  const dense = points.flatMap((corner, i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    const cut = before && after ? rounding(before, corner, after, radius) : null;
    return cut ? curve(cut.enter, corner, cut.leave) : [corner];
  });
  return measured(dense.filter((point, i) => i === 0 || distance(point, dense[i - 1] ?? point) > 0));
}

/** @param {Point} enter @param {Point} corner @param {Point} leave @returns {Point[]} a quadratic curve */
function curve(enter, corner, leave) {
  return Array.from({length: CORNER_STEPS + 1}, (_, i) => {
    const t = i / CORNER_STEPS;
    return between(between(enter, corner, t), between(corner, leave, t), t);
  });
}

/** @param {Point[]} points @returns {Path} */
function measured(points) {
  let sum = 0;
  const lengths = points.map((point, i) => (sum += i === 0 ? 0 : distance(point, points[i - 1] ?? point)));
  return {points, lengths};
}

/** @param {Path} path @returns {number} px */
export function pathLength(path) {
  return path.lengths.at(-1) ?? 0;
}

/**
 * @param {Path} path  with at least one point
 * @param {number} t  share of its length, 0..1
 * @returns {Point & {angle: number}} angle: direction of travel, radians, 0 = to the right
 */
export function pointAt(path, t) {
  const target = pathLength(path) * Math.min(Math.max(t, 0), 1);
  const found = path.lengths.findIndex((length) => length >= target);
  const i = Math.max(1, found);
  const from = path.points[i - 1] ?? {x: 0, y: 0};
  const to = path.points[i] ?? from;
  const start = path.lengths[i - 1] ?? 0;
  const span = (path.lengths[i] ?? start) - start;
  const {x, y} = between(from, to, span === 0 ? 0 : (target - start) / span);
  return {x, y, angle: Math.atan2(to.y - from.y, to.x - from.x)};
}

/** @param {Point} a @param {Point} b @param {number} t @returns {Point} */
function between(a, b, t) {
  return {x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t};
}

/** @param {Point} a @param {Point} b @returns {number} */
export function distance(a, b) {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
