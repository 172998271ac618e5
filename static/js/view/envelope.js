/** The packet that is read, as an envelope: proto on the flap, addresses on the paper, a box round the box when wrapped. */
/** @import {Letter, Line} from './letter.js' */
import {s} from './dom.js';

/** Sizes in px. `glyph`: width of a mono character per px of type. */
const SIZE = Object.freeze({flap: 46, pad: 9, row: 16, smallRow: 13, label: 26, tag: 22, glyph: 0.605, type: 11.5, small: 9.5, outer: 19, wrap: 5, ttl: 44, flagGlyph: 6, stampTop: 27, stamp: 20});

/** @typedef {{readonly element: SVGGElement, readonly w: number, readonly h: number}} Envelope */

/**
 * @param {Letter} letter
 * @param {{reply: boolean, reason: string}} more   reason: why it ends here, '' if it does not
 * @returns {Envelope} its left upper corner is at 0, 0
 */
export function drawEnvelope(letter, {reply, reason}) {
  const flap = flapWidth(letter.flags);
  const rows = letter.lines.map((line) => (line.small ? SIZE.smallRow : SIZE.row));
  const bodyH = Math.max(44, rows.reduce((sum, row) => sum + row, 0) + 11, SIZE.stampTop + letter.stamps.length * SIZE.stamp);
  const bodyW = flap + SIZE.pad * 2 + Math.max(...letter.lines.map(lineWidth), 60) + (letter.ttl === null ? 0 : SIZE.ttl);
  const outerW = letter.outer === null ? 0 : letter.outer.length * 10 * SIZE.glyph + 16;
  const w = Math.max(bodyW + (letter.outer === null ? 0 : SIZE.wrap * 2), outerW);
  const head = letter.outer === null ? 0 : SIZE.outer;
  const foot = reason === '' ? 0 : 18;
  const h = bodyH + head + foot + (letter.outer === null ? 0 : SIZE.wrap);
  const group = s('g', {class: 'envelope', 'data-tone': letter.tone, 'data-leg': reply ? 'reply' : 'request'});
  group.append(s('rect', {class: 'shadow', x: 2, y: 4, width: w, height: h, rx: 10}));
  if (letter.outer !== null) group.append(...outerBox(letter.outer, w, h));
  const paper = s('g', {transform: `translate(${letter.outer === null ? 0 : SIZE.wrap} ${head})`});
  paper.append(...paperBox(letter, w - (letter.outer === null ? 0 : SIZE.wrap * 2), bodyH + foot), ...lineTexts(letter.lines, flap), ...corner(letter, w - (letter.outer === null ? 0 : SIZE.wrap * 2)));
  if (reason !== '') paper.append(s('text', {class: 'reason', x: flap + SIZE.pad, y: bodyH + foot - 8, 'font-size': 10.5}, `✕ ${reason}`));
  group.append(paper);
  return {element: group, w, h};
}

/** @param {string} flags @returns {number} px; a DNS answer's code (NXDOMAIN) wants more than TCP's flags */
export function flapWidth(flags) {
  return Math.max(SIZE.flap, Math.ceil(flags.length * SIZE.flagGlyph) + 8);
}

/** @param {Line} line @returns {number} */
function lineWidth(line) {
  return valueAt(line) + line.value.length * (line.small ? SIZE.small : SIZE.type) * SIZE.glyph;
}

/** @param {Line} line @returns {number} where its value begins, px */
function valueAt({label, tag, small}) {
  return Math.max(small ? 26 : SIZE.label, [...label].reduce((sum, char) => sum + (char > '\u2e80' ? 10 : 5.6), 5)) + (tag === '' ? 0 : SIZE.tag);
}

/**
 * @param {string} text
 * @param {number} w
 * @param {number} h
 */
function outerBox(text, w, h) {
  return [s('rect', {class: 'outer', width: w, height: h, rx: 10}), s('text', {class: 'outertext m', x: 9, y: 13}, text)];
}

/**
 * @param {Letter} letter
 * @param {number} w
 * @param {number} h
 */
function paperBox(letter, w, h) {
  const r = 8;
  const right = flapWidth(letter.flags);
  const flap = `M${r} 0H${right}V${h}H${r}Q0 ${h} 0 ${h - r}V${r}Q0 0 ${r} 0Z`;
  const mid = right / 2;
  return [
    s('rect', {class: 'paper', width: w, height: h, rx: r}), s('path', {class: 'flap', d: flap}),
    s('text', {class: 'proto', x: mid, y: letter.flags === '' ? h / 2 + 4 : h / 2 - 1, 'text-anchor': 'middle'}, letter.proto),
    s('text', {class: 'flags', x: mid, y: h / 2 + 12, 'text-anchor': 'middle'}, letter.flags),
  ];
}

/** @param {ReadonlyArray<Line>} lines @param {number} flap  px */
function lineTexts(lines, flap) {
  let y = 5;
  return lines.flatMap((line) => {
    y += line.small ? SIZE.smallRow : SIZE.row;
    return lineText(line, flap + SIZE.pad, y);
  });
}

/**
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 */
function lineText(line, x, y) {
  const {label, value, slot, tag, state, small} = line;
  const type = small ? SIZE.small : SIZE.type;
  const valueX = x + valueAt(line);
  const width = value.length * type * SIZE.glyph;
  return [
    state === 'new' && s('rect', {class: 'mark', x: valueX - 3, y: y - type, width: width + 6, height: type + 4, rx: 3}),
    label !== '' && s('text', {class: 'lbl', x, y: y - 0.5}, label),
    tag !== '' && s('text', {class: 'tagtext', x: valueX - SIZE.tag, y: y - 0.5, 'data-slot': slot || null}, tag),
    s('text', {class: `m ${state === 'old' ? 'old' : 'val'}`, x: valueX, y, 'font-size': type, 'font-weight': small ? 400 : null,
      'data-slot': state === 'plain' && slot ? slot : null}, value),
  ].filter((part) => part !== false);
}

/**
 * TTL and stamps, right edge.
 * @param {Letter} letter
 * @param {number} w
 */
function corner({ttl, stamps}, w) {
  const parts = [];
  if (ttl !== null) {
    const width = ttl.text.length * 6.1;
    if (ttl.changed) parts.push(s('rect', {class: 'mark', x: w - width - 11, y: 7, width: width + 5, height: 14, rx: 3}));
    parts.push(s('text', {class: 'm ttl', x: w - 8, y: 18, 'font-size': 10, 'text-anchor': 'end', 'font-weight': ttl.changed ? 700 : 400}, ttl.text));
  }
  stamps.forEach((kind, i) => parts.push(s('g', {transform: `translate(${w - 52} ${SIZE.stampTop + i * SIZE.stamp}) rotate(-6)`},
    s('rect', {class: 'stamp', width: 42, height: 16, rx: 3}), s('text', {class: 'stamptext', x: 21, y: 12, 'text-anchor': 'middle'}, kind))));
  return parts;
}

/**
 * The small envelope that really travels: solid for a request, outlined for a reply.
 * @param {{tone: string, reply: boolean, wrapped: boolean}} look
 * @returns {SVGGElement} centred on 0, 0
 */
export function drawPin({tone, reply, wrapped}) {
  const group = s('g', {class: 'envelope pin-group', 'data-tone': tone, 'data-leg': reply ? 'reply' : 'request'});
  if (wrapped) group.append(s('rect', {class: 'pinwrap', x: -16, y: -12, width: 32, height: 24, rx: 5}));
  group.append(s('rect', {class: 'pin', x: -11, y: -7.5, width: 22, height: 15, rx: 3}), s('path', {class: 'pinflap', d: 'M-10 -6.5 0 1.5 10 -6.5'}));
  return group;
}
