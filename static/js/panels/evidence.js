/** Why: the table that decided, in the text of the real tool, with the entries it passed over and their failing term. */
/** @import {Panel, PanelFrame} from './panel.js' */
/** @import {Evidence} from '../wire/protocol.js' */
/** @import {Session, View} from '../view/session.js' */
import {fill, h} from '../view/dom.js';
import {keepFocus} from '../view/focus.js';
import {t} from '../view/i18n.js';
import {patch, watch} from '../view/session.js';
import {selectEvidence} from '../state/selection.js';

/** How long "copied" stands on the button, ms. */
const FEEDBACK_MS = 1600;

/** @type {Panel} */
export default {id: 'evidence', title: 'panel.evidence', mount};

/**
 * @param {PanelFrame} frame
 * @param {Session} session
 */
function mount({heading, tools, body}, session) {
  // A long list of rules is scrolled with the arrow keys; the place stays a stop for the Tab key when the list is short.
  body.tabIndex = 0;
  body.setAttribute('role', 'group');
  body.setAttribute('aria-labelledby', heading.id);
  const stop = watch(session, [(v) => v.stage, (v) => v.language, (v) => v.selection], (view) => {
    const hop = view.stage.hop;
    const evidence = hop?.evidence ?? null;
    heading.textContent = evidence === null ? t('panel.evidence') : t('evidence.title', {place: placeName(view)});
    heading.title = heading.textContent;
    keepFocus(tools, () => fill(tools, copyButton(evidence)));
    fill(body, ...(evidence === null ? [h('p', {class: 'empty'}, t(hop === null ? 'evidence.none' : 'evidence.no-table'))] : entries(evidence, view, session)));
  });
  return () => { stop(); body.replaceChildren(); };
}

/** @param {View} view @returns {string} the room whose table it is */
function placeName({scene, stage}) {
  return scene?.rooms.find(({id}) => id === stage.place?.room)?.label ?? stage.hop?.netns ?? '';
}

/**
 * @param {Evidence} evidence
 * @param {View} view
 * @param {Session} session
 * @returns {HTMLElement[]}
 */
function entries({tool, entry, skipped, matched = [], verdict}, {selection, player}, session) {
  const choose = (/** @type {number} */ index) => () => patch(session, {selection: selectEvidence(player.index, index)});
  const chosen = (/** @type {number} */ index) => (selection.evidence === index ? 'true' : null);
  return [
    h('div', {class: 'tool'}, tool),
    entry === '' ? h('p', {class: 'none'}, t('evidence.no-entry'))
      : h('div', {class: 'entry hit', 'data-chosen': chosen(0), onclick: choose(0)}, h('span', {class: 'sr'}, t('evidence.decided')), entry),
    ...way(matched, entry),
    ...(verdict === undefined ? [] : [h('p', {class: 'verdict'}, t('evidence.verdict', {verdict}))]),
    ...(skipped.length === 0 ? [] : [h('div', {class: 'group'}, t('evidence.skipped'))]),
    ...skipped.map((item, index) => h('div', {class: 'entry skip', 'data-chosen': chosen(index + 1), onclick: choose(index + 1)},
      item.entry, h('span', {class: 'because'}, item.because))),
  ];
}

/**
 * The rules that led to the one that decided: jumps, marks, returns, in the order in which the packet met them.
 * @param {ReadonlyArray<string>} matched
 * @param {string} entry
 * @returns {HTMLElement[]}
 */
function way(matched, entry) {
  const before = matched.filter((line) => line !== entry);
  if (before.length === 0) return [];
  return [h('div', {class: 'group'}, t('evidence.matched')), ...before.map((line) => h('div', {class: 'entry'}, line))];
}

/** It stays where it is at a hop without a table, so that the focus does. @param {Evidence | null} evidence */
function copyButton(evidence) {
  const button = h('button', {class: 'mini', type: 'button', 'aria-disabled': String(evidence === null), onclick: async () => {
    if (evidence === null) return;
    const text = [`# ${evidence.tool}`, evidence.entry].join('\n');
    button.textContent = t(await copyText(text) ? 'copied' : 'copy-failed');
    setTimeout(() => { button.textContent = t('copy'); }, FEEDBACK_MS);
  }}, t('copy'));
  button.setAttribute('aria-live', 'polite');
  return button;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is on the clipboard now
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
