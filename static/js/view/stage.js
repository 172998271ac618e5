/** The stage: scene (SVG), packets (canvas), the envelope that is read (SVG on top), the tree for those who do not see it. */
/** @import {Geometry, InterfaceBox, Rect, RoomBox} from '../layout/types.js' */
/** @import {Groups} from './draw-scene.js' */
/** @import {Session, View} from './session.js' */
import {layoutScene} from '../layout/layout.js';
import {touchedElements} from '../state/footprint.js';
import {linkedTo, selectElement} from '../state/selection.js';
import {Camera, rectOnScreen} from './camera.js';
import {cardText} from './cards.js';
import {drawScene, mark} from './draw-scene.js';
import {drawOptions} from './draw-options.js';
import {drawTables} from './draw-tables.js';
import {fill, h, s} from './dom.js';
import {mountHud} from './hud.js';
import {t} from './i18n.js';
import {Motion} from './motion.js';
import {mountNarration} from './narration.js';
import {CardPlace, listenPointer} from './pointing.js';
import {patch, watch} from './session.js';
import {mountTree} from './tree.js';
import {restPoint} from './ways.js';

/** Narrower stages have their caption below the picture, px. */
const NARROW = 560;
/** Room above the scene for the breadcrumb, px. */
const HEAD = Object.freeze({narrow: 32, wide: 46, none: 8});

/** The layers of the picture, bottom to top. */
function makeParts() {
  const root = s('g', {});
  return {
    root, scene: s('svg', {class: 'scene', 'aria-hidden': 'true'}, root), canvas: h('canvas', {'aria-hidden': 'true'}),
    rings: s('svg', {class: 'overlay', 'aria-hidden': 'true'}), overlay: s('svg', {class: 'overlay', 'aria-hidden': 'true'}),
    tree: h('ul', {role: 'tree', class: 'sr'}), hud: h('div', {class: 'hud top'}), cards: h('div', {class: 'cards'}),
    caption: h('p', {class: 'caption', 'data-testid': 'caption'}),
  };
}

export class StageView {
  #parts = makeParts();
  #box = h('div', {class: 'picture'});
  #camera = new Camera();
  /** @type {Geometry | null} */
  #geometry = null;
  /** @type {Groups} */
  #groups = new Map();
  /** Element of the tree that has the focus. @type {string | null} */
  #focused = null;
  #lastFrame = 0;
  /** Of the picture, px; measured when it changes, not at every hop. */
  #size = {width: 1, height: 1};
  /** What the caption takes at the bottom, px. */
  #footPx = 56;
  /** Set by the page: asks the loop for a frame. */
  wake = () => {};

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} live   the polite region
   * @param {Session} session
   * @param {{hud?: boolean}} [options]
   */
  constructor(host, live, session, {hud = true} = {}) {
    const {scene, canvas, rings, overlay, tree, cards, caption} = this.#parts;
    this.session = session;
    this.hasHud = hud;
    fill(this.#box, scene, canvas, rings, overlay, tree, hud && this.#parts.hud, cards);
    fill(host, this.#box, h('div', {class: 'caption-bar'}, caption));
    this.motion = new Motion({overlay, canvas, camera: this.#camera});
    this.cardPlace = new CardPlace(cards, this.#box);
    this.drawTree = mountTree(tree, {open: (id) => this.open(id), focus: (id) => this.#focus(id)});
    listenPointer(scene, cards, {open: (id) => this.open(id), close: () => this.close(), press: (id) => this.#press(id)});
    new ResizeObserver(() => this.#resize()).observe(this.#box);
    mountNarration(caption, live, session);
    if (hud) mountHud(this.#parts.hud, session, (id) => this.open(id));
    this.#watch();
  }

  #watch() {
    const {session} = this;
    watch(session, [(v) => v.scene, (v) => v.trace, (v) => v.level, (v) => v.look, (v) => v.language, (v) => v.slots], () => this.#redraw());
    watch(session, [(v) => v.stage, (v) => v.player.motionMs], () => { this.close(); this.#turn(); });
    watch(session, [(v) => v.follow], () => this.#turn());
    watch(session, [(v) => v.selection], (view) => this.#markLinked(view));
    watch(session, [(v) => v.options], () => { this.#drawMoment(); this.#drawRings(); });
  }

  /**
   * One frame of the animation.
   * @param {number} now   ms
   * @returns {boolean} whether it wants another
   */
  frame(now) {
    if (this.#geometry === null) return false;
    const turning = this.#camera.step(this.#lastFrame === 0 ? 16 : Math.min(100, now - this.#lastFrame));
    this.#parts.root.setAttribute('transform', this.#camera.transform);
    if (turning) this.#drawRings();
    const moving = this.motion.frame(this.session.get(), this.#geometry, now);
    this.#lastFrame = turning || moving ? now : 0;
    return turning || moving;
  }

  /** Opens the card of an element. @param {string} id */
  open(id) {
    const {scene, stage} = this.session.get();
    const text = scene === null ? null : cardText(scene, id, stage.tables);
    const box = this.#boxOf(id);
    this.close();
    if (text !== null && box !== undefined) this.cardPlace.show(text, rectOnScreen(this.#camera.shot, box));
  }

  /** @returns {boolean} whether a card was open */
  close() { return this.cardPlace.hide(); }

  /** Lays the scene out anew, for the present size. */
  #redraw() {
    const {scene, trace, level, look, slots} = this.session.get();
    if (scene === null) return;
    const touched = trace === null ? [] : touchedElements(scene, trace.hops);
    this.#geometry = layoutScene(scene, {...this.#size, bare: !this.hasHud, level, focus: look.focus, touched});
    this.#groups = drawScene(this.#parts.root, {geometry: this.#geometry, scene, slots});
    mark(this.#groups, 'is-focus', look.focus);
    this.#parts.tree.setAttribute('aria-label', t('tree'));
    this.drawTree(scene, this.#geometry);
    this.motion.reset();
    this.#aim();
    this.#camera.jump();
    this.#drawMoment();
    this.#drawRings();
    this.wake();
  }

  /** Another moment, or another way to look at it. */
  #turn() {
    this.#aim();
    this.#drawMoment();
  }

  #aim() {
    const {follow, stage, player} = this.session.get();
    if (this.#geometry === null) return;
    if (follow && stage.place !== null) this.#camera.follow(restPoint(this.#geometry, stage.place), this.#geometry, this.#size);
    else this.#camera.fit(this.#geometry, this.#size);
    if (player.motionMs === 0) this.#camera.jump();
  }

  #drawMoment() {
    const view = this.session.get();
    const trails = this.#parts.root.querySelector('.trails');
    const tables = this.#parts.root.querySelector('.tables');
    if (this.#geometry === null || !(trails instanceof SVGGElement) || !(tables instanceof SVGGElement)) return;
    const {place, here} = view.stage;
    mark(this.#groups, 'is-here', place === null ? [] : [place.interface ?? '', place.room]);
    mark(this.#groups, 'is-used', here.links);
    drawTables(tables, this.#geometry, view);
    this.motion.moment(view, this.#geometry, trails, this.#bounds());
  }

  /** The ring of the focus, and those of the answers that can be clicked. */
  #drawRings() {
    if (this.#geometry === null) return;
    const box = this.#focused === null ? undefined : this.#boxOf(this.#focused);
    const {x, y, w, h: height} = rectOnScreen(this.#camera.shot, box ?? {x: 0, y: 0, w: 0, h: 0});
    fill(this.#parts.rings, ...drawOptions(this.#geometry, this.session.get().options, this.#camera.shot),
      box && s('rect', {class: 'focusring', x: x - 5, y: y - 5, width: w + 10, height: height + 10, rx: 7}));
  }

  /** @param {View} view */
  #markLinked({scene, trace, selection}) {
    const known = scene !== null && trace !== null && selection.element !== null;
    mark(this.#groups, 'is-linked', known ? linkedTo(scene, trace.hops, selection).elements : []);
  }

  /** @param {string | null} id   of the tree */
  #focus(id) {
    this.#focused = id;
    this.#drawRings();
    if (id !== null) patch(this.session, {selection: selectElement(id)});
  }

  /** A click or tap: an answer where one is asked for, else the card. @param {string | null} id */
  #press(id) {
    const {options, scene} = this.session.get();
    const room = scene?.interfaces.find((one) => one.id === id)?.room;
    const option = options.find(({element}) => element === id) ?? options.find(({element}) => element === room);
    this.close();
    if (option !== undefined) option.choose();
    else if (id !== null) {
      patch(this.session, {selection: selectElement(id)});
      this.open(id);
    }
  }

  /** @param {string} id @returns {RoomBox | InterfaceBox | undefined} */
  #boxOf(id) {
    return [...(this.#geometry?.interfaces ?? []), ...(this.#geometry?.rooms ?? [])].find((one) => one.id === id);
  }

  #resize() {
    this.#size = {width: Math.max(1, this.#box.clientWidth), height: Math.max(1, this.#box.clientHeight)};
    this.#footPx = Math.max(this.#parts.caption.offsetHeight, 38) + 18;
    this.#redraw();
  }

  /** @returns {Rect} what the envelope may use, screen px */
  #bounds() {
    const {width, height} = this.#size;
    const narrow = width < NARROW;
    const head = this.hasHud ? (narrow ? HEAD.narrow : HEAD.wide) : HEAD.none;
    const foot = narrow || !this.hasHud ? 6 : this.#footPx;
    return {x: 8, y: head, w: width - 16, h: height - head - foot};
  }
}
