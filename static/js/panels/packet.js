/** The packet inspector: headers as boxes in boxes, outermost outside; what this hop changed is marked and said. */
/** @import {Panel, PanelFrame} from './panel.js' */
/** @import {HeaderLayer, Hop, Scalar} from '../wire/protocol.js' */
/** @import {FieldDiff, PacketState} from '../state/types.js' */
/** @import {Session, View} from '../view/session.js' */
import {fill, h} from '../view/dom.js';
import {knows, t} from '../view/i18n.js';
import {patch, watch} from '../view/session.js';
import {chipFor} from '../state/format.js';
import {layerBytes, layerFields, layerTitle, packetBytes} from './layers.js';
import {selectField} from '../state/selection.js';
import {currentPacket} from '../view/current.js';

/** @type {Panel} */
export default {id: 'packet', title: 'panel.packet', mount};

/**
 * @param {PanelFrame} frame
 * @param {Session} session
 */
function mount({heading, tools, body}, session) {
  const stop = watch(session, [(v) => v.stage, (v) => v.language, (v) => v.selection, (v) => v.slots], (view) => {
    const packet = currentPacket(view.stage);
    heading.textContent = t('panel.packet');
    if (packet === null || view.stage.hop === null) {
      fill(tools);
      return fill(body, h('p', {class: 'empty'}, t(view.stage.hop?.kind === 'control' ? 'packet.control' : 'packet.none')));
    }
    fill(tools, h('span', {class: 'note mono'}, `#${packet.packet} · ${t('packet.bytes', {n: packetBytes(packet.headers)})}`));
    fill(body, ...popped(packet), nest(packet, 0, view, session), changeList(view.stage.hop, packet));
    requestAnimationFrame(() => showChange(body));
  });
  return () => { stop(); body.replaceChildren(); };
}

/** Scrolls to what this hop changed. @param {HTMLElement} body */
function showChange(body) {
  const changed = body.querySelector('.now');
  body.scrollTop = 0;
  if (changed === null) return;
  const below = changed.getBoundingClientRect().bottom - body.getBoundingClientRect().bottom;
  if (below > -8) body.scrollTop = below + 24;
}

/** @param {PacketState} packet */
function popped({popped: layers}) {
  if (layers.length === 0) return [];
  return [h('div', {class: 'layer popped'}, h('span', {class: 'name'}, t('packet.taken-off')), ' ',
    h('span', {class: 'was mono'}, layers.map(layerTitle).join(' › ')))];
}

/**
 * @param {PacketState} packet
 * @param {number} index
 * @param {View} view
 * @param {Session} session
 * @returns {HTMLElement | null}
 */
function nest(packet, index, view, session) {
  const layer = packet.headers[index];
  if (layer === undefined) return null;
  const fresh = index < packet.pushed;
  const bytes = layerBytes(packet.headers, index);
  const fields = layerFields(layer);
  return h('div', {class: `layer ${fresh ? 'fresh' : ''}`, 'data-layer': layer.layer},
    h('div', {class: 'fields'}, h('h3', {class: 'name'}, layerTitle(layer), bytes > 0 && h('span', {class: 'bytes'}, t('packet.bytes', {n: bytes})), fresh && h('span', {class: 'new'}, t('packet.new'))),
      fields.length > 0 && h('dl', {}, ...fields.map((group) => field(layer, group, index, {packet, view, session})))),
    nest(packet, index + 1, view, session));
}

/**
 * @param {HeaderLayer} layer
 * @param {{label: string, names: ReadonlyArray<string>}} what
 * @param {number} index
 * @param {{packet: PacketState, view: View, session: Session}} context
 */
function field(layer, {label, names}, index, {packet, view, session}) {
  const values = /** @type {Readonly<Record<string, Scalar>>} */ (/** @type {unknown} */ (layer));
  const chosen = view.selection.field;
  const hop = view.player.index;
  return h('div', {class: 'f', 'data-chosen': chosen?.layer === index && names.includes(chosen.field) ? 'true' : null,
    onclick: () => patch(session, {selection: selectField(hop, {layer: index, field: names[0] ?? ''})})},
    h('dt', {class: label === '' ? 'sr' : null}, label === '' ? names[0] ?? '' : label),
    ...names.map((name) => h('dd', {}, ...value(values[name] ?? null, packet.diffs.find((d) => d.layer === index && d.field === name), view))));
}

/**
 * @param {Scalar} now
 * @param {FieldDiff | undefined} diff
 * @param {View} view
 */
function value(now, diff, {slots}) {
  const owner = chipFor(slots, now);
  const text = typeof now === 'boolean' ? (now ? t('yes') : t('no')) : String(now ?? '—');
  const props = {class: diff === undefined ? 'own' : 'now', 'data-slot': diff === undefined && owner?.slot ? owner.slot : null, title: owner?.label ?? null};
  const shown = h('span', props, text);
  return diff === undefined || diff.was === null ? [shown] : [h('span', {class: 'was'}, h('span', {class: 'sr'}, t('packet.was')), String(diff.was)), ' ', shown];
}

/**
 * What the hop did, in words.
 * @param {Hop} hop
 * @param {PacketState} packet
 */
function changeList(hop, packet) {
  if (hop.changes.length === 0) return h('p', {class: 'did'}, t(packet.bornAt === packet.movedAt ? 'packet.born' : packet.pushed > 0 ? 'packet.framed' : 'packet.unchanged'));
  return h('ul', {class: 'did'}, ...hop.changes.map(({field: name, before, after}) => h('li', {}, changeText(name, before, after))));
}

/**
 * @param {string} field
 * @param {Scalar} before
 * @param {Scalar} after
 * @returns {string}
 */
function changeText(field, before, after) {
  const name = knows(`field.${field}`) ? t(`field.${field}`) : field;
  const what = {field: name, before: String(before ?? ''), after: String(after ?? '')};
  if (field === 'outer') return t(before === null ? 'change.wrap' : 'change.unwrap', what);
  if (before === null) return t('change.set', what);
  if (after === null) return t('change.gone', what);
  return t('change.becomes', what);
}
