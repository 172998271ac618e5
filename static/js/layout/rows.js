/** The heights of a node's rows. All nodes of a drawing share them, so that bridges, tunnels and NICs stand in line. */
/** @import {Look} from './look.js' */
/** @import {NodePlan} from './plan.js' */

/**
 * Offsets from the node's top edge.
 * @typedef {object} Rows
 * @property {number} height   of the whole node
 * @property {number} pods
 * @property {number} podHeight
 * @property {number} bar
 * @property {number} barHeight
 * @property {number} table
 * @property {number} tableRows   0: no table
 * @property {number} fib
 * @property {number} tube
 * @property {number} nic
 */

/** Height of a table's title and of one of its rows. */
export const TABLE = Object.freeze({title: 19, row: 15, gap: 9, most: 4});

/**
 * Rows of a node drawn as a column: pods, bridge, routing and tunnel, NIC at the bottom edge.
 * @param {ReadonlyArray<NodePlan>} nodes  those that share the rows
 * @param {Look} look
 * @param {number} height  to fill; the result is higher when it cannot fit
 * @returns {Rows}
 */
export function columnRows(nodes, look, height) {
  const pods = nodes.some((node) => node.pods.length > 0);
  const bridge = nodes.some((node) => node.bridge !== null);
  const tube = nodes.some((node) => node.tubes.length > 0);
  const upper = look.header + (pods ? look.podHeight + look.cable : 0) + (bridge ? look.bar : 0);
  const lower = look.fib + 12 + (tube ? look.tube + 12 : 0) + look.nic + 14;
  const free = Math.max(0, height - upper - lower);
  const tableRows = look.macs && bridge ? Math.min(TABLE.most, Math.floor((free - TABLE.title - TABLE.gap - 8) / TABLE.row)) : 0;
  const tableHeight = tableRows > 1 ? TABLE.title + TABLE.gap + tableRows * TABLE.row : 0;
  const spare = free - tableHeight;
  const cable = look.cable + (pods ? Math.min(16, Math.floor(spare * 0.3)) : 0);
  const bar = look.header + (pods ? look.podHeight + cable : 0);
  const end = bar + (bridge ? look.bar : 0) + tableHeight;
  const full = Math.max(height, upper + lower);
  const nic = full - look.nic;
  const air = Math.floor((nic - end - look.fib - (tube ? look.tube : 0)) / (tube ? 3 : 2));
  const fib = end + Math.min(air, 40);
  return {
    height: full, pods: look.header, podHeight: look.podHeight, bar, barHeight: look.bar,
    table: bar + look.bar + TABLE.gap, tableRows: tableHeight > 0 ? tableRows : 0,
    fib, tube: tube ? nic - Math.min(air, 18) - look.tube : fib, nic,
  };
}

/**
 * Rows of a node drawn low: pods, bridge, and one line with routing, tunnel and the NIC at the right edge.
 * @param {NodePlan} node
 * @param {Look} look
 * @param {number} height  to fill
 * @returns {Rows}
 */
export function lowRows(node, look, height) {
  const pods = node.pods.length > 0;
  const bridge = node.bridge !== null;
  const least = lowHeight(node, look);
  const spare = Math.max(0, height - least);
  const podHeight = look.podHeight + (pods ? Math.min(22, Math.floor(spare * 0.2)) : 0);
  const cable = look.cable + (pods ? Math.min(24, Math.floor(spare * 0.3)) : 0);
  const bar = look.header + (pods ? podHeight + cable : 0);
  const end = bar + (bridge ? look.bar : 0);
  const full = Math.max(height, least);
  const line = Math.min(full - 7 - look.nic, end + 12 + Math.floor(spare * 0.4));
  return {height: full, pods: look.header, podHeight, bar, barHeight: look.bar, table: 0, tableRows: 0, fib: line + 1, tube: line, nic: line};
}

/** @param {NodePlan} node @param {Look} look @returns {number} least height of a node drawn low */
export function lowHeight(node, look) {
  return look.header + (node.pods.length > 0 ? look.podHeight + look.cable : 0) + (node.bridge ? look.bar + 10 : 0) + look.nic + 7;
}
