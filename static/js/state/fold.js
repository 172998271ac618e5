/**
 * Folds hops into what is on the stage. Same scene, same hops, same index: the same stage, however one came there;
 * so stepping back is folding again from the start.
 */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {PacketState, Place, Stage} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */
/** @import {Spread} from './copies.js' */
import {moveCopy} from './copies.js';
import {fateOf, fateOfAll, stampsAfter} from './fate.js';
import {depthOf, diffHeaders} from './headers.js';
import {placeOf, segmentOf} from './place.js';
import {indexScene} from './sceneindex.js';
import {learn, NOTHING_LEARNED} from './tables.js';
import {touchedByHop, unite, UNTOUCHED} from './touched.js';

/** The stage before anything happened. @returns {Stage} */
export function emptyStage() {
  return {
    index: -1, hop: null, current: null, place: null, packets: [], trail: [], segment: null,
    here: UNTOUCHED, touched: UNTOUCHED, tables: NOTHING_LEARNED,
  };
}

/**
 * The stage after one more hop. Pure: `stage` is left as it is.
 * @param {Scene} scene
 * @param {Stage} stage
 * @param {Hop} hop  the hop with index `stage.index + 1`
 * @returns {Stage}
 */
export function reduce(scene, stage, hop) {
  const known = indexScene(scene);
  const index = stage.index + 1;
  const place = placeOf(known, hop);
  if (hop.kind === 'control') return withoutPacket(known, stage, hop, place);
  const old = stage.packets.find(({packet}) => packet === hop.packet) ?? null;
  const {packet, from} = movePacket(known, old, hop, place, index);
  const segment = from === null ? null : segmentOf(known, from, place, hop.packet, index);
  const here = touchedByHop(known, hop, place, segment);
  return {
    index, hop, current: hop.packet, place, segment, here,
    packets: withPacket(stage.packets.map(settled), packet),
    trail: segment ? [...stage.trail, segment] : stage.trail,
    touched: unite(stage.touched, here),
    tables: learn(known, stage.tables, hop, {place, from, index}),
  };
}

/**
 * A controller has written something: every packet stays where it is, and the place is looked at.
 * @param {SceneIndex} known
 * @param {Stage} stage
 * @param {Hop} hop
 * @param {Place} place
 * @returns {Stage}
 */
function withoutPacket(known, stage, hop, place) {
  const here = touchedByHop(known, hop, place, null);
  return {
    ...stage, index: stage.index + 1, hop, current: null, place, segment: null, here,
    packets: stage.packets.map(settled), touched: unite(stage.touched, here),
  };
}

/** How many hops apart stages are remembered. */
const STRIDE = 16;
/** @type {WeakMap<ReadonlyArray<Hop>, {scene: Scene, stages: Stage[]}>} */
const checkpoints = new WeakMap();

/**
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops  must not be changed afterwards: stages are remembered for this very list
 * @param {number} index  -1 = before anything; beyond the end = after the last hop
 * @returns {Stage}
 */
export function foldTo(scene, hops, index) {
  const target = Math.max(-1, Math.min(index, hops.length - 1));
  const stages = remembered(scene, hops);
  const start = Math.min(Math.floor((target + 1) / STRIDE), stages.length - 1);
  let stage = stages[start] ?? emptyStage();
  for (const hop of hops.slice(stage.index + 1, target + 1)) {
    stage = reduce(scene, stage, hop);
    if ((stage.index + 1) / STRIDE === stages.length) stages.push(stage);
  }
  return stage;
}

/** @param {Scene} scene @param {ReadonlyArray<Hop>} hops @returns {Stage[]} stages after 0, STRIDE, 2 STRIDE ... hops */
function remembered(scene, hops) {
  const memory = checkpoints.get(hops);
  if (memory?.scene === scene) return memory.stages;
  const stages = [emptyStage()];
  checkpoints.set(hops, {scene, stages});
  return stages;
}

/**
 * A timeout changes nothing: what differs then is that the sender looks at its own copy again.
 * @param {SceneIndex} scene
 * @param {PacketState | null} old  null: the packet is new
 * @param {Hop} hop
 * @param {Place} place
 * @param {number} index
 * @returns {{packet: PacketState, from: Place | null}}
 */
function movePacket(scene, old, hop, place, index) {
  const fate = fateOf(scene, hop, place);
  /** @type {Spread} */
  const before = old ? {copies: old.copies, source: old.floodedAt} : {copies: [], source: null};
  const {spread, from} = moveCopy(scene, before, hop, {place, fate, index});
  const packet = {
    packet: hop.packet, leg: hop.leg, attempt: hop.attempt, headers: hop.headers,
    copies: spread.copies, floodedAt: spread.source,
    ...diffHeaders(hop.kind === 'timeout' ? null : old?.headers ?? null, hop.headers), depth: depthOf(hop.headers),
    stamps: stampsAfter(old?.stamps ?? [], hop, index), fate: fateOfAll(spread.copies),
    bornAt: old?.bornAt ?? index, movedAt: index,
  };
  return {packet, from};
}

/** @param {PacketState} packet @returns {PacketState} without the marks of its last hop */
function settled(packet) {
  if (packet.diffs.length + packet.pushed + packet.popped.length === 0) return packet;
  return {...packet, diffs: [], pushed: 0, popped: []};
}

/** @param {PacketState[]} packets @param {PacketState} packet @returns {PacketState[]} by packet number */
function withPacket(packets, packet) {
  return [...packets.filter((other) => other.packet !== packet.packet), packet].sort((a, b) => a.packet - b.packet);
}

/**
 * The packets to draw: the current one, and those still on their way.
 * @param {Stage} stage
 * @returns {ReadonlyArray<PacketState>}
 */
export function packetsOnStage(stage) {
  return stage.packets.filter((packet) => packet.packet === stage.current || packet.fate === 'moving');
}
