/** The three panels, the stage and the bar below it: the part that lesson and sandbox share. */
/** @import {Panel} from '../panels/panel.js' */
/** @import {Session} from './session.js' */
/** @import {KeyActions} from './keys.js' */
import evidence from '../panels/evidence.js';
import hops from '../panels/hops.js';
import packet from '../panels/packet.js';
import {panelFrame} from '../panels/panel.js';
import {byId} from './dom.js';
import {startLoop} from './loop.js';
import {patch} from './session.js';
import {StageView} from './stage.js';
import {mountTransport} from './transport.js';

/** The panels, in their order. A new one is a file and a line here. @type {ReadonlyArray<Panel>} */
export const PANELS = [hops, packet, evidence];

/**
 * @param {Session} session
 * @returns {StageView}
 */
export function mountWorkbench(session) {
  const stage = new StageView(byId('stage'), byId('live'), session);
  mountTransport(byId('transport'), session);
  for (const panel of PANELS) {
    const {element, frame} = panelFrame(panel.id);
    byId('panels').append(element);
    panel.mount(frame, session);
  }
  stage.wake = startLoop(session, (now) => stage.frame(now));
  return stage;
}

/**
 * The keys that lesson and sandbox share.
 * @param {Session} session
 * @param {StageView} stage
 * @param {(tab: string) => void} chooseTab
 * @returns {KeyActions}
 */
export function sharedKeys(session, stage, chooseTab) {
  const show = (/** @type {string} */ panel) => {
    chooseTab(panel);
    const body = document.querySelector(`[data-panel="${panel}"] .scroll`);
    if (body instanceof HTMLElement) { body.tabIndex = -1; body.focus({preventScroll: true}); }
  };
  return {
    close: () => stage.close(),
    details: () => { const {stage: {place}} = session.get(); if (place !== null) stage.open(place.interface ?? place.room); },
    follow: () => patch(session, {follow: !session.get().follow}),
    packet: () => show('packet'),
    tables: () => show('evidence'),
  };
}
