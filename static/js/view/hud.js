/** What floats over the scene: where we are, how much is shown, whether the camera follows. */
/** @import {Crumb} from '../state/types.js' */
/** @import {Level} from '../layout/types.js' */
/** @import {Session} from './session.js' */
import {breadcrumb} from '../state/breadcrumb.js';
import {selectElement} from '../state/selection.js';
import {fill, h, icon} from './dom.js';
import {keepFocus} from './focus.js';
import {knows, t} from './i18n.js';
import {patch, watch} from './session.js';

const TARGET = 'M10 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 1.8v3.4M10 14.8v3.4M1.8 10h3.4M14.8 10h3.4';

/**
 * @param {HTMLElement} host
 * @param {Session} session
 * @param {(element: string) => void} open
 * @returns {() => void} undo
 */
export function mountHud(host, session, open) {
  const where = h('ol', {class: 'here'});
  const nav = h('nav', {}, where);
  const levels = h('div', {class: 'seg', role: 'group'});
  const follow = h('button', {type: 'button', class: 'btn icon', onclick: () => patch(session, {follow: !session.get().follow})}, icon(TARGET));
  fill(host, nav, h('div', {class: 'right'}, levels, follow));
  const buttons = /** @type {Level[]} */ ([1, 2, 3]).map((level) => h('button', {type: 'button', onclick: () => patch(session, {level})}, level));
  fill(levels, h('span', {class: 'what', 'aria-hidden': 'true'}), ...buttons);

  const stopWhere = watch(session, [(v) => v.stage.hop, (v) => v.scene, (v) => v.language], ({scene, stage}) => {
    nav.setAttribute('aria-label', t('where'));
    const crumbs = scene === null ? [] : breadcrumb(scene, stage.hop);
    where.hidden = crumbs.length === 0;
    keepFocus(where, () => fill(where, ...crumbs.map((crumb) => h('li', {}, crumbButton(crumb, () => {
      if (crumb.element === null) return;
      patch(session, {selection: selectElement(crumb.element)});
      open(crumb.element);
    })))));
  });
  const stopTools = watch(session, [(v) => v.level, (v) => v.follow, (v) => v.language], (view) => {
    levels.setAttribute('aria-label', t('level'));
    if (levels.firstElementChild) levels.firstElementChild.textContent = t('level');
    buttons.forEach((button, index) => {
      button.setAttribute('aria-pressed', String(view.level === index + 1));
      button.setAttribute('aria-label', t('level.n', {n: index + 1}));
      button.title = t(`level.${index + 1}`);
    });
    follow.setAttribute('aria-pressed', String(view.follow));
    follow.setAttribute('aria-label', t('follow'));
    follow.title = t('follow.title');
  });
  return () => { stopWhere(); stopTools(); host.replaceChildren(); };
}

/**
 * @param {Crumb} crumb
 * @param {() => void} choose
 */
function crumbButton({label, code, element}, choose) {
  const text = code !== null && knows(code) ? t(code) : label;
  return element === null ? h('span', {}, text) : h('button', {type: 'button', onclick: choose}, text);
}
