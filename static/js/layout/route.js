/** Ways for packets: the shortest way between two places along cables, buses and the tracks inside nodes. */
/** @import {CableLine, Geometry, Path, Point} from './types.js' */
/** @import {Place} from '../state/types.js' */
import {distance, flatten} from './path.js';

/** @typedef {{to: string, points: ReadonlyArray<Point>, length: number}} Edge   points: from the stop it hangs on to `to` */
/** @typedef {{anchors: Map<string, Point>, edges: Map<string, Edge[]>}} Network */

/** @type {WeakMap<Geometry, Network>} */
const known = new WeakMap();
/** Radius of the corners that a packet takes. */
const RADIUS = 9;

/**
 * The way from one place to another. It begins and ends at the places' anchors; where nothing joins them it is a straight line.
 * @param {Geometry} geometry
 * @param {Place} from
 * @param {Place} to
 * @returns {Path}
 */
export function segmentBetween(geometry, from, to) {
  const network = networkOf(geometry);
  const start = stopOf(geometry, network, from);
  const end = stopOf(geometry, network, to);
  const points = shortest(network, start, end) ?? [anchorOf(geometry, from), anchorOf(geometry, to)];
  return flatten(points, RADIUS);
}

/**
 * Where a packet rests when it is at a place.
 * @param {Geometry} geometry
 * @param {Place} place
 * @returns {Point} the middle of the drawing for a place that is not on it
 */
export function anchorOf(geometry, place) {
  const network = networkOf(geometry);
  return network.anchors.get(stopOf(geometry, network, place)) ?? {x: geometry.width / 2, y: geometry.height / 2};
}

/** @param {Geometry} geometry @param {Network} network @param {Place} place @returns {string} */
function stopOf(geometry, {anchors}, {interface: iface, room}) {
  const candidates = iface === null ? [room] : [iface, geometry.hidden[iface] ?? room, room];
  const all = candidates.flatMap((id) => [id, geometry.hidden[id] ?? id]);
  return all.find((id) => anchors.has(id)) ?? room;
}

/** @param {Geometry} geometry @returns {Network} */
function networkOf(geometry) {
  const network = known.get(geometry) ?? buildNetwork(geometry);
  known.set(geometry, network);
  return network;
}

/** @param {Geometry} geometry @returns {Network} */
function buildNetwork(geometry) {
  /** @type {Network} */
  const network = {anchors: new Map(), edges: new Map()};
  for (const {id, anchor} of [...geometry.rooms, ...geometry.interfaces]) network.anchors.set(id, anchor);
  for (const [port, tap] of Object.entries(geometry.taps)) network.anchors.set(port, tap);
  for (const cable of geometry.cables) if (cable.kind !== 'tunnel') addCableEdge(network, cable);
  for (const bar of geometry.interfaces) if (bar.shape === 'bar') joinAlong(network, barStops(geometry, bar.id), bar.anchor.y);
  joinBus(geometry, network);
  return network;
}

/** @param {Network} network @param {CableLine} cable */
function addCableEdge(network, {a, b, points}) {
  for (const [stop, end] of /** @type {const} */ ([[a, points[0]], [b, points.at(-1)]])) {
    if (!network.anchors.has(stop) && end) network.anchors.set(stop, end);
  }
  const from = network.anchors.get(a);
  const to = network.anchors.get(b);
  if (from && to) addEdge(network, a, b, [from, ...points, to]);
}

/** Stops on a bridge's bar. @param {Geometry} geometry @param {string} bar @returns {string[]} */
function barStops({cables}, bar) {
  return [bar, ...cables.flatMap(({kind, a, b}) => (kind !== 'lane' ? [] : b === bar ? [a] : a === bar ? [b] : []))];
}

/**
 * Every two stops of a bar or a bus are joined directly, along its middle line.
 * @param {Network} network
 * @param {ReadonlyArray<string>} stops
 * @param {number} y
 */
function joinAlong(network, stops, y) {
  stops.forEach((one, i) => stops.slice(i + 1).forEach((two) => {
    const from = network.anchors.get(one);
    const to = network.anchors.get(two);
    if (from && to) addEdge(network, one, two, [from, {x: from.x, y}, {x: to.x, y}, to]);
  }));
}

/** @param {Geometry} geometry @param {Network} network */
function joinBus({rooms, cables, taps}, network) {
  const bus = rooms.find(({shape}) => shape === 'bus');
  if (!bus) return;
  const stops = [bus.id, ...new Set([...Object.keys(taps), ...cables.flatMap(({kind, a, b}) => (kind !== 'wire' ? [] : [a, b])).filter((id) => id in taps)])];
  if (bus.w >= bus.h) joinAlong(network, stops, bus.anchor.y);
  else stops.forEach((one, i) => stops.slice(i + 1).forEach((two) => {
    const from = network.anchors.get(one);
    const to = network.anchors.get(two);
    if (from && to) addEdge(network, one, two, [from, {x: bus.anchor.x, y: from.y}, {x: bus.anchor.x, y: to.y}, to]);
  }));
}

/** @param {Network} network @param {string} a @param {string} b @param {ReadonlyArray<Point>} points */
function addEdge({edges}, a, b, points) {
  const length = points.reduce((sum, point, i) => sum + (i === 0 ? 0 : distance(points[i - 1] ?? point, point)), 0);
  edges.set(a, [...(edges.get(a) ?? []), {to: b, points, length}]);
  edges.set(b, [...(edges.get(b) ?? []), {to: a, points: points.toReversed(), length}]);
}

/**
 * Dijkstra; the networks have some hundred stops at most.
 * @param {Network} network
 * @param {string} start
 * @param {string} end
 * @returns {Point[] | null}
 */
function shortest({edges, anchors}, start, end) {
  const anchor = anchors.get(start);
  if (start === end) return anchor ? [anchor] : null;
  /** @type {Map<string, {length: number, points: ReadonlyArray<Point>}>} */
  const open = new Map([[start, {length: 0, points: []}]]);
  /** @type {Set<string>} */
  const done = new Set();
  for (let stop = nearest(open); stop !== null; stop = nearest(open)) {
    const {length, points} = open.get(stop) ?? {length: 0, points: []};
    if (stop === end) return [...points];
    open.delete(stop);
    done.add(stop);
    for (const edge of edges.get(stop) ?? []) {
      const reached = length + edge.length;
      if (!done.has(edge.to) && reached < (open.get(edge.to)?.length ?? Infinity)) open.set(edge.to, {length: reached, points: [...points, ...edge.points]});
    }
  }
  return null;
}

/** @param {Map<string, {length: number}>} open @returns {string | null} */
function nearest(open) {
  /** @type {string | null} */
  let best = null;
  for (const [stop, {length}] of open) if (best === null || length < (open.get(best)?.length ?? Infinity)) best = stop;
  return best;
}
