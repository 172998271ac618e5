/** The row of pods at the top of a node: each a dashed namespace with the pod's solid box inside and eth0 at its bottom edge. */
/** @import {InterfaceBox, Label, Rect} from './types.js' */
/** @import {Draft} from './draft.js' */
/** @import {Look} from './look.js' */
/** @import {NodePlan, PodPlan} from './plan.js' */
import {addInterface, addRoom, addWay, hide} from './draft.js';
import {GROUP_WIDTH, NAME_WIDTHS, podWidth} from './look.js';
import {makeLabel} from './metrics.js';

/** Pods of a node that has no part in the story are shown up to this many. */
const QUIET_PODS = 3;

/**
 * @param {NodePlan} node
 * @param {Look} look
 * @param {number} width  of the row
 * @returns {{shown: PodPlan[], rest: PodPlan[], most: number}} both in scene order; the most important ones are shown, their names
 *   cut to `most` px only as far as that lets more pods of the story have room
 */
export function choosePods(node, look, width) {
  const ways = NAME_WIDTHS.map((most) => ({...podsThatFit(node, look, width, most), most}));
  const folded = ways.map(({rest}) => rest.filter(({quiet}) => !quiet).length);
  return /** @type {typeof ways[number]} */ (ways[folded.indexOf(Math.min(...folded))]);
}

/**
 * @param {NodePlan} node
 * @param {Look} look
 * @param {number} width
 * @param {number} most
 */
function podsThatFit({pods}, look, width, most) {
  const quietest = pods.filter(({quiet}) => quiet).slice(QUIET_PODS);
  const ranked = pods.filter((pod) => !quietest.includes(pod)).sort((a, b) => a.weight - b.weight);
  /** @type {PodPlan[]} */
  const chosen = [];
  let used = 0;
  for (const pod of ranked) {
    const needed = used + podWidth(pod, look, most);
    const others = pods.length - chosen.length - 1 > 0 ? look.gap + GROUP_WIDTH : 0;
    if (needed + others > width) break;
    chosen.push(pod);
    used = needed + look.gap;
  }
  return {shown: pods.filter((pod) => chosen.includes(pod)), rest: pods.filter((pod) => !chosen.includes(pod))};
}

/**
 * @param {Draft} draft
 * @param {NodePlan} node
 * @param {Look} look
 * @param {Rect} row
 * @returns {{pod: PodPlan, plug: InterfaceBox}[]} the pods drawn, from left to right
 */
export function placePods(draft, node, look, row) {
  const {shown, rest, most} = choosePods(node, look, row.w);
  const widths = [...shown.map((pod) => podWidth(pod, look, most)), ...(rest.length > 0 ? [GROUP_WIDTH] : [])];
  const free = row.w - widths.reduce((sum, w) => sum + w, 0);
  const gap = Math.min(Math.floor(free / Math.max(widths.length + 1, 1)), 36);
  const between = Math.max(gap, widths.length > 1 ? Math.min(look.gap, Math.floor(free / (widths.length - 1))) : 0);
  let x = row.x + Math.floor((free - between * (widths.length - 1)) / 2);
  const plugs = shown.map((pod, i) => {
    const w = widths[i] ?? 0;
    const plug = placePod(draft, pod, look, {x, y: row.y, w, h: row.h});
    x += w + between;
    return plug;
  });
  if (rest.length > 0) placeGroup(draft, node, rest, {x, y: row.y, w: GROUP_WIDTH, h: row.h});
  return plugs.flatMap((plug, i) => (plug && shown[i] ? [{pod: shown[i], plug}] : []));
}

/**
 * @param {Draft} draft
 * @param {PodPlan} pod
 * @param {Look} look
 * @param {Rect} rect
 * @returns {InterfaceBox | null} its eth0
 */
function placePod(draft, pod, look, rect) {
  const {room, eth, quiet} = pod;
  const inset = look.podInset;
  const inner = {x: rect.x + inset, y: rect.y + inset, w: rect.w - 2 * inset, h: rect.h - inset - look.strip};
  addRoom(draft, {
    id: room.id, kind: 'pod', shape: 'netns', parent: room.parent, quiet, inner, labels: podLabels(pod, look, inner),
    tiles: look.tiles ? tiles(pod, look, inner) : [], anchor: {x: inner.x + inner.w / 2, y: inner.y + inner.h / 2},
  }, rect);
  if (!eth) return null;
  const cx = Math.round(rect.x + rect.w / 2);
  const bottom = rect.y + rect.h;
  const labels = makeLabel({text: eth.name, role: 'port', x: cx + 14, y: bottom - 5, size: look.smallSize, face: 'mono', max: rect.w / 2 - 16});
  const plug = addInterface(draft, eth, {x: cx - 5, y: bottom - 8, w: 10, h: 8}, {labels: look.strip > 14 ? labels : [], quiet});
  addWay(draft, 'lane', room.id, eth.id, [{x: cx, y: inner.y + inner.h / 2}, plug.anchor], quiet);
  if (pod.loopback) placeLoopback(draft, pod.loopback, rect, bottom, room.id, quiet);
  return plug;
}

/**
 * @param {Draft} draft
 * @param {import('../wire/scene.js').Interface} lo
 * @param {Rect} rect
 * @param {number} bottom
 * @param {string} room
 * @param {boolean} quiet
 */
function placeLoopback(draft, lo, rect, bottom, room, quiet) {
  const ring = addInterface(draft, lo, {x: rect.x + 6, y: bottom - 11, w: 10, h: 10}, {quiet});
  addWay(draft, 'lane', room, lo.id, [{x: rect.x + rect.w / 2, y: rect.y + rect.h / 3}, ring.anchor], quiet);
}

/** @param {PodPlan} pod @param {Look} look @param {Rect} inner @returns {Label[]} */
function podLabels({room, eth, quiet}, look, inner) {
  const x = inner.x + inner.w / 2;
  const max = inner.w - 6;
  const lines = [
    {text: room.label, role: /** @type {const} */ ('name'), size: look.textSize, bold: true, face: /** @type {const} */ ('sans')},
    {text: room.ip ?? '', role: /** @type {const} */ ('address'), size: look.textSize, bold: false, face: /** @type {const} */ ('mono')},
    ...(look.macs && eth && !quiet ? [{text: eth.mac, role: /** @type {const} */ ('mac'), size: look.smallSize, bold: false, face: /** @type {const} */ ('mono')}] : []),
  ];
  const step = look.textSize + (look.strip > 14 ? 3.5 : 2);
  const room4tiles = look.tiles ? 20 : 0;
  const top = inner.y + (inner.h - room4tiles - lines.length * step) / 2 + look.textSize * 0.95;
  return lines.flatMap((line, i) => makeLabel({...line, x, y: top + i * step, anchor: 'middle', max}));
}

/** @param {PodPlan} pod @param {Look} look @param {Rect} inner */
function tiles({room}, look, inner) {
  const all = room.containers ?? [];
  const fit = Math.min(all.length, Math.max(1, Math.floor((inner.w - 8) / 44)));
  const w = Math.floor((inner.w - 8 - 4 * (fit - 1)) / Math.max(fit, 1));
  return all.slice(0, fit).flatMap(({name}, i) => {
    const rect = {x: inner.x + 4 + i * (w + 4), y: inner.y + inner.h - 20, w, h: 16};
    const [label] = makeLabel({text: name, role: 'note', x: rect.x + w / 2, y: rect.y + 11.5, size: look.smallSize, anchor: 'middle', max: w - 6});
    return label ? [{rect, label}] : [];
  });
}

/**
 * @param {Draft} draft
 * @param {NodePlan} node
 * @param {PodPlan[]} rest
 * @param {Rect} row
 */
function placeGroup(draft, node, rest, row) {
  const id = `${node.room.id}#more`;
  const rect = {x: row.x, y: row.y + 6, w: row.w, h: row.h - 12};
  const middle = {x: rect.x + rect.w / 2, y: rect.y + rect.h / 2};
  addRoom(draft, {
    id, kind: 'group', shape: 'group', parent: node.room.id, quiet: rest.every(({quiet}) => quiet), collapsed: true,
    members: rest.map(({room}) => room.id),
    labels: [
      ...makeLabel({text: `+ ${rest.length}`, role: 'name', x: middle.x, y: middle.y - 1, size: 12, anchor: 'middle', bold: true, max: rect.w - 8}),
      ...makeLabel({text: rest.length === 1 ? 'pod' : 'pods', role: 'unit', x: middle.x, y: middle.y + 12, size: 10.5, anchor: 'middle', max: rect.w - 8}),
    ],
  }, rect);
  hide(draft, rest.map(({room}) => room.id), id);
}
