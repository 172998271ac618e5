/** Everything that a whole flow touches; the layout gives it the room that the story needs. */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
import {foldTo} from './fold.js';

/**
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops
 * @returns {string[]} room, interface and link ids, in order of appearance; rooms that only heard an ARP question come last of the rooms
 */
export function touchedElements(scene, hops) {
  const {rooms, interfaces, links} = foldTo(scene, hops, hops.length - 1).touched;
  const took = new Set(hops.filter(({leg}) => leg !== 'arp').map(({netns}) => netns));
  const [part, bystanders] = [[...rooms].filter((id) => took.has(id)), [...rooms].filter((id) => !took.has(id))];
  return [...part, ...bystanders, ...interfaces, ...links];
}
