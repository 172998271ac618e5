/** The one animation loop of a page: ticks the playhead while it moves, then lets the stage draw a frame. */
/** @import {Session} from './session.js' */
import {isMoving} from '../state/player.js';
import {act, watch} from './session.js';

/** Longest step taken at once: a tab that slept must not skip hops, ms. */
const LONGEST_STEP_MS = 100;

/**
 * @param {Session} session
 * @param {(nowMs: number) => boolean} frame   draws; true while it wants another frame
 * @returns {() => void} wakes the loop: something is to be drawn that the session does not know of
 */
export function startLoop(session, frame) {
  let last = 0;
  let request = 0;
  const run = (/** @type {number} */ now) => {
    request = 0;
    const dtMs = last === 0 ? 16 : Math.min(now - last, LONGEST_STEP_MS);
    last = now;
    if (isMoving(session.get().player)) act(session, {type: 'tick', dtMs});
    const more = frame(now);
    if (more || isMoving(session.get().player)) wake();
    else last = 0;
  };
  const wake = () => { if (request === 0) request = requestAnimationFrame(run); };
  watch(session, [(view) => view], wake);
  return wake;
}
