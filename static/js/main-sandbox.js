/** The sandbox page: send any packet through the cluster; the verdict first, with its reason, then the same player. */
/** @import {SandboxSend} from './wire/lesson.js' */
/** @import {Scene} from './wire/scene.js' */
/** @import {Run} from './view/sendform.js' */
import {decodeTrace} from './wire/decode.js';
import {LinkError} from './net/socket.js';
import {decidingHop} from './state/fate.js';
import {byId} from './view/dom.js';
import {onLanguage, t} from './view/i18n.js';
import {listenKeys} from './view/keys.js';
import {captionLengths, clearNotice, mountTabs, stageNotice, startPage} from './view/page.js';
import {act, present} from './view/session.js';
import {drawSandbox, newForm} from './view/sendform.js';
import {flipLanguage, mountTopbar} from './view/topbar.js';
import {mountWorkbench, sharedKeys} from './view/workbench.js';
import {drawStorySkeleton} from './view/story.js';

const story = byId('story');
const {session, link} = await startPage();
drawStorySkeleton(story);
const stage = mountWorkbench(session);
stageNotice(byId('stage'));
const chooseTab = mountTabs(byId('sheet-tabs'), byId('main'), 'tab.send');

const form = newForm();
/** @type {Run[]} newest first */
let runs = [];
let current = 0;

/** How many sends are kept on the page. */
const KEPT_RUNS = 12;

async function open() {
  try {
    const opened = await link.ask('sandbox.open', {});
    clearNotice(byId('stage'));
    form.who = opened.who;
    form.presets = opened.presets;
    form.scene = /** @type {Scene} */ (opened.scene);
    form.values.from ||= opened.presets[0]?.from ?? opened.who[0] ?? '';
    form.values.to ||= opened.presets[0]?.to ?? '';
    present(session, form.scene, null, {also: {level: 2}});
    byId('cluster').textContent = byId('cluster').title = form.scene.title;
    draw();
  } catch (error) {
    if (!(error instanceof LinkError)) console.error(error);
    const told = error instanceof LinkError && !error.silent;
    stageNotice(byId('stage'), {message: told ? error.message : t('error.no-answer'), hint: told ? error.hint : t('error.no-answer-hint'), retry: () => { stageNotice(byId('stage')); void open(); }});
  }
}

/** @param {SandboxSend} request */
async function send(request) {
  form.busy = true;
  form.problem = null;
  draw();
  try {
    const {trace: wire, scene} = await link.ask('sandbox.send', request);
    runs = [{request, trace: decodeTrace(wire), scene}, ...runs].slice(0, KEPT_RUNS);
    form.busy = false;
    show(0);
    /** @type {HTMLElement | null} */ (story.querySelector('.result'))?.focus();
  } catch (error) {
    form.busy = false;
    form.problem = error instanceof LinkError && !error.silent ? {message: error.message, hint: error.hint} : {message: t('error.no-answer'), hint: t('error.no-answer-hint')};
    draw();
    /** @type {HTMLElement | null} */ (story.querySelector('[aria-invalid="true"]'))?.focus();
  }
}

/** @param {number} index */
function show(index) {
  const run = runs[index];
  if (run === undefined) return;
  current = index;
  present(session, run.scene, run.trace, {captionLengths: captionLengths(run.trace), also: {level: session.get().level}});
  draw();
}

function draw() {
  drawSandbox(story, {form, runs, current, slots: session.get().slots}, {
    send: (request) => void send(request), show, changed: draw,
    play: () => { act(session, {type: 'home'}); act(session, {type: 'play'}); },
    why: () => { const run = runs[current]; if (run) act(session, {type: 'seek', index: decidingHop(run.trace)}); chooseTab('evidence'); },
  });
}

onLanguage(draw);
const keys = {...sharedKeys(session, stage, chooseTab), language: flipLanguage};
mountTopbar(byId('tools'), {session, keys});
listenKeys(session, keys);
await open();
