/** Tunnels: a double line between two VTEPs, through the gaps between the nodes. Drawn only when the story uses them. */
/** @import {InterfaceBox, Point, Rect} from './types.js' */
/** @import {Draft} from './draft.js' */
import {addCable} from './draft.js';

/** How far below the nodes the line runs when it must pass one. */
const LANE = 11;

/** @param {Draft} draft @param {'landscape' | 'portrait'} orientation */
export function placeTunnels(draft, orientation) {
  const {scene, story} = draft.plan;
  for (const {id, kind, a, b} of scene.links) {
    const one = draft.interfaces.find((box) => box.id === a);
    const two = draft.interfaces.find((box) => box.id === b);
    if (kind !== 'tunnel' || !story.has(id) || !one || !two) continue;
    const [left, right] = one.x <= two.x ? [one, two] : [two, one];
    const points = orientation === 'landscape' ? sideways(draft, left, right) : downwards(draft, one, two);
    addCable(draft, {id, kind: 'tunnel', a: left === one || orientation === 'portrait' ? a : b, b: left === one || orientation === 'portrait' ? b : a, points, quiet: false, radius: orientation === 'landscape' ? 12 : 5});
  }
}

/** @param {Draft} draft @param {InterfaceBox} left @param {InterfaceBox} right @returns {Point[]} */
function sideways(draft, left, right) {
  const from = nodeOf(draft, left);
  const to = nodeOf(draft, right);
  const y1 = left.y + left.h / 2;
  const y2 = right.y + right.h / 2;
  const start = {x: left.x + left.w, y: y1};
  const end = {x: right.x, y: y2};
  const gap1 = from.x + from.w + 8;
  const gap2 = to.x - 8;
  if (gap2 - gap1 < 20 && y1 === y2) return [start, end];
  const lane = from.y + from.h + LANE;
  return [start, {x: gap1, y: y1}, {x: gap1, y: lane}, {x: gap2, y: lane}, {x: gap2, y: y2}, end];
}

/**
 * Out below the node, round its left side, and in from below.
 * @param {Draft} draft
 * @param {InterfaceBox} one
 * @param {InterfaceBox} two
 * @returns {Point[]}
 */
function downwards(draft, one, two) {
  const out = (/** @type {InterfaceBox} */ box) => {
    const node = nodeOf(draft, box);
    const x = box.x + Math.round(box.w / 2);
    const lane = node.y + node.h + 5;
    return [{x, y: box.y + box.h}, {x, y: lane}, {x: node.x - 4, y: lane}];
  };
  return [...out(one), ...out(two).reverse()];
}

/** @param {Draft} draft @param {InterfaceBox} box @returns {Rect} */
function nodeOf(draft, box) {
  return draft.rooms.find(({id}) => id === box.room) ?? box;
}
