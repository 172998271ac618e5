/** What a panel is. One file, one panel: it gets a host element and the session, and returns its undo. */
/** @import {Session} from '../view/session.js' */
import {h} from '../view/dom.js';

/**
 * @typedef {object} Panel
 * @property {string} id
 * @property {string} title   UI string
 * @property {(frame: PanelFrame, session: Session) => () => void} mount   every mount returns its undo
 */
/**
 * @typedef {object} PanelFrame
 * @property {HTMLElement} heading   its text may be replaced
 * @property {HTMLElement} tools   right end of the title row
 * @property {HTMLElement} body
 */

/**
 * @param {string} id
 * @returns {{element: HTMLElement, frame: PanelFrame}}
 */
export function panelFrame(id) {
  const heading = h('h2', {id: `panel-${id}`});
  const tools = h('div', {class: 'tools'});
  const body = h('div', {class: `scroll ${id}`});
  const element = h('section', {class: 'panel', 'data-panel': id, 'aria-labelledby': `panel-${id}`}, h('header', {}, heading, tools), body);
  return {element, frame: {heading, tools, body}};
}
