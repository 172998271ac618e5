/** The parts of the view that need no document: how headers read, where the envelope stands, what the camera shows. */
/** @import {HeaderLayer} from '../../static/js/wire/protocol.js' */
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {layerBytes, layerFields, packetBytes} from '../../static/js/panels/layers.js';
import {toneOf} from '../../static/js/panels/tones.js';
import {layoutScene} from '../../static/js/layout/layout.js';
import {Camera, onScreen} from '../../static/js/view/camera.js';
import {macThatFits} from '../../static/js/view/draw-tables.js';
import {nearestEdge, obstaclesOf, placeEnvelope, sheetOf} from '../../static/js/view/placing.js';
import {tutorialScene} from './support/scenes.js';

/** @type {HeaderLayer[]} */
const PING = [
  {layer: 'eth', src: '0a:58:0a:02:02:30', dst: '0a:58:0a:02:02:31'},
  {layer: 'ipv4', src: '10.2.2.48', dst: '10.2.2.49', ttl: 64, proto: 'icmp', len: 84, df: false},
  {layer: 'icmp', type: 8, code: 0, name: 'echo-request', seq: 1}, {layer: 'payload', size: 56},
];

test('a ping is 98 bytes on the wire: 14 + 20 + 8 + 56', () => {
  assert.equal(packetBytes(PING), 98);
  assert.deepEqual(PING.map((_, index) => layerBytes(PING, index)), [14, 20, 8, 56]);
});

test('an ARP frame is 42 bytes', () => {
  const arp = {layer: /** @type {const} */ ('arp'), op: /** @type {const} */ ('request'), sender_mac: 'a', sender: 'b', target_mac: 'c', target: 'd'};
  assert.equal(packetBytes([{layer: 'eth', src: 'a', dst: 'ff'}, arp]), 42);
});

test('a TCP header takes what its IP length leaves over', () => {
  /** @type {HeaderLayer[]} */
  const syn = [{layer: 'ipv4', src: 'a', dst: 'b', ttl: 64, proto: 'tcp', len: 60, df: true}, {layer: 'tcp', sport: 1, dport: 2, flags: 'S', seq: 0, ack: 0}];
  assert.equal(layerBytes(syn, 1), 40);
});

test('a flag that is not set is not listed', () => {
  const labels = (/** @type {HeaderLayer} */ layer) => layerFields(layer).map(({label}) => label);
  assert.ok(!labels(/** @type {HeaderLayer} */ (PING[1])).includes('DF'));
  assert.ok(labels({layer: 'ipv4', src: 'a', dst: 'b', ttl: 1, proto: 'tcp', len: 40, df: true}).includes('DF'));
});

test('a kind without a family is plain', () => {
  assert.equal(toneOf('encapsulate'), 'wrap');
  assert.equal(toneOf('transmit'), 'plain');
});

test('the envelope leaves its packet free and stays inside', () => {
  const bounds = {x: 0, y: 0, w: 600, h: 300};
  const size = {w: 200, h: 60};
  for (const point of [{x: 300, y: 150}, {x: 2, y: 2}, {x: 598, y: 298}]) {
    const {x, y} = placeEnvelope(size, [point], {obstacles: [], bounds});
    assert.ok(x >= 0 && y >= 0 && x + size.w <= 600 && y + size.h <= 300, JSON.stringify({point, x, y}));
    assert.ok(point.x < x || point.x > x + size.w || point.y < y || point.y > y + size.h, JSON.stringify({point, x, y}));
  }
});

test('the envelope keeps off what matters', () => {
  const obstacle = {x: 320, y: 0, w: 280, h: 300};
  const {x} = placeEnvelope({w: 200, h: 60}, [{x: 300, y: 150}], {obstacles: [{rect: obstacle, weight: 5}], bounds: {x: 0, y: 0, w: 600, h: 300}});
  assert.ok(x + 200 <= 320);
});

test('the envelope stays within the node of its packet', () => {
  const geometry = layoutScene(tutorialScene(), {width: 1095, height: 550, level: 2, touched: ['k8s-node-11:flannel.1', 'k8s-node-12:flannel.1']});
  const bounds = {x: 8, y: 46, w: 1079, h: 448};
  for (const id of ['k8s-node-11', 'k8s-node-12']) {
    const node = geometry.rooms.find((room) => room.id === id);
    assert.ok(node);
    const {x} = placeEnvelope({w: 190, h: 70}, [node.anchor], {obstacles: obstaclesOf(geometry, {rows: () => 0, home: id, asked: null}), bounds});
    assert.ok(x >= node.x && x + 190 <= node.x + node.w, `${id}: ${x}`);
  }
});

test('a sheet is as high as its rows', () => {
  const sheet = {x: 0, y: 0, w: 200, h: 79, capacity: 4, rowHeight: 15};
  assert.deepEqual([sheetOf(sheet, 1).h, sheetOf(sheet, 4).h, sheetOf(sheet, 9).h], [34, 79, 79]);
});

test('a learned address gives up bytes until it fits beside its port', () => {
  const mac = '0a:58:0a:02:00:02';
  assert.deepEqual([140, 80, 60, 40, 5].map((width) => macThatFits(width, 'P4', mac)), ['P4 0a:58:0a:02:00:02', 'P4 …02:00:02', 'P4 …00:02', 'P4 …02', 'P4 …02']);
});

test('the nearest edge of a box is the point itself when it is inside', () => {
  assert.deepEqual(nearestEdge({x: 0, y: 0, w: 10, h: 10}, {x: 4, y: 5}), {x: 4, y: 5});
  assert.deepEqual(nearestEdge({x: 0, y: 0, w: 10, h: 10}, {x: 40, y: 5}), {x: 10, y: 5});
});

test('the camera fits a larger scene, never enlarges a smaller one, and follows inside the scene only', () => {
  const camera = new Camera();
  camera.fit({width: 800, height: 400}, {width: 400, height: 400});
  camera.jump();
  assert.equal(camera.shot.k, 0.5);
  camera.fit({width: 100, height: 100}, {width: 400, height: 400});
  assert.equal(camera.goal.k, 1);
  camera.follow({x: 0, y: 0}, {width: 400, height: 400}, {width: 400, height: 400});
  camera.jump();
  assert.deepEqual(onScreen(camera.shot, {x: 0, y: 0}), {x: 0, y: 0});
});

/** @param {string} tag @returns {Record<string, string>} */
const strings = (tag) => JSON.parse(readFileSync(new URL(`../../static/locales/${tag}/ui.json`, import.meta.url), 'utf8'));

test('both languages have the same strings with the same slots', () => {
  const [en, zh] = [strings('en'), strings('zh-CN')];
  assert.deepEqual(Object.keys(en), Object.keys(zh));
  const slots = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(([slot]) => slot).sort();
  for (const [key, text] of Object.entries(en)) assert.deepEqual(slots(text), slots(zh[key] ?? ''), key);
});

test('every string that the code names exists', () => {
  const known = strings('en');
  const root = new URL('../../static/js/', import.meta.url);
  const files = readdirSync(root, {recursive: true, encoding: 'utf8'}).filter((name) => /^(view|panels|main)/.test(name) && name.endsWith('.js'));
  for (const name of files) {
    const code = readFileSync(new URL(name, root), 'utf8');
    for (const [, key] of code.matchAll(/\bt\('([a-z0-9.-]+)'/g)) assert.ok(known[key ?? ''] !== undefined, `${name}: ${key}`);
  }
});
