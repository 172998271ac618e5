/** Home: one real packet, ready to play, computed by the server when the page opens. */
/** @import {Scene} from './wire/scene.js' */
import {decodeTrace} from './wire/decode.js';
import {LinkError} from './net/socket.js';
import {byId, fill, h} from './view/dom.js';
import {t} from './view/i18n.js';
import {listenKeys} from './view/keys.js';
import {startLoop} from './view/loop.js';
import {captionLengths, clearNotice, stageNotice, startPage} from './view/page.js';
import {present} from './view/session.js';
import {StageView} from './view/stage.js';
import {flipLanguage, mountTopbar} from './view/topbar.js';
import {mountTransport} from './view/transport.js';

/** A narrower stage shows a ping on one node, px. */
const ROOM_FOR_TWO = 660;

const {session, link} = await startPage();
const host = byId('stage');
const stage = new StageView(host, byId('live'), session, {hud: false});
mountTransport(byId('transport'), session);
stage.wake = startLoop(session, (now) => stage.frame(now));
stageNotice(host);

async function load() {
  try {
    const opened = await link.ask('sandbox.open', {});
    const [far, near] = opened.presets;
    const preset = (host.clientWidth < ROOM_FOR_TWO ? near : far) ?? far ?? {from: opened.who[0], to: ''};
    const {trace: wire, scene} = await link.ask('sandbox.send', {from: preset.from, to: preset.to});
    const trace = decodeTrace(wire);
    clearNotice(host);
    present(session, /** @type {Scene} */ (scene), trace, {captionLengths: captionLengths(trace), also: {level: 1},
      look: {focus: [trace.from], level: 1, camera: 'fit'}});
    fill(byId('demo-what'), h('span', {}, `${trace.from.split('/').pop()} → ${trace.to}`));
  } catch (error) {
    if (!(error instanceof LinkError)) console.error(error);
    stageNotice(host, {message: t('error.no-answer'), hint: t('error.no-answer-hint'), retry: () => { stageNotice(host); void load(); }});
  }
}

const keys = {close: () => stage.close(), language: flipLanguage};
mountTopbar(byId('tools'), {session, keys});
listenKeys(session, keys);
await load();
