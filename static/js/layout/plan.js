/** What is to be drawn and how important it is, before any place is given to it. */
/** @import {Interface, Link, Room, Scene} from '../wire/scene.js' */
/** @import {LayoutOptions, Level} from './types.js' */

/**
 * main: the story happens here; side: only its NIC is touched; quiet: has no part.
 * @typedef {'main' | 'side' | 'quiet'} Rank
 */
/**
 * @typedef {object} PodPlan
 * @property {Room} room
 * @property {Interface | null} eth
 * @property {Interface | null} loopback   only when used
 * @property {Interface | null} port   the node's end of its cable
 * @property {Link | null} cable
 * @property {number} weight   lower = more important
 * @property {boolean} quiet
 */
/**
 * @typedef {object} NodePlan
 * @property {Room} room
 * @property {Rank} rank
 * @property {ReadonlyArray<PodPlan>} pods   in scene order
 * @property {Interface | null} bridge
 * @property {ReadonlyArray<Interface>} tubes
 * @property {ReadonlyArray<Interface>} nics
 * @property {Interface | null} loopback   only when used
 */
/** @typedef {{room: Room, nics: ReadonlyArray<Interface>, weight: number, quiet: boolean}} CloudPlan   weight as of a pod */
/**
 * @typedef {object} Plan
 * @property {Scene} scene
 * @property {Level} level
 * @property {ReadonlyArray<NodePlan>} nodes   in scene order
 * @property {ReadonlyArray<CloudPlan>} clouds
 * @property {Room | null} lan
 * @property {ReadonlySet<string>} story   ids in focus or touched; a pod's node counts too
 */

/** @param {Scene} scene @param {LayoutOptions} options @returns {Plan} */
export function makePlan(scene, {level, focus = [], touched = []}) {
  const story = new Set([...focus, ...touched]);
  const order = [...story];
  const nodes = scene.rooms.filter(({kind}) => kind === 'node').map((room) => planNode(scene, room, story, order, new Set(focus)));
  return {
    scene, level, story, nodes: promoted(nodes),
    clouds: scene.rooms.filter(({kind}) => kind === 'external' || kind === 'gateway').map((room) => ({
      room, nics: interfacesIn(scene, room.id).filter(({kind}) => kind !== 'loopback'),
      weight: appearance(scene, room.id, order), quiet: !involves(scene, room.id, story) && story.size > 0,
    })),
    lan: scene.rooms.find(({kind}) => kind === 'lan') ?? null,
  };
}

/** Where nobody has the main part, the next ones in rank have it. @param {NodePlan[]} nodes @returns {NodePlan[]} */
function promoted(nodes) {
  const best = ['main', 'side', 'quiet'].find((rank) => nodes.some((node) => node.rank === rank));
  return nodes.map((node) => (node.rank === best ? {...node, rank: 'main'} : node));
}

/**
 * @param {Scene} scene
 * @param {Room} room
 * @param {ReadonlySet<string>} story
 * @param {ReadonlyArray<string>} order  the story's ids in order of appearance
 * @param {ReadonlySet<string>} focus
 * @returns {NodePlan}
 */
function planNode(scene, room, story, order, focus) {
  const own = interfacesIn(scene, room.id);
  const pods = scene.rooms.filter(({kind, parent}) => kind === 'pod' && parent === room.id).map((pod) => planPod(scene, pod, story, order));
  const nics = own.filter(({kind}) => kind === 'nic');
  const inside = own.some(({id, kind}) => kind !== 'nic' && story.has(id)) || pods.some(({quiet}) => !quiet);
  const rank = inside || focus.has(room.id) ? 'main' : involves(scene, room.id, story) ? 'side' : 'quiet';
  return {
    room, rank, pods, nics,
    bridge: own.find(({kind}) => kind === 'bridge') ?? null,
    tubes: own.filter(({kind}) => kind === 'vxlan' || kind === 'ipip'),
    loopback: own.find(({id, kind}) => kind === 'loopback' && story.has(id)) ?? null,
  };
}

/**
 * @param {Scene} scene
 * @param {Room} room
 * @param {ReadonlySet<string>} story
 * @param {ReadonlyArray<string>} order
 * @returns {PodPlan}
 */
function planPod(scene, room, story, order) {
  const own = interfacesIn(scene, room.id);
  const eth = own.find(({kind}) => kind === 'veth') ?? null;
  return {
    room, eth,
    port: scene.interfaces.find(({id}) => id === eth?.peer) ?? null,
    cable: scene.links.find(({kind, a, b}) => kind === 'veth' && (a === eth?.id || b === eth?.id)) ?? null,
    loopback: own.find(({id, kind}) => kind === 'loopback' && story.has(id)) ?? null,
    weight: appearance(scene, room.id, order),
    quiet: !involves(scene, room.id, story) && story.size > 0,
  };
}

/** @param {Scene} scene @param {string} room @returns {Interface[]} */
function interfacesIn(scene, room) {
  return scene.interfaces.filter((iface) => iface.room === room);
}

/** @param {Scene} scene @param {string} room @param {ReadonlyArray<string>} order @returns {number} when the story first comes to it */
function appearance(scene, room, order) {
  const ids = [room, ...interfacesIn(scene, room).map(({id}) => id)];
  const first = order.findIndex((id) => ids.includes(id));
  return first === -1 ? order.length : first;
}

/** @param {Scene} scene @param {string} room @param {ReadonlySet<string>} story */
function involves(scene, room, story) {
  return story.has(room) || interfacesIn(scene, room).some(({id}) => story.has(id));
}
