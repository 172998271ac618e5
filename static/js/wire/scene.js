/**
 * The picture's nouns (`podwalk-scene/v1`): what there is and what is inside what. Types only; no coordinates.
 */

/** @typedef {'node' | 'pod' | 'external' | 'gateway' | 'lan'} RoomKind */
/** @typedef {{readonly name: string, readonly image: string}} Container */
/**
 * @typedef {object} Room
 * @property {string} id
 * @property {RoomKind} kind
 * @property {string} label
 * @property {string | null} parent   the room that this one stands in
 * @property {string} netns
 * @property {string | null} [ip]
 * @property {string} [role]   nodes: `control-plane`, `worker`
 * @property {string} [namespace]   pods
 * @property {ReadonlyArray<Container>} [containers]   pods
 * @property {ReadonlyArray<string>} [listens]   `tcp/80` ...
 */
/** @typedef {'loopback' | 'veth' | 'bridge' | 'nic' | 'vxlan' | 'ipip'} InterfaceKind */
/**
 * @typedef {object} Interface
 * @property {string} id   `NETNS:NAME`
 * @property {string} netns
 * @property {string} room
 * @property {string} name
 * @property {InterfaceKind} kind
 * @property {string} mac
 * @property {number} mtu   bytes
 * @property {ReadonlyArray<string>} addresses   with prefix length
 * @property {boolean} up
 * @property {string | null} master   id of the bridge it is a port of
 * @property {string | null} peer   id of the other end of its cable
 * @property {number | null} port   number of the bridge port
 */
/** @typedef {'veth' | 'wire' | 'tunnel'} LinkKind */
/**
 * @typedef {object} Link
 * @property {string} id
 * @property {LinkKind} kind
 * @property {string} a   an interface id, or a room id (the LAN)
 * @property {string} b
 * @property {string | null} [tag]   the two letters on both plugs of a veth cable
 */
/**
 * @typedef {object} Scene
 * @property {'podwalk-scene/v1'} schema
 * @property {string} cluster
 * @property {string} title
 * @property {ReadonlyArray<Room>} rooms
 * @property {ReadonlyArray<Interface>} interfaces
 * @property {ReadonlyArray<Link>} links
 */

export {};
