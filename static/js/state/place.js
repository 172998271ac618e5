/** Where on the stage a hop happened, and which stretch lies between two such places. */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Link} from '../wire/scene.js' */
/** @import {Place, Segment} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */
import {linkBetween} from './sceneindex.js';

/**
 * @param {SceneIndex} scene
 * @param {Hop} hop
 * @returns {Place} the room is the namespace's own name where the scene does not know it
 */
export function placeOf(scene, hop) {
  const room = (scene.rooms.get(`lan/${hop.interface}`) ?? scene.roomOfNetns.get(hop.netns))?.id ?? hop.netns;
  return {room, netns: hop.netns, interface: hop.interface ? `${hop.netns}:${hop.interface}` : null};
}

/** @param {Place} one @param {Place} other @returns {boolean} */
export function samePlace(one, other) {
  return one.netns === other.netns && one.interface === other.interface;
}

/**
 * The scene's own cable between two places. Both ends of a wire to the LAN count, so a packet that leaves a NIC for the
 * switch, or the switch for a NIC, runs along that NIC's wire.
 * @param {SceneIndex} scene
 * @param {Place} from
 * @param {Place} to
 * @returns {Link | null}
 */
export function linkOf(scene, from, to) {
  if (from.netns === to.netns) return null;
  return linkBetween(scene, ends(from), ends(to)) ?? wireOfPort(scene, from, to) ?? wireOfPort(scene, to, from);
}

/** @param {Place} place */
const ends = (place) => [place.interface, place.room];

/**
 * @param {SceneIndex} scene
 * @param {Place} port  at an underlay port
 * @param {Place} nic
 * @returns {Link | null}
 */
function wireOfPort(scene, port, nic) {
  const plugged = scene.nicAtPort.get(port.interface ?? '');
  return plugged !== undefined && plugged === nic.interface ? linkBetween(scene, [plugged], [port.room]) : null;
}

/**
 * @param {SceneIndex} scene
 * @param {Place} from
 * @param {Place} to
 * @param {number} packet
 * @param {number} hop  index
 * @returns {Segment | null} null when it did not move
 */
export function segmentOf(scene, from, to, packet, hop) {
  if (samePlace(from, to)) return null;
  const link = linkOf(scene, from, to);
  return {packet, hop, from, to, link: link?.id ?? null, kind: kindOf(link, from, to)};
}

/**
 * @param {Link | null} link
 * @param {Place} from
 * @param {Place} to
 * @returns {Segment['kind']}
 */
function kindOf(link, from, to) {
  if (link) return link.kind === 'wire' ? 'wire' : 'cable';
  return from.netns === to.netns ? 'inside' : 'jump';
}
