import assert from 'node:assert/strict';
import {test} from 'node:test';
import {breadcrumb} from '../../static/js/state/breadcrumb.js';
import {hopRows, legsOf, rowOf} from '../../static/js/state/filter.js';
import {chipFor, format, tokenise} from '../../static/js/state/format.js';
import {mergeMarks, scrubMarks, singleMarks} from '../../static/js/state/marks.js';
import {linkedTo, sameSelection, selectElement, selectEvidence, selectField, selectHop} from '../../static/js/state/selection.js';
import {assignSlots} from '../../static/js/state/slots.js';
import {createStore} from '../../static/js/state/store.js';
import {tutorialScene} from './support/scenes.js';
import {FAR, MAC, ONE, sameNodeWalk, tunnelWalk, TWO} from './support/walks.js';

const scene = tutorialScene();
const hops = sameNodeWalk(scene);

test('marks name what happens on the way', () => {
  assert.deepEqual(singleMarks(tunnelWalk()).map(({kind, index}) => `${kind} ${index}`), ['route 1', 'ttl 2', 'wrap 4', 'route 5', 'unwrap 9', 'drop 10']);
  assert.deepEqual(singleMarks(hops, {verdict: true}).at(-1), {kind: 'verdict', letter: '✓', index: 22, label: 'mark.verdict'});
  assert.equal(singleMarks(hops, {verdict: true, delivered: false}).at(-1)?.letter, '×');
  assert.equal(singleMarks(tunnelWalk(), {verdict: true}).filter(({index}) => index === 10).length, 1);
});

test('crowded marks merge under the most important one and lose nothing', () => {
  const marks = singleMarks(tunnelWalk(), {questions: [3]});
  const merged = mergeMarks(marks, 4);
  assert.deepEqual(merged.map(({kind}) => kind), ['question', 'route', 'drop']);
  assert.deepEqual(merged.flatMap((mark) => mark.merged), marks);
  assert.equal(scrubMarks(tunnelWalk(), 2000).length, 6);
});

test('the breadcrumb goes from the node inwards', () => {
  const at = (/** @type {number} */ i) => breadcrumb(scene, hops[i] ?? null).map(({label, element}) => `${label}=${element}`);
  assert.deepEqual(at(2), ['k8s-node-12=k8s-node-12', `my-nginx-1=${ONE}`, `eth0=${ONE}:eth0`, `link=${ONE}:eth0`]);
  assert.equal(breadcrumb(scene, hops[4] ?? null)[1]?.code, 'crumb.root-namespace');
  assert.deepEqual(breadcrumb(scene, null), []);
  assert.equal(breadcrumb(scene, tunnelWalk()[7] ?? null)[0]?.kind, 'lan');
});

test('the hop list hides ARP and says how much it hides', () => {
  const rows = hopRows(scene, hops, {hideArp: true, legs: null, group: true});
  assert.deepEqual(rows.map(({index, hiddenBefore}) => [index, hiddenBefore]).slice(0, 3), [[0, 0], [16, 15], [17, 0]]);
  assert.deepEqual(rows.map(({heading}) => heading).filter((heading) => heading !== null), [ONE, 'k8s-node-12', TWO]);
  assert.equal(rowOf(rows, 9), 0);
  assert.deepEqual(legsOf(hops), ['request', 'arp']);
  assert.equal(hopRows(scene, hops, {hideArp: false, legs: ['arp'], group: false}).length, 15);
});

test('a hop lights its element, its rewritten fields and its evidence; an element lights its hops', () => {
  const linked = linkedTo(scene, tunnelWalk(), selectHop(2));
  assert.deepEqual(linked, {hops: [2], elements: ['k8s-node-12:flannel.1'], fields: [{layer: 1, field: 'ttl'}], evidence: [0]});
  assert.deepEqual(linkedTo(scene, hops, selectElement(`veth:${TWO}`)).hops, [7, 11, 20]);
  assert.deepEqual(linkedTo(scene, hops, selectEvidence(3, 2)).evidence, [2]);
  assert.deepEqual(linkedTo(scene, hops, selectField(3, {layer: 1, field: 'sender'})).fields, [{layer: 1, field: 'sender'}]);
  assert.ok(sameSelection(selectHop(3), selectHop(3)) && !sameSelection(selectHop(3), selectEvidence(3, 0)));
});

test('main characters take the slots in order; everyone else is neutral with a tag', () => {
  const slots = assignSlots(scene, {traces: [{from: ONE, to: 'icmp://10.2.1.37'}], focus: ['k8s-node-12:cni0', 'k8s-node-11', ONE]});
  const look = (/** @type {string} */ id) => [slots.owners[id]?.slot, slots.owners[id]?.tag, slots.owners[id]?.shape];
  assert.deepEqual([look(ONE), look(FAR), look('k8s-node-12'), look('k8s-node-11')], [[1, 'P1', 'pod'], [2, 'P2', 'pod'], [3, 'N1', 'node'], [4, 'N2', 'node']]);
  assert.deepEqual([look(TWO), look('ext/client'), look('ext/gateway')], [[0, 'P3', 'pod'], [0, 'C1', 'client'], [0, 'G', 'gateway']]);
  assert.deepEqual(['10.2.2.48', '10.2.2.48:80', '10.2.2.1/24', MAC.vtep12, 'no', 7].map((value) => chipFor(slots, value)?.tag), ['P1', 'P1', 'N1', 'N1', undefined, undefined]);
});

test('there are five colours, however long the story', () => {
  const focus = scene.rooms.map(({id}) => id);
  const used = Object.values(assignSlots(scene, {focus}).owners).map(({slot}) => slot).filter((slot) => slot > 0);
  assert.deepEqual(used.sort(), [1, 2, 3, 4, 5]);
});

test('captions are cut into text and parameters; an unknown name stays as it is', () => {
  assert.deepEqual(tokenise('{ip} is at {mac}, says {nobody}.', {ip: '10.2.2.49', mac: null}), [
    {param: 'ip', value: '10.2.2.49'}, {text: ' is at '}, {param: 'mac', value: null}, {text: ', says {nobody}.'},
  ]);
  assert.equal(format('TTL {before} becomes {after}{x}', {before: 64, after: 63}), 'TTL 64 becomes 63{x}');
  assert.equal(format('{toString} {constructor}', {}), '{toString} {constructor}');
});

test('a subscriber hears of its part only, at once and on change, until it leaves', () => {
  const store = createStore({index: 0, theme: 'light'});
  /** @type {number[]} */
  const heard = [];
  const stop = store.subscribe(({index}) => index, (index) => heard.push(index));
  store.update((state) => ({...state, theme: 'dark'}));
  store.update((state) => ({...state, index: 1}));
  store.update((state) => state);
  stop();
  store.update((state) => ({...state, index: 2}));
  assert.deepEqual([heard, store.get().index], [[0, 1], 2]);
});
