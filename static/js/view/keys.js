/** Keys of the player. Letters can be switched off, and nothing fires while somebody types. */
/** @import {Session} from './session.js' */
import {act} from './session.js';
import {changePace} from './transport.js';

/**
 * What the page does for keys that go beyond the playhead; a missing one is a key that does not work there.
 * @typedef {object} KeyActions
 * @property {(direction: 1 | -1) => void} [lessonStep]
 * @property {() => void} [details]
 * @property {() => boolean} [close]   true when something was closed
 * @property {(number: number) => void} [option]
 * @property {() => void} [follow]
 * @property {() => void} [packet]
 * @property {() => void} [tables]
 * @property {() => void} [language]
 * @property {() => void} [help]
 */

/** @type {Readonly<Record<string, keyof KeyActions>>} letters: can be switched off (WCAG 2.1.4) */
const LETTERS = {f: 'follow', p: 'packet', t: 'tables', l: 'language', '?': 'help'};

/**
 * The keys that work, for the help dialog.
 * @param {KeyActions} actions
 * @returns {{keys: string[], text: string, letter: boolean}[]}
 */
export function keyList(actions) {
  /** @type {[string[], string, boolean, boolean][]} */
  const all = [
    [['Space'], 'keys.play', false, true], [['←', '→'], 'keys.hop', false, true], [['.', 'PgUp', 'PgDn'], 'keys.remote', false, true],
    [['Home', 'End'], 'keys.ends', false, true], [['PgUp', 'PgDn'], 'keys.marks', false, true], [['↑', '↓'], 'keys.list', false, actions.packet !== undefined],
    [['Shift', '←', '→'], 'keys.step', false, actions.lessonStep !== undefined],
    [['Enter'], 'keys.details', false, actions.details !== undefined], [['Esc'], 'keys.close', false, actions.close !== undefined],
    [['+', '−'], 'keys.dwell', false, true], [['1', '…', '9'], 'keys.option', false, actions.option !== undefined],
    [['f'], 'keys.follow', true, actions.follow !== undefined], [['p'], 'keys.packet', true, actions.packet !== undefined],
    [['t'], 'keys.tables', true, actions.tables !== undefined], [['l'], 'keys.language', true, actions.language !== undefined],
    [['?'], 'keys.help', true, actions.help !== undefined],
  ];
  return all.filter(([, , , works]) => works).map(([keys, text, letter]) => ({keys, text, letter}));
}

/**
 * @param {Session} session
 * @param {KeyActions} actions
 * @returns {() => void} undo
 */
export function listenKeys(session, actions) {
  const listen = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
    if (isTyping(event.target) && event.key !== 'Escape') return;
    if (isControl(event.target) && OWN_KEYS.has(event.key)) return;
    if (handle(event, session, actions)) event.preventDefault();
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}

/** Keys that a focused control needs for itself. */
const OWN_KEYS = new Set([' ', 'Enter']);

/** @param {EventTarget | null} target @returns {boolean} */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'button'].includes(target.type) && target.type !== 'radio';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** @param {EventTarget | null} target @returns {boolean} */
function isControl(target) {
  return target instanceof HTMLElement && target.closest('button, a[href], summary, [role="tab"], input') !== null;
}

/**
 * @param {KeyboardEvent} event
 * @param {Session} session
 * @param {KeyActions} actions
 * @returns {boolean} whether the key meant something
 */
function handle(event, session, actions) {
  const radio = event.target instanceof HTMLInputElement && event.target.type === 'radio';
  if (radio && event.key.startsWith('Arrow') && !event.shiftKey) return false;
  if (event.shiftKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
    actions.lessonStep?.(event.key === 'ArrowRight' ? 1 : -1);
    return actions.lessonStep !== undefined;
  }
  if (event.key === 'Escape') return actions.close?.() ?? false;
  if (/^[1-9]$/.test(event.key) && actions.option !== undefined) { actions.option(Number(event.key)); return true; }
  const letter = LETTERS[event.key.toLowerCase()];
  if (letter !== undefined) return letterKey(letter, session, actions);
  if (event.key === 'Enter') { actions.details?.(); return actions.details !== undefined; }
  return moveHead(event.key, session);
}

/**
 * @param {keyof KeyActions} name
 * @param {Session} session
 * @param {KeyActions} actions
 * @returns {boolean}
 */
function letterKey(name, session, actions) {
  const action = /** @type {(() => void) | undefined} */ (actions[name]);
  if (!session.get().letters || action === undefined) return false;
  action();
  return true;
}

/**
 * @param {string} key
 * @param {Session} session
 * @returns {boolean}
 */
function moveHead(key, session) {
  switch (key) {
    case ' ': act(session, {type: 'toggle'}); return true;
    case 'ArrowRight': case 'ArrowDown': case 'PageDown': case '.': act(session, {type: 'step'}); return true;
    case 'ArrowLeft': case 'ArrowUp': case 'PageUp': act(session, {type: 'back'}); return true;
    case 'Home': act(session, {type: 'home'}); return true;
    case 'End': act(session, {type: 'end'}); return true;
    case '+': case '=': changePace(session, 1); return true;
    case '-': case '−': changePace(session, -1); return true;
    default: return false;
  }
}
