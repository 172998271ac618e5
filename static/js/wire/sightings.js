/** What tcpdump would have printed, taken from the hops that made it. */
/** @import {Hop, HeaderLayer, Sighting} from './protocol.js' */

/** @type {Readonly<Record<string, ReadonlyArray<'tx' | 'rx'>>>} a loopback hop is seen going out and coming in */
const DIRECTIONS = {transmit: ['tx'], receive: ['rx'], loopback: ['tx', 'rx']};

/**
 * @param {ReadonlyArray<Hop>} hops
 * @returns {Sighting[]} in the order of the hops
 */
export function sightingsOf(hops) {
  return hops.flatMap((hop) => (DIRECTIONS[hop.kind] ?? []).map((direction) => sighting(hop, direction)));
}

/**
 * @param {Hop} hop
 * @param {'tx' | 'rx'} direction
 * @returns {Sighting}
 */
function sighting(hop, direction) {
  const {headers} = hop;
  const [first] = headers;
  return {
    t_us: hop.t_us, packet: hop.packet, attempt: hop.attempt, leg: hop.leg, netns: hop.netns,
    interface: hop.interface ?? '', direction, hop: hop.n,
    eth: first?.layer === 'eth' ? first : null,
    outer: headers.filter(({layer}) => layer === 'ipv4').length > 1 || headers.some(({layer}) => layer === 'vxlan') ? pick(headers, 'ipv4') : null,
    ip: pick(headers.toReversed(), 'ipv4'),
    l4: headers.toReversed().find(({layer}) => layer === 'udp' || layer === 'tcp' || layer === 'icmp') ?? null,
    arp: pick(headers, 'arp'),
  };
}

/**
 * @template {HeaderLayer['layer']} L
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {L} name
 * @returns {Extract<HeaderLayer, {layer: L}> | null}
 */
function pick(headers, name) {
  const found = headers.find((layer) => layer.layer === name);
  return /** @type {Extract<HeaderLayer, {layer: L}> | undefined} */ (found) ?? null;
}
