/** How deep a packet is wrapped, and where the innermost one begins: VXLAN has a header of its own, IP in IP has none. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {depthOf, innermostStart} from '../../static/js/state/headers.js';
/** @import {HeaderLayer} from '../../static/js/wire/protocol.js' */

/** @param {string} words @returns {HeaderLayer[]} layers that have nothing but a name */
const layers = (words) => words.split(' ').map((layer) => /** @type {HeaderLayer} */ (/** @type {unknown} */ ({layer})));

for (const [words, depth, start] of /** @type {Array<[string, number, number]>} */ ([
  ['eth ipv4 tcp payload', 0, 0],
  ['eth arp', 0, 0],
  ['ipv4 icmp payload', 0, 0],
  ['eth ipv4 udp vxlan eth ipv4 tcp', 1, 4],
  ['eth ipv4 udp vxlan eth arp', 1, 4],
  ['eth ipv4 ipv4 icmp payload', 1, 2],
  ['eth ipv4 ipv4 ipv4 udp', 2, 3],
])) {
  test(`${words} is wrapped ${depth} times`, () => {
    assert.equal(depthOf(layers(words)), depth);
    assert.equal(innermostStart(layers(words)), start);
  });
}
