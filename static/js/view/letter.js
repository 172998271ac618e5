/** What stands on the envelope: protocol, addresses, what was struck out. Pure text; envelope.js draws it. */
/** @import {ArpLayer, HeaderLayer, Ipv4Layer} from '../wire/protocol.js' */
/** @import {FieldDiff, PacketState, Slots} from '../state/types.js' */
/** @import {Level} from '../layout/types.js' */
import {chipFor} from '../state/format.js';
import {innermostStart} from '../state/headers.js';
import {t} from './i18n.js';

/** @typedef {{readonly label: string, readonly value: string, readonly slot: number, readonly tag: string, readonly state: 'plain' | 'old' | 'new', readonly small: boolean}} Line */
/**
 * @typedef {object} Letter
 * @property {string} proto
 * @property {string} flags
 * @property {ReadonlyArray<Line>} lines
 * @property {{text: string, changed: boolean} | null} ttl
 * @property {string | null} outer   the outer header, on the outside face
 * @property {ReadonlyArray<string>} stamps
 * @property {'arp' | 'data' | 'wrap' | 'rewrite' | 'drop'} tone
 */

/**
 * @param {PacketState} packet
 * @param {Slots} slots
 * @param {Level} level
 * @returns {Letter}
 */
export function readLetter(packet, slots, level) {
  const base = innermostStart(packet.headers);
  const inner = packet.headers.slice(base);
  const diffs = packet.diffs.filter(({layer}) => layer >= base).map((diff) => ({...diff, layer: diff.layer - base}));
  const arp = inner.find((layer) => layer.layer === 'arp');
  const lines = arp?.layer === 'arp' ? arpLines(arp, slots) : ipLines(inner, diffs, slots);
  const shown = [...lines, ...messageLines(inner), ...macLines(inner, diffs, level)];
  return {
    proto: protoOf(inner), flags: flagsOf(inner), lines: shown, ttl: ttlOf(inner, diffs), outer: base === 0 ? null : outerText(packet.headers.slice(0, base), level),
    stamps: packet.stamps.filter(({kind}) => kind !== 'VXLAN').map(({kind}) => kind), tone: toneOf(packet, base > 0, arp !== undefined),
  };
}

/**
 * @param {PacketState} packet
 * @param {boolean} wrapped
 * @param {boolean} arp
 * @returns {Letter['tone']}
 */
function toneOf(packet, wrapped, arp) {
  if (packet.fate === 'dropped' || packet.fate === 'refused' || packet.fate === 'expired') return 'drop';
  if (packet.diffs.some(({name, field}) => name === 'ipv4' && field !== 'len' && field !== 'id')) return 'rewrite';
  if (wrapped) return 'wrap';
  return arp ? 'arp' : 'data';
}

/** @param {ReadonlyArray<HeaderLayer>} headers */
function protoOf(headers) {
  const names = /** @type {const} */ (['arp', 'icmp', 'dns', 'http', 'tls', 'tcp', 'udp', 'ipv4']);
  return (names.find((name) => headers.some(({layer}) => layer === name)) ?? 'eth').toUpperCase().replace('IPV4', 'IP');
}

/** TCP flags spelled out; RFC 9293. @type {Readonly<Record<string, string>>} */
const FLAGS = {S: 'SYN', A: 'ACK', F: 'FIN', R: 'RST', P: 'PSH'};

/** @param {ReadonlyArray<HeaderLayer>} headers */
function flagsOf(headers) {
  const last = headers.at(-1);
  if (last?.layer === 'http') return last.line.split(' ')[last.line.startsWith('HTTP/') ? 1 : 0] ?? '';
  if (last?.layer === 'dns') return last.rcode ?? last.type;
  for (const layer of headers) {
    if (layer.layer === 'tcp') return [...layer.flags.replace('.', 'A')].map((flag) => FLAGS[flag] ?? flag).slice(0, 2).join(' ');
    if (layer.layer === 'icmp') return ICMP[layer.type] ?? `type ${layer.type}`;
    if (layer.layer === 'arp') return layer.op;
  }
  return '';
}

/** RFC 792. @type {Readonly<Record<number, string>>} */
const ICMP = {0: 'reply', 3: 'unreach', 8: 'echo', 11: 'time exc'};

/**
 * @param {ArpLayer} arp
 * @param {Slots} slots
 * @returns {Line[]}
 */
function arpLines(arp, slots) {
  if (arp.op === 'request') return [line(t('env.who-has'), arp.target, slots), line(t('env.tell'), arp.sender, slots)];
  return [line('', arp.sender, slots), {...line(t('env.is-at'), arp.sender_mac, slots), slot: 0, tag: ''}];
}

/**
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {ReadonlyArray<FieldDiff>} diffs
 * @param {Slots} slots
 * @returns {Line[]}
 */
function ipLines(headers, diffs, slots) {
  const at = headers.findIndex(({layer}) => layer === 'ipv4');
  const ip = headers[at];
  if (ip?.layer !== 'ipv4') return [];
  const l4 = headers[at + 1];
  const ports = l4?.layer === 'tcp' || l4?.layer === 'udp' ? {src: l4.sport, dst: l4.dport} : null;
  return /** @type {const} */ (['src', 'dst']).flatMap((end) => {
    const old = diffs.find((diff) => diff.layer === at && diff.field === end);
    const now = line(end, ip[end] + (ports === null ? '' : `:${ports[end]}`), slots);
    if (old === undefined) return [now];
    return [/** @type {Line} */ ({...line(end, String(old.was), slots), state: 'old', slot: 0, tag: ''}), /** @type {Line} */ ({...now, label: '', state: 'new'})];
  });
}

/** The longest text that an envelope shows of a message: it has to find room in a node. */
const MESSAGE = 30;

/** @param {string} text @param {number} most  characters */
function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * What the innermost message says: of DNS the name and the first answer, of HTTP the first line and the host, of TLS records and name.
 * @param {HeaderLayer | undefined} layer
 * @returns {ReadonlyArray<string | undefined>}
 */
function messageOf(layer) {
  if (layer?.layer === 'dns') return [`${cut(layer.name, MESSAGE - layer.type.length - 1)} ${layer.type}`, layer.answers?.[0]];
  if (layer?.layer === 'http') return [layer.line, layer.host];
  return layer?.layer === 'tls' ? [layer.records, layer.server_name] : [];
}

/** @param {ReadonlyArray<HeaderLayer>} headers @returns {Line[]} */
function messageLines(headers) {
  return messageOf(headers.at(-1)).flatMap((value, row) => (value === undefined || value === '' ? []
    : [/** @type {Line} */ ({label: '', value: cut(value, MESSAGE), slot: 0, tag: '', state: 'plain', small: row > 0})]));
}

/**
 * The Ethernet lines: always at level 2 and up, and wherever one was rewritten. Under each other: a narrow envelope finds room in its node.
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {ReadonlyArray<FieldDiff>} diffs
 * @param {Level} level
 * @returns {Line[]}
 */
function macLines(headers, diffs, level) {
  const [eth] = headers;
  const changed = diffs.flatMap(({layer, field}) => (layer === 0 ? [field] : []));
  if (eth?.layer !== 'eth' || (level < 2 && changed.length === 0)) return [];
  const row = (/** @type {'src' | 'dst'} */ end, /** @type {string} */ label, /** @type {string} */ value) =>
    /** @type {Line} */ ({label, value, slot: 0, tag: '', state: changed.includes(end) ? 'new' : 'plain', small: true});
  return [row('src', 'mac', eth.src), row('dst', '→', eth.dst)];
}

/**
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {ReadonlyArray<FieldDiff>} diffs
 * @returns {Letter['ttl']}
 */
function ttlOf(headers, diffs) {
  const ip = /** @type {Ipv4Layer | undefined} */ (headers.find(({layer}) => layer === 'ipv4'));
  return ip === undefined ? null : {text: `ttl ${ip.ttl}`, changed: diffs.some(({field}) => field === 'ttl')};
}

/**
 * @param {ReadonlyArray<HeaderLayer>} headers
 * @param {Level} level   the VNI is a detail
 */
function outerText(headers, level) {
  const ip = headers.find((layer) => layer.layer === 'ipv4');
  const udp = headers.find((layer) => layer.layer === 'udp');
  const vxlan = headers.find((layer) => layer.layer === 'vxlan');
  const ends = ip?.layer === 'ipv4' ? `${ip.src} → ${ip.dst}` : '';
  return [ends, udp?.layer === 'udp' ? `UDP ${udp.dport}` : 'IP in IP', vxlan?.layer === 'vxlan' && level > 1 ? `VNI ${vxlan.vni}` : ''].filter(Boolean).join('  ');
}

/**
 * @param {string} label
 * @param {string} value
 * @param {Slots} slots
 * @returns {Line}
 */
function line(label, value, slots) {
  const owner = chipFor(slots, value);
  return {label, value, slot: owner?.slot ?? 0, tag: owner?.tag ?? '', state: 'plain', small: false};
}
