/** Look-up tables over a scene, built once per scene. */
/** @import {Scene, Room, Interface, Link} from '../wire/scene.js' */

/**
 * @typedef {object} SceneIndex
 * @property {ReadonlyMap<string, Room>} rooms   by id
 * @property {ReadonlyMap<string, Room>} roomOfNetns
 * @property {ReadonlyMap<string, Interface>} interfaces   by id
 * @property {ReadonlyMap<string, ReadonlyArray<Link>>} linksAt   by the id of either end
 * @property {ReadonlyMap<string, string>} nicAtPort   underlay port (`underlay:swp2`) -> the interface plugged into it
 */

/** @type {WeakMap<Scene, SceneIndex>} */
const known = new WeakMap();

/**
 * @param {Scene} scene
 * @returns {SceneIndex} the same object for the same scene
 */
export function indexScene(scene) {
  const index = known.get(scene) ?? build(scene);
  known.set(scene, index);
  return index;
}

/** @param {Scene} scene @returns {SceneIndex} */
function build(scene) {
  /** @type {Map<string, Link[]>} */
  const linksAt = new Map();
  for (const link of scene.links) {
    for (const end of [link.a, link.b]) linksAt.set(end, [...(linksAt.get(end) ?? []), link]);
  }
  const interfaces = new Map(scene.interfaces.map((iface) => [iface.id, iface]));
  return {
    rooms: new Map(scene.rooms.map((room) => [room.id, room])),
    roomOfNetns: new Map(scene.rooms.toReversed().map((room) => [room.netns, room])),
    interfaces, linksAt,
    nicAtPort: new Map(scene.interfaces.flatMap(({id, kind, peer}) => (kind === 'nic' && peer ? [[peer, id]] : []))),
  };
}

/**
 * The link that joins two ends directly, if one does; an end is an interface id or a room id. A tunnel does not count:
 * what it carries travels on the wire below.
 * @param {SceneIndex} index
 * @param {ReadonlyArray<string | null>} from
 * @param {ReadonlyArray<string | null>} to
 * @returns {Link | null}
 */
export function linkBetween(index, from, to) {
  for (const end of from) {
    const found = (index.linksAt.get(end ?? '') ?? []).find(({kind, a, b}) => kind !== 'tunnel' && to.includes(a === end ? b : a));
    if (found) return found;
  }
  return null;
}
