/** The measures of a node's inside, by level of detail and shape of the stage; pixels. */
/** @import {Level} from './types.js' */
/** @import {NodePlan, PodPlan} from './plan.js' */
import {textWidth} from './metrics.js';

/**
 * @typedef {object} Look
 * @property {boolean} macs   MACs and veth names are shown
 * @property {boolean} tiles   containers are shown
 * @property {number} pad   between a node's edge and what is in it
 * @property {number} gap   between neighbours
 * @property {number} header   height of the name line
 * @property {number} nameSize
 * @property {number} textSize   interface names, addresses
 * @property {number} smallSize   MACs, tags
 * @property {number} podHeight
 * @property {number} podInset   dashed namespace to solid pod
 * @property {number} strip   below the pod, with its eth0
 * @property {number} cable   shortest veth cable
 * @property {number} bar
 * @property {number} fib
 * @property {number} tube
 * @property {number} nic
 */

/** @type {Look} */
const PLAIN = {
  macs: false, tiles: false, pad: 13, gap: 10, header: 34, nameSize: 13, textSize: 11, smallSize: 9.5,
  podHeight: 66, podInset: 8, strip: 20, cable: 40, bar: 34, fib: 24, tube: 34, nic: 26,
};
/** @type {Look} */
const WITH_MACS = {...PLAIN, macs: true, podHeight: 78, tube: 42, nic: 36};
/** @type {Look} */
const WITH_TILES = {...WITH_MACS, tiles: true, podHeight: 98};
/** For phones: the rows are low and the text is small. @type {Look} */
export const SMALL = {
  macs: false, tiles: false, pad: 9, gap: 8, header: 22, nameSize: 12, textSize: 10.5, smallSize: 9,
  podHeight: 44, podInset: 4, strip: 11, cable: 15, bar: 20, fib: 22, tube: 24, nic: 24,
};

/** @param {Level} level @returns {Look} */
export function lookOf(level) {
  return level === 1 ? PLAIN : level === 2 ? WITH_MACS : WITH_TILES;
}

/** The most that a pod's name may take, px; the next where the pods of the story have no room else. */
export const NAME_WIDTHS = Object.freeze([124, 104, 84, 56]);

/**
 * @param {PodPlan} pod
 * @param {Look} look
 * @param {number} [most]  for its name, px; its addresses are never cut
 * @returns {number} width of its dashed box
 */
export function podWidth({room, eth, quiet}, look, most = 124) {
  const mac = look.macs && !quiet && eth ? textWidth(eth.mac, look.smallSize, 'mono') : 0;
  const name = Math.min(textWidth(room.label, look.textSize, 'sans', true), most);
  return Math.min(Math.max(name, textWidth(room.ip ?? '', look.textSize, 'mono'), mac, 56), 124) + 2 * (look.podInset + 6);
}

/** Widest and narrowest group box "+ n pods". */
export const GROUP_WIDTH = 58;

/** @param {NodePlan} node @param {Look} look @returns {{nic: number, tube: number}} widths; 0 where there is none */
export function deviceWidths({nics, tubes}, look) {
  const [nic] = nics;
  const [tube] = tubes;
  const mac = look.macs ? textWidth('00:00:00:00:00:00', look.smallSize, 'mono') : 0;
  return {
    nic: nic ? Math.max(textWidth(nic.name, look.textSize, 'mono'), mac, 36) + 10 : 0,
    tube: tube ? Math.max(textWidth(tubeText(tube, look), look.textSize, 'mono'), mac) + 24 : 0,
  };
}

/**
 * @param {{name: string, addresses: ReadonlyArray<string>}} tube
 * @param {Look} look
 * @returns {string}
 */
export function tubeText({name, addresses}, look) {
  const address = look.macs ? addresses[0]?.split('/')[0] : undefined;
  return address === undefined ? name : `${name} ${address}`;
}

/**
 * Narrowest and best width of a node drawn in a column.
 * @param {NodePlan} node
 * @param {Look} look
 * @returns {{least: number, best: number}}
 */
export function nodeWidths(node, look) {
  const {nic, tube} = deviceWidths(node, look);
  const title = textWidth(node.room.label, look.nameSize, 'sans', true) + textWidth(node.room.ip ?? '', look.textSize, 'mono') + 14;
  const devices = nic + (tube ? tube + look.gap + 2 : 0);
  const shown = node.rank === 'main' ? node.pods : node.pods.slice(0, 2);
  const pods = shown.reduce((sum, pod) => sum + podWidth(pod, look) + look.gap, -look.gap);
  const least = Math.max(Math.min(title, 230), devices, ...shown.slice(0, 1).map((pod) => podWidth(pod, look)));
  return {least: least + 2 * look.pad, best: Math.max(Math.min(pods, 440), title, devices, 150) + 2 * look.pad};
}
