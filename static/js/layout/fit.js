/** The part of the stage that shows certain elements: where the camera goes. */
/** @import {Geometry, Point, Rect} from './types.js' */

/**
 * @param {Geometry} geometry
 * @param {ReadonlyArray<string>} ids  rooms, interfaces, cables or tables; what is hidden counts as the box that stands for it
 * @param {number} [margin]  px around them
 * @returns {Rect} within the drawing; the whole drawing when none of them is on it
 */
export function fitBox(geometry, ids, margin = 24) {
  const corners = ids.flatMap((id) => cornersOf(geometry, geometry.hidden[id] ?? id));
  if (corners.length === 0) return {x: 0, y: 0, w: geometry.width, h: geometry.height};
  const left = Math.max(0, Math.min(...corners.map(({x}) => x)) - margin);
  const top = Math.max(0, Math.min(...corners.map(({y}) => y)) - margin);
  const right = Math.min(geometry.width, Math.max(...corners.map(({x}) => x)) + margin);
  const bottom = Math.min(geometry.height, Math.max(...corners.map(({y}) => y)) + margin);
  return {x: left, y: top, w: Math.max(1, right - left), h: Math.max(1, bottom - top)};
}

/** @param {Geometry} geometry @param {string} id @returns {ReadonlyArray<Point>} */
function cornersOf({rooms, interfaces, cables, tables}, id) {
  const box = [...rooms, ...interfaces, ...tables].find((candidate) => candidate.id === id);
  if (box) return [{x: box.x, y: box.y}, {x: box.x + box.w, y: box.y + box.h}];
  return cables.find((cable) => cable.id === id)?.points ?? [];
}
