/** What every page does first: language, connection, session, loop. */
/** @import {Session} from './session.js' */
/** @import {Link} from '../net/socket.js' */
/** @import {Trace} from '../wire/protocol.js' */
import {openLink} from '../net/socket.js';
import {byId, fill, h} from './dom.js';
import {keepFocus} from './focus.js';
import {hopText} from './chips.js';
import {mountConnection} from './connection.js';
import {languageTag, onLanguage, t, useLanguage, wantedLanguage} from './i18n.js';
import {lettersPref} from './topbar.js';
import {readPref} from './prefs.js';
import {act, newSession, patch} from './session.js';

/** Standard motion, ms a hop; 0 for those who asked for less motion. */
const MOTION_MS = 600;

/**
 * @returns {Promise<{session: Session, link: Link}>}
 */
export async function startPage() {
  const [link] = await Promise.all([openLink(), useLanguage(wantedLanguage())]);
  const session = newSession(languageTag(), lettersPref());
  mountConnection(byId('connection'), link);
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const move = () => act(session, {type: 'setMotion', motionMs: calm.matches ? 0 : MOTION_MS});
  calm.addEventListener('change', move);
  move();
  const dwell = Number(readPref('dwell'));
  if (dwell > 0) act(session, {type: 'setDwell', dwellMs: dwell});
  onLanguage(() => {
    const {trace, player} = session.get();
    patch(session, {language: languageTag(), player: {...player, captionLengths: captionLengths(trace)}});
  });
  return {session, link};
}

/**
 * How long each caption is in the page's language; the dwell grows with it.
 * @param {Trace | null} trace
 * @returns {number[]}
 */
export function captionLengths(trace) {
  const weight = languageTag() === 'en' ? 1 : 2;
  return (trace?.hops ?? []).map((hop) => hopText(hop).length * weight);
}

/**
 * What stands on the stage while nothing else can.
 * @param {HTMLElement} host
 * @param {{message?: string, hint?: string, retry?: () => void}} [problem]   none: it is loading
 */
export function stageNotice(host, problem) {
  host.querySelector('.waiting')?.remove();
  if (problem === undefined) {
    host.append(h('div', {class: 'waiting', 'aria-busy': 'true'}, h('div', {class: 'skeleton'}), h('p', {}, t('loading'))));
    return;
  }
  host.append(h('div', {class: 'waiting', role: 'alert'}, h('h2', {}, problem.message || t('error.no-answer')), problem.hint ? h('p', {}, problem.hint) : null,
    problem.retry !== undefined && h('button', {type: 'button', class: 'btn primary', onclick: problem.retry}, t('connection.retry'))));
}

/** @param {HTMLElement} host */
export function clearNotice(host) { host.querySelector('.waiting')?.remove(); }

/**
 * The tabs of the sheet on a phone.
 * @param {HTMLElement} host
 * @param {HTMLElement} player   its data-tab says which is shown
 * @param {string} first   UI string of the first tab
 * @returns {(tab: string) => void} chooses a tab
 */
export function mountTabs(host, player, first) {
  const names = /** @type {const} */ (['story', 'hops', 'packet', 'evidence']);
  const choose = (/** @type {string} */ tab) => {
    player.dataset['tab'] = tab;
    for (const button of host.querySelectorAll('[role="tab"]')) {
      const on = button.getAttribute('data-tab') === tab;
      button.setAttribute('aria-selected', String(on));
      button.setAttribute('tabindex', on ? '0' : '-1');
    }
  };
  host.setAttribute('role', 'tablist');
  const draw = () => {
    keepFocus(host, () => fill(host, ...names.map((tab) =>
      h('button', {type: 'button', role: 'tab', 'data-tab': tab, onclick: () => choose(tab)}, t(tab === 'story' ? first : `tab.${tab}`)))));
    host.setAttribute('aria-label', t('tabs'));
    choose(player.dataset['tab'] ?? 'story');
  };
  host.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = names[(names.indexOf(/** @type {'story'} */ (player.dataset['tab'] ?? 'story')) + step + names.length) % names.length] ?? 'story';
    choose(next);
    /** @type {HTMLElement | null} */ (host.querySelector(`[data-tab="${next}"]`))?.focus();
  });
  onLanguage(draw);
  draw();
  return choose;
}
