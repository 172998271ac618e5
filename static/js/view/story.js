/** The left column: what the step says, its question, what was checked, and the way on. */
/** @import {LessonView, StepView} from '../wire/lesson.js' */
/** @import {Text} from '../wire/protocol.js' */
/** @import {Slots} from '../state/types.js' */
/** @import {Attempt, QuestionActions} from '../panels/question.js' */
import {questionForm} from '../panels/question.js';
import {keepFocus} from './focus.js';
import {chipProse} from './chips.js';
import {fill, h, safeHtml} from './dom.js';
import {languageTag, pick, t} from './i18n.js';

/**
 * @typedef {object} StoryState
 * @property {LessonView} lesson
 * @property {StepView} step
 * @property {number} number   of the step, from 0
 * @property {Attempt} attempt
 * @property {Slots} slots
 * @property {{id: string, title: Text} | null} next   the lesson after this one
 */
/** @typedef {{readonly back: () => void, readonly on: () => void, readonly question: QuestionActions}} StoryActions */

/**
 * @param {HTMLElement} host
 * @param {StoryState} state
 * @param {StoryActions} actions
 */
export function drawStory(host, state, actions) {
  const unfolded = {facts: true, terms: state.number === 0 && state.step.ask === null, ...foldsOf(host)};
  keepFocus(host, () => fill(host, h('div', {class: 'scroll', tabindex: -1}, ...parts(state, actions, unfolded)), footer(state, actions)));
}

/** @typedef {{facts: boolean, terms: boolean}} Folds   which lists are open */

/** @param {HTMLElement} host @returns {Partial<Folds>} as the student left them */
function foldsOf(host) {
  return Object.fromEntries([...host.querySelectorAll('details[data-fold]')].map((list) => [list.getAttribute('data-fold'), list.hasAttribute('open')]));
}

/**
 * @param {StoryState} state
 * @param {StoryActions} actions
 * @param {Folds} unfolded
 * @returns {Node[]}
 */
function parts({lesson, step, number, attempt, slots}, actions, unfolded) {
  const {ask} = step;
  return [
    h('header', {}, h('span', {class: 'kicker'}, t(ask === null ? 'kicker.look' : 'kicker.predict')), h('h1', {tabindex: -1, 'data-key': 'title'}, pick(step.title))),
    prose(step.say, slots),
    ...(number === 0 && lesson.objectives.length > 0 && ask === null ? [objectives(lesson)] : []),
    ...(ask === null ? [] : [questionForm(ask, step.answer, attempt, {slots, actions: actions.question})]),
    ...(step.after === null ? [] : [h('section', {class: 'after'}, h('h2', {}, t('story.after')), prose(step.after, slots))]),
    ...(step.facts.length === 0 ? [] : [facts(step, unfolded.facts)]),
    ...(step.errata === null ? [] : [h('section', {class: 'errata'}, h('h2', {}, t('story.errata')), prose(step.errata, slots))]),
    ...(lesson.terms.length === 0 ? [] : [terms(lesson, unfolded.terms)]),
  ];
}

/**
 * @param {Text} text
 * @param {Slots} slots
 */
function prose(text, slots) {
  const missing = pick(text) === '';
  const html = missing ? text.zh || text.en : pick(text);
  const element = chipProse(safeHtml(html, missing ? (text.zh ? 'zh-CN' : 'en') : languageTag()), slots);
  if (missing && html !== '') element.prepend(h('small', {class: 'untranslated', lang: languageTag()}, t('untranslated')));
  return element;
}

/** @param {LessonView} lesson */
function objectives(lesson) {
  return h('section', {class: 'objectives'}, h('h2', {}, t('story.objectives')), h('ul', {}, ...lesson.objectives.map((text) => h('li', {}, pick(text)))));
}

/** The words of the lesson: open where it begins, then as the student leaves them. @param {LessonView} lesson @param {boolean} open */
function terms({terms: all}, open) {
  const text = (/** @type {unknown} */ value) => (typeof value === 'string' ? value : pick(/** @type {Text} */ (value)));
  return h('details', {class: 'terms', 'data-fold': 'terms', open}, h('summary', {'data-key': 'terms'}, t('story.terms')),
    h('dl', {}, ...all.flatMap(({name, definition}) => [h('dt', {}, text(name)), h('dd', {}, text(definition))])));
}

/** @param {StepView} step @param {boolean} open */
function facts({facts: all}, open) {
  return h('details', {class: 'facts', 'data-fold': 'facts', open}, h('summary', {}, t('story.facts', {n: all.length})), h('ul', {}, ...all.map(({text}) => h('li', {}, pick(text)))));
}

/**
 * @param {StoryState} state
 * @param {StoryActions} actions
 */
function footer({lesson, step, number, next}, actions) {
  const last = number === lesson.steps.length - 1;
  const open = step.ask?.state === 'open';
  const on = last && next !== null ? t('story.next-lesson', {title: pick(next.title)}) : t(last ? 'story.finish' : 'story.continue');
  return h('footer', {},
    h('button', {type: 'button', class: 'btn', 'data-key': 'back', 'aria-disabled': String(number === 0), onclick: actions.back}, t('story.back')),
    h('span', {class: 'spacer'}),
    h('button', {type: 'button', class: `btn ${open ? '' : 'primary'} on`, 'data-key': 'on', onclick: actions.on}, h('span', {}, on)));
}

/**
 * Grey bars where the story will stand.
 * @param {HTMLElement} host
 */
export function drawStorySkeleton(host) {
  const bar = (/** @type {string} */ width) => { const line = h('div', {class: 'skeleton bar'}); line.style.width = width; return line; };
  fill(host, h('div', {class: 'scroll', 'aria-busy': 'true'}, h('span', {class: 'sr'}, t('loading')), bar('30%'), bar('75%'), bar('100%'), bar('92%'), bar('60%')));
}
