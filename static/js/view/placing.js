/**
 * Where the read envelope stands: near its packet, off the things that matter. It depends on this moment alone, so that
 * stepping back gives the very same picture.
 */
/** @import {Geometry, Point, Rect} from '../layout/types.js' */

/** @typedef {{readonly rect: Rect, readonly weight: number}} Obstacle */

/**
 * What the envelope should not cover, and how much it matters.
 * @param {Geometry} geometry
 * @param {{rows: (owner: string) => number, home: string | null, asked: string | null}} now   rows in the table of that bridge; the room the packet is in; the device that decides
 * @returns {Obstacle[]}
 */
export function obstaclesOf(geometry, {rows, home, asked}) {
  const boxes = geometry.interfaces.map(({x, y, w, h, quiet, shape}) => ({rect: {x, y, w, h}, weight: quiet ? 1 : shape === 'bar' ? 2 : 4}));
  const pods = geometry.rooms.filter(({kind}) => kind !== 'node').map(({x, y, w, h, quiet}) => ({rect: {x, y, w, h}, weight: quiet ? 0.6 : 2.5}));
  const labels = [...geometry.rooms, ...geometry.interfaces, ...geometry.cables].flatMap((thing) => thing.labels.map((label) => ({
    rect: {x: label.x - (label.anchor === 'end' ? label.width : label.anchor === 'middle' ? label.width / 2 : 0), y: label.y - label.size, w: label.width, h: label.size * 1.3},
    weight: thing.quiet ? 1.5 : 6})));
  const tables = geometry.tables.filter(({owner}) => rows(owner) > 0).map((table) => ({rect: sheetOf(table, rows(table.owner)), weight: table.owner === asked ? 4 : 1.5}));
  const gates = geometry.rooms.flatMap(({fib}) => (fib === null ? [] : [{rect: fib.rect, weight: 5}]));
  return [...boxes, ...pods, ...labels, ...tables, ...gates, ...wallsOf(geometry, home)];
}

/** Half the thickness of a wall, px: to stand across one says nothing about where the packet is. */
const WALL = 4;

/**
 * @param {Geometry} geometry
 * @param {string | null} home
 * @returns {Obstacle[]} the edges of the nodes, and what lies within the others
 */
function wallsOf({rooms}, home) {
  const node = rooms.find(({id}) => id === home)?.parent ?? home;
  const nodes = rooms.filter(({kind}) => kind === 'node');
  const inOne = nodes.some(({id}) => id === node);
  return nodes.flatMap(({id, x, y, w, h}) => [
    ...[x, x + w].map((edge) => ({rect: {x: edge - WALL, y, w: 2 * WALL, h}, weight: 14})),
    {rect: {x, y: y + h - WALL, w, h: 2 * WALL}, weight: 6},
    ...(inOne && id !== node ? [{rect: {x, y, w, h}, weight: 0.4}] : []),
  ]);
}

/**
 * The sheet of a table is as high as what stands on it.
 * @param {Rect & {capacity: number, rowHeight: number}} table
 * @param {number} rows
 * @returns {Rect}
 */
export function sheetOf({x, y, w, h, capacity, rowHeight}, rows) {
  return {x, y, w, h: h - Math.max(0, capacity - rows) * rowHeight};
}

/**
 * @param {Rect} a
 * @param {Rect} b
 * @returns {number} square px
 */
function overlap(a, b) {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** Grid of candidate places, px. */
const STEP = 14;
/** What a square px of a fully weighted obstacle costs, in px of distance. */
const COVER = 0.022;

/**
 * @param {{w: number, h: number}} size
 * @param {ReadonlyArray<Point>} path   the way of the packet; its end is where it rests
 * @param {{obstacles: ReadonlyArray<Obstacle>, bounds: Rect}} context
 * @returns {Point} left upper corner
 */
export function placeEnvelope({w, h}, path, {obstacles, bounds}) {
  const rest = path.at(-1) ?? {x: bounds.x, y: bounds.y};
  const way = path.map(({x, y}) => ({rect: {x: x - 8, y: y - 8, w: 16, h: 16}, weight: 2}));
  const here = {rect: {x: rest.x - 20, y: rest.y - 16, w: 40, h: 32}, weight: 40};
  const all = [...obstacles, ...way, here];
  const pull = 1.1 * Math.sqrt(1000 / Math.max(bounds.w, 300));
  const covered = (/** @type {Rect} */ box) => all.reduce((sum, {rect, weight}) => sum + overlap(box, rect) * weight, 0);
  let best = {x: bounds.x, y: bounds.y};
  let lowest = Infinity;
  for (const at of candidates({w, h}, bounds, rest)) {
    const box = {x: at.x, y: at.y, w, h};
    const far = Math.max(0, gap(box, rest) - 16) * pull;
    if (far >= lowest) continue;
    const value = far + covered(box) * COVER;
    if (value < lowest) { lowest = value; best = at; }
  }
  return best;
}

/**
 * @param {{w: number, h: number}} size
 * @param {Rect} bounds
 * @param {Point} rest
 * @returns {Point[]}
 */
function candidates({w, h}, bounds, rest) {
  const clampX = (/** @type {number} */ x) => Math.max(bounds.x, Math.min(x, bounds.x + bounds.w - w));
  const clampY = (/** @type {number} */ y) => Math.max(bounds.y, Math.min(y, bounds.y + bounds.h - h));
  const near = [-w - 24, -w / 2, 24].flatMap((dx) => [-h - 22, -h / 2, 22].map((dy) => ({x: clampX(rest.x + dx), y: clampY(rest.y + dy)})));
  for (let x = bounds.x; x <= bounds.x + bounds.w - w; x += STEP) {
    for (let y = bounds.y; y <= bounds.y + bounds.h - h; y += STEP / 2) near.push({x, y});
  }
  return near;
}

/**
 * @param {Rect} box
 * @param {Point} point
 * @returns {number} px from the point to the nearest edge; 0 inside
 */
function gap(box, {x, y}) {
  const dx = Math.max(box.x - x, 0, x - box.x - box.w);
  const dy = Math.max(box.y - y, 0, y - box.y - box.h);
  return Math.hypot(dx, dy);
}

/**
 * The point of the box that is nearest to a point outside it.
 * @param {Rect} box
 * @param {Point} point
 * @returns {Point}
 */
export function nearestEdge(box, {x, y}) {
  return {x: Math.max(box.x, Math.min(x, box.x + box.w)), y: Math.max(box.y, Math.min(y, box.y + box.h))};
}
