/** @import {Hop} from '../../static/js/wire/protocol.js' */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {decidingHop} from '../../static/js/state/fate.js';
import {emptyStage, foldTo, packetsOnStage, reduce} from '../../static/js/state/fold.js';
import {touchedElements} from '../../static/js/state/footprint.js';
import {tutorialScene} from './support/scenes.js';
import {FAR, lanFloodWalk, MAC, ONE, portOf, sameNodeWalk, tunnelWalk, TWO} from './support/walks.js';

const scene = tutorialScene();
const walks = {same: sameNodeWalk(scene), tunnel: tunnelWalk(), lan: lanFloodWalk(), long: Array.from({length: 5}, () => sameNodeWalk(scene)).flat()};

for (const [name, hops] of Object.entries(walks)) {
  test(`seeking gives the same stage as stepping, in any order (${name})`, () => {
    const stepped = [emptyStage()];
    for (const hop of hops) stepped.push(reduce(scene, stepped.at(-1) ?? emptyStage(), hop));
    const there = hops.map((_, i) => i);
    for (const index of [...there, ...there.toReversed(), -1, 5, hops.length - 1, 0]) {
      assert.deepEqual(foldTo(scene, hops, index), stepped[index + 1]);
      assert.deepEqual(foldTo(scene, [...hops], index), stepped[index + 1]);
    }
  });
}

test('an index out of range is the nearest stage', () => {
  assert.deepEqual(foldTo(scene, walks.same, -7), emptyStage());
  assert.equal(foldTo(scene, walks.same, 999).index, walks.same.length - 1);
  assert.equal(foldTo(scene, [], 0).index, -1);
});

test('a flooded ARP request has a copy behind every port and one at the node itself', () => {
  const stage = foldTo(scene, walks.same, 8);
  const request = stage.packets.find(({packet}) => packet === 2);
  assert.deepEqual(request?.copies.map(({place}) => place.interface), [`${TWO}:eth0`, 'k8s-node-12:cni0']);
  assert.equal(stage.segment, null);
});

test('at the flood itself the frame is at the bridge, and at the first port it has left it', () => {
  const copies = (/** @type {number} */ index) => foldTo(scene, walks.same, index).packets.find(({packet}) => packet === 2)?.copies.map(({place}) => place.interface);
  assert.deepEqual(copies(5), ['k8s-node-12:cni0']);
  assert.deepEqual(copies(6), [portOf(scene, TWO)]);
});

test('a flood on the LAN reaches every NIC along its own wire', () => {
  const stage = foldTo(scene, walks.lan, 5);
  assert.deepEqual(stage.packets[0]?.copies.map(({place}) => place.room), ['k8s-master-10', 'k8s-node-11', 'ext/client']);
  assert.deepEqual(stage.trail.map(({link}) => link), ['wire:k8s-node-12:ens33', 'wire:k8s-master-10:ens33', 'wire:k8s-node-11:ens33', 'wire:ext/client:eth0']);
  assert.equal(stage.packets[0]?.fate, 'delivered');
});

test('a packet that waits for ARP stays on the stage beside the question', () => {
  const numbers = packetsOnStage(foldTo(scene, walks.same, 3)).map(({packet}) => packet);
  assert.deepEqual(numbers, [1, 2]);
});

test('what the question and the answer taught stands in the tables', () => {
  const {fdb, neigh} = foldTo(scene, walks.same, 22).tables;
  assert.deepEqual(fdb.map(({bridge, mac, port}) => [bridge, mac, port]), [
    ['k8s-node-12:cni0', MAC.one, portOf(scene, ONE)], ['k8s-node-12:cni0', MAC.two, portOf(scene, TWO)],
  ]);
  assert.deepEqual(neigh.map(({netns, ip, mac}) => [netns, ip, mac]), [[TWO, '10.2.2.48', MAC.one], [ONE, '10.2.2.49', MAC.two]]);
  assert.deepEqual(foldTo(scene, walks.same, 1).tables.neigh.map(({ip, mac}) => [ip, mac]), [['10.2.2.49', null]]);
});

test('a rewritten field is marked with its old value until the next hop', () => {
  const diffs = (/** @type {number} */ index) => foldTo(scene, walks.tunnel, index).packets[0]?.diffs;
  assert.deepEqual(diffs(2), [{layer: 1, name: 'ipv4', field: 'ttl', was: 64, now: 63}]);
  assert.deepEqual(diffs(3), [
    {layer: 0, name: 'eth', field: 'src', was: MAC.one, now: MAC.vtep12}, {layer: 0, name: 'eth', field: 'dst', was: MAC.bridge12, now: MAC.vtep11},
  ]);
  assert.deepEqual(diffs(5), []);
});

test('a timeout shows no change: the sender looks at its own copy again', () => {
  const [first] = walks.tunnel;
  assert.ok(first);
  const hops = [...walks.tunnel.slice(0, 3), {...first, n: 4, kind: /** @type {const} */ ('timeout')}];
  const packet = foldTo(scene, hops, 3).packets[0];
  assert.equal(packet?.headers, first.headers);
  assert.deepEqual([packet?.diffs, packet?.pushed, packet?.popped], [[], 0, []]);
});

test('encapsulation pushes three layers and is a box in a box; decapsulation takes them off', () => {
  const packet = (/** @type {number} */ index) => foldTo(scene, walks.tunnel, index).packets[0];
  assert.equal(packet(4)?.pushed, 3);
  assert.equal(packet(4)?.depth, 1);
  assert.deepEqual(packet(4)?.stamps, [{kind: 'VXLAN', hop: 4}]);
  assert.equal(packet(6)?.pushed, 1);
  assert.deepEqual(packet(9)?.popped.map(({layer}) => layer), ['eth', 'ipv4', 'udp', 'vxlan']);
  assert.equal(packet(9)?.depth, 0);
  assert.deepEqual(packet(9)?.stamps, []);
});

test('the hop that decided is the last one with the reason of the verdict', () => {
  const verdict = {outcome: 'timed-out', at: null, why: '', sender_learns: 'timeout', caption: {code: 'no-route', params: {}}};
  const hop = (/** @type {string} */ code) => ({.../** @type {Hop} */ (walks.same[0]), caption: {code, params: {}}});
  assert.equal(decidingHop({hops: [hop('no-route'), hop('transmit'), hop('no-route'), hop('timeout')], verdict}), 2);
  assert.equal(decidingHop({hops: [hop('transmit'), hop('timeout')], verdict}), 1);
});

test('a packet whose TTL ran out has expired', () => {
  assert.equal(foldTo(scene, walks.tunnel, 10).packets[0]?.fate, 'expired');
});

test('the tunnel is touched where a packet enters it, and the footprint holds the whole flow', () => {
  assert.deepEqual(foldTo(scene, walks.tunnel, 4).here.links, ['tunnel:k8s-node-11~k8s-node-12']);
  const all = touchedElements(scene, walks.tunnel);
  for (const id of ['k8s-node-11', 'k8s-node-12', 'k8s-node-12:flannel.1', 'wire:k8s-node-11:ens33', 'lan/lan0']) assert.ok(all.includes(id), id);
  assert.ok(!all.includes(FAR));
});

test('who only heard an ARP question comes after the rooms that packets were for', () => {
  const [first] = walks.same;
  const heard = /** @type {Hop} */ ({...first, leg: 'arp', netns: FAR, interface: ''});
  const rooms = touchedElements(scene, [heard, ...walks.same]);
  assert.ok(rooms.includes(FAR) && rooms.indexOf(FAR) > rooms.indexOf(TWO), rooms.join(' '));
});

test('a pod hop touches the pod and the node around it', () => {
  assert.deepEqual(foldTo(scene, walks.same, 0).here.rooms, [ONE, 'k8s-node-12']);
});

test('the control plane writes: packets stay where they are, the place is looked at', () => {
  const hops = walks.same.slice(0, 9);
  const before = foldTo(scene, hops, 8);
  const control = /** @type {Hop} */ ({...hops[8], n: 10, packet: 0, leg: 'control', kind: 'control', netns: 'k8s-node-12', interface: '', headers: [], changes: []});
  const after = reduce(scene, before, control);
  assert.equal(after.current, null);
  assert.equal(after.segment, null);
  assert.equal(after.place?.room, 'k8s-node-12');
  assert.deepEqual(after.packets.map(({packet, copies}) => [packet, copies]), before.packets.map(({packet, copies}) => [packet, copies]));
  assert.ok(packetsOnStage(after).every(({packet}) => packet !== 0));
});
