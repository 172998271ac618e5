/**
 * Wide stages: nodes side by side above the LAN, clouds at the left, nodes without a part on a shelf at the right.
 *
 *            +-node--+ +-node--+ +-node--+ [n][n]
 *   (cloud)  |       | |       | |       | [n][n]
 *   (cloud)  +--[#]--+ +--[#]--+ +--[#]--+ [n][n]
 *   ==='=========='========'=========='=====LAN====
 */
/** @import {LayoutOptions, Rect} from './types.js' */
/** @import {Draft} from './draft.js' */
/** @import {NodePlan, Plan} from './plan.js' */
/** @import {Socket} from './outside.js' */
import {lookOf, nodeWidths} from './look.js';
import {placeNode} from './node.js';
import {CHIP, CLOUD, isOnLan, placeBus, placeChip, placeCloud, placeCount, placeWire, wireBehind} from './outside.js';
import {columnRows} from './rows.js';
import {addCable} from './draft.js';
import {byRank, shareOut} from './share.js';

const MARGIN = 26;
/** Free strips: above for the breadcrumb, below for the caption, which takes two lines on a smaller stage. */
const STRIPS = Object.freeze({wide: {top: 52, bottom: 74}, small: {top: 52, bottom: 96}, bare: {top: 24, bottom: 42}});
/** A caption on a stage wider than this seldom needs a second line, px. */
const ONE_LINE = 960;
const BUS = Object.freeze({h: 10, wire: 25});
const NODE_GAP = 18;
const SHELF_GAP = 8;
/** A node grows no wider and no higher than this. */
const MOST = Object.freeze({w: 470, h: 600});

/**
 * @param {Draft} draft
 * @param {LayoutOptions} options
 * @returns {{width: number, height: number, caption: Rect}}
 */
export function layoutLandscape(draft, {width, height, bare = false}) {
  const {plan} = draft;
  const {top: above, bottom: below} = bare ? STRIPS.bare : width < ONE_LINE ? STRIPS.small : STRIPS.wide;
  const inner = {x: MARGIN, w: Math.max(width, 320) - 2 * MARGIN};
  const outside = plan.clouds.length > 0 ? CLOUD.w + 20 : 0;
  const split = chooseColumns(plan, inner.w - outside);
  const looks = looksFor(split.columns, plan);
  const tallest = looks.reduce((best, look) => (look.podHeight > best.podHeight ? look : best), lookOf(1));
  const roomForNode = Math.min(height - above - below - BUS.wire, MOST.h);
  const rows = columnRows(split.columns.map(({node}) => node), tallest, roomForNode);
  const bus = {x: MARGIN, y: above + rows.height + BUS.wire + Math.max(0, Math.floor((height - above - below - BUS.wire - rows.height) / 2)), w: inner.w, h: BUS.h};
  const top = bus.y - BUS.wire - rows.height;
  placeBus(draft, bus, {x: bus.x + bus.w, y: bus.y + bus.h + 17, anchor: 'end'});
  let x = inner.x + outside + Math.floor(split.spare / 2);
  split.columns.forEach(({node, w}, i) => {
    const look = looks[i] ?? lookOf(1);
    placeNode(draft, {node, look, rect: {x, y: top, w, h: rows.height}, rows: {...rows, nic: rows.height - look.nic, podHeight: rows.podHeight}, shape: 'column'});
    wireDown(draft, node, bus);
    x += w + NODE_GAP;
  });
  placeShelf(draft, split.shelf, {x, y: top, w: split.shelfW, h: rows.height}, bus);
  placeClouds(draft, {x: inner.x, y: top, w: CLOUD.w, h: rows.height + 6}, bus);
  const bottom = bus.y + below;
  return {width: Math.max(width, 320), height: Math.max(height, bottom), caption: {x: MARGIN, y: bus.y + bus.h + 20, w: inner.w, h: bottom - bus.y - bus.h - 20}};
}

/**
 * The nodes of the story show all that the level asks for, if there is room for it in every one of them; the others are plain.
 * @param {Split['columns']} columns
 * @param {Plan} plan
 */
function looksFor(columns, {level}) {
  const full = lookOf(level);
  const fits = columns.every(({node, w}) => node.rank !== 'main' || nodeWidths(node, full).least <= w);
  return columns.map(({node}) => (fits && node.rank === 'main' ? full : lookOf(1)));
}

/** @typedef {{columns: {node: NodePlan, w: number}[], shelf: NodePlan[], shelfW: number, spare: number}} Split */

/**
 * The nodes that get a column; those with the smallest part go on the shelf until the rest has room.
 * @param {Plan} plan
 * @param {number} width
 * @returns {Split}
 */
function chooseColumns({nodes, level}, width) {
  const ranked = byRank(nodes);
  for (let count = ranked.length; count >= 0; count -= 1) {
    const kept = nodes.filter((node) => ranked.slice(0, count).includes(node));
    const shelf = nodes.filter((node) => !kept.includes(node));
    const shelfW = shelf.length === 0 ? 0 : shelfWidth(shelf.length, width);
    const free = width - (shelfW ? shelfW + NODE_GAP : 0) - NODE_GAP * Math.max(0, count - 1);
    const full = kept.map((node) => nodeWidths(node, node.rank === 'main' ? lookOf(level) : lookOf(1)));
    const plain = kept.map((node) => nodeWidths(node, lookOf(1)));
    const needs = full.reduce((sum, {least}) => sum + least, 0) <= free ? full : plain;
    if (needs.reduce((sum, {least}) => sum + least, 0) > free && count > 1) continue;
    const widths = shareOut(needs, kept.map(({rank}) => rank), free, MOST.w);
    const spare = Math.max(0, free - widths.reduce((sum, w) => sum + w, 0));
    return {columns: kept.map((node, i) => ({node, w: widths[i] ?? 0})), shelf, shelfW, spare};
  }
  return {columns: [], shelf: nodes.slice(), shelfW: width, spare: 0};
}

/** @param {number} count @param {number} width @returns {number} one or two columns of small boxes */
function shelfWidth(count, width) {
  const columns = count > 7 && width > 700 ? 2 : 1;
  return columns * (CHIP.w + SHELF_GAP) - SHELF_GAP + 20;
}

/** @param {Draft} draft @param {NodePlan} node @param {Rect} bus */
function wireDown(draft, node, bus) {
  const [nic] = node.nics;
  const box = draft.interfaces.find(({id}) => id === nic?.id);
  if (nic && box) placeWire(draft, nic, [box.outside, {x: box.outside.x, y: bus.y + bus.h / 2}], node.rank === 'quiet');
}

/**
 * The shelf: one box with the small boxes in it and one wire for all.
 * @param {Draft} draft
 * @param {NodePlan[]} nodes
 * @param {Rect} rect
 * @param {Rect} bus
 */
function placeShelf(draft, nodes, rect, bus) {
  if (nodes.length === 0) return;
  const id = 'nodes#more';
  const columns = Math.max(1, Math.floor((rect.w - 20 + SHELF_GAP) / (CHIP.w + SHELF_GAP)));
  const most = columns * Math.max(1, Math.floor((rect.h - 20 + SHELF_GAP) / (CHIP.h + SHELF_GAP)));
  const ranked = byRank(nodes).slice(0, nodes.length > most ? most - 1 : most);
  const shown = nodes.filter((node) => ranked.includes(node));
  const rest = nodes.filter((node) => !shown.includes(node)).map(({room}) => room);
  const lines = Math.ceil((shown.length + (rest.length > 0 ? 1 : 0)) / columns);
  const h = 20 + lines * (CHIP.h + SHELF_GAP) - SHELF_GAP;
  const y = rect.y + rect.h - h;
  const w = (rect.w - 20 + SHELF_GAP) / columns - SHELF_GAP;
  const spot = (/** @type {number} */ i) => ({
    x: rect.x + 10 + (i % columns) * (w + SHELF_GAP), y: y + 10 + Math.floor(i / columns) * (CHIP.h + SHELF_GAP), w, h: CHIP.h,
  });
  const {lan} = draft.plan;
  draft.rooms.push({
    id, kind: 'group', shape: 'group', parent: null, x: rect.x, y, w: rect.w, h, inner: null, fib: null, tiles: [], labels: [],
    anchor: {x: rect.x + rect.w / 2, y: y + h / 2}, quiet: nodes.every(({rank}) => rank === 'quiet'), collapsed: false, members: nodes.map(({room}) => room.id),
  });
  shown.forEach((node, i) => placeChip(draft, node, spot(i), id));
  if (rest.length > 0) placeCount(draft, 'nodes#rest', rest, 'nodes', spot(shown.length), id);
  const x = Math.round(rect.x + rect.w / 2);
  if (lan) addCable(draft, {id: 'wire:nodes#more', kind: 'wire', a: id, b: lan.id, points: [{x, y: y + h}, {x, y: bus.y + bus.h / 2}], quiet: true});
}

/**
 * Clouds in a column, the first at the bottom; the wires of the upper ones go down beside the lower ones.
 * @param {Draft} draft
 * @param {Rect} rect
 * @param {Rect} bus
 */
function placeClouds(draft, rect, bus) {
  const {clouds} = draft.plan;
  const fit = Math.max(1, Math.floor((rect.h - 30) / (CLOUD.h + 16)));
  const ordered = [...clouds].sort((a, b) => a.weight - b.weight);
  const shown = ordered.slice(0, ordered.length > fit ? fit - 1 : fit);
  const rest = ordered.slice(shown.length).map(({room}) => room);
  let bottom = rect.y + rect.h - 8;
  shown.forEach((cloud, i) => {
    const w = cloud.quiet ? CLOUD.smallW : CLOUD.w;
    const h = cloud.quiet ? CLOUD.smallH : CLOUD.h;
    const sockets = placeCloud(draft, cloud, {x: rect.x + CLOUD.w - w - 6 + (cloud.quiet ? 0 : 6), y: bottom - h, w, h}, 'cloud');
    wireClouds(draft, sockets, cloud.quiet, rect.x + CLOUD.w + 4 + Math.min(i, 3) * 3, i === 0, bus);
    bottom -= h + 16;
  });
  wireBehind(draft, {x: rect.x - 8, turn: 7});
  if (rest.length > 0) placeCount(draft, 'ext#more', rest, 'hosts', {x: rect.x, y: bottom - 30, w: CLOUD.smallW, h: 30}, null);
}

/**
 * @param {Draft} draft
 * @param {Socket[]} sockets
 * @param {boolean} quiet
 * @param {number} channel  x of the free way beside the clouds
 * @param {boolean} lowest
 * @param {Rect} bus
 */
function wireClouds(draft, sockets, quiet, channel, lowest, bus) {
  const y = bus.y + bus.h / 2;
  for (const {nic, at} of sockets.filter((socket) => isOnLan(draft, socket.nic.id))) {
    const turn = at.y + 7;
    placeWire(draft, nic, lowest ? [at, {x: at.x, y}] : [at, {x: at.x, y: turn}, {x: channel, y: turn}, {x: channel, y}], quiet);
  }
}
