/**
 * Draws the scene from its geometry: rooms, then cables, then routing gates, then interfaces, then tables. Nothing is placed here: every
 * number comes from layout/. What changes from hop to hop is a class on a group (`mark` below), never a new drawing.
 */
/** @import {Geometry, RoomBox, InterfaceBox, CableLine, Label} from '../layout/types.js' */
/** @import {Slots} from '../state/types.js' */
/** @import {Scene} from '../wire/scene.js' */
import {pathData} from '../layout/path.js';
import {crossPath, interfaceOutline, rect, roomOutline, text} from './shapes.js';
import {s} from './dom.js';
import {knows, t} from './i18n.js';

/** @typedef {Map<string, SVGGElement>} Groups   by element id */
/** @typedef {{readonly geometry: Geometry, readonly scene: Scene, readonly slots: Slots}} Drawing */

/**
 * @param {SVGGElement} root
 * @param {Drawing} drawing
 * @returns {Groups}
 */
export function drawScene(root, drawing) {
  const {geometry} = drawing;
  /** @type {Groups} */
  const groups = new Map();
  const keep = (/** @type {string} */ id, /** @type {SVGGElement} */ group) => { groups.set(id, group); return group; };
  root.replaceChildren(
    s('g', {class: 'rooms'}, ...geometry.rooms.map((room) => keep(room.id, drawRoom(room, drawing)))),
    s('g', {class: 'links'}, ...sorted(geometry.cables).filter(({kind}) => kind !== 'lane').map((cable) => keep(cable.id, drawCable(cable)))),
    s('g', {class: 'trails'}),
    s('g', {class: 'gates'}, ...geometry.rooms.map(drawGate)),
    s('g', {class: 'ifaces'}, ...geometry.interfaces.map((iface) => keep(iface.id, drawInterface(iface)))),
    s('g', {class: 'tables'}),
  );
  return groups;
}

/** Tunnels lie below the wires that carry them. @param {ReadonlyArray<CableLine>} cables */
function sorted(cables) {
  const order = (/** @type {CableLine} */ {kind}) => (kind === 'tunnel' ? 0 : 1);
  return cables.toSorted((a, b) => order(a) - order(b));
}

/**
 * @param {RoomBox} room
 * @param {Drawing} drawing
 * @returns {SVGGElement}
 */
function drawRoom(room, {slots}) {
  const chip = slots.owners[room.id];
  const group = s('g', {class: `room ${room.quiet ? 'is-quiet' : ''}`, 'data-kind': room.kind, 'data-id': room.id, 'data-slot': chip?.slot || null});
  group.append(...roomOutline(room));
  for (const {rect: tile, label} of room.tiles) group.append(rect(tile, {class: 'tile', rx: 3}), text(label, 'tiletext'));
  group.append(...room.labels.map((label) => text(translated(label))));
  return group;
}

/** Where a host looks its routes up; the trail goes through it, behind its name. @param {RoomBox} room */
function drawGate({fib, quiet, id}) {
  return fib !== null && s('g', {class: `gate ${quiet ? 'is-quiet' : ''}`, 'data-id': id},
    rect(fib.rect, {class: 'fib', rx: 4}), text({...fib.label, text: t('gate.route')}, 'fibtext'));
}

/** A counted noun in the page's language: `+ 3 pods`. @param {Label} label @returns {Label} */
function translated(label) {
  return label.role !== 'unit' ? label : {...label, text: label.text.replace(/[a-z]+/g, (noun) => (knows(`unit.${noun}`) ? t(`unit.${noun}`) : noun))};
}

/**
 * @param {CableLine} cable
 * @returns {SVGGElement}
 */
function drawCable(cable) {
  const d = pathData(cable.points, cable.radius);
  const group = s('g', {class: `link ${cable.quiet ? 'is-quiet' : ''} ${cable.up ? '' : 'is-broken'}`, 'data-kind': cable.kind, 'data-id': cable.id});
  if (cable.kind === 'tunnel') group.append(...['tube', 'tubein', 'tubecore'].map((name) => s('path', {class: name, d})));
  else group.append(s('path', {class: 'core', d}));
  if (!cable.up) group.append(brokenCross(cable));
  group.append(...cable.labels.map((label) => text(label)));
  return group;
}

/** @param {CableLine} cable */
function brokenCross({points}) {
  const a = points[0] ?? {x: 0, y: 0};
  const b = points[1] ?? a;
  return s('path', {class: 'cross', d: crossPath((a.x + b.x) / 2, (a.y + b.y) / 2, 5)});
}

/**
 * @param {InterfaceBox} iface
 * @returns {SVGGElement}
 */
function drawInterface(iface) {
  const group = s('g', {class: `iface ${iface.quiet ? 'is-quiet' : ''} ${iface.up ? '' : 'is-down'}`, 'data-kind': iface.kind, 'data-shape': iface.shape, 'data-id': iface.id});
  const grow = Math.max(0, (24 - Math.min(iface.w, iface.h)) / 2);
  group.append(...interfaceOutline(iface));
  if (!iface.up) group.append(s('path', {class: 'cross', d: crossPath(iface.x + iface.w / 2, iface.y + iface.h / 2, 5)}));
  group.append(...iface.labels.map((label) => text(label, isNumber(label) ? 'onplug' : '')),
    rect({x: iface.x - grow, y: iface.y - grow, w: iface.w + 2 * grow, h: iface.h + 2 * grow}, {class: 'hit'}));
  return group;
}

/** A port's number stands on its plug; a name stands beside it. @param {Label} label @returns {boolean} */
function isNumber({role, text: words}) { return role === 'port' && /^\d+$/.test(words); }

/**
 * Sets one state class on exactly these elements.
 * @param {Groups} groups
 * @param {string} name
 * @param {Iterable<string>} ids
 */
export function mark(groups, name, ids) {
  const wanted = new Set(ids);
  for (const [id, group] of groups) group.classList.toggle(name, wanted.has(id));
}
