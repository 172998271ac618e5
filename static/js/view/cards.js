/** What an element of the scene is: the words on its card and its name in the tree. Facts from the scene only. */
/** @import {Scene, Room, Interface, Link} from '../wire/scene.js' */
/** @import {LearnedTables} from '../state/types.js' */
import {h} from './dom.js';
import {knows, t} from './i18n.js';

/** @typedef {{readonly title: string, readonly what: string, readonly rows: ReadonlyArray<readonly [string, string]>}} CardText */

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {LearnedTables} tables
 * @returns {CardText | null} null where the scene has no such element
 */
export function cardText(scene, id, tables) {
  const room = scene.rooms.find((one) => one.id === id);
  if (room) return roomCard(room, scene);
  const iface = scene.interfaces.find((one) => one.id === id);
  if (iface) return interfaceCard(iface, tables);
  const link = scene.links.find((one) => one.id === id);
  return link ? linkCard(link) : null;
}

/**
 * @param {Room} room
 * @param {Scene} scene
 * @returns {CardText}
 */
function roomCard(room, scene) {
  const inside = scene.rooms.filter(({parent}) => parent === room.id).map(({label}) => label);
  return {title: room.label, what: t(`card.${room.kind}`), rows: kept([
    ['card.address', room.ip ?? ''], ['card.namespace', room.namespace ?? ''], ['card.role', room.role ?? ''], ['card.netns', room.netns],
    ['card.containers', (room.containers ?? []).map(({name, image}) => `${name} (${image})`).join(', ')],
    ['card.listens', (room.listens ?? []).join(', ')], ['card.pods', inside.join(', ')],
  ])};
}

/**
 * @param {Interface} iface
 * @param {LearnedTables} tables
 * @returns {CardText}
 */
function interfaceCard(iface, {fdb}) {
  const short = (/** @type {string} */ id) => id.slice(id.lastIndexOf(':') + 1);
  const learned = fdb.filter(({bridge}) => bridge === iface.id).map(({mac, port}) => `${mac} → ${short(port)}`);
  return {title: iface.name, what: t(`card.${iface.kind}`), rows: kept([
    ['card.address', iface.addresses.join(', ')], ['card.mac', iface.mac], ['card.mtu', String(iface.mtu)],
    ['card.peer', iface.peer ?? ''], ['card.master', iface.master === null ? '' : short(iface.master)],
    ['card.port', iface.port === null ? '' : String(iface.port)], ['card.state', iface.up ? 'UP' : 'DOWN'], ['card.fdb', learned.join('\n')],
  ])};
}

/**
 * @param {Link} link
 * @returns {CardText}
 */
function linkCard({kind, a, b, tag}) {
  return {title: t(`link.${kind}`), what: t(`card.link.${kind}`), rows: kept([['card.ends', `${a}\n${b}`], ['card.tag', tag ?? '']])};
}

/**
 * @param {ReadonlyArray<readonly [string, string]>} rows
 * @returns {(readonly [string, string])[]} with a translated name, and only those that have a value
 */
function kept(rows) {
  return rows.filter(([, value]) => value !== '').map(([key, value]) => [knows(key) ? t(key) : key, value]);
}

/**
 * @param {CardText} card
 * @param {() => void} close
 * @returns {HTMLElement}
 */
export function cardElement({title, what, rows}, close) {
  return h('div', {class: 'card', role: 'group', 'aria-label': title},
    h('button', {type: 'button', class: 'mini shut', 'aria-label': t('close'), onclick: close}, '✕'),
    h('h3', {class: 'mono'}, title), h('p', {}, what),
    h('dl', {}, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])));
}

/**
 * The name by which the tree calls an element: "cni0, bridge, 10.2.2.1/24".
 * @param {Scene} scene
 * @param {string} id
 * @returns {string}
 */
export function elementName(scene, id) {
  const room = scene.rooms.find((one) => one.id === id);
  if (room) return [room.label, t(`kind.${room.kind}`), room.ip].filter(Boolean).join(', ');
  const iface = scene.interfaces.find((one) => one.id === id);
  if (iface) return [iface.name, t(`kind.${iface.kind}`), ...iface.addresses, iface.up ? '' : t('down')].filter(Boolean).join(', ');
  return id;
}
