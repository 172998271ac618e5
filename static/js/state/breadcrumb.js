/** "You are here": node > namespace > interface > stage of the stack, each part pointing at an element. */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene, Room} from '../wire/scene.js' */
/** @import {Crumb} from './types.js' */
import {placeOf} from './place.js';
import {indexScene} from './sceneindex.js';

/**
 * @param {Scene} scene
 * @param {Hop | null} hop
 * @returns {Crumb[]} empty before the first hop
 */
export function breadcrumb(scene, hop) {
  if (hop === null) return [];
  const known = indexScene(scene);
  const place = placeOf(known, hop);
  const room = known.rooms.get(place.room);
  const crumbs = room ? roomCrumbs(room, known.rooms.get(room.parent ?? '')) : [crumb('netns', hop.netns, null)];
  if (hop.interface) crumbs.push(crumb('interface', hop.interface, place.interface));
  // A stage of the stack has a name in every language; a netfilter one (nat PREROUTING) is shown as the tools print it.
  if (hop.stage) crumbs.push({...crumb('stage', hop.stage, place.interface ?? place.room), code: `crumb.stage.${hop.stage}`});
  return crumbs;
}

/** @param {Room} room @param {Room | undefined} parent @returns {Crumb[]} */
function roomCrumbs(room, parent) {
  if (room.kind === 'lan') return [crumb('lan', room.label, room.id)];
  if (room.kind === 'node') return [crumb('node', room.label, room.id), {...crumb('netns', room.netns, room.id), code: 'crumb.root-namespace'}];
  return [...(parent ? [crumb('node', parent.label, parent.id)] : []), crumb('netns', room.label, room.id)];
}

/** @param {Crumb['kind']} kind @param {string} label @param {string | null} element @returns {Crumb} */
function crumb(kind, label, element) {
  return {kind, label, code: null, element};
}
