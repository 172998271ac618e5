/** What a hop means for the packet's life. */
/** @import {Hop, HopKind, HeaderLayer} from '../wire/protocol.js' */
/** @import {Fate, Stamp} from './types.js' */

/** @type {Readonly<Partial<Record<HopKind, Fate>>>} */
const ENDINGS = {
  deliver: 'delivered', accept: 'delivered',
  refuse: 'refused', reject: 'refused',
  drop: 'dropped', 'bridge-drop': 'dropped', 'no-route': 'dropped', blackhole: 'dropped', 'mtu-exceeded': 'dropped',
  'arp-failed': 'dropped', 'conntrack-invalid': 'dropped', timeout: 'dropped',
};

/**
 * @param {Hop} hop
 * @returns {Fate} of the packet after this hop
 */
export function fateOf(hop) {
  const ending = ENDINGS[hop.kind] ?? 'moving';
  const mayExpire = ending === 'dropped' || hop.kind === 'ttl-decrement';
  return mayExpire && outOfHops(hop.headers) ? 'expired' : ending;
}

/**
 * The TTL of the header that the device looks at, the outermost IPv4 one.
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @returns {boolean}
 */
function outOfHops(headers) {
  const ip = headers.find((layer) => layer.layer === 'ipv4');
  return ip !== undefined && 'ttl' in ip && ip.ttl === 0;
}

/** @type {Readonly<Partial<Record<HopKind, Stamp['kind']>>>} */
const STAMPED = {dnat: 'DNAT', snat: 'SNAT', masquerade: 'SNAT', encapsulate: 'VXLAN'};
/** @type {Readonly<Partial<Record<HopKind, Stamp['kind']>>>} */
const TAKEN_OFF = {'un-dnat': 'DNAT', 'un-snat': 'SNAT', decapsulate: 'VXLAN'};

/**
 * @param {ReadonlyArray<Stamp>} stamps
 * @param {Hop} hop
 * @param {number} index
 * @returns {ReadonlyArray<Stamp>} the same list when nothing changed
 */
export function stampsAfter(stamps, hop, index) {
  const put = STAMPED[hop.kind];
  if (put !== undefined) return [...stamps, {kind: put, hop: index}];
  const off = stamps.findLastIndex(({kind}) => kind === TAKEN_OFF[hop.kind]);
  return off === -1 ? stamps : stamps.toSpliced(off, 1);
}
