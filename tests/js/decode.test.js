import assert from 'node:assert/strict';
import {test} from 'node:test';
import {WireError} from '../../static/js/wire/check.js';
import {decodeTrace} from '../../static/js/wire/decode.js';
import {sightingsOf} from '../../static/js/wire/sightings.js';

const full = [{layer: 'eth', src: 'a', dst: 'b'}, {layer: 'ipv4', src: '10.2.2.48', dst: '10.2.1.37', ttl: 64, proto: 'icmp', len: 84, df: false}];

/** @param {Record<string, unknown>} [more] @returns {Record<string, unknown> & {hops: unknown[][]}} */
function message(more = {}) {
  return {
    schema: 'podwalk-wire/v1', seed: 0, from: 'pod/default/a', to: 'icmp://10.2.1.37', verdict: null, interfaces: [], conntrack: {}, total: 3, withheld: 1,
    texts: ['request', 'transmit', 'k8s-node-12', 'ens33', 'link', 'ip neigh', 'an entry', 'a skipped one', 'too short', 'ttl-decrement', 'ipv4.ttl', ''],
    hops: [
      [1, 0, 1, 0, 1, 1, 2, 2, 3, 4, full, [], [5, 6, [[7, 8]]], 1, {iface: 'ens33'}],
      [2, 4, 1, 0, 1, 9, -1, 2, -1, -1, {d: [[1, 'ttl', 63]]}, [[10, 64, 63]], null, 9, {}],
      [3, 5, 1, -1, 1, 1, 2, 2, 3, 4, 0, [], null, 1, {}],
    ],
    ...more,
  };
}

test('hops come out with their texts, and headers as they were at each hop', () => {
  const {hops, withheld, verdict} = decodeTrace(message());
  assert.deepEqual(hops[0], {
    n: 1, t_us: 0, packet: 1, leg: 'request', attempt: 1, kind: 'transmit', node: 'k8s-node-12', netns: 'k8s-node-12', interface: 'ens33', stage: 'link',
    headers: full, changes: [], evidence: {tool: 'ip neigh', entry: 'an entry', skipped: [{entry: 'a skipped one', because: 'too short'}]},
    caption: {code: 'transmit', params: {iface: 'ens33'}},
  });
  assert.deepEqual(hops.map(({headers}) => headers[1]).map((layer) => layer && 'ttl' in layer && layer.ttl), [64, 63, 63]);
  assert.deepEqual(hops[1]?.changes, [{field: 'ipv4.ttl', before: 64, after: 63}]);
  assert.deepEqual([hops[1]?.node, hops[1]?.interface, hops[1]?.evidence, hops[2]?.leg], [null, null, null, null]);
  assert.deepEqual([withheld, verdict], [1, null]);
});

test('headers of two packets are kept apart', () => {
  const other = [{layer: 'eth', src: 'x', dst: 'y'}];
  const hops = message().hops.toSpliced(1, 0, [9, 1, 2, 0, 1, 1, 2, 2, 3, 4, other, [], null, 1, {}]);
  const decoded = decodeTrace(message({hops}));
  assert.deepEqual(decoded.hops.map(({headers}) => headers.length), [2, 1, 2, 2]);
});

test('a message that cannot be read says where and why', () => {
  /** @type {ReadonlyArray<readonly [unknown, RegExp]>} */
  const cases = [
    [message({schema: 'podwalk-wire/v2'}), /sent as podwalk-wire\/v2; this page knows podwalk-wire\/v1/],
    [message({schema: undefined}), /schema must be "podwalk-wire\/v1", not missing/],
    [null, /must be an object, not null/],
    [message({texts: 3}), /texts must be a list, not 3/],
    [message({hops: [[1, 2]]}), /hops\[0\] must be a list of 15, not 2/],
    [message({texts: ['request']}), /hops\[0\]: text 1 is not in the table of 1/],
    [message({hops: message().hops.slice(1)}), /packet 1 are a difference, but nothing came before/],
    [message({hops: [message().hops[0], [2, 4, 1, 0, 1, 9, -1, 2, -1, -1, {d: [[7, 'ttl', 63]]}, [], null, 9, {}]]}), /names layer 7; packet 1 has 2/],
  ];
  for (const [bad, words] of cases) assert.throws(() => decodeTrace(bad), (error) => error instanceof WireError && words.test(error.message));
});

test('sightings are the transmit, receive and loopback hops', () => {
  const [first, ...more] = sightingsOf(decodeTrace(message()).hops);
  assert.equal(more.length, 1);
  assert.deepEqual([first?.direction, first?.hop, first?.ip?.dst, first?.outer, first?.eth?.src], ['tx', 1, '10.2.1.37', null, 'a']);
});
