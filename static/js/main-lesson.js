/** The lesson page: opens the lesson, walks its steps, keeps the place in the URL. */
/** @import {LessonView, StepView} from './wire/lesson.js' */
/** @import {Text} from './wire/protocol.js' */
/** @import {Attempt} from './panels/question.js' */
/** @import {Level} from './layout/types.js' */
import {decodeTrace} from './wire/decode.js';
import {newAttempt} from './panels/question.js';
import {LinkError} from './net/socket.js';
import {byId, fill, h} from './view/dom.js';
import {onLanguage, pick, t} from './view/i18n.js';
import {listenKeys} from './view/keys.js';
import {captionLengths, clearNotice, mountTabs, stageNotice, startPage} from './view/page.js';
import {patch, present, watch} from './view/session.js';
import {drawStory, drawStorySkeleton} from './view/story.js';
import {flipLanguage, mountTopbar, toast} from './view/topbar.js';
import {drawTraceSwitch} from './view/traces.js';
import {placeLink, readPlace} from './view/place.js';
import {mountWorkbench, sharedKeys} from './view/workbench.js';

const id = document.body.dataset['lesson'] ?? '';
const story = byId('story');
const {session, link} = await startPage();
drawStorySkeleton(story);
const stage = mountWorkbench(session);
stageNotice(byId('stage'));
const chooseTab = mountTabs(byId('sheet-tabs'), byId('main'), 'tab.story');

/** @type {LessonView | null} */
let lesson = null;
/** @type {StepView | null} */
let step = null;
let number = 0;
let traceNumber = 0;
/** @type {Map<string, Attempt>} by step id: what was chosen survives going away and back */
const attempts = new Map();
/** @type {Set<string>} */
const done = new Set();

const attempt = () => {
  const key = step?.id ?? '';
  const kept = attempts.get(key) ?? newAttempt();
  attempts.set(key, kept);
  return kept;
};

/** @returns {{id: string, title: Text} | null} */
function nextLesson() {
  const {next, nextZh, nextEn} = document.body.dataset;
  return next ? {id: next, title: {zh: nextZh ?? '', en: nextEn ?? ''}} : null;
}

async function openLesson() {
  try {
    const answer = await link.ask('lesson.open', {lesson: id, lang: document.documentElement.lang === 'en' ? 'en' : 'zh'});
    lesson = /** @type {LessonView} */ (answer.lesson);
    for (const head of lesson.steps) if (head.done) done.add(head.id);
    const place = readPlace();
    const wanted = lesson.steps.findIndex((head) => head.id === place.step);
    const first = lesson.steps.findIndex((head) => !head.done);
    await enter(wanted >= 0 ? wanted : Math.max(0, first), {hop: wanted >= 0 ? place.hop : null, level: place.level});
  } catch (error) {
    fail(error, openLesson);
  }
}

/**
 * @param {number} index
 * @param {{hop?: number | null, level?: Level | null, focus?: boolean}} [more]
 */
async function enter(index, {hop = null, level = null, focus = false} = {}) {
  const head = lesson?.steps[index];
  if (head === undefined) return;
  try {
    const answer = await link.ask('step.enter', {lesson: id, step: head.id});
    number = index;
    show(/** @type {StepView} */ (answer.step), {hop, level});
    if (focus) /** @type {HTMLElement | null} */ (story.querySelector('h1'))?.focus();
  } catch (error) {
    fail(error, () => enter(index, {hop, level, focus}));
  }
}

/**
 * @param {StepView} view
 * @param {{hop?: number | null, level?: Level | null, stay?: boolean}} [more]   stay: the same step with its answer; the playhead keeps its hop
 */
function show(view, {hop = null, level = null, stay = false} = {}) {
  clearNotice(byId('stage'));
  step = view;
  traceNumber = stay ? Math.min(traceNumber, Math.max(0, view.traces.length - 1)) : 0;
  const open = view.ask?.state === 'open';
  if (!open) done.add(view.id);
  const before = session.get().player.index;
  const wire = view.traces[traceNumber]?.wire;
  const trace = wire === undefined ? null : decodeTrace(wire);
  const last = (trace?.hops.length ?? 0) - 1;
  const rest = hop !== null ? hop - 1 : open && view.ask?.kind === 'next-hop' ? last : 0;
  present(session, view.scene, trace, {
    index: stay ? Math.max(0, before) : Math.max(0, Math.min(rest, last)), look: view.look, captionLengths: captionLengths(trace),
    also: {asking: open, ...(stay ? {} : {level: level ?? view.look.level, follow: view.look.camera === 'follow' && !matchMedia('(prefers-reduced-motion: reduce)').matches})},
  });
  draw();
}

function draw() {
  if (lesson === null || step === null) return;
  drawStory(story, {lesson, step, number, attempt: attempt(), slots: session.get().slots, next: nextLesson()}, {
    back: () => { if (number > 0) void enter(number - 1, {focus: true}); },
    on: goOn,
    question: {check, skip, changed: draw},
  });
  drawSteps(lesson);
  byId('cluster').textContent = step.scene.title;
  document.title = `${pick(step.title)} · ${pick(lesson.title)} · podwalk`;
  drawTraceSwitch(byId('stage'), step.traces, traceNumber, (index) => { traceNumber = index; if (step !== null) showTrace(step, index); });
  patch(session, {options: sceneOptions()});
}

/**
 * @param {StepView} view
 * @param {number} index
 */
function showTrace(view, index) {
  const wire = view.traces[index]?.wire;
  if (wire === undefined) return;
  const trace = decodeTrace(wire);
  present(session, view.scene, trace, {look: view.look, captionLengths: captionLengths(trace)});
  draw();
}

/** @returns {import('./view/session.js').SceneOption[]} */
function sceneOptions() {
  const ask = step?.ask;
  if (!ask || ask.kind !== 'next-hop' || ask.state !== 'open') return [];
  return ask.options.map(({value}, index) => ({element: value, key: String(index + 1), chosen: attempt().values.includes(value), choose: () => choose(value)}));
}

/** @param {string} value */
function choose(value) {
  attempt().values = [value];
  chooseTab('story');
  draw();
}

/** @param {LessonView} view */
function drawSteps({steps}) {
  fill(byId('steps'), ...steps.map((head, index) => h('button', {type: 'button', 'data-done': String(done.has(head.id)), 'aria-current': index === number ? 'step' : null,
    title: pick(head.title), 'aria-label': `${t('step.n', {n: index + 1})}: ${pick(head.title)}${done.has(head.id) ? `, ${t('home.done')}` : ''}`,
    onclick: () => void enter(index, {focus: true})})));
  byId('step-count').textContent = t('step.of', {n: number + 1, total: steps.length});
}

function goOn() {
  if (lesson === null) return;
  if (number < lesson.steps.length - 1) { void enter(number + 1, {focus: true}); return; }
  const next = nextLesson();
  location.assign(next === null ? '/#course' : `/l/${next.id}`);
}

/** @param {string | string[]} value */
async function check(value) {
  const now = attempt();
  now.busy = true;
  try {
    const answer = await link.ask('ask.answer', {lesson: id, step: step?.id, value});
    now.feedback = {kind: answer.right ? 'right' : 'wrong', text: answer.why};
    if (!answer.right) now.wrong.push(...(Array.isArray(value) ? [] : [value]));
    now.busy = false;
    if (answer.step) show(answer.step, {stay: true});
    else draw();
  } catch (error) {
    now.feedback = {kind: 'problem', text: problemText(error)};
    now.busy = false;
    draw();
  }
  /** @type {HTMLElement | null} */ (story.querySelector('.feedback'))?.focus();
}

async function skip() {
  try {
    const answer = await link.ask('ask.skip', {lesson: id, step: step?.id});
    attempt().feedback = null;
    show(answer.step, {stay: true});
    /** @type {HTMLElement | null} */ (story.querySelector('.feedback'))?.focus();
  } catch (error) {
    toast(problemText(error)[document.documentElement.lang === 'en' ? 'en' : 'zh']);
  }
}

/** @param {unknown} error @returns {Text} as the server said it; plain text made safe for the prose door */
function problemText(error) {
  const text = error instanceof LinkError && !error.silent ? `${error.message} ${error.hint}` : t('error.no-answer');
  const safe = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return {zh: safe, en: safe};
}

/**
 * @param {unknown} error
 * @param {() => void} retry
 */
function fail(error, retry) {
  const known = error instanceof LinkError && !error.silent;
  if (!(error instanceof LinkError)) console.error(error);
  if (step !== null) { toast(known ? error.message : t('error.no-answer')); return; }
  stageNotice(byId('stage'), {message: known ? error.message : t('error.no-answer'), hint: known ? error.hint : t('error.no-answer-hint'), retry: () => { stageNotice(byId('stage')); retry(); }});
}

const place = () => placeLink({step: step?.id ?? '', hop: session.get().player.index + 1, level: session.get().level});
watch(session, [(v) => v.player.index, (v) => v.level, (v) => v.look, (v) => v.language], () => {
  if (step !== null) history.replaceState(null, '', place());
});
onLanguage(draw);

const keys = {
  ...sharedKeys(session, stage, chooseTab),
  lessonStep: (/** @type {1 | -1} */ direction) => void enter(number + direction, {focus: true}),
  option: (/** @type {number} */ key) => {
    const ask = step?.ask;
    const option = ask?.state === 'open' ? ask.options[key - 1] : undefined;
    if (option === undefined || ask === undefined || ask === null) return;
    if (ask.kind === 'multi' || ask.kind === 'order') {
      const {values} = attempt();
      attempt().values = values.includes(option.value) ? values.filter((value) => value !== option.value) : [...values, option.value];
      draw();
    } else choose(option.value);
    /** @type {HTMLElement | null} */ (story.querySelector(`[data-key="option-${CSS.escape(option.value)}"]`))?.focus();
  },
  language: flipLanguage,
};
mountTopbar(byId('tools'), {session, keys, link: () => new URL(place(), location.href).href});
listenKeys(session, keys);
await openLesson();
