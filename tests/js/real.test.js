import assert from 'node:assert/strict';
import {test} from 'node:test';
import {layoutScene} from '../../static/js/layout/layout.js';
import {distance, pathLength, pointAt} from '../../static/js/layout/path.js';
import {anchorOf, segmentBetween} from '../../static/js/layout/route.js';
import {foldTo} from '../../static/js/state/fold.js';
import {touchedElements} from '../../static/js/state/footprint.js';
import {sightingsOf} from '../../static/js/wire/sightings.js';
import {printedTrace, realScene, realTrace} from './support/fixtures.js';

const scene = realScene();

test('the wire message gives back the very hops that the command line prints', () => {
  assert.deepEqual(realTrace('ttl').hops, printedTrace().hops);
  assert.equal(sightingsOf(realTrace('ttl').hops).length, printedTrace().sightings.length);
});

test('between hops every packet moves along something that is there', () => {
  const {trail} = foldTo(scene, realTrace('cross').hops, 999);
  assert.deepEqual(trail.filter(({kind}) => kind === 'jump'), []);
  assert.ok(trail.some(({link}) => link === 'wire:k8s-node-11:ens33'));
});

for (const [width, height] of /** @type {const} */ ([[1092, 558], [390, 400]])) {
  test(`the ways of a flow begin and end at their places and hang together (${width}x${height})`, () => {
    const {hops} = realTrace('cross');
    const geometry = layoutScene(scene, {width, height, level: 2, touched: touchedElements(scene, hops)});
    for (const {from, to, hop} of foldTo(scene, hops, 999).trail) {
      const path = segmentBetween(geometry, from, to);
      assert.ok(pathLength(path) > 0, `hop ${hop}: ${from.interface} to ${to.interface}`);
      assert.ok(distance(pointAt(path, 0), anchorOf(geometry, from)) < 1 && distance(pointAt(path, 1), anchorOf(geometry, to)) < 1);
      const half = pointAt(path, 0.5);
      assert.ok(half.x >= 0 && half.y >= 0 && half.x <= width && half.y <= height);
    }
  });
}

test('at the end everything arrived; with TTL 1 the request expired on the way', () => {
  assert.ok(foldTo(scene, realTrace('cross').hops, 999).packets.every(({fate}) => fate === 'delivered'));
  assert.equal(foldTo(scene, realTrace('ttl').hops, 999).packets[0]?.fate, 'expired');
});

test('stepping forward and back a hundred times ends where seeking ends', () => {
  const {hops} = realTrace('cross');
  let index = 0;
  for (let i = 0; i < 100; i += 1) {
    index = Math.max(-1, Math.min(hops.length - 1, index + ((i * 7) % 11) - 4));
    assert.deepEqual(foldTo(scene, hops, index), foldTo(scene, [...hops], index));
  }
});
