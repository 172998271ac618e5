/** Who gets how much room. */
/** @import {NodePlan, Rank} from './plan.js' */

/** @type {Readonly<Record<Rank, number>>} */
const ORDER = {main: 0, side: 1, quiet: 2};

/** @param {ReadonlyArray<NodePlan>} nodes @returns {NodePlan[]} the most important first, else in the order given */
export function byRank(nodes) {
  return [...nodes].sort((a, b) => ORDER[a.rank] - ORDER[b.rank]);
}

/**
 * Widths between `least` and `most` that fill `free`: first what the important nodes would like, then the others, then all grow alike.
 * @param {ReadonlyArray<{least: number, best: number}>} needs
 * @param {ReadonlyArray<Rank>} ranks
 * @param {number} free  px, for all of them together
 * @param {number} most  px
 * @returns {number[]} whole pixels
 */
export function shareOut(needs, ranks, free, most) {
  const widths = needs.map(({least}) => least);
  let left = free - sum(widths);
  for (const rank of /** @type {const} */ (['main', 'side', 'quiet'])) {
    const wishes = needs.map(({best}, i) => (ranks[i] === rank ? Math.max(0, Math.min(best, most) - (widths[i] ?? 0)) : 0));
    const given = portion(wishes, left);
    given.forEach((more, i) => void (widths[i] = (widths[i] ?? 0) + more));
    left -= sum(given);
  }
  const room = widths.map((w, i) => Math.max(0, (ranks[i] === 'main' ? most : most / 2) - w));
  return portion(room, left).map((more, i) => Math.floor((widths[i] ?? 0) + more));
}

/** @param {number[]} wishes @param {number} left @returns {number[]} all of them, or the same share of each */
function portion(wishes, left) {
  const wanted = sum(wishes);
  const share = wanted <= 0 ? 0 : Math.min(1, Math.max(0, left) / wanted);
  return wishes.map((wish) => Math.floor(wish * share));
}

/** @param {ReadonlyArray<number>} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
