/** Which hops the hop list shows, and under which headings. The playhead still visits every hop. */
/** @import {Hop, Leg} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {HopFilter, HopRow} from './types.js' */
import {placeOf} from './place.js';
import {indexScene} from './sceneindex.js';

/** @type {HopFilter} */
export const EVERY_HOP = {hideArp: false, legs: null, group: true};

/**
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops
 * @param {HopFilter} [filter]
 * @returns {HopRow[]}
 */
export function hopRows(scene, hops, filter = EVERY_HOP) {
  const known = indexScene(scene);
  /** @type {HopRow[]} */
  const rows = [];
  let lastRoom = '';
  for (const [index, hop] of hops.entries()) {
    if (!passes(hop, filter)) continue;
    const {room} = placeOf(known, hop);
    const heading = filter.group && room !== lastRoom ? room : null;
    lastRoom = room;
    rows.push({index, hop, heading, hiddenBefore: index - 1 - (rows.at(-1)?.index ?? -1)});
  }
  return rows;
}

/**
 * The row that stands for a hop: its own, or the last shown one before it.
 * @param {ReadonlyArray<HopRow>} rows
 * @param {number} index  hop index
 * @returns {number} index into `rows`; -1 when no row comes before
 */
export function rowOf(rows, index) {
  return rows.findLastIndex((row) => row.index <= index);
}

/** @param {ReadonlyArray<Hop>} hops @returns {Leg[]} the legs that occur, in order of appearance */
export function legsOf(hops) {
  return [...new Set(hops.flatMap(({leg}) => (leg === null ? [] : [leg])))];
}

/** @param {Hop} hop @param {HopFilter} filter @returns {boolean} */
function passes(hop, filter) {
  if (filter.hideArp && (hop.leg === 'arp' || hop.headers.some(({layer}) => layer === 'arp'))) return false;
  return filter.legs === null || hop.leg === null || filter.legs.includes(hop.leg);
}
