/** The lower half of a node: the routing decision (FIB), the tunnel device, the NIC, and the ways between them. */
/** @import {InterfaceBox, Label, Point, Rect} from './types.js' */
/** @import {Interface} from '../wire/scene.js' */
/** @import {Draft} from './draft.js' */
/** @import {Look} from './look.js' */
/** @import {NodeSpot} from './node.js' */
import {addInterface, addWay} from './draft.js';
import {deviceWidths, tubeText} from './look.js';
import {makeLabel, textWidth} from './metrics.js';

/** Width of the FIB gate. */
const FIB_WIDTH = 42;

/**
 * @param {Draft} draft
 * @param {NodeSpot} spot
 * @param {InterfaceBox | null} bar
 * @returns {{fib: Rect, label: Label}}
 */
export function placeDevices(draft, spot, bar) {
  const {node, look} = spot;
  const places = spot.shape === 'column' ? columnPlaces(spot) : linePlaces(spot);
  const quiet = node.rank === 'quiet';
  const [nic, ...moreNics] = node.nics;
  const [tube] = node.tubes;
  const nicBox = nic ? placeNic(draft, nic, look, places.nic, spot.shape, quiet) : null;
  const tubeBox = tube ? placeTube(draft, tube, look, places.tube, quiet) : null;
  moreNics.forEach((extra) => void (draft.hidden[extra.id] = nic?.id ?? node.room.id));
  node.tubes.slice(1).forEach((extra) => void (draft.hidden[extra.id] = tube?.id ?? node.room.id));
  joinUp(draft, spot, {fib: places.fib, bar, nic: nicBox, tube: tubeBox}, quiet);
  if (node.loopback) placeLoopback(draft, node.loopback, places.fib, node.room.id, quiet);
  const [label] = makeLabel({text: 'FIB', role: 'note', x: places.fib.x + FIB_WIDTH / 2, y: places.fib.y + look.fib / 2 + 3.5, size: 10, face: 'mono', anchor: 'middle', max: FIB_WIDTH});
  if (!label) throw new RangeError(`the FIB gate of ${node.room.id} is too narrow for its name`);
  return {fib: places.fib, label};
}

/** @typedef {{fib: Rect, tube: Rect, nic: Rect}} Places */

/** @param {NodeSpot} spot @returns {Places} FIB above the NIC at the left, the tube at the right */
function columnPlaces({node, look, rect, rows}) {
  const widths = deviceWidths(node, look);
  const inner = rect.w - 2 * look.pad;
  const slack = inner - widths.nic - (widths.tube ? widths.tube + look.gap : 0);
  const shift = node.tubes.length > 0 ? Math.max(0, Math.min(Math.floor(slack / 3), 40)) : Math.max(0, Math.floor(slack / 2));
  const nicX = rect.x + look.pad + shift;
  const cx = nicX + Math.max(widths.nic, FIB_WIDTH) / 2;
  const left = node.nics.length > 0 ? nicX + widths.nic + look.gap : rect.x + look.pad;
  const roomForTube = rect.x + rect.w - look.pad - left;
  const tubeW = Math.min(widths.tube + Math.max(0, Math.min(24, slack - 60)), roomForTube);
  const tubeX = left + Math.max(0, roomForTube - tubeW - Math.min(shift / 2, 12));
  return {
    fib: {x: Math.round(cx - FIB_WIDTH / 2), y: rect.y + rows.fib, w: FIB_WIDTH, h: look.fib},
    tube: {x: Math.round(tubeX), y: rect.y + rows.tube, w: Math.floor(tubeW), h: look.tube},
    nic: {x: Math.round(cx - widths.nic / 2), y: rect.y + rows.nic, w: widths.nic, h: look.nic},
  };
}

/** @param {NodeSpot} spot @returns {Places} FIB, tube and NIC in one line, the NIC at the right edge */
function linePlaces({node, look, rect, rows}) {
  const widths = deviceWidths(node, look);
  const right = rect.x + rect.w - widths.nic;
  const left = rect.x + look.pad + FIB_WIDTH + 16;
  const tubeW = Math.min(widths.tube, right - 16 - left);
  return {
    fib: {x: rect.x + look.pad, y: rect.y + rows.fib, w: FIB_WIDTH, h: look.fib},
    tube: {x: Math.round((left + right - 16 - tubeW) / 2), y: rect.y + rows.tube, w: tubeW, h: look.tube},
    nic: {x: right, y: rect.y + rows.nic, w: widths.nic, h: look.nic},
  };
}

/**
 * @param {Draft} draft
 * @param {Interface} nic
 * @param {Look} look
 * @param {Rect} spot
 * @param {NodeSpot['shape']} shape
 * @param {boolean} quiet
 */
function placeNic(draft, nic, look, spot, shape, quiet) {
  const lines = twoLines(nic.name, look.macs ? nic.mac : '', look, spot);
  const outside = shape === 'column' ? {x: spot.x + spot.w / 2, y: spot.y + spot.h} : {x: spot.x + spot.w, y: spot.y + spot.h / 2};
  return addInterface(draft, nic, spot, {labels: lines, quiet, outside});
}

/** @param {Draft} draft @param {Interface} tube @param {Look} look @param {Rect} spot @param {boolean} quiet */
function placeTube(draft, tube, look, spot, quiet) {
  return addInterface(draft, tube, spot, {labels: twoLines(tubeText(tube, look), look.macs ? tube.mac : '', look, spot), quiet});
}

/**
 * @param {string} name
 * @param {string} mac  "" for one line
 * @param {Look} look
 * @param {Rect} box
 * @returns {Label[]} centred in the box
 */
function twoLines(name, mac, look, box) {
  const x = box.x + box.w / 2;
  const max = box.w - 10;
  const middle = box.y + box.h / 2;
  const fits = mac !== '' && textWidth(mac, look.smallSize, 'mono') <= max;
  const first = makeLabel({text: name, role: 'name', x, y: middle + (fits ? -2 : 4), size: look.textSize, face: 'mono', anchor: 'middle', max});
  return fits ? [...first, ...makeLabel({text: mac, role: 'mac', x, y: middle + 11, size: look.smallSize, face: 'mono', anchor: 'middle', max})] : first;
}

/**
 * @param {Draft} draft
 * @param {NodeSpot} spot
 * @param {{fib: Rect, bar: InterfaceBox | null, nic: InterfaceBox | null, tube: InterfaceBox | null}} parts
 * @param {boolean} quiet
 */
function joinUp(draft, {node, look, shape}, {fib, bar, nic, tube}, quiet) {
  const stop = `${node.room.id}#fib`;
  const centre = {x: fib.x + fib.w / 2, y: fib.y + fib.h / 2};
  addWay(draft, 'lane', node.room.id, stop, [centre, centre], quiet);
  if (bar) {
    const down = {x: centre.x, y: bar.y + bar.h};
    addWay(draft, 'track', `${bar.id}#exit`, stop, [down, {x: centre.x, y: fib.y}], quiet);
    addWay(draft, 'lane', bar.id, `${bar.id}#exit`, [bar.anchor, {x: centre.x, y: bar.anchor.y}, down], quiet);
  }
  const gap = look.gap / 2;
  if (nic) addWay(draft, 'track', stop, nic.id, shape === 'column' ? straightDown(fib, nic) : tube ? below(fib, nic, tube, gap) : straightRight(fib, nic), quiet);
  if (!tube) return;
  addWay(draft, 'track', stop, tube.id, shape === 'column' ? rightAndDown(fib, tube) : straightRight(fib, tube), quiet);
  if (nic) addWay(draft, 'track', tube.id, nic.id, shape === 'column' ? downAndLeft(tube, nic) : straightRight(tube, nic), quiet);
}

/** @param {Rect} from @param {Rect} to @returns {Point[]} */
function straightDown(from, to) {
  const x = from.x + from.w / 2;
  return [{x, y: from.y + from.h}, {x, y: to.y}];
}

/** @param {Rect} from @param {Rect} to @returns {Point[]} */
function straightRight(from, to) {
  const y = to.y + to.h / 2;
  return [{x: from.x + from.w, y}, {x: to.x, y}];
}

/** @param {Rect} from @param {Rect} to @returns {Point[]} out at the right, down into the top, or straight in when it is level */
function rightAndDown(from, to) {
  const y = from.y + from.h / 2;
  if (to.y - 8 <= y) return [{x: from.x + from.w, y}, {x: to.x, y}];
  const x = to.x + to.w / 2;
  return [{x: from.x + from.w, y}, {x, y}, {x, y: to.y}];
}

/** @param {Rect} from @param {Rect} to @returns {Point[]} out at the bottom, left into the side */
function downAndLeft(from, to) {
  const x = from.x + from.w / 2;
  const y = to.y + to.h / 2;
  return [{x, y: from.y + from.h}, {x, y}, {x: to.x + to.w, y}];
}

/** @param {Rect} from @param {Rect} to @param {Rect} round @param {number} gap @returns {Point[]} below what stands between */
function below(from, to, round, gap) {
  const y = Math.max(from.y + from.h, round.y + round.h) + gap;
  const x = from.x + from.w / 2;
  const end = to.x + 12;
  return [{x, y: from.y + from.h}, {x, y}, {x: end, y}, {x: end, y: to.y + to.h}];
}

/** @param {Draft} draft @param {Interface} lo @param {Rect} fib @param {string} room @param {boolean} quiet */
function placeLoopback(draft, lo, fib, room, quiet) {
  const ring = addInterface(draft, lo, {x: fib.x + fib.w + 6, y: fib.y + fib.h / 2 - 22, w: 14, h: 14}, {quiet});
  addWay(draft, 'lane', `${room}#fib`, lo.id, [{x: fib.x + fib.w / 2, y: fib.y + fib.h / 2}, ring.anchor], quiet);
}
