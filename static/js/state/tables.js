/** What bridges and namespaces learned during the flow, told from the hops alone. */
/** @import {Hop, ArpLayer, EthLayer} from '../wire/protocol.js' */
/** @import {FdbEntry, LearnedTables, NeighEntry, Place} from './types.js' */
/** @import {SceneIndex} from './sceneindex.js' */

/** @type {LearnedTables} */
export const NOTHING_LEARNED = {fdb: [], neigh: []};

/**
 * @param {SceneIndex} scene
 * @param {LearnedTables} tables
 * @param {Hop} hop
 * @param {{place: Place, from: Place | null, index: number}} at
 * @returns {LearnedTables} the same object when nothing was learned
 */
export function learn(scene, tables, hop, at) {
  const entry = hop.kind === 'bridge-learn' ? fdbEntry(scene, hop, at) : null;
  const fdb = entry ? [...tables.fdb.filter((old) => old.bridge !== entry.bridge || old.mac !== entry.mac), entry] : tables.fdb;
  const neigh = neighEntries(scene, hop, at).reduce(addNeighbour, tables.neigh);
  return fdb === tables.fdb && neigh === tables.neigh ? tables : {fdb, neigh};
}

/**
 * @param {SceneIndex} scene
 * @param {Hop} hop  a bridge-learn, at the port or at the bridge itself
 * @param {{place: Place, from: Place | null, index: number}} at
 * @returns {FdbEntry | null}
 */
function fdbEntry(scene, hop, {place, from, index}) {
  const eth = /** @type {EthLayer | undefined} */ (hop.headers.find(({layer}) => layer === 'eth'));
  const here = scene.interfaces.get(place.interface ?? '');
  if (eth === undefined || place.interface === null) return null;
  if (here?.master) return {bridge: here.master, mac: eth.src, port: here.id, hop: index};
  const named = hop.caption.params['port'];
  const port = typeof named === 'string' ? `${hop.netns}:${named}` : (from?.netns === hop.netns ? from.interface : null);
  return {bridge: place.interface, mac: eth.src, port: port ?? place.interface, hop: index};
}

/**
 * Whoever asks has an entry without a MAC; whoever answers knows the asker; whoever gets the answer knows who gave it.
 * @param {SceneIndex} scene
 * @param {Hop} hop
 * @param {{place: Place, index: number}} at
 * @returns {NeighEntry[]}
 */
function neighEntries(scene, hop, {place, index}) {
  const arp = /** @type {ArpLayer | undefined} */ (hop.headers.find(({layer}) => layer === 'arp'));
  if (arp === undefined) return [];
  const at = {netns: hop.netns, interface: hop.interface, hop: index};
  if (hop.kind === 'arp-request' && arp.op === 'request') return [{...at, ip: arp.target, mac: null}];
  if (hop.kind === 'arp-reply' && arp.op === 'reply') return [{...at, ip: arp.target, mac: arp.target_mac}];
  const mine = scene.interfaces.get(place.interface ?? '')?.mac === arp.target_mac;
  if (hop.kind === 'receive' && arp.op === 'reply' && mine) return [{...at, ip: arp.sender, mac: arp.sender_mac}];
  return [];
}

/**
 * @param {ReadonlyArray<NeighEntry>} entries
 * @param {NeighEntry} entry
 * @returns {ReadonlyArray<NeighEntry>}
 */
function addNeighbour(entries, entry) {
  const same = (/** @type {NeighEntry} */ old) => old.netns === entry.netns && old.ip === entry.ip;
  const old = entries.find(same);
  if (old && (entry.mac === null || entry.mac === old.mac)) return entries;
  return [...entries.filter((other) => !same(other)), entry];
}
