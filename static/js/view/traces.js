/** A step may send more than once: the switch between its traces. */
/** @import {LessonTrace} from '../wire/lesson.js' */
import {h} from './dom.js';
import {pick, t} from './i18n.js';

/**
 * @param {HTMLElement} stage
 * @param {ReadonlyArray<LessonTrace>} traces
 * @param {number} current
 * @param {(index: number) => void} choose
 */
export function drawTraceSwitch(stage, traces, current, choose) {
  stage.querySelector('.traces')?.remove();
  if (traces.length < 2) return;
  const select = h('select', {class: 'mini', 'aria-label': t('traces'), onchange: () => choose(Number(select.value))},
    ...traces.map(({title, id}, index) => h('option', {value: index, selected: index === current}, pick(title) || id)));
  stage.querySelector('.hud.top .right')?.prepend(h('span', {class: 'traces'}, select));
}
