/** What a hop means for the packet's life. */
/** @import {Hop, HopKind, Trace} from '../wire/protocol.js' */
/** @import {Copy, Fate, Place, Stamp} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */

/** @type {Readonly<Partial<Record<HopKind, Fate>>>} */
const ENDINGS = {
  deliver: 'delivered', accept: 'delivered',
  refuse: 'refused', reject: 'refused',
  drop: 'dropped', 'bridge-drop': 'dropped', 'no-route': 'dropped', blackhole: 'dropped', 'mtu-exceeded': 'dropped',
  'arp-failed': 'dropped', 'conntrack-invalid': 'dropped', timeout: 'dropped',
};

/**
 * An ARP frame has no hop of its own for "taken": whoever receives it at the end of a cable has it. A bridge port passes it on.
 * @param {SceneIndex} scene
 * @param {Hop} hop
 * @param {Place} place
 * @returns {Fate} of the copy that this hop is about
 */
export function fateOf(scene, hop, place) {
  const ending = ENDINGS[hop.kind] ?? 'moving';
  if (ending === 'dropped' && isOutOfHops(hop)) return 'expired';
  const isPort = (scene.interfaces.get(place.interface ?? '')?.master ?? null) !== null;
  return hop.kind === 'receive' && hop.leg === 'arp' && !isPort ? 'delivered' : ending;
}

/**
 * A flooded frame lives as long as one of its copies.
 * @param {ReadonlyArray<Copy>} copies  not empty
 * @returns {Fate}
 */
export function fateOfAll(copies) {
  return copies.some(({fate}) => fate === 'moving') ? 'moving' : (copies.at(-1)?.fate ?? 'moving');
}

/** @param {Hop} hop @returns {boolean} dropped because its TTL ran out */
function isOutOfHops({caption, headers}) {
  const ip = headers.find((layer) => layer.layer === 'ipv4');
  return caption.code === 'drop-ttl-exceeded' || (ip !== undefined && 'ttl' in ip && ip.ttl === 0);
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

/**
 * The hop that decided how the flow ended: a sender that gives up later adds nothing to the reason.
 * @param {Pick<Trace, 'hops' | 'verdict'>} trace
 * @returns {number} its index; the last one where no hop bears the verdict's reason
 */
export function decidingHop({hops, verdict}) {
  const at = hops.findLastIndex(({caption}) => caption.code === verdict?.caption?.code);
  return at === -1 ? hops.length - 1 : at;
}
