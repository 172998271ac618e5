/**
 * Narrow stages: the nodes of the story under each other, the LAN as a bus at the right, everything else as small boxes below.
 *
 *   +-node-----------------+ |
 *   | [pod] [pod]          | |
 *   | ==1=====2====== cni0 | L
 *   | FIB (flannel.1) [nic]--A
 *   +----------------------+ N
 *   [n] [n] (cloud) (cloud)--|
 */
/** @import {LayoutOptions, Rect} from './types.js' */
/** @import {Draft} from './draft.js' */
/** @import {CloudPlan, NodePlan} from './plan.js' */
import {addCable} from './draft.js';
import {SMALL, nodeWidths} from './look.js';
import {placeNode} from './node.js';
import {isOnLan, placeBus, placeChip, placeCloud, placeCount, placeWire, wireBehind} from './outside.js';
import {lowHeight, lowRows} from './rows.js';
import {byRank} from './share.js';

const MARGIN = 8;
const TOP = 34;
const BOTTOM = 20;
const GAP = 9;
const BUS = Object.freeze({w: 8, room: 30});
const CHIP = Object.freeze({h: 34, least: 78, gap: 6, wire: 9});
/** More lines of small boxes than this are counted instead. */
const LINES = 2;

/**
 * @param {Draft} draft
 * @param {LayoutOptions} options
 * @returns {{width: number, height: number, caption: Rect}}
 */
export function layoutPortrait(draft, {width, height}) {
  const {plan} = draft;
  const full = Math.max(width, 300);
  const w = full - 2 * MARGIN - BUS.room;
  const {shown, chips} = choose(plan.nodes, plan.clouds.length, height - TOP - BOTTOM, w);
  const perLine = Math.max(1, Math.floor((w + CHIP.gap) / (CHIP.least + CHIP.gap)));
  const lines = Math.min(LINES, Math.ceil((chips.length + plan.clouds.length) / perLine));
  const chipRoom = lines * (CHIP.h + CHIP.wire);
  const least = shown.map((node) => lowHeight(node, SMALL));
  const spare = Math.max(0, height - TOP - BOTTOM - chipRoom - sum(least) - GAP * shown.length);
  const busX = MARGIN + w + BUS.room - BUS.w - 2;
  let y = TOP;
  shown.forEach((node, i) => {
    const share = node.pods.length > 0 ? Math.floor(spare / Math.max(1, shown.filter(({pods}) => pods.length > 0).length)) : 0;
    const h = (least[i] ?? 0) + Math.min(share, 160);
    placeNode(draft, {node, look: SMALL, rect: {x: MARGIN, y, w, h}, rows: lowRows(node, SMALL, h), shape: 'low'});
    wireRight(draft, node, busX + BUS.w / 2);
    y += h + GAP;
  });
  placeChips(draft, chips, plan.clouds, {x: MARGIN, y, w, h: chipRoom}, {perLine, lines, busX: busX + BUS.w / 2});
  const end = y + chipRoom;
  placeBus(draft, {x: busX, y: TOP, w: BUS.w, h: Math.max(end - TOP, 20)}, {x: busX + BUS.w, y: end + 14, anchor: 'end'});
  return {width: full, height: Math.max(height, end + BOTTOM), caption: {x: MARGIN, y: end + 2, w: w - 100, h: BOTTOM - 4}};
}

/**
 * @param {ReadonlyArray<NodePlan>} nodes
 * @param {number} clouds
 * @param {number} height
 * @param {number} width
 * @returns {{shown: NodePlan[], chips: NodePlan[]}} both in scene order; two main nodes are always shown, quiet ones all or none
 */
function choose(nodes, clouds, height, width) {
  const ranked = byRank(nodes).filter((node) => nodeWidths(node, SMALL).least <= width);
  const quiet = ranked.filter(({rank}) => rank === 'quiet');
  let used = nodes.length + clouds > 0 ? CHIP.h + CHIP.wire : 0;
  const fits = ranked.filter((node, i) => {
    used += lowHeight(node, SMALL) + GAP;
    return used <= height || (i < 2 && node.rank === 'main');
  });
  const shown = fits.length === ranked.length ? ranked : fits.filter((node) => !quiet.includes(node));
  return {shown: nodes.filter((node) => shown.includes(node)), chips: nodes.filter((node) => !shown.includes(node))};
}

/** @param {Draft} draft @param {NodePlan} node @param {number} x  of the bus */
function wireRight(draft, node, x) {
  const [nic] = node.nics;
  const box = draft.interfaces.find(({id}) => id === nic?.id);
  if (nic && box) placeWire(draft, nic, [box.outside, {x, y: box.outside.y}], node.rank === 'quiet');
}

/**
 * @param {Draft} draft
 * @param {NodePlan[]} nodes
 * @param {ReadonlyArray<CloudPlan>} clouds
 * @param {Rect} rect
 * @param {{perLine: number, lines: number, busX: number}} grid
 */
function placeChips(draft, nodes, clouds, rect, {perLine, lines, busX}) {
  const total = nodes.length + clouds.length;
  if (total === 0) return;
  const most = perLine * lines;
  const over = total > most;
  const places = over ? most - 1 : total;
  const perRow = Math.min(perLine, Math.ceil((places + (over ? 1 : 0)) / lines));
  const w = Math.min(130, Math.floor((rect.w - CHIP.gap * (perRow - 1)) / perRow));
  const spot = (/** @type {number} */ i) => ({
    x: rect.x + (i % perRow) * (w + CHIP.gap), y: rect.y + Math.floor(i / perRow) * (CHIP.h + CHIP.wire), w, h: CHIP.h,
  });
  const liveClouds = [...clouds].sort((a, b) => a.weight - b.weight);
  const cloudsShown = liveClouds.slice(0, Math.max(over ? 1 : 0, Math.min(clouds.length, places - Math.min(nodes.length, places - 1))));
  const nodesShown = byRank(nodes).slice(0, places - cloudsShown.length);
  nodesShown.forEach((node, i) => {
    const rect1 = spot(i);
    placeChip(draft, node, rect1, null);
    wireChip(draft, node, rect1, busX);
  });
  cloudsShown.forEach((cloud, i) => placeCloudChip(draft, cloud, spot(nodesShown.length + i), busX));
  wireBehind(draft, {x: rect.x - 4, turn: 3});
  const rest = [...nodes.filter((node) => !nodesShown.includes(node)), ...liveClouds.slice(cloudsShown.length)].map(({room}) => room);
  if (rest.length > 0) placeCount(draft, 'rooms#more', rest, 'hosts', spot(nodesShown.length + cloudsShown.length), null);
}

/** @param {Draft} draft @param {CloudPlan} cloud @param {Rect} rect @param {number} busX */
function placeCloudChip(draft, cloud, rect, busX) {
  for (const {nic, at} of placeCloud(draft, cloud, rect, 'chip')) {
    if (isOnLan(draft, nic.id)) placeWire(draft, nic, below(at.x, rect, busX), cloud.quiet);
  }
}

/** @param {Draft} draft @param {NodePlan} node @param {Rect} rect @param {number} busX */
function wireChip(draft, node, rect, busX) {
  const [nic] = node.nics;
  const {lan, scene} = draft.plan;
  if (!nic || !lan) return;
  const points = below(Math.round(rect.x + rect.w / 2), rect, busX);
  const link = scene.links.find(({kind, a, b}) => kind === 'wire' && (a === nic.id || b === nic.id));
  const tap = points.at(-1);
  if (nic.peer && tap) draft.taps[nic.peer] = tap;
  addCable(draft, {id: link?.id ?? `wire:${nic.id}`, kind: 'wire', a: node.room.id, b: nic.peer ?? lan.id, points, quiet: node.rank === 'quiet', radius: 5});
}

/** @param {number} x @param {Rect} rect @param {number} busX */
function below(x, rect, busX) {
  const y = rect.y + rect.h + CHIP.wire - 4;
  return [{x, y: rect.y + rect.h}, {x, y}, {x: busX, y}];
}

/** @param {ReadonlyArray<number>} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
