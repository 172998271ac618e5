/** The camera over the scene: fits all of it, or follows the packet. Positions are screen px of the stage. */
/** @import {Point, Rect} from '../layout/types.js' */

/** How near it goes when it follows. */
const FOLLOW_ZOOM = 1.6;
/** Time constant of its movement, ms. */
const EASE_MS = 160;

/** @typedef {{x: number, y: number, k: number}} Shot   screen = scene * k + (x, y) */

export class Camera {
  /** @type {Shot} */
  shot = {x: 0, y: 0, k: 1};
  /** @type {Shot} */
  #goal = {x: 0, y: 0, k: 1};

  /**
   * @param {{width: number, height: number}} scene
   * @param {{width: number, height: number}} stage
   */
  fit(scene, stage) {
    const k = Math.min(1, stage.width / scene.width, stage.height / scene.height);
    this.#goal = {k, x: (stage.width - scene.width * k) / 2, y: (stage.height - scene.height * k) / 2};
  }

  /**
   * @param {Point} point   in the scene
   * @param {{width: number, height: number}} scene
   * @param {{width: number, height: number}} stage
   */
  follow(point, scene, stage) {
    const k = FOLLOW_ZOOM * Math.min(1, stage.width / scene.width, stage.height / scene.height);
    const clamp = (/** @type {number} */ at, /** @type {number} */ whole, /** @type {number} */ seen) =>
      whole * k <= seen ? (seen - whole * k) / 2 : Math.min(0, Math.max(seen - whole * k, seen / 2 - at * k));
    this.#goal = {k, x: clamp(point.x, scene.width, stage.width), y: clamp(point.y, scene.height, stage.height)};
  }

  /** No movement: there at once. */
  jump() { this.shot = {...this.#goal}; }

  /**
   * @param {number} dtMs
   * @returns {boolean} whether it still moves
   */
  step(dtMs) {
    const share = 1 - Math.exp(-dtMs / EASE_MS);
    const {shot} = this;
    const goal = this.#goal;
    if (Math.abs(goal.x - shot.x) + Math.abs(goal.y - shot.y) + Math.abs(goal.k - shot.k) * 400 < 0.6) {
      const moved = shot.x !== goal.x || shot.y !== goal.y || shot.k !== goal.k;
      this.jump();
      return moved;
    }
    this.shot = {x: shot.x + (goal.x - shot.x) * share, y: shot.y + (goal.y - shot.y) * share, k: shot.k + (goal.k - shot.k) * share};
    return true;
  }

  /** @returns {Shot} where it is going */
  get goal() { return this.#goal; }

  /** @returns {string} for the scene's group */
  get transform() {
    const {x, y, k} = this.shot;
    return k === 1 && x === 0 && y === 0 ? '' : `translate(${x} ${y}) scale(${k})`;
  }
}

/**
 * @param {Shot} shot
 * @param {Point} point
 * @returns {Point}
 */
export function onScreen({x, y, k}, point) {
  return {x: point.x * k + x, y: point.y * k + y};
}

/**
 * @param {Shot} shot
 * @param {Rect} rect
 * @returns {Rect}
 */
export function rectOnScreen(shot, {x, y, w, h}) {
  const at = onScreen(shot, {x, y});
  return {x: at.x, y: at.y, w: w * shot.k, h: h * shot.k};
}
