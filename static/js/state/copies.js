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
  const {copies, source} = spread;
  const here = copies.findLastIndex((other) => samePlace(other.place, place));
  if (here === -1 && source !== null && branchesFrom(scene, source, place)) {
    const others = copies.filter((other) => !samePlace(other.place, source));
    return {spread: {copies: [...others, copy], source}, from: source};
  }
  const mover = here === -1 ? nearest(scene, copies, place) : here;
  return {spread: {copies: [...copies.filter((_, i) => i !== mover), copy], source}, from: copies[mover]?.place ?? null};
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

/**
 * A port of the bridge that flooded, its own host behind it, or whoever is one wire away: the copy there is a new one.
 * @param {SceneIndex} scene
 * @param {Place} source
 * @param {Place} place
 * @returns {boolean}
 */
function branchesFrom(scene, source, place) {
  if (samePlace(source, place)) return true;
  if (source.netns !== place.netns) return linkOf(scene, source, place) !== null;
  return (scene.interfaces.get(place.interface ?? '')?.master ?? null) === source.interface;
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
