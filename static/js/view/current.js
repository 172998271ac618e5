/** The packet that is read now. */
/** @import {PacketState, Stage} from '../state/types.js' */

/**
 * @param {Stage} stage
 * @returns {PacketState | null}
 */
export function currentPacket({packets, current}) {
  return packets.find(({packet}) => packet === current) ?? null;
}
