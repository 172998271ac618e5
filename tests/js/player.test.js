/** @import {Player, PlayerAction} from '../../static/js/state/types.js' */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {DWELL_MS, dwellOf, isMoving, newPlayer, play, progress, travelled} from '../../static/js/state/player.js';

/** @param {...PlayerAction} actions @returns {Player} */
const after = (...actions) => actions.reduce(play, newPlayer());
const load = /** @type {const} */ ({type: 'load', count: 4});

test('it starts paused at the first hop, the packet already there', () => {
  const player = after(load);
  assert.deepEqual([player.index, player.playing, travelled(player), isMoving(player)], [0, false, 1, false]);
  assert.equal(after({type: 'load', count: 0}).index, -1);
  assert.equal(after({type: 'load', count: 4, index: 2}).index, 2);
});

test('it dwells on every hop and stops at the end', () => {
  let player = after(load, {type: 'play'});
  const seen = [player.index];
  for (let ms = 0; ms < 9000 && player.playing; ms += 100) {
    player = play(player, {type: 'tick', dtMs: 100});
    if (player.index !== seen.at(-1)) seen.push(player.index);
  }
  assert.deepEqual([seen, player.playing, progress(player)], [[0, 1, 2, 3], false, 1]);
  assert.equal(play(player, {type: 'tick', dtMs: 100}), player);
});

test('play goes on at once from where the packet rests, and a pause under way keeps its place', () => {
  const started = after(load, {type: 'play'}, {type: 'tick', dtMs: 16});
  assert.deepEqual([started.index, travelled(started)], [1, 0]);
  const halfway = play(started, {type: 'tick', dtMs: 300});
  const again = play(play(halfway, {type: 'pause'}), {type: 'play'});
  assert.deepEqual([again.index, again.elapsedMs], [1, 300]);
});

test('play at the end starts again', () => {
  const player = after(load, {type: 'end'}, {type: 'toggle'});
  assert.deepEqual([player.index, player.playing], [0, true]);
});

test('a step pauses and lets the packet travel; a jump is there at once', () => {
  const stepped = after(load, {type: 'play'}, {type: 'step'});
  assert.deepEqual([stepped.index, stepped.playing, travelled(stepped)], [1, false, 0]);
  const arrived = play(stepped, {type: 'tick', dtMs: 10000});
  assert.deepEqual([arrived.index, travelled(arrived), isMoving(arrived)], [1, 1, false]);
  assert.equal(travelled(after(load, {type: 'seek', index: 2})), 1);
});

test('stepping back is exact and never leaves the range', () => {
  assert.equal(after(load, {type: 'seek', index: 3}, {type: 'back'}, {type: 'back'}).index, 1);
  assert.equal(after(load, {type: 'back'}).index, 0);
  assert.equal(after(load, {type: 'seek', index: 99}).index, 3);
  assert.equal(after(load, {type: 'end'}, {type: 'step'}).index, 3);
  assert.equal(after({type: 'load', count: 0}, {type: 'step'}).index, -1);
});

test('the dwell grows with the caption, within limits', () => {
  const player = after({type: 'load', count: 3, captionLengths: [10, 120, 9999]});
  assert.deepEqual([0, 1, 2].map((i) => dwellOf(player, i)), [1500, 2580, 4500]);
  assert.equal(after(load, {type: 'setDwell', dwellMs: 99}).dwellMs, DWELL_MS.min);
  assert.equal(after(load, {type: 'setDwell', dwellMs: 99999}).dwellMs, DWELL_MS.max);
});

test('with reduced motion nothing travels', () => {
  assert.equal(travelled(after(load, {type: 'setMotion', motionMs: 0}, {type: 'step'})), 1);
});
