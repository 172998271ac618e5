/** Caption templates: `{name}` stands for the parameter; a name that is not given stays as it is written. */
/** @import {Params, Scalar} from '../wire/protocol.js' */
/** @import {CaptionToken, Slots, Chip} from './types.js' */

const SLOT = /\{([A-Za-z_][\w.-]*)\}/g;

/**
 * @param {string} template
 * @param {Params} params
 * @returns {CaptionToken[]} text and parameters in order, so that the view can draw an address as a chip
 */
export function tokenise(template, params) {
  /** @type {CaptionToken[]} */
  const tokens = [];
  let end = 0;
  for (const match of template.matchAll(SLOT)) {
    const param = match[1] ?? '';
    if (!Object.hasOwn(params, param)) continue;
    const text = template.slice(end, match.index);
    if (text !== '') tokens.push({text});
    tokens.push({param, value: params[param] ?? null});
    end = match.index + match[0].length;
  }
  if (end < template.length) tokens.push({text: template.slice(end)});
  return tokens;
}

/**
 * @param {string} template
 * @param {Params} params
 * @returns {string}
 */
export function format(template, params) {
  return tokenise(template, params).map((token) => ('text' in token ? token.text : shown(token.value))).join('');
}

/** @param {Scalar} value @returns {string} */
export function shown(value) {
  return value === null ? '' : String(value);
}

/**
 * Who owns an address: with a port or a prefix length behind it, it is still the owner's.
 * @param {Slots} slots
 * @param {Scalar} value
 * @returns {Chip | null}
 */
export function chipFor(slots, value) {
  if (typeof value !== 'string') return null;
  const owner = slots.addresses[value] ?? slots.addresses[value.replace(/(:\d+|\/\d+)$/, '')];
  return owner === undefined ? null : (slots.owners[owner] ?? null);
}
