/**
 * One owner = one colour slot + one tag + one shape, everywhere: stage, headers, tables, captions, questions.
 * The main characters of the lesson take the five slots in order of appearance; everyone else is neutral with a tag.
 */
/** @import {Scene, Room, RoomKind} from '../wire/scene.js' */
/** @import {Trace} from '../wire/protocol.js' */
/** @import {Chip, ChipShape, Slots} from './types.js' */
import {indexScene} from './sceneindex.js';

/** How many colours there are (style.md: a sixth could no longer be told apart). */
export const SLOT_COUNT = 5;

/** @type {Readonly<Record<Exclude<RoomKind, 'lan'>, readonly [ChipShape, string]>>} */
const LOOKS = {pod: ['pod', 'P'], node: ['node', 'N'], external: ['client', 'C'], gateway: ['gateway', 'G']};

/**
 * @param {Scene} scene
 * @param {{traces?: ReadonlyArray<Pick<Trace, 'from' | 'to'>>, focus?: ReadonlyArray<string>}} [story]
 * @returns {Slots}
 */
export function assignSlots(scene, {traces = [], focus = []} = {}) {
  const addresses = addressBook(scene);
  const main = [...new Set(characters(scene, addresses, traces, focus))].slice(0, SLOT_COUNT);
  const rooms = scene.rooms.filter(({kind}) => kind !== 'lan');
  const ordered = [...main.flatMap((id) => rooms.filter((room) => room.id === id)), ...rooms.filter(({id}) => !main.includes(id))];
  /** @type {Record<string, Chip>} */
  const owners = {};
  /** @type {Record<string, number>} */
  const counts = {};
  for (const room of ordered) {
    owners[room.id] = chip(room, main.indexOf(room.id) + 1, counts);
  }
  return {owners, addresses};
}

/**
 * @param {Room} room
 * @param {number} slot
 * @param {Record<string, number>} counts  how many of each letter were given out; counted up here
 * @returns {Chip}
 */
function chip(room, slot, counts) {
  const [shape, letter] = LOOKS[room.kind === 'lan' ? 'external' : room.kind];
  const number = (counts[letter] ?? 0) + 1;
  counts[letter] = number;
  const tag = letter === 'G' && number === 1 ? letter : `${letter}${number}`;
  return {owner: room.id, label: room.label, slot: /** @type {Chip['slot']} */ (slot), tag, shape};
}

/** @param {Scene} scene @returns {Record<string, string>} every address and MAC of the scene -> room id of its owner */
function addressBook(scene) {
  /** @type {Record<string, string>} */
  const book = {};
  for (const {room, mac, kind, addresses} of scene.interfaces) {
    if (kind === 'loopback') continue;
    if (mac) book[mac] ??= room;
    for (const address of addresses) book[address.split('/')[0] ?? address] ??= room;
  }
  for (const {id, ip, kind} of scene.rooms) if (ip && kind !== 'lan') book[ip] = id;
  return book;
}

/**
 * @param {Scene} scene
 * @param {Readonly<Record<string, string>>} addresses
 * @param {ReadonlyArray<Pick<Trace, 'from' | 'to'>>} traces
 * @param {ReadonlyArray<string>} focus
 * @returns {string[]} room ids in order of appearance, some more than once
 */
function characters(scene, addresses, traces, focus) {
  const flows = traces.flatMap(({from, to}) => [sender(from), addresses[hostOf(to)]]);
  const {rooms, interfaces} = indexScene(scene);
  const seen = focus.map((id) => interfaces.get(id)?.room ?? id);
  return [...flows, ...seen].filter((id) => id !== undefined && rooms.has(id) && rooms.get(id)?.kind !== 'lan')
    .map((id) => id ?? '');
}

/** @param {string} who  `pod/NS/NAME`, `node/NAME` or `ext/NAME` @returns {string} room id */
function sender(who) {
  return who.startsWith('node/') ? who.slice('node/'.length) : who;
}

/** @param {string} url @returns {string} host part, without scheme, port and path */
function hostOf(url) {
  return /^[a-z]+:\/\/([^/:]+)/.exec(url)?.[1] ?? url;
}
