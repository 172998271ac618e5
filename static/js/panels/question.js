/** A question: predict, then see. The server judges; this form only asks, shows the answer and moves the focus to it. */
/** @import {Ask, AskOption, Answer} from '../wire/lesson.js' */
/** @import {Text} from '../wire/protocol.js' */
/** @import {Slots} from '../state/types.js' */
import {chip, chipProse, chipText} from '../view/chips.js';
import {chipFor} from '../state/format.js';
import {h, safeHtml} from '../view/dom.js';
import {languageTag, pick, t} from '../view/i18n.js';

/**
 * What the student did so far; survives a change of language.
 * @typedef {object} Attempt
 * @property {string[]} values   chosen, in order
 * @property {{kind: 'right' | 'wrong' | 'hint' | 'skipped' | 'problem', text: Text} | null} feedback
 * @property {string[]} wrong   values that were tried
 * @property {boolean} busy
 */
/** @typedef {{readonly check: (value: string | string[]) => void, readonly skip: () => void, readonly changed: () => void}} QuestionActions */

/** @returns {Attempt} */
export function newAttempt() { return {values: [], feedback: null, wrong: [], busy: false}; }

/**
 * @param {Ask} ask
 * @param {Answer | null} answer
 * @param {Attempt} attempt
 * @param {{slots: Slots, actions: QuestionActions}} context
 * @returns {HTMLFormElement}
 */
export function questionForm(ask, answer, attempt, {slots, actions}) {
  const legend = h('legend', {});
  legend.append(...chipProse(safeHtml(pick(ask.prompt), languageTag()), slots).childNodes);
  unwrap(legend);
  const form = h('form', {novalidate: true, onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (ask.state === 'open' && !attempt.busy && attempt.values.length > 0) actions.check(ask.kind === 'multi' || ask.kind === 'order' ? attempt.values : attempt.values[0] ?? '');
  }});
  const note = h('p', {class: 'note'}, ask.kind === 'next-hop' && ask.state === 'open' ? t('ask.click') : '');
  const set = h('fieldset', {class: 'ask'}, legend, note.textContent !== '' && note,
    ...(ask.options.length === 0 ? [fieldInput(ask, answer, attempt)] : ask.options.map((option, index) => optionRow(ask, option, index, {answer, attempt, slots, actions}))),
    ask.state === 'open' && buttonRow(ask, attempt, actions), feedback(attempt, answer, slots));
  form.append(set);
  return form;
}

/** A prompt is one paragraph; a legend takes phrasing content only. @param {HTMLElement} legend */
function unwrap(legend) {
  for (const paragraph of legend.querySelectorAll('p')) paragraph.replaceWith(...paragraph.childNodes);
}

/**
 * @param {Ask} ask
 * @param {AskOption} option
 * @param {number} index
 * @param {{answer: Answer | null, attempt: Attempt, slots: Slots, actions: QuestionActions}} context
 */
function optionRow(ask, option, index, {answer, attempt, slots, actions}) {
  const several = ask.kind === 'multi' || ask.kind === 'order';
  const open = ask.state === 'open';
  const right = answer !== null && answer.value.split(',').includes(option.value);
  const wrong = attempt.wrong.includes(option.value);
  const input = h('input', {type: several ? 'checkbox' : 'radio', name: 'answer', value: option.value, 'data-key': `option-${option.value}`,
    checked: attempt.values.includes(option.value) || (right && !open), disabled: !open, onchange: () => {
      attempt.values = several ? toggled(attempt.values, option.value) : [option.value];
      actions.changed();
    }});
  return h('label', {class: 'option', 'data-mark': right ? 'right' : wrong ? 'wrong' : null}, input,
    open && h('span', {class: 'key', 'aria-hidden': 'true'}, index + 1), h('span', {class: 'words'}, ...optionText(option, slots)),
    ask.kind === 'order' && attempt.values.includes(option.value) && h('span', {class: 'mark'}, `${attempt.values.indexOf(option.value) + 1}`),
    right ? h('span', {class: 'mark'}, `✓ ${t('ask.computed')}`) : wrong && h('span', {class: 'mark'}, `✕ ${t('ask.yours')}`));
}

/**
 * @param {string[]} values
 * @param {string} value
 * @returns {string[]}
 */
function toggled(values, value) {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
}

/**
 * @param {AskOption} option
 * @param {Slots} slots
 * @returns {HTMLElement[]}
 */
function optionText({value, label}, slots) {
  const text = pick(label);
  const words = h('span', {}, ...chipText(text, slots));
  if (chipFor(slots, value) === null || words.querySelector('.chip') !== null) return [words];
  return text.trim() === value ? [chip(slots, value)] : [chip(slots, value), words];
}

/**
 * @param {Ask} ask
 * @param {Answer | null} answer
 * @param {Attempt} attempt
 */
function fieldInput(ask, answer, attempt) {
  const input = h('input', {class: 'input', type: 'text', autocomplete: 'off', spellcheck: 'false', 'data-key': 'field', 'aria-label': t('ask.your-answer'),
    value: answer?.value ?? attempt.values[0] ?? '', disabled: ask.state !== 'open', oninput: () => {
      attempt.values = input.value.trim() === '' ? [] : [input.value.trim()];
      input.form?.querySelector('[data-key="check"]')?.setAttribute('aria-disabled', String(attempt.values.length === 0 || attempt.busy));
    }});
  return input;
}

/**
 * @param {Ask} ask
 * @param {Attempt} attempt
 * @param {QuestionActions} actions
 */
function buttonRow(ask, attempt, actions) {
  const hint = ask.hint;
  return h('div', {class: 'row'},
    h('button', {type: 'submit', class: 'btn primary', 'data-key': 'check', 'aria-disabled': String(attempt.values.length === 0 || attempt.busy)}, t('ask.check')),
    hint !== null && h('button', {type: 'button', class: 'btn', 'data-key': 'hint', onclick: () => { attempt.feedback = {kind: 'hint', text: hint}; actions.changed(); }}, t('ask.hint')),
    h('button', {type: 'button', class: 'btn quiet', 'data-key': 'skip', onclick: actions.skip}, t('ask.skip')));
}

/**
 * @param {Attempt} attempt
 * @param {Answer | null} answer
 * @param {Slots} slots
 */
function feedback({feedback: given}, answer, slots) {
  const shown = given ?? (answer === null ? null : told(answer));
  if (shown === null) return null;
  return h('div', {class: 'feedback', 'data-kind': shown.kind === 'skipped' ? 'hint' : shown.kind === 'problem' ? 'wrong' : shown.kind, role: 'status', tabindex: -1, 'data-key': 'feedback', 'data-testid': 'feedback'},
    h('span', {class: 'word'}, t(`ask.word.${shown.kind}`)), ' ', chipProse(safeHtml(pick(shown.text), languageTag()), slots));
}

/** @param {Answer} answer @returns {NonNullable<Attempt['feedback']>} what a question that is over says */
function told({right, why}) { return {kind: right ? 'right' : 'skipped', text: why}; }
