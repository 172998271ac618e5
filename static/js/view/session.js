/**
 * What the page shows: one value in one store. Panels and the stage select a part of it and are told when that part
 * changed; the facts come from the trace alone (state/fold.js), the moment from the playhead (state/player.js).
 */
/** @import {Trace} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {Look} from '../wire/lesson.js' */
/** @import {HopFilter, Player, PlayerAction, Selection, Slots, Stage} from '../state/types.js' */
/** @import {Level} from '../layout/types.js' */
/** @import {Store} from '../state/store.js' */
/** @import {Tag} from './i18n.js' */
import {EVERY_HOP} from '../state/filter.js';
import {emptyStage, foldTo} from '../state/fold.js';
import {newPlayer, play} from '../state/player.js';
import {NOTHING_SELECTED, selectHop} from '../state/selection.js';
import {assignSlots} from '../state/slots.js';
import {createStore} from '../state/store.js';

/**
 * An answer that can be clicked on the stage.
 * @typedef {{readonly element: string, readonly key: string, readonly chosen: boolean, readonly choose: () => void}} SceneOption
 */
/**
 * @typedef {object} View
 * @property {Tag} language
 * @property {Scene | null} scene
 * @property {Trace | null} trace
 * @property {Stage} stage
 * @property {Player} player
 * @property {Slots} slots
 * @property {Selection} selection
 * @property {HopFilter} filter
 * @property {Look} look
 * @property {Level} level
 * @property {boolean} follow
 * @property {ReadonlyArray<SceneOption>} options   of the open next-hop question
 * @property {boolean} asking   an open question: what comes later is withheld
 * @property {boolean} letters   whether single letters are keys
 */
/** @typedef {Store<View>} Session */

/** @type {Look} */
export const NO_LOOK = {focus: [], level: 2, camera: 'fit'};

/**
 * @param {Tag} language
 * @param {boolean} letters
 * @returns {Session}
 */
export function newSession(language, letters) {
  return createStore(/** @type {View} */ ({
    language, letters, scene: null, trace: null, stage: emptyStage(), player: newPlayer(), slots: {owners: {}, addresses: {}},
    selection: NOTHING_SELECTED, filter: EVERY_HOP, look: NO_LOOK, level: 2, follow: false, options: [], asking: false,
  }));
}

/**
 * @param {Session} session
 * @param {Partial<View>} patch
 */
export function patch(session, patch) {
  session.update((view) => {
    const keys = /** @type {(keyof View)[]} */ (Object.keys(patch));
    return keys.every((key) => Object.is(patch[key], view[key])) ? view : {...view, ...patch};
  });
}

/**
 * Moves the playhead, and the stage and the selection with it.
 * @param {Session} session
 * @param {PlayerAction} action
 */
export function act(session, action) {
  session.update((view) => {
    let player = play(view.player, action);
    if (player === view.player) return view;
    if (action.type === 'tick' && player.index !== view.player.index && mustPause(view, player.index)) player = play(player, {type: 'pause'});
    return player.index === view.player.index ? {...view, player} : {...view, player, ...momentAt(view, player.index)};
  });
}

/**
 * The lesson wants the student to look at hops of this kind before the packet goes on.
 * @param {View} view
 * @param {number} index
 * @returns {boolean}
 */
function mustPause({look, trace}, index) {
  const kind = trace?.hops[index]?.kind;
  return kind !== undefined && (look.pause ?? []).includes(kind);
}

/**
 * @param {Pick<View, 'scene' | 'trace'>} view
 * @param {number} index
 * @returns {{stage: Stage, selection: Selection}}
 */
function momentAt({scene, trace}, index) {
  const stage = scene === null || trace === null ? emptyStage() : foldTo(scene, trace.hops, index);
  return {stage, selection: index < 0 ? NOTHING_SELECTED : selectHop(index)};
}

/**
 * Puts a scene and a trace on the stage, paused at hop `index`.
 * @param {Session} session
 * @param {Scene} scene
 * @param {Trace | null} trace
 * @param {{index?: number, look?: Look, captionLengths?: ReadonlyArray<number>, also?: Partial<View>}} [more]
 */
export function present(session, scene, trace, {index = 0, look = NO_LOOK, captionLengths = [], also = {}} = {}) {
  session.update((view) => {
    const player = play(view.player, {type: 'load', count: trace?.hops.length ?? 0, captionLengths, index});
    const slots = assignSlots(scene, {traces: trace === null ? [] : [trace], focus: look.focus});
    return {...view, scene, trace, look, slots, player, ...momentAt({scene, trace}, player.index), ...also};
  });
}

/**
 * Calls `render` now, and once after every change of any of the selected parts.
 * @param {Session} session
 * @param {ReadonlyArray<(view: View) => unknown>} selects
 * @param {(view: View) => void} render
 * @returns {() => void} undo
 */
export function watch(session, selects, render) {
  /** @type {unknown[]} */
  let last = [];
  const join = (/** @type {View} */ view) => {
    const parts = selects.map((select) => select(view));
    if (parts.length !== last.length || parts.some((part, i) => !Object.is(part, last[i]))) last = parts;
    return last;
  };
  return session.subscribe(join, () => render(session.get()));
}

/** @param {View} view @returns {boolean} whether the flow's end is on the stage, and known */
export function atEnd({trace, player}) {
  return trace !== null && trace.verdict !== null && player.count > 0 && player.index === player.count - 1;
}
