/** The transport bar: to the start, back, play, on, to the end; pace; a scrub bar with typed marks. */
/** @import {Mark} from '../state/types.js' */
/** @import {Session, View} from './session.js' */
import {scrubMarks} from '../state/marks.js';
import {DWELL_MS} from '../state/player.js';
import {fill, h, icon, setProps} from './dom.js';
import {t} from './i18n.js';
import {writePref} from './prefs.js';
import {act, watch} from './session.js';
import {hopText} from './chips.js';
import {dragMarks} from './scrubdrag.js';

/** Width of a mark: neighbours stand at least this far apart. */
const MARK_PX = 21;
/** Offered paces, ms a hop. */
export const PACES = Object.freeze([500, 1000, 1500, 2000, 3000, 5000]);

/** @type {Readonly<Record<string, string>>} */
const ICONS = {
  home: 'M5 4v12M16 4.5 8 10l8 5.5z', back: 'M13 4.5 6 10l7 5.5z', play: 'M6 3.8v12.4L16.5 10z',
  pause: 'M6 4h3v12H6zM11.5 4h3v12h-3z', step: 'M7 4.5 14 10l-7 5.5z', end: 'M15 4v12M4 4.5 12 10l-8 5.5z',
};

/**
 * @param {HTMLElement} host
 * @param {Session} session
 * @returns {() => void} undo
 */
export function mountTransport(host, session) {
  const buttons = h('div', {class: 'buttons', role: 'group'});
  const range = h('input', {type: 'range', min: 0, step: 1});
  const marks = h('div', {class: 'marks'});
  const scrub = h('div', {class: 'scrub'}, h('span', {class: 'rail'}), h('span', {class: 'done'}), range, marks);
  const pace = h('select', {class: 'mini'});
  const count = h('output', {class: 'count', 'data-testid': 'hop-count'});
  const paceName = h('span');
  fill(host, buttons, h('label', {class: 'dwell'}, paceName, pace), scrub, count);

  const button = (/** @type {string} */ name, /** @type {() => void} */ does, primary = false) =>
    h('button', {type: 'button', class: `btn icon ${primary ? 'primary' : ''}`, 'data-name': name, onclick: does});
  const all = {
    home: button('home', () => act(session, {type: 'home'})), back: button('back', () => act(session, {type: 'back'})),
    play: button('play', () => act(session, {type: 'toggle'}), true), step: button('step', () => act(session, {type: 'step'})),
    end: button('end', () => act(session, {type: 'end'})),
  };
  fill(buttons, ...Object.values(all));
  range.addEventListener('input', () => act(session, {type: 'seek', index: Number(range.value)}));
  range.addEventListener('keydown', (event) => {
    if (['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'].includes(event.key)) event.stopPropagation();
    jumpByMark(event, marks, session);
  });
  dragMarks(marks, session);
  pace.addEventListener('change', () => setPace(session, Number(pace.value)));

  const language = watch(session, [(v) => v.language], () => {
    for (const [name, element] of Object.entries(all)) if (name !== 'play') dress(element, name, name);
    range.setAttribute('aria-label', t('transport.scrub'));
    paceName.textContent = t('transport.dwell');
    pace.setAttribute('aria-label', t('transport.pace'));
    fill(pace, ...PACES.map((ms) => h('option', {value: ms}, t('transport.seconds', {n: ms / 1000}))));
  });
  const showMark = () => markHere(marks, session.get().player.index);
  const state = watch(session, [(v) => v.player.index, (v) => v.player.count, (v) => v.player.playing, (v) => v.player.dwellMs, (v) => v.language, (v) => v.trace], (view) => {
    drawState(view, {...all, range, scrub, pace, count});
    showMark();
  });
  const redraw = () => { drawMarks(marks, session); showMark(); };
  const marked = watch(session, [(v) => v.trace, (v) => v.language, (v) => v.asking], redraw);
  const observer = new ResizeObserver(redraw);
  observer.observe(scrub);
  return () => { language(); state(); marked(); observer.disconnect(); host.replaceChildren(); };
}

/**
 * @param {Session} session
 * @param {number} dwellMs
 */
export function setPace(session, dwellMs) {
  act(session, {type: 'setDwell', dwellMs});
  writePref('dwell', String(session.get().player.dwellMs));
}

/**
 * @param {Session} session
 * @param {1 | -1} direction   1: slower
 */
export function changePace(session, direction) {
  const now = session.get().player.dwellMs;
  const next = direction > 0 ? PACES.find((ms) => ms > now) ?? DWELL_MS.max : PACES.findLast((ms) => ms < now) ?? DWELL_MS.min;
  setPace(session, next);
}

/**
 * @param {HTMLElement} element
 * @param {string} picture   a name of ICONS
 * @param {string} name
 */
function dress(element, picture, name) {
  fill(element, icon(ICONS[picture] ?? '', true));
  if (picture === 'home' || picture === 'end') element.firstElementChild?.setAttribute('stroke-width', '1.8');
  setProps(element, {'aria-label': t(`transport.${name}`), title: t(`transport.${name}.title`)});
}

/**
 * @param {View} view
 * @param {{home: HTMLButtonElement, back: HTMLButtonElement, play: HTMLButtonElement, step: HTMLButtonElement, end: HTMLButtonElement,
 *   range: HTMLInputElement, scrub: HTMLElement, pace: HTMLSelectElement, count: HTMLElement}} parts
 */
function drawState({player, trace}, parts) {
  const {index, count, playing, dwellMs} = player;
  dress(parts.play, playing ? 'pause' : 'play', playing ? 'pause' : 'play');
  for (const name of /** @type {const} */ (['home', 'back', 'step', 'end'])) {
    const stuck = count === 0 || (name === 'home' || name === 'back' ? index <= 0 : index >= count - 1);
    parts[name].setAttribute('aria-disabled', String(stuck));
  }
  parts.play.disabled = count === 0;
  parts.range.disabled = count === 0;
  parts.range.max = String(Math.max(0, count - 1));
  parts.range.value = String(Math.max(0, index));
  const hop = trace?.hops[index];
  parts.range.setAttribute('aria-valuetext', hop === undefined ? '' : `${t('transport.hop-of', {n: index + 1, total: count})} ${hopText(hop)}`);
  parts.scrub.style.setProperty('--at', String(count > 1 ? index / (count - 1) : 0));
  parts.pace.value = String(PACES.findLast((ms) => ms <= dwellMs) ?? dwellMs);
  fill(parts.count, h('b', {}, count === 0 ? '–' : index + 1), ` / ${count === 0 ? '–' : count}${trace !== null && trace.withheld > 0 ? ' …' : ''}`);
}

/**
 * @param {HTMLElement} host
 * @param {Session} session
 */
function drawMarks(host, session) {
  const {trace} = session.get();
  if (trace === null) return fill(host);
  const last = trace.hops.length - 1;
  const options = {verdict: trace.verdict !== null, delivered: trace.verdict?.outcome === 'delivered', questions: trace.withheld > 0 ? [last] : [], markPx: 27};
  let free = 0;
  fill(host, ...scrubMarks(trace.hops, host.clientWidth, options).map((mark) => {
    const at = Math.max(free, last > 0 ? (mark.index / last) * host.clientWidth : 0);
    free = at + MARK_PX;
    return markButton(mark, at / Math.max(1, host.clientWidth), host.clientWidth, session);
  }));
}

/**
 * On the slider, Page Up goes to the next mark and Page Down to the one before, as a slider's larger step does.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} marks
 * @param {Session} session
 */
function jumpByMark(event, marks, session) {
  if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
  event.preventDefault();
  const {index} = session.get().player;
  const stops = [...marks.children].map((mark) => Number(mark.getAttribute('data-index')));
  const target = event.key === 'PageUp' ? stops.find((stop) => stop > index) : stops.findLast((stop) => stop < index);
  if (target !== undefined) act(session, {type: 'seek', index: target});
}

/** The mark under the playhead tells its name while the slider has the focus. @param {HTMLElement} marks @param {number} index */
function markHere(marks, index) {
  for (const mark of marks.children) mark.toggleAttribute('data-here', Number(mark.getAttribute('data-index')) === index);
}

/**
 * @param {Mark} mark
 * @param {number} at   share of the bar
 * @param {number} width   of the bar, px
 * @param {Session} session
 */
function markButton(mark, at, width, session) {
  const kinds = [...new Set(mark.merged.map(({label}) => t(label)))].join(' · ');
  const label = `${t('transport.hop', {n: mark.index + 1})}: ${kinds}`;
  const edge = at < 0.38 ? 'start' : at > 0.62 ? 'end' : null;
  const tip = h('span', {class: 'tip', 'aria-hidden': 'true', 'data-edge': edge}, label);
  // On a short bar a long tip would leave the window.
  tip.style.maxWidth = `${Math.round(width * (edge === 'start' ? 1 - at : edge === 'end' ? at : 2 * Math.min(at, 1 - at)))}px`;
  const button = h('button', {type: 'button', 'data-type': mark.kind, 'data-sign': mark.letter, 'data-index': mark.index, 'aria-label': label,
    tabindex: -1, onclick: () => act(session, {type: 'seek', index: mark.index})},
  tip);
  button.style.left = `${at * 100}%`;
  return button;
}
