/**
 * Where the copies of one packet number are. A bridge that floods makes several: the frame waits at the bridge as a
 * source, and each port that sends it on adds a copy.
 */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Copy, Fate, Place} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */
import {linkOf, samePlace} from './place.js';

/**
 * `source`: the bridge that flooded the frame. It is kept behind the copies and shown only while there is no other.
 * @typedef {{copies: ReadonlyArray<Copy>, source: Place | null}} Spread
 */

/**
 * Moves the copy that this hop is about, or adds one when the hop sends a flooded frame out of a further port.
 * @param {SceneIndex} scene
 * @param {Spread} spread
 * @param {Hop} hop
 * @param {{place: Place, fate: Fate, index: number}} arrival
 * @returns {{spread: Spread, from: Place | null}} from: where that copy came from; null for a new packet
 */
export function moveCopy(scene, spread, hop, {place, fate, index}) {
  const copy = {place, fate, since: index};
  if (hop.kind === 'bridge-flood') return flood(scene, spread, copy);
  const branch = spread.source !== null && branchesFrom(scene, spread.source, place);
  const mover = branch ? -1 : nearest(scene, spread.copies, place);
  const from = branch ? spread.source : (spread.copies[mover]?.place ?? spread.source);
  const others = spread.copies.filter((other, i) => i !== mover && !(branch && isSource(other, spread.source)));
  return {spread: {copies: [...others, copy], source: spread.source}, from};
}

/**
 * @param {SceneIndex} scene
 * @param {Spread} spread
 * @param {Copy} copy  at the bridge
 */
function flood(scene, spread, copy) {
  const mover = nearest(scene, spread.copies, copy.place);
  const others = spread.copies.filter((_, i) => i !== mover);
  return {spread: {copies: [...others, copy], source: copy.place}, from: spread.copies[mover]?.place ?? null};
}

/** @param {Copy} copy @param {Place | null} source */
const isSource = (copy, source) => source !== null && samePlace(copy.place, source);

/**
 * A port of the bridge that flooded, or the bridge's own namespace: the copy there is a new one.
 * @param {SceneIndex} scene
 * @param {Place} source
 * @param {Place} place
 * @returns {boolean}
 */
function branchesFrom(scene, source, place) {
  if (source.netns !== place.netns || samePlace(source, place)) return false;
  const master = scene.interfaces.get(place.interface ?? '')?.master;
  return master === undefined || master === null || master === source.interface || source.interface === null;
}

/**
 * @param {SceneIndex} scene
 * @param {ReadonlyArray<Copy>} copies
 * @param {Place} place
 * @returns {number} index of the copy that can have come here: same spot, same namespace, one cable away, or the last moved
 */
function nearest(scene, copies, place) {
  const tests = [
    (/** @type {Place} */ from) => samePlace(from, place),
    (/** @type {Place} */ from) => linkOf(scene, from, place) !== null,
    (/** @type {Place} */ from) => from.netns === place.netns,
    () => true,
  ];
  for (const test of tests) {
    const found = copies.findLastIndex((copy) => test(copy.place));
    if (found !== -1) return found;
  }
  return -1;
}
