/** The typed marks of the scrub bar. */
/** @import {Hop, HopKind} from '../wire/protocol.js' */
/** @import {Mark, MarkKind} from './types.js' */

/** @typedef {Mark['merged'][number]} SingleMark */

/** @type {Readonly<Partial<Record<HopKind, readonly [MarkKind, string]>>>} */
const BY_KIND = {
  'arp-request': ['arp', 'A'], 'arp-reply': ['arp', 'A'],
  route: ['route', 'R'], 'ttl-decrement': ['ttl', 't'],
  dnat: ['rewrite', 'D'], snat: ['rewrite', 'S'], masquerade: ['rewrite', 'S'],
  'un-dnat': ['rewrite', 'U'], 'un-snat': ['rewrite', 'U'],
  encapsulate: ['wrap', '+'], decapsulate: ['unwrap', '−'],
  'bridge-learn': ['table', 'L'], control: ['control', 'C'], 'conntrack-new': ['table', 'L'],
  drop: ['drop', '×'], 'bridge-drop': ['drop', '×'], 'no-route': ['drop', '×'], blackhole: ['drop', '×'],
  'arp-failed': ['drop', '×'], 'mtu-exceeded': ['drop', '×'], 'conntrack-invalid': ['drop', '×'], timeout: ['drop', '×'],
  refuse: ['drop', '×'], reject: ['drop', '×'],
  accept: ['accept', '✓'],
  'dns-query': ['message', 'N'], 'dns-answer': ['message', 'N'], 'tls-handshake': ['message', 'T'],
  'http-request': ['message', 'H'], 'http-match': ['message', 'M'], 'http-response': ['message', 'H'],
};

/**
 * The most important first: it gives the letter when marks merge. A message is what a long walk is about, and the accept
 * of the socket that takes it stands right before it.
 * @type {ReadonlyArray<MarkKind>}
 */
const IMPORTANCE = ['question', 'drop', 'verdict', 'control', 'message', 'accept', 'rewrite', 'wrap', 'unwrap', 'arp', 'route', 'ttl', 'table'];

/**
 * @param {ReadonlyArray<Hop>} hops
 * @param {{verdict?: boolean, delivered?: boolean, questions?: ReadonlyArray<number>}} [more]  verdict: the flow's end is known and
 *   gets a mark, a cross where nothing was delivered; questions: hop indexes at which a question hangs
 * @returns {SingleMark[]} in order of the hops; at most one of a kind at a hop
 */
export function singleMarks(hops, {verdict = false, delivered = true, questions = []} = {}) {
  const marks = hops.flatMap((hop, index) => {
    const [kind, letter] = BY_KIND[hop.kind] ?? [];
    return kind === undefined || letter === undefined ? [] : [single(kind, letter, index)];
  });
  const last = hops.length - 1;
  if (verdict && last >= 0 && !marks.some(({index, kind}) => index === last && kind === 'drop')) {
    if (marks.at(-1)?.index === last && marks.at(-1)?.kind === 'accept') marks.pop();
    marks.push(single('verdict', delivered ? '✓' : '×', last));
  }
  marks.push(...questions.map((index) => single('question', '?', index)));
  return marks.sort((a, b) => a.index - b.index);
}

/**
 * Marks fit for a bar that has room for one mark in every `spacing` hops; those that would overlap are merged.
 * @param {ReadonlyArray<SingleMark>} marks  in order of the hops
 * @param {number} spacing  hops
 * @returns {Mark[]}
 */
export function mergeMarks(marks, spacing) {
  /** @type {SingleMark[][]} */
  const groups = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group?.[0] && mark.index - group[0].index < Math.max(spacing, 1)) group.push(mark);
    else groups.push([mark]);
  }
  return groups.map(merge);
}

/**
 * @param {ReadonlyArray<Hop>} hops
 * @param {number} widthPx  of the bar
 * @param {{verdict?: boolean, delivered?: boolean, questions?: ReadonlyArray<number>, markPx?: number}} [more]
 * @returns {Mark[]}
 */
export function scrubMarks(hops, widthPx, {markPx = 21, ...more} = {}) {
  return mergeMarks(singleMarks(hops, more), (markPx * Math.max(hops.length - 1, 1)) / Math.max(widthPx, 1));
}

/** @param {MarkKind} kind @param {string} letter @param {number} index @returns {SingleMark} */
function single(kind, letter, index) {
  return {kind, letter, index, label: `mark.${kind}`};
}

/** @param {SingleMark[]} group  not empty @returns {Mark} */
function merge(group) {
  const order = (/** @type {SingleMark} */ mark) => IMPORTANCE.indexOf(mark.kind);
  const leader = group.reduce((best, mark) => (order(mark) < order(best) ? mark : best));
  return {...leader, merged: group};
}
