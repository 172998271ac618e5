/**
 * The playhead: a pure reducer over (hop index, time at this hop). It starts PAUSED AT HOP 0, so that the student sees
 * the packet about to leave and reads why before anything moves; index -1 exists only when there are no hops.
 *
 *   at hop i:  |-- travel: the packet comes from hop i-1 --|---- rest: read the caption ----| -> hop i+1
 *              0                                         travelMs                        dwellOf(i)
 */
/** @import {Player, PlayerAction} from './types.js' */

/** Limits and default of the base dwell, milliseconds a hop. */
export const DWELL_MS = Object.freeze({min: 500, max: 5000, standard: 1500});
/** How long a packet travels to its next hop, unless the dwell is too short for it. */
const MOTION_MS = 600;
/** Share of the dwell that travelling may take at most. */
const TRAVEL_SHARE = 0.6;
/** A caption of up to this many characters is read in the base dwell; each further one takes READ_MS. */
const SHORT_CAPTION = 60;
const READ_MS = 18;
/** However long the caption, the dwell grows at most to this multiple. */
const LONGEST = 3;

/** @returns {Player} with nothing loaded */
export function newPlayer() {
  return {count: 0, index: -1, playing: false, dwellMs: DWELL_MS.standard, elapsedMs: 0, motionMs: MOTION_MS, captionLengths: []};
}

/**
 * @param {Player} player
 * @param {PlayerAction} action
 * @returns {Player} the same object when nothing changes
 */
export function play(player, action) {
  switch (action.type) {
    case 'load': return load(player, action.count, action.captionLengths ?? [], action.index ?? 0);
    case 'play': return start(player);
    case 'pause': return player.playing ? {...player, playing: false} : player;
    case 'toggle': return player.playing ? {...player, playing: false} : start(player);
    case 'step': return stepOn(player);
    case 'back': return arrive(player, player.index - 1);
    case 'seek': return arrive(player, action.index);
    case 'home': return arrive(player, 0);
    case 'end': return arrive(player, player.count - 1);
    case 'tick': return tick(player, action.dtMs);
    case 'setDwell': return {...player, dwellMs: clamp(action.dwellMs, DWELL_MS.min, DWELL_MS.max)};
    case 'setMotion': return {...player, motionMs: Math.max(0, action.motionMs)};
  }
}

/**
 * How long hop `index` is shown: the base dwell, and more the longer its caption.
 * @param {Player} player
 * @param {number} [index]
 * @returns {number} milliseconds
 */
export function dwellOf(player, index = player.index) {
  const extra = Math.max(0, (player.captionLengths[index] ?? 0) - SHORT_CAPTION) * READ_MS * (player.dwellMs / DWELL_MS.standard);
  return Math.min(player.dwellMs + extra, player.dwellMs * LONGEST);
}

/**
 * How far the packet is on its way to this hop, 0..1; feed it to `pointAt`.
 * @param {Player} player
 * @returns {number}
 */
export function travelled(player) {
  const travelMs = travelTime(player);
  return travelMs === 0 ? 1 : Math.min(1, player.elapsedMs / travelMs);
}

/**
 * How much of this hop's dwell is over, 0..1.
 * @param {Player} player
 * @returns {number}
 */
export function progress(player) {
  return player.index < 0 ? 0 : Math.min(1, player.elapsedMs / dwellOf(player));
}

/** @param {Player} player @returns {boolean} whether ticks still change anything */
export function isMoving(player) {
  return player.playing || travelled(player) < 1;
}

/** @param {Player} player @returns {number} milliseconds */
function travelTime(player) {
  return player.index < 0 ? 0 : Math.min(player.motionMs, dwellOf(player) * TRAVEL_SHARE);
}

/**
 * @param {Player} player
 * @param {number} count
 * @param {ReadonlyArray<number>} captionLengths
 * @param {number} index
 * @returns {Player}
 */
function load(player, count, captionLengths, index) {
  return arrive({...player, count, captionLengths, playing: false, index: -1}, index);
}

/**
 * Play at the end starts again. From rest it goes on at once: what stands there was read while nothing moved.
 * @param {Player} player
 * @returns {Player}
 */
function start(player) {
  if (player.playing || player.count === 0) return player;
  const over = player.index === player.count - 1;
  if (over) return {...player, playing: player.count > 1, index: 0, elapsedMs: 0};
  return {...player, playing: true, elapsedMs: travelled(player) < 1 ? player.elapsedMs : dwellOf(player)};
}

/** A single step pauses, and lets the packet travel. @param {Player} player @returns {Player} */
function stepOn(player) {
  if (player.index >= player.count - 1) return arrive(player, player.index);
  return {...player, playing: false, index: player.index + 1, elapsedMs: 0};
}

/** A jump pauses, and the packet is there at once. @param {Player} player @param {number} index @returns {Player} */
function arrive(player, index) {
  const target = player.count === 0 ? -1 : clamp(Math.round(index), 0, player.count - 1);
  const there = {...player, playing: false, index: target};
  return {...there, elapsedMs: travelTime(there)};
}

/**
 * @param {Player} player
 * @param {number} dtMs  0 or more
 * @returns {Player}
 */
function tick(player, dtMs) {
  if (!isMoving(player) || !(dtMs > 0)) return player;
  if (!player.playing) return {...player, elapsedMs: Math.min(player.elapsedMs + dtMs, travelTime(player))};
  const elapsedMs = player.elapsedMs + dtMs;
  const dwellMs = dwellOf(player);
  if (elapsedMs < dwellMs) return {...player, elapsedMs};
  if (player.index >= player.count - 1) return {...player, playing: false, elapsedMs: dwellMs};
  return {...player, index: player.index + 1, elapsedMs: 0};
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
