/** @import {NodePlan, PodPlan} from '../../static/js/layout/plan.js' */
/** @import {Geometry, Label, Rect} from '../../static/js/layout/types.js' */
/** @import {Scene} from '../../static/js/wire/scene.js' */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fitBox} from '../../static/js/layout/fit.js';
import {layoutScene} from '../../static/js/layout/layout.js';
import {fitText, textWidth} from '../../static/js/layout/metrics.js';
import {makeScene, tutorialScene} from './support/scenes.js';
import {STORIES} from './support/stories.js';
import {lookOf} from '../../static/js/layout/look.js';
import {choosePods} from '../../static/js/layout/podrow.js';

/** @param {number} seed @returns {() => number} 0..1, the same row for the same seed (mulberry32) */
function random(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NAMES = ['web', 'my-nginx-5b56ccd65f-x2k4j', 'a', 'coredns-66bc5c9577-9zqtl', '数据库-一号'];

/** @param {number} seed @returns {{scene: Scene, touched: string[], what: string}} */
function randomCase(seed) {
  const next = random(seed);
  const pick = (/** @type {number} */ n) => Math.floor(next() * n);
  const nodes = 1 + pick(30);
  const pods = pick(61);
  const external = Array.from({length: pick(5)}, (_, i) => /** @type {const} */ ([`host-${i}`, `10.0.0.${200 + i}`]));
  const homes = Array.from({length: pods}, () => pick(nodes));
  const scene = makeScene(Array.from({length: nodes}, (_, i) => ({
    name: `k8s-node-${11 + i}`, ip: `10.0.0.${11 + i}`, cidr: `10.2.${i + 1}`, role: pick(4) === 0 ? 'control-plane' : 'worker',
    pods: homes.flatMap((home, p) => (home === i ? [/** @type {const} */ ([`${NAMES[pick(NAMES.length)]}-${p}`, `10.2.${i + 1}.${p + 2}`])] : [])),
  })), external);
  const ids = [...scene.rooms, ...scene.interfaces, ...scene.links].map(({id}) => id);
  const touched = Array.from({length: pick(12)}, () => ids[pick(ids.length)] ?? '');
  return {scene, touched, what: `seed ${seed}: ${nodes} nodes, ${pods} pods, touched ${touched.join(' ')}`};
}

/** @param {Rect} a @param {Rect} b */
const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
/** @param {Rect} outer @param {Rect} inner */
const contains = (outer, inner) => inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w && inner.y + inner.h <= outer.y + outer.h;
/** @param {Label} label @returns {Rect} */
function labelBox({x, y, width, size, anchor}) {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return {x: left, y: y - size * 0.75, w: width, h: size * 0.8};
}

/** @template {Rect & {id: string}} T @param {ReadonlyArray<T>} boxes @returns {string[]} */
function overlapping(boxes) {
  return boxes.flatMap((a, i) => boxes.slice(i + 1).flatMap((b) => (overlap(a, b) ? [`${a.id} and ${b.id}`] : [])));
}

/** @param {Geometry} geometry @returns {string[]} everything that is wrong with it */
function problems(geometry) {
  const {rooms, interfaces, tables, width, height} = geometry;
  const byId = new Map(rooms.map((room) => [room.id, room]));
  const parents = [...new Set(rooms.map(({parent}) => parent))];
  const siblings = parents.flatMap((parent) => overlapping(rooms.filter((room) => room.parent === parent)));
  const frame = {x: 0, y: 0, w: width, h: height};
  const outside = rooms.filter((room) => !contains(byId.get(room.parent ?? '') ?? frame, room)).map(({id}) => `${id} sticks out`);
  const astray = interfaces.filter((iface) => !contains(byId.get(iface.room) ?? frame, iface)).map(({id}) => `${id} is outside its room`);
  const inNodes = rooms.filter(({shape}) => shape === 'node').flatMap((node) => {
    const fib = node.fib ? [{id: `${node.id}#fib`, ...node.fib.rect}] : [];
    const pods = rooms.filter(({parent}) => parent === node.id);
    const own = interfaces.filter(({room, shape}) => room === node.id && shape !== 'port' && shape !== 'ring');
    return overlapping([...pods, ...own, ...fib, ...tables.filter(({owner}) => own.some(({id}) => id === owner))]);
  });
  return [...siblings, ...outside, ...astray, ...inNodes, ...textProblems(geometry)];
}

/** @param {Geometry} geometry @returns {string[]} */
function textProblems({rooms, interfaces, cables, width, height}) {
  const owners = [
    ...rooms.filter(({shape}) => shape !== 'bus').map((room) => ({id: room.id, box: room.inner ?? room, labels: room.labels})),
    ...interfaces.filter(({shape}) => shape === 'bar' || shape === 'tube' || shape === 'square').map((iface) => ({id: iface.id, box: iface, labels: iface.labels})),
    ...rooms.flatMap(({id, tiles}) => tiles.map(({rect, label}) => ({id: `${id} tile`, box: rect, labels: [label]}))),
  ];
  const tooWide = owners.flatMap(({id, box, labels}) => labels.filter((label) => !contains(box, labelBox(label))).map(({text}) => `${id}: "${text}" does not fit`));
  const all = [...rooms, ...interfaces, ...cables].flatMap(({id, labels}) => labels.map((label) => ({id: `${id} "${label.text}"`, ...labelBox(label)})));
  const offStage = all.filter((box) => !contains({x: 0, y: 0, w: width, h: height}, box)).map(({id}) => `${id} is off the stage`);
  return [...tooWide, ...overlapping(all), ...offStage];
}

const SIZES = /** @type {const} */ ([[1092, 558], [700, 460], [390, 400], [390, 700], [1600, 900], [820, 1100]]);

test('no two siblings overlap, every child is inside its parent, every text fits (random scenes)', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const {scene, touched, what} = randomCase(seed);
    for (const [width, height] of SIZES) {
      const level = /** @type {1 | 2 | 3} */ ((seed % 3) + 1);
      const found = problems(layoutScene(scene, {width, height, level, touched}));
      assert.deepEqual(found.slice(0, 5), [], `${what}; ${width}x${height} level ${level}`);
    }
  }
});

test('every room, interface and link is drawn or has a box that stands for it', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const {scene, touched, what} = randomCase(seed);
    for (const [width, height] of SIZES) {
      const {rooms, interfaces, cables, hidden} = layoutScene(scene, {width, height, level: 2, touched});
      const drawn = new Set([...rooms, ...interfaces, ...cables].map(({id}) => id));
      const lost = [...scene.rooms, ...scene.interfaces.filter(({kind}) => kind !== 'loopback'), ...scene.links.filter(({kind}) => kind !== 'tunnel')]
        .map(({id}) => id).filter((id) => !drawn.has(id) && !drawn.has(hidden[id] ?? ''));
      assert.deepEqual(lost, [], `${what}; ${width}x${height}`);
    }
  }
});

test('the same scene and options give the same geometry', () => {
  const options = /** @type {const} */ ({width: 1092, height: 558, level: 2, touched: STORIES['cross']});
  assert.deepEqual(layoutScene(tutorialScene(), options), layoutScene(tutorialScene(), options));
});

test('the tutorial fits the stage of the mock and of a phone', () => {
  for (const story of Object.values(STORIES)) {
    for (const level of /** @type {const} */ ([1, 2])) {
      const wide = layoutScene(tutorialScene(), {width: 1092, height: 558, level, touched: story});
      assert.deepEqual([wide.width, wide.height, problems(wide)], [1092, 558, []]);
      const phone = layoutScene(tutorialScene(), {width: 390, height: 400, level, touched: story});
      assert.deepEqual([phone.width, phone.height, problems(phone)], [390, 400, []]);
    }
  }
});

test('touched pods are shown; many others become one counted box', () => {
  const pods = Array.from({length: 40}, (_, i) => /** @type {const} */ ([`web-${i}`, `10.2.1.${i + 2}`]));
  const scene = makeScene([{name: 'k8s-node-11', ip: '10.0.0.11', cidr: '10.2.1', pods}]);
  const {rooms, hidden} = layoutScene(scene, {width: 1092, height: 558, level: 1, touched: ['pod/default/web-33', 'pod/default/web-7:eth0']});
  const shown = rooms.filter(({kind}) => kind === 'pod').map(({id}) => id);
  assert.ok(shown.includes('pod/default/web-33') && shown.includes('pod/default/web-7'));
  const group = rooms.find(({id}) => id === 'k8s-node-11#more');
  assert.equal(group?.members.length, 40 - shown.length);
  assert.equal(hidden['pod/default/web-20:eth0'], 'k8s-node-11#more');
});

test('nodes of the story get more room', () => {
  const {rooms} = layoutScene(tutorialScene(), {width: 1092, height: 558, level: 2, touched: STORIES['same'] ?? []});
  const width = (/** @type {string} */ id) => rooms.find((room) => room.id === id)?.w ?? 0;
  assert.ok(width('k8s-node-12') > 1.4 * width('k8s-node-11'));
});

test('the camera box holds what it is asked for', () => {
  const geometry = layoutScene(tutorialScene(), {width: 1092, height: 558, level: 2});
  const box = fitBox(geometry, ['pod/default/my-nginx-1', 'k8s-node-12:cni0']);
  for (const {id, ...rect} of [...geometry.rooms, ...geometry.interfaces]) {
    if (id === 'pod/default/my-nginx-1' || id === 'k8s-node-12:cni0') assert.ok(contains(box, rect));
  }
  assert.deepEqual(fitBox(geometry, ['nothing']), {x: 0, y: 0, w: 1092, h: 558});
});

test('a long text loses its middle, not its ends', () => {
  const cut = fitText('my-nginx-5b56ccd65f-x2k4j', 90, 11, 'sans', true);
  assert.match(cut, /^my-.*…/);
  assert.ok(cut.endsWith('k4j') && textWidth(cut, 11, 'sans', true) <= 90);
  assert.equal(fitText('ens33', 200, 11, 'mono'), 'ens33');
  assert.equal(fitText('ens33', 5, 11, 'mono'), '');
});

test('hosts behind the gateway hang on it, alone or on a further LAN', () => {
  const scene = makeScene([{name: 'k8s-node-11', ip: '10.0.0.11', cidr: '10.2.1', pods: [['web', '10.2.1.2']]}], [['client', '10.0.0.200'], ['near', '203.0.113.10'], ['far', '198.51.100.7']]);
  const eth = (/** @type {string} */ name, /** @type {string} */ card, /** @type {string | null} */ peer) => {
    const [first] = scene.interfaces.filter(({id}) => id === `${name}:eth0`);
    if (!first) throw new Error(`no ${name}`);
    return {...first, id: `${name}:${card}`, name: card, peer};
  };
  const outside = {
    ...scene,
    rooms: [...scene.rooms, {id: 'lan/lan1', kind: /** @type {const} */ ('lan'), label: '198.51.100.0/24', parent: null, netns: 'underlay'}],
    interfaces: [...scene.interfaces, eth('ext/gateway', 'eth1', 'ext/near:eth0'), eth('ext/gateway', 'eth2', 'underlay:swp9')],
    links: [
      ...scene.links.filter(({a}) => a !== 'ext/near:eth0' && a !== 'ext/far:eth0'),
      {id: 'wire:ext/near:eth0', kind: /** @type {const} */ ('wire'), a: 'ext/near:eth0', b: 'ext/gateway:eth1'},
      {id: 'wire:ext/far:eth0', kind: /** @type {const} */ ('wire'), a: 'ext/far:eth0', b: 'lan/lan1'},
      {id: 'wire:ext/gateway:eth2', kind: /** @type {const} */ ('wire'), a: 'ext/gateway:eth2', b: 'lan/lan1'},
    ],
  };
  for (const [width, height] of SIZES) {
    const geometry = layoutScene(outside, {width, height, level: 2, touched: ['ext/near', 'ext/far', 'ext/gateway']});
    const cable = (/** @type {string} */ id) => geometry.cables.find((one) => one.id === id);
    const drawn = (/** @type {string} */ name, /** @type {string} */ end) => cable(`wire:${name}:eth0`)?.b === end || name in geometry.hidden || `wire:${name}:eth0` in geometry.hidden;
    assert.ok(drawn('ext/near', 'ext/gateway:eth1') && drawn('ext/far', 'ext/gateway:eth2'), `${width}x${height}`);
    assert.ok(geometry.rooms.some(({id}) => id === geometry.hidden['lan/lan1']));
    assert.deepEqual(problems(geometry), [], `${width}x${height}`);
  }
  assert.ok(layoutScene(outside, {width: 1092, height: 558, level: 2}).cables.some(({id, b}) => id === 'wire:ext/far:eth0' && b === 'ext/gateway:eth2'));
});

test('pods of the story are not folded where shorter names make room for them', () => {
  const pod = (/** @type {string} */ label, /** @type {number} */ weight, quiet = false) => /** @type {PodPlan} */ (/** @type {unknown} */ (
    {room: {id: label, label, ip: '10.2.1.3'}, eth: null, loopback: null, port: null, cable: null, weight, quiet}));
  const node = /** @type {NodePlan} */ (/** @type {unknown} */ ({pods: [pod('client', 0), pod('my-nginx-54ff5f9474-lh6wh', 1), pod('idle', 9, true)]}));
  const chosen = (/** @type {number} */ width) => { const {shown, rest, most} = choosePods(node, lookOf(1), width); return [shown.length, rest.length, most]; };
  assert.deepEqual([400, 320, 250, 170].map(chosen), [[3, 0, 124], [2, 1, 124], [2, 1, 56], [1, 2, 124]]);
  const crowd = /** @type {NodePlan} */ (/** @type {unknown} */ ({pods: ['a', 'b', 'c'].map((end, i) => pod(`my-nginx-54ff5f9474-${end}`, i))}));
  const {shown, most} = choosePods(crowd, lookOf(1), 160);
  assert.deepEqual([shown.map(({room}) => room.id), most], [['my-nginx-54ff5f9474-a'], 56], 'where not all fit, as many as can be');
});
