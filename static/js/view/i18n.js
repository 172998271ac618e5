/** Two languages, one tiny formatter: `{name}` is replaced by its parameter, an unknown name stays as it is. */
/** @import {Params, Text, Lang, Caption} from '../wire/protocol.js' */
import {format} from '../state/format.js';
import {readPref, writePref} from './prefs.js';

/** @typedef {'zh-CN' | 'en'} Tag */
/** @typedef {Readonly<Record<string, string>>} Strings */
/** @typedef {Readonly<Record<string, Strings>>} Captions   by section: hop, kind, leg, verdict, learns, outcome */
/** @typedef {{readonly ui: Strings, readonly captions: Captions}} Locale */

/** @type {Map<Tag, Locale>} */
const locales = new Map();
/** @type {Tag} */
let current = 'zh-CN';
/** @type {Set<() => void>} */
const listeners = new Set();

/**
 * `?lang=` > saved > what the server chose from Accept-Language.
 * @returns {Tag}
 */
export function wantedLanguage() {
  const asked = [new URLSearchParams(location.search).get('lang'), readPref('lang'), document.documentElement.lang];
  const known = asked.find((tag) => tag !== null && /^(en|zh)(-|$)/i.test(tag)) ?? 'zh';
  return known.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

/**
 * Loads a language's strings and makes it the page's.
 * @param {Tag} tag
 */
export async function useLanguage(tag) {
  if (!locales.has(tag)) locales.set(tag, await fetchLocale(tag));
  current = tag;
  document.documentElement.lang = tag;
  translatePage(document.body);
  for (const listener of listeners) listener();
}

/**
 * As `useLanguage`, and remembered: in the browser for the script, in a cookie for the server's first paint.
 * @param {Tag} tag
 */
export async function switchLanguage(tag) {
  writePref('lang', tag);
  document.cookie = `lang=${tag}; path=/; max-age=31536000; SameSite=Lax`;
  await useLanguage(tag);
}

/**
 * @param {Tag} tag
 * @returns {Promise<Locale>}
 */
async function fetchLocale(tag) {
  const [ui, captions] = await Promise.all(['ui', 'captions'].map((name) => fetchJson(`/static/locales/${tag}/${name}.json`)));
  return {ui: /** @type {Strings} */ (ui), captions: /** @type {Captions} */ (captions)};
}

/**
 * @param {string} url
 * @returns {Promise<unknown>}
 */
async function fetchJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

/**
 * @param {() => void} listener
 * @returns {() => void} undo
 */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @returns {Tag} */
export function languageTag() { return current; }

/** @returns {Lang} */
export function half() { return current === 'en' ? 'en' : 'zh'; }

/**
 * @param {Text} text
 * @returns {string}
 */
export function pick(text) { return text[half()]; }

/**
 * A UI string.
 * @param {string} key
 * @param {Params} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  return format(locales.get(current)?.ui[key] ?? key, params);
}

/**
 * @param {string} key
 * @returns {boolean}
 */
export function knows(key) { return locales.get(current)?.ui[key] !== undefined; }

/**
 * The template of a caption, before its parameters are put in.
 * @param {string} section   `hop`, `kind`, `leg`, `verdict`, `learns`, `outcome`
 * @param {string} code
 * @returns {string | null}
 */
export function captionTemplate(section, code) {
  return locales.get(current)?.captions[section]?.[code] ?? null;
}

/**
 * @param {string} section
 * @param {Caption} caption
 * @returns {string}
 */
export function captionText(section, caption) {
  return format(captionTemplate(section, caption.code) ?? caption.code, caption.params);
}

/**
 * A short word of a closed list: a hop kind, a leg, an outcome.
 * @param {string} section
 * @param {string} code
 * @returns {string}
 */
export function word(section, code) { return captionTemplate(section, code) ?? code; }

/**
 * Renews what the template wrote: `data-t` is a key, `data-p-x` its parameters, `data-zh`/`data-en` two halves.
 * @param {Element} root
 */
function translatePage(root) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.getAttribute('data-t') ?? '', paramsOf(element));
  for (const element of root.querySelectorAll('[data-t-aria]')) element.setAttribute('aria-label', t(element.getAttribute('data-t-aria') ?? ''));
  for (const element of root.querySelectorAll('[data-zh][data-en]:not(body)')) element.textContent = element.getAttribute(`data-${half()}`);
}

/**
 * @param {Element} element
 * @returns {Params}
 */
function paramsOf(element) {
  /** @type {Record<string, string>} */
  const params = {};
  for (const {name, value} of element.attributes) {
    if (name.startsWith('data-p-')) params[name.slice(7).replace(`-${half()}`, '')] = value;
  }
  return params;
}
