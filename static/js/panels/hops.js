/** The hop list: the same facts as the picture, as a table; one selection with it. */
/** @import {Panel, PanelFrame} from './panel.js' */
/** @import {HopRow} from '../state/types.js' */
/** @import {Leg} from '../wire/protocol.js' */
/** @import {Session, View} from '../view/session.js' */
import {hopRows, legsOf, rowOf} from '../state/filter.js';
import {linkedTo} from '../state/selection.js';
import {captionNodes, hopTemplate, hopText} from '../view/chips.js';
import {fill, h} from '../view/dom.js';
import {keepFocus} from '../view/focus.js';
import {t, word} from '../view/i18n.js';
import {act, patch, watch} from '../view/session.js';
import {toneOf} from './tones.js';

/** @type {Panel} */
export default {id: 'hops', title: 'panel.hops', mount};

/**
 * @param {PanelFrame} frame
 * @param {Session} session
 */
function mount({heading, tools, body}, session) {
  /** @type {HopRow[]} */
  let rows = [];
  const table = h('table', {role: 'grid', 'aria-labelledby': heading.id});
  fill(body, table);
  const list = watch(session, [(v) => v.trace, (v) => v.scene, (v) => v.filter, (v) => v.language, (v) => v.slots, (v) => v.asking], (view) => {
    heading.textContent = t('panel.hops');
    rows = view.trace === null || view.scene === null ? [] : hopRows(view.scene, view.trace.hops, view.filter);
    keepFocus(tools, () => drawTools(tools, view, session));
    keepFocus(table, () => drawRows(table, rows, view, session));
  });
  const current = watch(session, [(v) => v.player.index, (v) => v.selection, (v) => v.trace, (v) => v.filter, (v) => v.language], (view) => {
    markRows(table, rows, view);
  });
  table.addEventListener('keydown', (event) => moveByKey(event, table, session));
  return () => { list(); current(); body.replaceChildren(); };
}

/**
 * @param {HTMLElement} tools
 * @param {View} view
 * @param {Session} session
 */
function drawTools(tools, {trace, filter}, session) {
  const legs = trace === null ? [] : legsOf(trace.hops);
  const noise = legs.includes('arp');
  const choices = legs.filter((leg) => leg !== 'arp');
  fill(tools,
    choices.length > 1 && h('select', {class: 'mini', 'data-key': 'leg', 'aria-label': t('hops.leg'), onchange: (/** @type {Event} */ event) => {
      const {value} = /** @type {HTMLSelectElement} */ (event.currentTarget);
      patch(session, {filter: {...filter, legs: value === '' ? null : [/** @type {Leg} */ (value)]}});
    }}, ...legOptions(legs, filter.legs)),
    noise && h('button', {class: 'mini', type: 'button', 'data-key': 'arp', 'aria-pressed': String(filter.hideArp), onclick: () =>
      patch(session, {filter: {...filter, hideArp: !filter.hideArp}})}, t('hops.hide-arp')));
}

/**
 * @param {ReadonlyArray<Leg>} legs
 * @param {ReadonlyArray<Leg> | null} chosen
 */
function legOptions(legs, chosen) {
  const all = h('option', {value: '', selected: chosen === null}, t('hops.all-legs'));
  return [all, ...legs.map((leg) => h('option', {value: leg, selected: chosen?.includes(leg) ?? false}, word('leg', leg)))];
}

/**
 * @param {HTMLTableElement} table
 * @param {ReadonlyArray<HopRow>} rows
 * @param {View} view
 * @param {Session} session
 */
function drawRows(table, rows, view, session) {
  if (rows.length === 0) return fill(table, h('tbody', {}, h('tr', {}, h('td', {class: 'empty'}, t(view.trace !== null ? 'hops.filtered' : view.asking ? 'hops.asking' : 'hops.none')))));
  const body = h('tbody');
  for (const row of rows) {
    if (row.heading !== null) body.append(headingRow(row.heading, view));
    body.append(hopRow(row, session));
  }
  const head = h('thead', {class: 'sr'}, h('tr', {}, ...['n', 'what', 'kind'].map((name) => h('th', {scope: 'col'}, t(`hops.${name}`)))));
  const columns = h('colgroup', {}, ...['n', 'what', 'kind'].map((name) => h('col', {class: `col-${name}`})));
  fill(table, h('caption', {class: 'sr'}, t('hops.caption')), columns, head, body);
}

/**
 * @param {string} room
 * @param {View} view
 */
function headingRow(room, {scene, slots}) {
  const owner = slots.owners[room];
  const label = scene?.rooms.find(({id}) => id === room)?.label ?? room;
  return h('tr', {class: 'place'}, h('th', {colspan: 3, scope: 'rowgroup'},
    owner && h('span', {class: 'chip', 'data-slot': owner.slot || null, 'data-shape': owner.shape, 'aria-hidden': 'true'}, owner.tag), ` ${label}`));
}

/**
 * @param {HopRow} row
 * @param {Session} session
 */
function hopRow({index, hop}, session) {
  const seek = () => act(session, {type: 'seek', index});
  return h('tr', {'data-index': index, 'data-key': `hop-${index}`, tabindex: -1, 'aria-selected': 'false', onclick: seek},
    h('td', {class: 'n'}, hop.n),
    h('td', {class: 'what', title: hopText(hop)}, h('span', {}, ...captionNodes(hopTemplate(hop), hop.caption.params))),
    h('td', {class: 'kind'}, h('span', {class: 'kindtag', 'data-tone': toneOf(hop.kind), title: hop.kind}, word('kind', hop.kind))));
}

/**
 * @param {HTMLTableElement} table
 * @param {ReadonlyArray<HopRow>} rows
 * @param {View} view
 */
function markRows(table, rows, {player, scene, trace, selection}) {
  const current = rows[rowOf(rows, player.index)]?.index ?? rows[0]?.index ?? -1;
  const linked = new Set(scene !== null && trace !== null && selection.element !== null ? linkedTo(scene, trace.hops, selection).hops : []);
  for (const row of table.querySelectorAll('tr[data-index]')) {
    const index = Number(row.getAttribute('data-index'));
    const chosen = String(index === current);
    if (linked.size > 0 || row.hasAttribute('data-linked')) row.toggleAttribute('data-linked', linked.has(index));
    if (row.getAttribute('aria-selected') === chosen) continue;
    row.setAttribute('aria-selected', chosen);
    row.setAttribute('tabindex', index === current ? '0' : '-1');
  }
  const row = /** @type {HTMLElement | null} */ (table.querySelector('[aria-selected="true"]'));
  if (row === null) return;
  if (table.contains(document.activeElement)) row.focus({preventScroll: true});
  requestAnimationFrame(() => keepVisible(row));
}

/** @param {Element} row */
function keepVisible(row) {
  const scroller = row.closest('.scroll');
  if (scroller === null) return;
  const [box, frame] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
  if (box.top < frame.top + 24) scroller.scrollTop += box.top - frame.top - 30;
  else if (box.bottom > frame.bottom - 24) scroller.scrollTop += box.bottom - frame.bottom + 30;
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLTableElement} table
 * @param {Session} session
 */
function moveByKey(event, table, session) {
  const rows = [...table.querySelectorAll('tr[data-index]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = event.key === 'ArrowDown' ? at + 1 : event.key === 'ArrowUp' ? at - 1 : event.key === 'Enter' ? at : -1;
  const target = rows[to];
  if (at === -1 || target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  act(session, {type: 'seek', index: Number(target.getAttribute('data-index'))});
}
