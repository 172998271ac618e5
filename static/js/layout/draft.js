/** A geometry under construction, and the small steps that add to it. */
/** @import {CableLine, Geometry, InterfaceBox, InterfaceShape, Label, Point, Rect, RoomBox} from './types.js' */
/** @import {Interface, InterfaceKind} from '../wire/scene.js' */
/** @import {Plan} from './plan.js' */

/**
 * @typedef {object} Draft
 * @property {Plan} plan
 * @property {RoomBox[]} rooms
 * @property {InterfaceBox[]} interfaces
 * @property {CableLine[]} cables
 * @property {Geometry['tables'][number][]} tables
 * @property {Record<string, Point>} taps
 * @property {Record<string, string>} hidden
 */

/** @param {Plan} plan @returns {Draft} */
export function newDraft(plan) {
  return {plan, rooms: [], interfaces: [], cables: [], tables: [], taps: {}, hidden: {}};
}

/**
 * @param {Draft} draft
 * @param {Pick<RoomBox, 'id' | 'kind' | 'shape' | 'parent' | 'labels' | 'quiet'> & Partial<RoomBox>} room
 * @param {Rect} rect
 * @returns {RoomBox}
 */
export function addRoom(draft, room, {x, y, w, h}) {
  const box = {inner: null, fib: null, tiles: [], collapsed: false, members: [], anchor: {x: x + w / 2, y: y + h / 2}, ...room, x, y, w, h};
  draft.rooms.push(box);
  return box;
}

/** @type {Readonly<Record<InterfaceKind, InterfaceShape>>} */
const SHAPES = {loopback: 'ring', veth: 'plug', bridge: 'bar', nic: 'square', vxlan: 'tube', ipip: 'tube'};

/**
 * @param {Draft} draft
 * @param {Interface} iface
 * @param {Rect} rect
 * @param {{labels?: ReadonlyArray<Label>, quiet: boolean, anchor?: Point, outside?: Point, shape?: InterfaceShape}} more
 * @returns {InterfaceBox}
 */
export function addInterface(draft, iface, {x, y, w, h}, {labels = [], quiet, anchor, outside, shape}) {
  const middle = {x: x + w / 2, y: y + h / 2};
  const box = {
    id: iface.id, kind: iface.kind, shape: shape ?? SHAPES[iface.kind], room: iface.room, x, y, w, h,
    anchor: anchor ?? middle, outside: outside ?? {x: middle.x, y: y + h}, labels, up: iface.up, quiet,
  };
  draft.interfaces.push(box);
  return box;
}

/**
 * @param {Draft} draft
 * @param {Pick<CableLine, 'id' | 'kind' | 'a' | 'b' | 'points' | 'quiet'> & Partial<CableLine>} cable
 */
export function addCable(draft, cable) {
  draft.cables.push({radius: 10, tag: null, labels: [], up: true, ...cable});
}

/**
 * A way inside a room.
 * @param {Draft} draft
 * @param {'track' | 'lane'} kind
 * @param {string} a
 * @param {string} b
 * @param {ReadonlyArray<Point>} points
 * @param {boolean} quiet
 */
export function addWay(draft, kind, a, b, points, quiet) {
  addCable(draft, {id: `${kind}:${a}~${b}`, kind, a, b, points, quiet});
}

/**
 * Says which box stands for rooms that are not drawn, and for all their interfaces and cables.
 * @param {Draft} draft
 * @param {ReadonlyArray<string>} rooms
 * @param {string} box  room box id
 */
export function hide(draft, rooms, box) {
  const {scene} = draft.plan;
  const gone = new Set(rooms);
  const inside = scene.rooms.filter(({id, parent}) => gone.has(id) || (parent !== null && gone.has(parent))).map(({id}) => id);
  const interfaces = scene.interfaces.filter(({room}) => inside.includes(room)).map(({id}) => id);
  const ports = scene.interfaces.filter(({peer, kind}) => kind === 'veth' && peer !== null && interfaces.includes(peer)).map(({id}) => id);
  const ends = new Set([...interfaces, ...ports]);
  const links = scene.links.filter(({a, b}) => ends.has(a) || ends.has(b)).map(({id}) => id);
  for (const id of [...inside, ...ends, ...links]) if (id !== box) draft.hidden[id] = box;
}
