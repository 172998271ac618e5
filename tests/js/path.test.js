import assert from 'node:assert/strict';
import {test} from 'node:test';
import {flatten, pathData, pathLength, pointAt} from '../../static/js/layout/path.js';

const corner = [{x: 0, y: 0}, {x: 100, y: 0}, {x: 100, y: 50}];

test('half of a straight way is its middle', () => {
  assert.deepEqual(pointAt(flatten([{x: 0, y: 0}, {x: 100, y: 0}], 10), 0.5), {x: 50, y: 0, angle: 0});
});

test('a rounded corner cuts the way short and keeps both ends', () => {
  const path = flatten(corner, 10);
  assert.ok(pathLength(path) < 150 && pathLength(path) > 140);
  assert.deepEqual([path.points[0], path.points.at(-1)], [corner[0], corner[2]]);
  assert.ok(path.lengths.every((length, i) => i === 0 || length > (path.lengths[i - 1] ?? 0)));
});

test('time outside 0..1 stays at the ends', () => {
  const path = flatten(corner, 10);
  assert.deepEqual([pointAt(path, -1).x, pointAt(path, 2).y], [0, 50]);
});

test('a way of one point stands still', () => {
  assert.deepEqual(pointAt(flatten([{x: 3, y: 4}], 10), 0.7), {x: 3, y: 4, angle: 0});
});

test('path data rounds corners, and not those of a straight line', () => {
  assert.equal(pathData(corner, 10), 'M0 0L90 0Q100 0 100 10L100 50');
  assert.equal(pathData([{x: 0, y: 0}, {x: 5, y: 0}, {x: 9, y: 0}], 10), 'M0 0L5 0L9 0');
  assert.equal(pathData([], 10), '');
});
