/** The tone of a hop kind: which family it belongs to. The word or sign beside it says the same. */
/** @import {HopKind} from '../wire/protocol.js' */

/** @typedef {'wrap' | 'rewrite' | 'drop' | 'ok' | 'learn' | 'route' | 'message' | 'plain'} Tone */

/** @type {Readonly<Partial<Record<HopKind, Tone>>>} */
const TONES = {
  encapsulate: 'wrap', decapsulate: 'wrap', fragment: 'wrap', reassemble: 'wrap',
  dnat: 'rewrite', snat: 'rewrite', masquerade: 'rewrite', 'un-dnat': 'rewrite', 'un-snat': 'rewrite', 'ttl-decrement': 'rewrite', mark: 'rewrite',
  drop: 'drop', 'bridge-drop': 'drop', 'no-route': 'drop', blackhole: 'drop', 'arp-failed': 'drop', 'mtu-exceeded': 'drop',
  'conntrack-invalid': 'drop', timeout: 'drop', refuse: 'drop', reject: 'drop', 'icmp-error': 'drop',
  accept: 'ok', deliver: 'ok', 'bridge-learn': 'learn', 'conntrack-new': 'learn', control: 'learn',
  'dns-query': 'message', 'dns-answer': 'message', 'tls-handshake': 'message', 'http-request': 'message', 'http-match': 'message', 'http-response': 'message',
  route: 'route', 'bridge-forward': 'route', 'bridge-flood': 'route',
};

/**
 * @param {HopKind} kind
 * @returns {Tone}
 */
export function toneOf(kind) { return TONES[kind] ?? 'plain'; }
