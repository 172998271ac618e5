/** Which elements of the scene a hop, or a whole flow, has to do with. */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {Place, Segment, Touched} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */
import {indexScene} from './sceneindex.js';

/** @type {Touched} */
export const UNTOUCHED = {rooms: [], interfaces: [], links: []};

/**
 * @param {SceneIndex} scene
 * @param {Hop} hop
 * @param {Place} place
 * @param {Segment | null} segment
 * @returns {Touched} what this one hop touches: its room and those around it, its interface, the link it came by
 */
export function touchedByHop(scene, hop, place, segment) {
  const tunnel = tunnelOf(scene, hop, place);
  const links = [segment?.link, tunnel].filter((id) => id !== null && id !== undefined);
  return {rooms: roomsAround(scene, place.room), interfaces: place.interface === null ? [] : [place.interface], links};
}

/**
 * @param {Touched} all
 * @param {Touched} more
 * @returns {Touched} the same object when `more` adds nothing
 */
export function unite(all, more) {
  const rooms = merged(all.rooms, more.rooms);
  const interfaces = merged(all.interfaces, more.interfaces);
  const links = merged(all.links, more.links);
  const same = rooms === all.rooms && interfaces === all.interfaces && links === all.links;
  return same ? all : {rooms, interfaces, links};
}

/** @param {Scene} scene @param {string} room @returns {ReadonlyArray<string>} the room and all rooms around it, inside out */
export function roomPath(scene, room) {
  return roomsAround(indexScene(scene), room);
}

/** @param {SceneIndex} scene @param {string} room @returns {string[]} */
function roomsAround(scene, room) {
  const parent = scene.rooms.get(room)?.parent ?? null;
  return parent === null || parent === room ? [room] : [room, ...roomsAround(scene, parent)];
}

/**
 * @param {SceneIndex} scene
 * @param {Hop} hop
 * @param {Place} place
 * @returns {string | null} the tunnel that the packet enters or leaves at this hop
 */
function tunnelOf(scene, hop, place) {
  if (hop.kind !== 'encapsulate' && hop.kind !== 'decapsulate') return null;
  const tunnels = (scene.linksAt.get(place.interface ?? '') ?? []).filter(({kind}) => kind === 'tunnel');
  const outer = hop.headers.find((layer) => layer.layer === 'ipv4');
  const far = outer && 'dst' in outer ? [outer.src, outer.dst] : [];
  const match = tunnels.find(({a, b}) => far.includes(farIp(scene, a === place.interface ? b : a)));
  return (match ?? (tunnels.length === 1 ? tunnels[0] : undefined))?.id ?? null;
}

/** @param {SceneIndex} scene @param {string} end  interface id @returns {string} address of the node it belongs to */
function farIp(scene, end) {
  return scene.rooms.get(scene.interfaces.get(end)?.room ?? '')?.ip ?? '';
}

/** @param {ReadonlyArray<string>} all @param {ReadonlyArray<string>} more @returns {ReadonlyArray<string>} */
function merged(all, more) {
  const fresh = more.filter((id) => !all.includes(id));
  return fresh.length === 0 ? all : [...all, ...fresh];
}
