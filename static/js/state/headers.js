/** What one hop did to a packet's headers. */
/** @import {HeaderLayer, Scalar} from '../wire/protocol.js' */
/** @import {FieldDiff} from './types.js' */

/** @typedef {{diffs: FieldDiff[], pushed: number, popped: ReadonlyArray<HeaderLayer>}} HeaderDiff */
/** @typedef {ReadonlyArray<HeaderLayer>} Layers */

/**
 * Headers are put on and taken off at the outside only, so the two stacks are laid against each other from the inside.
 * @param {Layers | null} before  null: the packet is new
 * @param {Layers} after
 * @returns {HeaderDiff}
 */
export function diffHeaders(before, after) {
  if (before === null || before === after) return {diffs: [], pushed: 0, popped: []};
  const kept = commonInside(before, after);
  const pushed = after.length - kept;
  const popped = before.slice(0, before.length - kept);
  const diffs = kept === 0 ? [] : after.slice(pushed).flatMap((layer, i) => diffLayer(before[popped.length + i], layer, pushed + i));
  return {diffs, pushed, popped};
}

/**
 * How often the packet is wrapped: one envelope per VXLAN header, and per IP header right inside another one (IP in IP).
 * @param {Layers} headers
 * @returns {number}
 */
export function depthOf(headers) {
  return headers.filter((_, i) => isTunnelEnd(headers, i)).length;
}

/**
 * Where the innermost packet begins: 0 for one that is not wrapped.
 * @param {Layers} headers
 * @returns {number}
 */
export function innermostStart(headers) {
  return headers.findLastIndex((_, i) => isTunnelEnd(headers, i)) + 1;
}

/** @param {Layers} headers @param {number} i @returns {boolean} whether the layer after `i` is inside a tunnel that ends here */
function isTunnelEnd(headers, i) {
  return headers[i]?.layer === 'vxlan' || (headers[i]?.layer === 'ipv4' && headers[i + 1]?.layer === 'ipv4');
}

/** @param {Layers} before @param {Layers} after @returns {number} how many innermost layers have the same names */
function commonInside(before, after) {
  const most = Math.min(before.length, after.length);
  let kept = 0;
  while (kept < most && before.at(-1 - kept)?.layer === after.at(-1 - kept)?.layer) kept += 1;
  return kept;
}

/**
 * @param {HeaderLayer | undefined} before
 * @param {HeaderLayer} after
 * @param {number} layer
 * @returns {FieldDiff[]}
 */
function diffLayer(before, after, layer) {
  if (before === undefined || before === after) return [];
  const was = fieldsOf(before);
  const now = fieldsOf(after);
  const names = [...new Set([...was.keys(), ...now.keys()])];
  return names
    .map((field) => ({layer, name: after.layer, field, was: was.get(field) ?? null, now: now.get(field) ?? null}))
    .filter((diff) => diff.was !== diff.now);
}

/** @param {HeaderLayer} layer @returns {Map<string, Scalar>} the fields that a reader sees as one value */
function fieldsOf(layer) {
  /** @type {ReadonlyArray<readonly [string, unknown]>} */
  const all = Object.entries(layer);
  /** @type {Map<string, Scalar>} */
  const fields = new Map();
  for (const [name, value] of all) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') fields.set(name, value);
  }
  return fields;
}
