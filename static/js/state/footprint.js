/** Everything that a whole flow touches; the layout gives it the room that the story needs. */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
import {foldTo} from './fold.js';

/**
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops
 * @returns {string[]} room, interface and link ids, in order of appearance
 */
export function touchedElements(scene, hops) {
  const {rooms, interfaces, links} = foldTo(scene, hops, hops.length - 1).touched;
  return [...rooms, ...interfaces, ...links];
}
