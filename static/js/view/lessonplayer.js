/**
 * Plays a lesson: enters its steps, puts their traces on the stage, sends answers to the server, which alone can judge.
 * What a student chose survives going away and coming back, and a change of language.
 */
/** @import {Ask, LessonView, StepView} from '../wire/lesson.js' */
/** @import {Text} from '../wire/protocol.js' */
/** @import {Attempt} from '../panels/question.js' */
/** @import {Level} from '../layout/types.js' */
/** @import {Link} from '../net/socket.js' */
/** @import {SceneOption, Session} from './session.js' */
import {LinkError} from '../net/socket.js';
import {newAttempt} from '../panels/question.js';
import {decodeTrace} from '../wire/decode.js';
import {byId, fill, h} from './dom.js';
import {keepFocus} from './focus.js';
import {half, pick, t} from './i18n.js';
import {captionLengths, clearNotice, stageNotice} from './page.js';
import {placeLink, readPlace} from './place.js';
import {patch, present} from './session.js';
import {drawStory} from './story.js';
import {toast} from './topbar.js';
import {drawTraceSwitch} from './traces.js';

/** @typedef {{readonly id: string, readonly title: Text}} NextLesson */
/** @typedef {{hop?: number | null, level?: Level | null, focus?: boolean}} Entering   hop: from 1; focus: move it to the title */

export class LessonPlayer {
  /** @type {LessonView | null} */
  lesson = null;
  /** @type {StepView | null} */
  step = null;
  /** Of the step, from 0. */
  number = 0;
  #trace = 0;
  /** @type {Map<string, Attempt>} by step id */
  #attempts = new Map();
  /** @type {Set<string>} */
  #done = new Set();

  /**
   * @param {string} id
   * @param {NextLesson | null} next
   * @param {{session: Session, link: Link, chooseTab: (tab: string) => void}} page
   */
  constructor(id, next, {session, link, chooseTab}) {
    this.id = id;
    this.next = next;
    this.session = session;
    this.link = link;
    this.chooseTab = chooseTab;
    this.story = byId('story');
    this.stage = byId('stage');
  }

  /** Opens the lesson at the place that the URL names, else at the first step that is not done. */
  async open() {
    try {
      const {lesson} = await this.link.ask('lesson.open', {lesson: this.id, lang: half()});
      this.lesson = /** @type {LessonView} */ (lesson);
      for (const head of this.lesson.steps) if (head.done) this.#done.add(head.id);
      const {step, hop, level} = readPlace();
      const wanted = this.lesson.steps.findIndex(({id}) => id === step);
      const first = this.lesson.steps.findIndex(({done}) => !done);
      await this.enter(wanted >= 0 ? wanted : Math.max(0, first), {hop: wanted >= 0 ? hop : null, level});
    } catch (error) {
      this.#fail(error, () => this.open());
    }
  }

  /**
   * @param {number} index   of the step; one that is not there is ignored
   * @param {Entering} [how]
   */
  async enter(index, how = {}) {
    const head = this.lesson?.steps[index];
    if (head === undefined) return;
    try {
      const {step} = await this.link.ask('step.enter', {lesson: this.id, step: head.id});
      this.number = index;
      this.#trace = 0;
      this.#show(/** @type {StepView} */ (step), how);
      if (how.focus) this.#focus('h1');
    } catch (error) {
      this.#fail(error, () => this.enter(index, how));
    }
  }

  /** @param {Entering} how */
  goOn(how = {focus: true}) {
    if (this.lesson === null) return;
    if (this.number < this.lesson.steps.length - 1) void this.enter(this.number + 1, how);
    else location.assign(this.next === null ? '/#course' : `/l/${this.next.id}`);
  }

  /** @returns {string} this very spot, as an address */
  get place() {
    const {player, level} = this.session.get();
    return placeLink({step: this.step?.id ?? '', hop: player.index + 1, level});
  }

  /** Chooses the option with that number, as the keys 1 to 9 do. @param {number} number */
  option(number) {
    const ask = this.step?.ask;
    const option = ask?.state === 'open' ? ask.options[number - 1] : undefined;
    if (!ask || option === undefined) return;
    this.#choose(ask, option.value);
    this.#focus(`[data-key="option-${CSS.escape(option.value)}"]`);
  }

  /** Draws everything but the stage anew: another language, another choice. */
  draw() {
    const {lesson, step} = this;
    if (lesson === null || step === null) return;
    drawStory(this.story, {lesson, step, number: this.number, attempt: this.#attempt, slots: this.session.get().slots, next: this.next}, {
      back: () => { if (this.number > 0) void this.enter(this.number - 1, {focus: true}); },
      on: () => this.goOn(),
      question: {check: (value) => void this.#check(value), skip: () => void this.#skip(), changed: () => this.draw()},
    });
    this.#drawHead(lesson, step);
    drawTraceSwitch(this.stage, step.traces, this.#trace, (index) => { this.#trace = index; this.#show(step, {}); });
    patch(this.session, {options: this.#sceneOptions()});
  }

  /** @returns {Attempt} at this step's question */
  get #attempt() {
    const key = this.step?.id ?? '';
    const kept = this.#attempts.get(key) ?? newAttempt();
    this.#attempts.set(key, kept);
    return kept;
  }

  /**
   * Puts a step on the page. The playhead stands at the hop that is asked about, else at the first.
   * @param {StepView} step
   * @param {Entering} how
   */
  #show(step, {hop = null, level = null}) {
    this.step = step;
    const open = step.ask?.state === 'open';
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const asked = open && step.ask?.kind === 'next-hop' ? Infinity : 0;
    this.#present(hop === null ? asked : hop - 1, {level: level ?? step.look.level, follow: step.look.camera === 'follow' && !calm});
  }

  /** The same step, now with its answer: the playhead keeps its hop. @param {StepView} step */
  #reveal(step) {
    this.step = step;
    this.#present(Math.max(0, this.session.get().player.index), {});
  }

  /**
   * @param {number} hop   index; one beyond the end means the last
   * @param {{level?: Level, follow?: boolean}} also
   */
  #present(hop, also) {
    const {step} = this;
    if (step === null) return;
    clearNotice(this.stage);
    const asking = step.ask?.state === 'open';
    if (!asking) this.#done.add(step.id);
    const wire = step.traces[this.#trace]?.wire;
    const trace = wire === undefined ? null : decodeTrace(wire);
    const index = Math.max(0, Math.min(hop, (trace?.hops.length ?? 0) - 1));
    present(this.session, step.scene, trace, {index, look: step.look, captionLengths: captionLengths(trace), also: {asking, ...also}});
    this.draw();
  }

  /**
   * @param {LessonView} lesson
   * @param {StepView} step
   */
  #drawHead({steps, title}, step) {
    keepFocus(byId('steps'), () => fill(byId('steps'), ...steps.map((head, index) => {
      const done = this.#done.has(head.id);
      const name = `${t('step.n', {n: index + 1})}: ${pick(head.title)}${done ? `, ${t('home.done')}` : ''}`;
      return h('button', {type: 'button', 'data-done': String(done), 'aria-current': index === this.number ? 'step' : null, title: pick(head.title),
        'aria-label': name, onclick: () => void this.enter(index, {focus: true})});
    })));
    byId('step-count').textContent = t('step.of', {n: this.number + 1, total: steps.length});
    byId('cluster').textContent = byId('cluster').title = step.scene.title;
    document.title = `${pick(step.title)} · ${pick(title)} · podwalk`;
  }

  /** @returns {SceneOption[]} the answers that can be clicked on the stage */
  #sceneOptions() {
    const ask = this.step?.ask;
    if (!ask || ask.kind !== 'next-hop' || ask.state !== 'open') return [];
    const {values} = this.#attempt;
    return ask.options.map(({value}, index) => ({element: value, key: String(index + 1), chosen: values.includes(value), choose: () => this.#choose(ask, value)}));
  }

  /**
   * @param {Ask} ask
   * @param {string} value
   */
  #choose(ask, value) {
    const attempt = this.#attempt;
    const several = ask.kind === 'multi' || ask.kind === 'order';
    const had = attempt.values.includes(value);
    attempt.values = !several ? [value] : had ? attempt.values.filter((other) => other !== value) : [...attempt.values, value];
    this.chooseTab('story');
    this.draw();
  }

  /** @param {string | string[]} value */
  async #check(value) {
    const attempt = this.#attempt;
    attempt.busy = true;
    try {
      const {right, why, step} = await this.link.ask('ask.answer', {lesson: this.id, step: this.step?.id, value});
      attempt.feedback = {kind: right ? 'right' : 'wrong', text: why};
      if (!right && typeof value === 'string') attempt.wrong.push(value);
      if (step) this.#reveal(step);
    } catch (error) {
      attempt.feedback = {kind: 'problem', text: problemText(error)};
    }
    attempt.busy = false;
    this.draw();
    this.#focus('.feedback');
  }

  async #skip() {
    try {
      const {step} = await this.link.ask('ask.skip', {lesson: this.id, step: this.step?.id});
      this.#attempt.feedback = null;
      this.#reveal(step);
      this.#focus('.feedback');
    } catch (error) {
      this.#fail(error, () => this.#skip());
    }
  }

  /** @param {string} selector   in the story */
  #focus(selector) {
    /** @type {HTMLElement | null} */ (this.story.querySelector(selector))?.focus();
  }

  /**
   * With nothing on the page yet, the stage says what is wrong; later a word is enough, and what is there stays.
   * @param {unknown} error
   * @param {() => Promise<void>} retry
   */
  #fail(error, retry) {
    const told = error instanceof LinkError && !error.silent;
    if (!(error instanceof LinkError)) console.error(error);
    const message = told ? error.message : t('error.no-answer');
    if (this.step !== null) { toast(message); return; }
    stageNotice(this.stage, {message, hint: told ? error.hint : t('error.no-answer-hint'), retry: () => { stageNotice(this.stage); void retry(); }});
  }
}

/** @param {unknown} error @returns {Text} what the server said; plain text made safe for the prose door */
function problemText(error) {
  const text = error instanceof LinkError && !error.silent ? `${error.message} ${error.hint}` : t('error.no-answer');
  const safe = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return {zh: safe, en: safe};
}
