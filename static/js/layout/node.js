/**
 * One node with everything in it.
 *
 *   column                         low (phones)
 *   name              10.0.0.12    name                       10.0.0.12
 *   [ pod ] [ pod ]                [ pod ] [ pod ] [ pod ]
 *   ==1=======2== cni0             ==1=======2=======3==  cni0
 *   [FIB] ....      (FDB rows)     [FIB] .... (flannel.1) ..... [ens33]--- LAN
 *     :    (flannel.1)
 *   [ens33]..'
 */
/** @import {InterfaceBox, Label, Point, Rect} from './types.js' */
/** @import {Draft} from './draft.js' */
/** @import {Look} from './look.js' */
/** @import {NodePlan, PodPlan} from './plan.js' */
/** @import {Rows} from './rows.js' */
import {addCable, addInterface, addRoom, addWay} from './draft.js';
import {placeDevices} from './devices.js';
import {makeLabel, textWidth} from './metrics.js';
import {placePods} from './podrow.js';
import {TABLE} from './rows.js';

/**
 * @typedef {object} NodeSpot
 * @property {NodePlan} node
 * @property {Look} look
 * @property {Rect} rect
 * @property {Rows} rows
 * @property {'column' | 'low'} shape
 */

/** @param {Draft} draft @param {NodeSpot} spot */
export function placeNode(draft, spot) {
  const {node, look, rect, rows} = spot;
  const at = draft.rooms.length;
  const row = {x: rect.x + look.pad, y: rect.y + rows.pods, w: rect.w - 2 * look.pad, h: rows.podHeight};
  const plugs = placePods(draft, node, look, row);
  const bar = placeBridge(draft, spot, plugs);
  const devices = placeDevices(draft, spot, bar);
  const fib = {rect: devices.fib, label: devices.label};
  const {x, y, w, h} = devices.fib;
  addRoom(draft, {
    id: node.room.id, kind: 'node', shape: 'node', parent: null, quiet: node.rank === 'quiet',
    labels: titleOf(node, look, rect), fib, anchor: {x: x + w / 2, y: y + h / 2},
  }, rect);
  const [box] = draft.rooms.splice(-1);
  if (box) draft.rooms.splice(at, 0, box);
  plugs.forEach(({pod, plug}, i) => placeCable(draft, spot, {pod, plug, next: plugs[i + 1]?.plug ?? null, bar, fib: box?.anchor ?? plug.anchor}));
}

/** @param {NodePlan} node @param {Look} look @param {Rect} rect @returns {Label[]} */
function titleOf({room}, look, rect) {
  const y = rect.y + Math.round(look.header * 0.63);
  const right = rect.x + rect.w - look.pad;
  const ip = makeLabel({text: room.ip ?? '', role: 'address', x: right, y, size: look.textSize + 0.5, anchor: 'end', face: 'mono', max: rect.w * 0.5});
  const ipWidth = ip[0]?.width ?? 0;
  const max = rect.w - 2 * look.pad - ipWidth - (ipWidth ? 10 : 0);
  const name = makeLabel({text: room.label, role: 'name', x: rect.x + look.pad, y, size: look.nameSize, bold: true, max});
  const used = (name[0]?.width ?? 0) + 8;
  const badge = room.role && room.role !== 'worker' ? room.role : '';
  const size = look.textSize - 1;
  const fits = badge !== '' && textWidth(badge, size, 'sans') + used <= max;
  return [...name, ...ip, ...(fits ? makeLabel({text: badge, role: 'badge', x: rect.x + look.pad + used, y, size, max: max - used}) : [])];
}

/**
 * @param {Draft} draft
 * @param {NodeSpot} spot
 * @param {ReadonlyArray<{pod: PodPlan, plug: InterfaceBox}>} plugs
 * @returns {InterfaceBox | null}
 */
function placeBridge(draft, {node, look, rect, rows}, plugs) {
  const {bridge, rank} = node;
  if (!bridge) return null;
  const bar = {x: rect.x + look.pad, y: rect.y + rows.bar, w: rect.w - 2 * look.pad, h: rows.barHeight};
  const quiet = rank === 'quiet';
  const y = bar.y + bar.h - (plugs.length > 0 ? Math.round(bar.h * 0.22) : Math.round((bar.h - look.textSize * 0.75) / 2));
  const text = [bridge.name, bridge.addresses[0] ?? ''].filter((part) => part !== '').join(' ');
  const name = makeLabel({text, role: 'address', x: bar.x + 9, y, size: look.textSize, face: 'mono', max: bar.w - 18});
  const left = bar.w - 18 - (name[0]?.width ?? 0) - 12;
  const mac = look.macs && left > 0 && textWidth(bridge.mac, look.smallSize, 'mono') <= left
    ? makeLabel({text: bridge.mac, role: 'mac', x: bar.x + bar.w - 9, y, size: look.smallSize, face: 'mono', anchor: 'end', max: left}) : [];
  const anchor = {x: bar.x + bar.w / 2, y: bar.y + Math.round(bar.h * 0.3)};
  const box = addInterface(draft, bridge, bar, {labels: [...name, ...mac], quiet, anchor});
  if (rows.tableRows > 0 && rank === 'main') placeTable(draft, box, look, rect, rows);
  return box;
}

/**
 * @param {Draft} draft
 * @param {InterfaceBox} bar
 * @param {Look} look
 * @param {Rect} rect
 * @param {Rows} rows
 */
function placeTable(draft, bar, look, rect, rows) {
  const w = Math.min(210, bar.w - 112);
  if (w < 150) return;
  const spot = {x: bar.x + bar.w - w, y: rect.y + rows.table, w, h: TABLE.title + rows.tableRows * TABLE.row};
  const [title] = makeLabel({text: 'FDB', role: 'note', x: spot.x + 8, y: spot.y + 13, size: look.smallSize, face: 'mono', max: w - 16});
  if (title) draft.tables.push({id: `${bar.id}#fdb`, kind: 'fdb', owner: bar.id, ...spot, title, rowHeight: TABLE.row, capacity: rows.tableRows});
}

/**
 * The veth pair: from eth0 straight down to the node's end, a numbered port of the bridge or, without one, a plug before the FIB.
 * @param {Draft} draft
 * @param {NodeSpot} spot
 * @param {{pod: PodPlan, plug: InterfaceBox, next: InterfaceBox | null, bar: InterfaceBox | null, fib: Point}} ends
 */
function placeCable(draft, {look, rect, rows}, {pod, plug, next, bar, fib}) {
  const {port, cable, quiet} = pod;
  if (!port) return;
  const cx = plug.anchor.x;
  const top = rect.y + rows.bar;
  const size = look.strip > 14 ? {w: 18, h: 13} : {w: 16, h: 11};
  const spot = {x: cx - size.w / 2, y: top - Math.ceil(size.h / 2), ...size};
  const number = port.port === null ? [] : makeLabel({text: String(port.port), role: 'port', x: cx, y: spot.y + size.h - 3, size: 9, face: 'mono', anchor: 'middle', max: size.w - 4});
  const limit = (next ? next.x - 20 : rect.x + rect.w - look.pad) - cx - 12;
  const named = look.macs && !quiet && textWidth(port.name, look.smallSize, 'mono') <= limit
    ? makeLabel({text: port.name, role: 'port', x: cx + 12, y: spot.y - 5, size: look.smallSize, face: 'mono', max: limit}) : [];
  const box = addInterface(draft, port, spot, {
    shape: port.master === null ? 'plug' : 'port', labels: [...number, ...named], quiet, outside: {x: cx, y: spot.y}, anchor: {x: cx, y: spot.y + size.h / 2},
  });
  addCable(draft, {
    id: cable?.id ?? `veth:${plug.id}`, kind: 'veth', a: plug.id, b: port.id, points: [plug.anchor, box.anchor], quiet,
    up: plug.up && port.up, tag: cable?.tag ?? null, labels: tagLabels(cable?.tag, look, plug, box),
  });
  if (bar) addWay(draft, 'lane', port.id, bar.id, [box.anchor, {x: cx, y: bar.anchor.y}, bar.anchor], quiet);
  else addWay(draft, 'track', port.id, `${plug.room}#fib`, [box.anchor, {x: cx, y: top + 16}, {x: fib.x, y: top + 16}, fib], quiet);
}

/** The same two letters at both plugs. @param {string | null | undefined} tag @param {Look} look @param {InterfaceBox} plug @param {InterfaceBox} port */
function tagLabels(tag, look, plug, port) {
  if (!tag) return [];
  const base = {text: tag, role: /** @type {const} */ ('tag'), size: look.smallSize, face: /** @type {const} */ ('mono'), anchor: /** @type {const} */ ('end'), max: 24};
  const room = port.y - plug.y - plug.h;
  const upper = makeLabel({...base, x: plug.anchor.x - 6, y: plug.y + plug.h + look.smallSize});
  const lower = makeLabel({...base, x: plug.anchor.x - 12, y: port.y - 3});
  return room >= 2 * look.smallSize + 5 ? [...upper, ...lower] : upper.map((label) => ({...label, y: Math.round(plug.y + plug.h + room / 2 + look.smallSize * 0.35)}));
}
