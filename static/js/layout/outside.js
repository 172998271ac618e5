/** What lies outside the nodes: clouds (clients, servers, the gateway), the LAN as a bus, and small boxes for nodes without a part. */
/** @import {Interface} from '../wire/scene.js' */
/** @import {Point, Rect, RoomBox} from './types.js' */
/** @import {Draft} from './draft.js' */
/** @import {CloudPlan, NodePlan} from './plan.js' */
import {addCable, addInterface, addRoom, addWay, hide} from './draft.js';
import {makeLabel, textWidth} from './metrics.js';

/** Size of a cloud, and of one that has no part in the story. */
export const CLOUD = Object.freeze({w: 112, h: 60, smallW: 100, smallH: 48});
/** Least width of a small box for a node or a cloud. */
export const CHIP = Object.freeze({w: 84, h: 40});

/**
 * A plug on a room's edge, where its wire begins.
 * @typedef {{box: string, nic: Interface, at: Point}} Socket
 */

/**
 * A cloud, or in a small drawing the low box that stands for it.
 * @param {Draft} draft
 * @param {CloudPlan} cloud
 * @param {Rect} rect
 * @param {'cloud' | 'chip'} shape
 * @returns {Socket[]} the first is the one to the LAN
 */
export function placeCloud(draft, {room, nics, quiet}, rect, shape) {
  const cx = rect.x + rect.w / 2;
  const max = rect.w - (shape === 'cloud' ? 34 : 12);
  const y = rect.y + rect.h / 2 - (shape === 'cloud' ? 1 : 0);
  addRoom(draft, {
    id: room.id, kind: room.kind, shape: 'cloud', parent: null, quiet, anchor: {x: cx, y: rect.y + rect.h / 2},
    labels: [
      ...makeLabel({text: room.label, role: 'name', x: cx, y: y - 3, size: 11.5, anchor: 'middle', bold: true, max}),
      ...makeLabel({text: room.ip ?? '', role: 'address', x: cx, y: y + 10, size: 10, anchor: 'middle', face: 'mono', max: rect.w - 14}),
    ],
  }, rect);
  return nics.map((nic, i) => {
    const at = {x: Math.round(cx + i * 12), y: rect.y + rect.h};
    addInterface(draft, nic, {x: at.x - 4, y: at.y - (shape === 'cloud' ? 6 : 4), w: 8, h: shape === 'cloud' ? 6 : 4}, {quiet, shape: 'plug', outside: at, anchor: {x: at.x, y: at.y - 3}});
    addWay(draft, 'lane', room.id, nic.id, [], quiet);
    return {box: room.id, nic, at};
  });
}

/**
 * A node as a small box: it is there, its inside is not shown.
 * @param {Draft} draft
 * @param {NodePlan} node
 * @param {Rect} rect
 * @param {string | null} parent
 * @returns {RoomBox}
 */
export function placeChip(draft, {room, pods, rank}, rect, parent) {
  const cx = rect.x + rect.w / 2;
  const max = rect.w - 10;
  const box = addRoom(draft, {
    id: room.id, kind: 'node', shape: 'node', parent, quiet: rank === 'quiet', collapsed: true, members: pods.map((pod) => pod.room.id),
    labels: [
      ...makeLabel({text: room.label, role: 'name', x: cx, y: rect.y + rect.h / 2 - 2, size: 10.5, anchor: 'middle', bold: true, max}),
      ...makeLabel({text: room.ip ?? '', role: 'address', x: cx, y: rect.y + rect.h / 2 + 12, size: 9.5, anchor: 'middle', face: 'mono', max}),
    ],
  }, rect);
  hide(draft, [room.id], room.id);
  return box;
}

/**
 * Room that stands for several, with a count.
 * @param {Draft} draft
 * @param {string} id
 * @param {ReadonlyArray<{id: string}>} rooms
 * @param {string} unit
 * @param {Rect} rect
 * @param {string | null} parent
 */
export function placeCount(draft, id, rooms, unit, rect, parent) {
  const cx = rect.x + rect.w / 2;
  const text = `+ ${rooms.length} ${unit}`;
  addRoom(draft, {
    id, kind: 'group', shape: 'group', parent, quiet: true, collapsed: true, members: rooms.map((room) => room.id),
    labels: makeLabel({text, role: 'unit', x: cx, y: rect.y + rect.h / 2 + 4, size: 11, anchor: 'middle', max: rect.w - 8}),
  }, rect);
  hide(draft, rooms.map((room) => room.id), id);
}

/**
 * The LAN as a bus with a tap for every wire.
 * @param {Draft} draft
 * @param {Rect} rect
 * @param {{x: number, y: number, anchor: 'start' | 'end'}} text  where its name stands
 */
export function placeBus(draft, rect, text) {
  const {lan} = draft.plan;
  if (!lan) return;
  const label = `LAN ${lan.label}`;
  addRoom(draft, {
    id: lan.id, kind: 'lan', shape: 'bus', parent: null, quiet: false,
    labels: makeLabel({text: label, role: 'note', ...text, size: 11, max: textWidth(label, 11, 'sans') + 2}),
  }, rect);
}

/**
 * The wire from a NIC to the bus, and the switch port at its end.
 * @param {Draft} draft
 * @param {Interface} nic
 * @param {ReadonlyArray<Point>} points  from the NIC to the bus
 * @param {boolean} quiet
 */
export function placeWire(draft, nic, points, quiet) {
  const {lan, scene} = draft.plan;
  const tap = points.at(-1);
  const link = scene.links.find(({kind, a, b}) => kind === 'wire' && (a === nic.id || b === nic.id));
  if (!lan || !tap) return;
  if (nic.peer) draft.taps[nic.peer] = tap;
  addCable(draft, {id: link?.id ?? `wire:${nic.id}`, kind: 'wire', a: nic.id, b: nic.peer ?? lan.id, points, quiet, up: nic.up, radius: 8});
}

/** @param {Draft} draft @param {string} nic  interface id @returns {boolean} whether its wire goes to the LAN */
export function isOnLan(draft, nic) {
  const {lan, scene} = draft.plan;
  const ends = scene.links.filter(({kind, a, b}) => kind === 'wire' && (a === nic || b === nic)).map(({a, b}) => (a === nic ? b : a));
  return lan !== null && ends.some((end) => end === lan.id || end.startsWith(`${lan.netns}:`));
}

/**
 * Wires that do not lead to the LAN: a host behind the gateway. They run in a channel at the clouds' left. A further LAN
 * behind the gateway is not drawn: the gateway stands for it.
 * @param {Draft} draft
 * @param {{x: number, turn: number}} channel  turn: how far below a cloud its wire turns
 */
export function wireBehind(draft, channel) {
  const {scene, lan} = draft.plan;
  for (const further of scene.rooms.filter(({kind, id}) => kind === 'lan' && id !== lan?.id)) draft.hidden[further.id] = gatewayOf(draft);
  for (const {id, a, b} of scene.links.filter(({kind, b: end}) => kind === 'wire' && end !== lan?.id)) {
    const one = draft.interfaces.find((box) => box.id === a);
    const two = draft.interfaces.find((box) => box.id === b) ?? routerOf(draft, b);
    const way = (/** @type {Point} */ {x, y}) => [{x, y}, {x, y: y + channel.turn}, {x: channel.x, y: y + channel.turn}];
    const seen = one && two && one !== two;
    if (seen) addCable(draft, {id, kind: 'wire', a, b: two.id, points: [...way(one.outside), ...way(two.outside).reverse()], quiet: one.quiet || two.quiet, radius: 6});
    else draft.hidden[id] ??= (one ?? two)?.room ?? gatewayOf(draft);
  }
}

/** @param {Draft} draft @returns {string} room id */
function gatewayOf({plan}) {
  return plan.scene.rooms.find(({kind}) => kind === 'gateway')?.id ?? '';
}

/** @param {Draft} draft @param {string} lan  room id @returns {import('./types.js').InterfaceBox | undefined} the gateway's plug on it */
function routerOf(draft, lan) {
  const plugged = draft.plan.scene.links.filter(({b}) => b === lan).map(({a}) => a);
  return draft.interfaces.find(({id, room}) => plugged.includes(id) && room === gatewayOf(draft));
}
