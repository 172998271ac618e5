/** The ways of packets on the present drawing. */
/** @import {Geometry, Path, Point} from '../layout/types.js' */
/** @import {Place, Segment} from '../state/types.js' */
import {pointAt} from '../layout/path.js';
import {anchorOf, segmentBetween} from '../layout/route.js';

/** Ways that were found already, by drawing. @type {WeakMap<Geometry, Map<string, Path>>} */
const found = new WeakMap();

/**
 * @param {Geometry} geometry
 * @param {Segment | null} segment   null: it stays where it is
 * @param {Place} place
 * @returns {Path}
 */
export function way(geometry, segment, place) {
  if (segment === null) return {points: [anchorOf(geometry, place)], lengths: [0]};
  const known = found.get(geometry) ?? new Map();
  found.set(geometry, known);
  const key = [segment.from, segment.to].map(({netns, interface: id}) => id ?? netns).join('>');
  const path = known.get(key) ?? segmentBetween(geometry, segment.from, segment.to);
  known.set(key, path);
  return path;
}

/**
 * @param {Geometry} geometry
 * @param {Place} place
 * @returns {Point}
 */
export function restPoint(geometry, place) { return anchorOf(geometry, place); }

/**
 * @param {Path} path
 * @param {number} share   0..1
 * @returns {string} path data of the part that is behind it
 */
export function pathUpTo(path, share) {
  const end = pointAt(path, share);
  const reached = (path.lengths.at(-1) ?? 0) * share;
  const behind = path.points.filter((_, i) => (path.lengths[i] ?? 0) < reached);
  return [...behind, end].map(({x, y}, i) => `${i === 0 ? 'M' : 'L'}${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`).join('');
}
