/** The packet that is read now. */
/** @import {PacketState, Stage} from '../state/types.js' */

/**
 * A hop that changed nothing shows no change: what differs then is that the sender looks at its own copy again.
 * @param {Stage} stage
 * @returns {PacketState | null}
 */
export function currentPacket({packets, current, hop}) {
  const packet = packets.find(({packet: number}) => number === current) ?? null;
  if (packet === null || hop === null || hop.changes.length > 0) return packet;
  return {...packet, diffs: [], pushed: 0, popped: []};
}
