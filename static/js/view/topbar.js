/** What every page's bar has: the two languages, the theme, the link to this very spot, help. */
/** @import {KeyActions} from './keys.js' */
/** @import {Session} from './session.js' */
/** @import {Tag} from './i18n.js' */
import {fill, h, icon, setProps} from './dom.js';
import {languageTag, onLanguage, switchLanguage, t} from './i18n.js';
import {keyList} from './keys.js';
import {choice, readPref, writePref} from './prefs.js';
import {patch} from './session.js';
import {copyText} from '../panels/evidence.js';

const SUN = 'M10 6.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6zM10 1.8v1.6M10 16.6v1.6M1.8 10h1.6M16.6 10h1.6M4.2 4.2l1.1 1.1M14.7 14.7l1.1 1.1M4.2 15.8l1.1-1.1M14.7 5.3l1.1-1.1';
const MOON = 'M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z';
const LINK = 'M8.5 11.5a3.2 3.2 0 0 0 4.6 0l2.6-2.6a3.2 3.2 0 0 0-4.6-4.6l-.9.9M11.5 8.5a3.2 3.2 0 0 0-4.6 0l-2.6 2.6a3.2 3.2 0 0 0 4.6 4.6l.9-.9';

/**
 * @param {HTMLElement} host   `#tools`; what the template put there stays in front
 * @param {{session: Session, keys: KeyActions, link?: () => string}} page
 */
export function mountTopbar(host, {session, keys, link}) {
  const languages = languageSwitch();
  const theme = h('button', {type: 'button', class: 'btn icon', onclick: () => { toggleTheme(); dressTheme(theme); }});
  const share = link === undefined ? null : h('button', {type: 'button', class: 'btn icon', onclick: () => shareLink(link())}, icon(LINK));
  const help = h('button', {type: 'button', class: 'btn icon', 'aria-haspopup': 'dialog', onclick: () => openHelp(session, keys)}, '?');
  host.append(...[languages, theme, share, help].filter((part) => part !== null));
  keys.help = () => openHelp(session, keys);
  const dress = () => {
    dressTheme(theme);
    if (share !== null) setProps(share, {'aria-label': t('share'), title: t('share')});
    setProps(help, {'aria-label': t('help'), title: t('help')});
    patch(session, {language: languageTag()});
  };
  onLanguage(dress);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dressTheme(theme));
  dress();
}

/** @returns {HTMLElement} */
function languageSwitch() {
  const group = h('div', {class: 'seg languages', role: 'group'});
  const buttons = /** @type {[Tag, string][]} */ ([['zh-CN', '中文'], ['en', 'EN']]).map(([tag, name]) =>
    h('button', {type: 'button', lang: tag, 'data-tag': tag, title: tag === 'en' ? 'English' : '简体中文', onclick: () => void switchLanguage(tag)}, name));
  fill(group, ...buttons);
  const dress = () => {
    group.setAttribute('aria-label', t('language'));
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset['tag'] === languageTag()));
  };
  onLanguage(dress);
  dress();
  return group;
}

/** The other language, by key. */
export function flipLanguage() {
  void switchLanguage(languageTag() === 'en' ? 'zh-CN' : 'en');
}

/** @returns {'light' | 'dark'} */
function themeNow() {
  const chosen = choice('theme', ['light', 'dark'], '');
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function toggleTheme() {
  const next = themeNow() === 'dark' ? 'light' : 'dark';
  writePref('theme', next);
  document.documentElement.dataset['theme'] = next;
}

/** @param {HTMLButtonElement} button */
function dressTheme(button) {
  const dark = themeNow() === 'dark';
  const label = t(dark ? 'theme.to-light' : 'theme.to-dark');
  fill(button, icon(dark ? SUN : MOON));
  setProps(button, {'aria-label': label, title: label});
}

/** @param {string} link */
async function shareLink(link) {
  const copied = await copyText(link);
  toast(copied ? t('share.copied') : link);
}

/** How long a toast stands, ms. */
const TOAST_MS = 2400;

/** @param {string} text */
export function toast(text) {
  document.querySelector('.toast')?.remove();
  const element = h('div', {class: 'toast', role: 'status'}, text);
  document.body.append(element);
  setTimeout(() => element.remove(), TOAST_MS);
}

/**
 * @param {Session} session
 * @param {KeyActions} keys
 */
function openHelp(session, keys) {
  const close = h('button', {type: 'button', class: 'btn icon', 'aria-label': t('close'), onclick: () => dialog.close()}, icon('M5 5l10 10M15 5 5 15'));
  const letters = h('input', {type: 'checkbox', id: 'letters', checked: session.get().letters, onchange: () => {
    patch(session, {letters: letters.checked});
    writePref('letters', letters.checked ? 'on' : 'off');
  }});
  const rows = keyList(keys).flatMap(({keys: names, text}) => [h('dt', {}, ...names.map((name) => h('kbd', {}, name))), h('dd', {}, t(text))]);
  const dialog = h('dialog', {'aria-labelledby': 'help-title', onclose: () => dialog.remove(), onclick: (/** @type {Event} */ event) => { if (event.target === dialog) dialog.close(); }},
    h('header', {}, h('h2', {id: 'help-title'}, t('help.title')), close),
    h('div', {class: 'body'}, h('dl', {class: 'keys'}, ...rows),
      h('label', {class: 'check'}, letters, t('help.letters')), h('p', {class: 'legend'}, t('help.legend'))));
  document.body.append(dialog);
  dialog.showModal();
}

/** @returns {boolean} whether single letters are keys */
export function lettersPref() { return readPref('letters') !== 'off'; }
