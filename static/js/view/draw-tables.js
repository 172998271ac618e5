/** What a bridge has learned, below its bar: one row an address, the newest marked. */
/** @import {Geometry} from '../layout/types.js' */
/** @import {View} from './session.js' */
import {rect, text} from './shapes.js';
import {chipFor} from '../state/format.js';
import {fill, s} from './dom.js';
import {sheetOf} from './placing.js';

/** Advance of a mono character in a row, px. */
const CHAR = 9.5 * 0.605;

/**
 * @param {number} width   px
 * @param {string} tag
 * @param {string} mac
 * @returns {string} the MAC, or as many of its last bytes as there is room for: three, two or one
 */
export function macThatFits(width, tag, mac) {
  const ways = [mac, ...[8, 5, 2].map((length) => `…${mac.slice(-length)}`)].map((text) => `${tag} ${text}`.trim());
  return ways.find((text) => text.length * CHAR <= width) ?? ways.at(-1) ?? '';
}

/**
 * @param {SVGGElement} root
 * @param {Geometry} geometry
 * @param {View} view
 */
export function drawTables(root, {tables}, {stage, slots}) {
  fill(root, ...tables.flatMap((table) => {
    const rows = stage.tables.fdb.filter(({bridge}) => bridge === table.owner).slice(-table.capacity);
    if (rows.length === 0) return [];
    const top = table.title.y + 6;
    return [s('g', {class: 'fdb'}, rect(sheetOf(table, rows.length), {class: 'sheet', rx: 5}), text(table.title), ...rows.flatMap(({mac, port, hop}, i) => {
      const y = top + (i + 1) * table.rowHeight - 4;
      const owner = chipFor(slots, mac);
      return [
        hop === stage.index && rect({x: table.x + 3, y: y - table.rowHeight + 4, w: table.w - 6, h: table.rowHeight}, {class: 'mark', rx: 3}),
        s('text', {class: 'm row', x: table.x + 8, y, 'font-size': 9.5}, macThatFits(table.w - 24 - port.slice(port.lastIndexOf(':') + 1).length * CHAR, owner?.tag ?? '', mac)),
        s('text', {class: 'm row mu', x: table.x + table.w - 8, y, 'font-size': 9.5, 'text-anchor': 'end'}, port.slice(port.lastIndexOf(':') + 1)),
      ].filter((part) => part !== false);
    }))];
  }));
}
