/** Addresses and captions as elements: one owner, one look, on every surface. */
/** @import {Params, Scalar, Hop} from '../wire/protocol.js' */
/** @import {Slots} from '../state/types.js' */
import {chipFor, format, shown, tokenise} from '../state/format.js';
import {captionTemplate} from './i18n.js';
import {h} from './dom.js';

/**
 * An address as its owner's chip; plain code where nobody owns it.
 * @param {Slots} slots
 * @param {string} value
 * @returns {HTMLElement}
 */
export function chip(slots, value) {
  const owner = chipFor(slots, value);
  if (owner === null) return h('code', {}, value);
  return h('span', {class: 'chip', 'data-slot': owner.slot || null, 'data-shape': owner.shape, title: owner.label},
    h('span', {class: 'tag'}, owner.tag), value);
}

/**
 * Turns the addresses in lesson prose that are somebody's into chips, as code spans and as plain words.
 * @param {HTMLElement} prose
 * @param {Slots} slots
 * @returns {HTMLElement} the same element
 */
export function chipProse(prose, slots) {
  for (const code of prose.querySelectorAll('code')) {
    const value = code.textContent ?? '';
    if (chipFor(slots, value) !== null && !isNetwork(value)) code.replaceWith(chip(slots, value));
  }
  for (const node of wordsOf(prose)) {
    const parts = chipText(node.data, slots);
    if (parts.some((part) => typeof part !== 'string')) node.replaceWith(...parts);
  }
  return prose;
}

/** @param {HTMLElement} prose @returns {Text[]} its text, without code, links and chips */
function wordsOf(prose) {
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const words = [];
  while (walker.nextNode()) if (walker.currentNode instanceof Text && walker.currentNode.parentElement?.closest('code, pre, a, .chip') === null) words.push(walker.currentNode);
  return words;
}

/** A network is nobody's address, even where a device bears its first one. @param {string} value @returns {boolean} */
function isNetwork(value) { return /\/\d+$/.test(value) && !value.endsWith('/32'); }

const ADDRESS = /((?:\d{1,3}\.){3}\d{1,3}(?::\d+|\/\d+)?|(?:[0-9a-f]{2}:){5}[0-9a-f]{2})/i;

/**
 * Plain text with its known addresses as chips.
 * @param {string} text
 * @param {Slots} slots
 * @returns {(HTMLElement | string)[]}
 */
export function chipText(text, slots) {
  return text.split(ADDRESS).filter((part) => part !== '').map((part) => (chipFor(slots, part) === null || isNetwork(part) ? part : chip(slots, part)));
}

const CODE = /^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|\d+(?:\.\d+){3}\S*|[a-z0-9.-]*\d[a-z0-9.-]*|[a-z]+-[a-z0-9.-]+)$/i;

/** What a parameter alone may be besides: a name of the DNS, a path, an object of the API, a line of HTTP. */
const NAME = /^(?:[!-~]*[./:][!-~]*|[A-Z]+ \S+ HTTP\/\S+|HTTP\/[\d.]+ .*)$/;

/**
 * A caption with its parameters set apart from the prose.
 * @param {string} template
 * @param {Params} params
 * @returns {(HTMLElement | string)[]}
 */
export function captionNodes(template, params) {
  return tokenise(template, params).flatMap((token) => ('text' in token ? token.text.split(ADDRESS).map((text) => paramNode(text)) : [paramNode(token.value, NAME)]));
}

/** @param {Scalar} value @param {RegExp} [also] @returns {HTMLElement | string} */
function paramNode(value, also) {
  const text = shown(value);
  return CODE.test(text) || also?.test(text) ? h('code', {}, text) : text;
}

/**
 * What a hop did, as a sentence in the page's language.
 * @param {Hop} hop
 * @returns {string}
 */
export function hopText(hop) {
  return format(hopTemplate(hop), hop.caption.params);
}

/** @param {Hop} hop @returns {string} */
export function hopTemplate(hop) {
  return captionTemplate('hop', hop.caption.code) ?? captionTemplate('hop', hop.kind) ?? hop.caption.code;
}
