/** How a header layer reads: its name, its fields in reading order, its size. */
/** @import {HeaderLayer} from '../wire/protocol.js' */

/** @typedef {{readonly label: string, readonly names: ReadonlyArray<string>}} FieldGroup   two names: from, to */

/** Title and groups of fields; RFC 894, 791, 792, 768, 9293, 826, 7348. @type {Readonly<Record<HeaderLayer['layer'], readonly [string, ReadonlyArray<readonly [string, ...string[]]>]>>} */
const LAYERS = {
  eth: ['Ethernet', [['', 'src', 'dst']]],
  arp: ['ARP', [['', 'op'], ['sender', 'sender', 'sender_mac'], ['target', 'target', 'target_mac']]],
  ipv4: ['IPv4', [['', 'src', 'dst'], ['ttl', 'ttl'], ['DF', 'df']]],
  icmp: ['ICMP', [['', 'name'], ['seq', 'seq'], ['mtu', 'mtu']]],
  udp: ['UDP', [['', 'sport', 'dport']]],
  tcp: ['TCP', [['', 'sport', 'dport'], ['flags', 'flags'], ['seq', 'seq'], ['ack', 'ack']]],
  vxlan: ['VXLAN', [['VNI', 'vni']]],
  dns: ['DNS', [['', 'name'], ['type', 'type'], ['rcode', 'rcode'], ['answer', 'answers'], ['flags', 'flags'], ['id', 'id']]],
  http: ['HTTP', [['', 'line'], ['Host', 'host'], ['body', 'text']]],
  tls: ['TLS', [['', 'records'], ['SNI', 'server_name']]],
  payload: ['Data', [['', 'text']]],
};
/** Bytes of a header without options. */
const FIXED_BYTES = /** @type {Readonly<Partial<Record<HeaderLayer['layer'], number>>>} */ ({eth: 14, arp: 28, ipv4: 20, icmp: 8, udp: 8, vxlan: 8});

/** @param {HeaderLayer} layer @returns {string} */
export function layerTitle(layer) { return LAYERS[layer.layer][0]; }

/** @param {HeaderLayer} layer @returns {FieldGroup[]} only fields that this header has */
export function layerFields(layer) {
  return LAYERS[layer.layer][1]
    .map(([label, ...names]) => ({label, names: names.filter((name) => shown(layer, name))}))
    .filter(({names}) => names.length > 0);
}

/** A flag that is not set says nothing. @param {HeaderLayer} layer @param {string} name @returns {boolean} */
function shown(layer, name) {
  return name in layer && !(layer.layer === 'ipv4' && name === 'df' && !layer.df);
}

/**
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {number} index
 * @returns {number} bytes of that header alone; a TCP header is what its IP length leaves over
 */
export function layerBytes(headers, index) {
  const layer = headers[index];
  if (layer === undefined) return 0;
  if ('size' in layer) return layer.size;
  const fixed = FIXED_BYTES[layer.layer];
  if (fixed !== undefined) return fixed;
  const around = headers[index - 1];
  const payload = headers[index + 1];
  return around?.layer === 'ipv4' ? around.len - 20 - (payload !== undefined && 'size' in payload ? payload.size : 0) : 20;
}

/** @param {ReadonlyArray<HeaderLayer>} headers @returns {number} bytes of the frame, without the checksum at its end */
export function packetBytes(headers) {
  const ip = headers.find((layer) => layer.layer === 'ipv4');
  if (ip?.layer === 'ipv4') return ip.len + (headers[0]?.layer === 'eth' ? 14 : 0);
  return headers.reduce((sum, _, index) => sum + layerBytes(headers, index), 0);
}
