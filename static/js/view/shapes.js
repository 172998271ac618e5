/** Outlines: one small function per form of the visual language. Units: pixels of the stage. */
/** @import {Rect, RoomBox, InterfaceBox, Label} from '../layout/types.js' */
import {s} from './dom.js';

/**
 * A cloud that fills the rectangle.
 * @param {Rect} box
 * @returns {string} path data
 */
export function cloudPath({x, y, w, h}) {
  const at = (/** @type {number} */ fx, /** @type {number} */ fy) => `${round(x + fx * w)} ${round(y + fy * h)}`;
  return `M${at(0.2, 0.97)}C${at(0, 0.97)} ${at(-0.03, 0.55)} ${at(0.13, 0.47)}C${at(0.08, 0.14)} ${at(0.38, -0.02)} ${at(0.5, 0.14)}`
    + `C${at(0.62, -0.04)} ${at(0.92, 0.1)} ${at(0.87, 0.46)}C${at(1.04, 0.52)} ${at(1, 0.97)} ${at(0.8, 0.97)}Z`;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/**
 * @param {Rect} box
 * @param {Record<string, string | number>} props
 * @returns {SVGRectElement}
 */
export function rect({x, y, w, h}, props) {
  return s('rect', {x: round(x), y: round(y), width: round(Math.max(0, w)), height: round(Math.max(0, h)), ...props});
}

/**
 * @param {Label} label
 * @param {string} extra   further classes
 * @returns {SVGTextElement}
 */
export function text(label, extra = '') {
  const classes = ['lb', label.role, label.face === 'mono' ? 'm' : '', extra].filter(Boolean).join(' ');
  return s('text', {class: classes, x: round(label.x), y: round(label.y), 'font-size': label.size, 'text-anchor': label.anchor,
    'font-weight': label.bold ? 650 : null}, label.text);
}

/**
 * @param {RoomBox} room
 * @returns {SVGElement[]} outermost first
 */
export function roomOutline(room) {
  if (room.shape === 'cloud') return [s('path', {class: 'box', d: cloudPath(room)})];
  if (room.shape === 'bus') return [rect(room, {class: 'box', rx: Math.min(6, room.w / 2, room.h / 2)})];
  if (room.shape === 'netns') return [rect(room, {class: 'netns', rx: 11}), ...(room.inner === null ? [] : [rect(room.inner, {class: 'box', rx: 8})])];
  if (room.shape === 'group') return [rect(room, {class: 'netns', rx: 8}), ...(room.inner === null ? [] : [rect(room.inner, {class: 'box', rx: 6})])];
  return [rect(room, {class: 'box', rx: 5})];
}

/**
 * @param {InterfaceBox} iface
 * @returns {SVGElement[]}
 */
export function interfaceOutline(iface) {
  const {shape, w, h} = iface;
  if (shape === 'tube') return [rect(iface, {class: 'shape', rx: h / 2}), rect(inset(iface, 4), {class: 'inner', rx: Math.max(0, h / 2 - 4)})];
  if (shape === 'ring') return [s('circle', {class: 'shape', cx: iface.x + w / 2, cy: iface.y + h / 2, r: Math.min(w, h) / 2})];
  if (shape === 'plug') return [rect(iface, {class: 'shape', rx: 2})];
  return [rect(iface, {class: 'shape', rx: shape === 'bar' ? 5 : 3})];
}

/**
 * @param {Rect} box
 * @param {number} by
 * @returns {Rect}
 */
export function inset({x, y, w, h}, by) {
  return {x: x + by, y: y + by, w: w - 2 * by, h: h - 2 * by};
}

/**
 * A cross centred on a point.
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @returns {string} path data
 */
export function crossPath(x, y, r) {
  return `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`;
}
