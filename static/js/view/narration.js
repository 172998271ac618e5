/** The caption under the scene, and the polite voice that says it: one sentence a hop, one summary when it goes fast. */
/** @import {Session, View} from './session.js' */
/** @import {Trace} from '../wire/protocol.js' */
import {captionNodes, hopTemplate, hopText} from './chips.js';
import {fill, h} from './dom.js';
import {captionTemplate, captionText, t, word} from './i18n.js';
import {atEnd, watch} from './session.js';

/** Faster than this and the voice waits for a pause, ms a hop. */
const FLOOD_MS = 1000;

/**
 * @param {HTMLElement} caption
 * @param {HTMLElement} live
 * @param {Session} session
 * @returns {() => void} undo
 */
export function mountNarration(caption, live, session) {
  let spoken = session.get().player.index;
  let language = session.get().language;
  const stopCaption = watch(session, [(v) => v.stage, (v) => v.language, (v) => v.trace], (view) => {
    drawCaption(caption, view);
  });
  const stopVoice = watch(session, [(v) => v.player.index, (v) => v.player.playing, (v) => v.language], ({player, trace}) => {
    const other = session.get().language !== language;
    if (trace === null || (player.index === spoken && !other) || (player.playing && player.dwellMs < FLOOD_MS)) return;
    spoken = player.index;
    language = session.get().language;
    live.textContent = sentence(session.get());
  });
  return () => { stopCaption(); stopVoice(); };
}

/**
 * @param {HTMLElement} caption
 * @param {View} view
 */
function drawCaption(caption, view) {
  const {hop} = view.stage;
  const failed = atEnd(view) && view.trace?.verdict?.outcome !== 'delivered';
  caption.setAttribute('data-tone', failed ? 'drop' : 'plain');
  if (hop === null) return fill(caption);
  fill(caption, ...(atEnd(view) && view.trace !== null ? verdictNodes(view.trace) : []), ...captionNodes(hopTemplate(hop), hop.caption.params));
}

/** @param {Trace} trace */
function verdictNodes({verdict}) {
  if (verdict === null) return [];
  return [h('span', {class: 'verdict'}, `${verdict.outcome === 'delivered' ? '✓' : '✕'} ${word('outcome', verdict.outcome)}`)];
}

/**
 * "Hop 9 of 14. k8s-node-12, cni0: ..."
 * @param {View} view
 * @returns {string}
 */
function sentence(view) {
  const {player, stage, trace, scene} = view;
  if (stage.hop === null) return '';
  const room = scene?.rooms.find(({id}) => id === stage.place?.room)?.label ?? stage.hop.netns;
  const place = [room, stage.hop.interface].filter((part) => part !== null).join(', ');
  const end = atEnd(view) && trace?.verdict ? ` ${verdictText(trace)}` : '';
  return `${t('transport.hop-of', {n: player.index + 1, total: player.count})} ${place}: ${hopText(stage.hop)}${end}`;
}

/**
 * The verdict with its reason, as one text.
 * @param {Trace} trace
 * @returns {string}
 */
export function verdictText({verdict}) {
  if (verdict === null) return '';
  const section = captionTemplate('verdict', verdict.caption?.code ?? '') === null ? 'hop' : 'verdict';
  const known = verdict.caption && captionTemplate(section, verdict.caption.code) !== null;
  const why = known ? captionText(section, verdict.caption) : verdict.why;
  return `${word('outcome', verdict.outcome)}: ${why}`;
}
