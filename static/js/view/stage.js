/** The stage: scene (SVG), packets (canvas), the envelope that is read (SVG on top), the tree for those who do not see it. */
/** @import {Geometry} from '../layout/types.js' */
/** @import {Groups} from './draw-scene.js' */
/** @import {Session, View} from './session.js' */
import {layoutScene} from '../layout/layout.js';
import {touchedElements} from '../state/footprint.js';
import {linkedTo, selectElement} from '../state/selection.js';
import {Camera} from './camera.js';
import {cardElement, cardText} from './cards.js';
import {drawScene, mark} from './draw-scene.js';
import {drawOptions} from './draw-options.js';
import {drawTables} from './draw-tables.js';
import {fill, h, s} from './dom.js';
import {mountHud} from './hud.js';
import {t} from './i18n.js';
import {Motion} from './motion.js';
import {mountNarration} from './narration.js';
import {patch, watch} from './session.js';
import {mountTree} from './tree.js';
import {restPoint} from './ways.js';

/** How long the pointer must rest before a card opens, ms. */
const HOVER_MS = 350;
/** Narrower stages have their caption below the picture, px. */
const NARROW = 560;

/**
 * @typedef {object} StageView
 * @property {(now: number) => boolean} frame
 * @property {(id: string) => void} open   the card of an element
 * @property {() => boolean} close   true when a card was open
 * @property {() => void} wake   set by the page: asks for a frame
 * @property {() => void} destroy
 */

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} live
 * @param {Session} session
 * @param {{hud?: boolean}} [options]
 * @returns {StageView}
 */
export function mountStage(host, live, session, {hud = true} = {}) {
  const root = s('g', {});
  const svg = s('svg', {class: 'scene', 'aria-hidden': 'true'}, root);
  const canvas = h('canvas', {'aria-hidden': 'true'});
  const overlay = s('svg', {class: 'overlay', 'aria-hidden': 'true'});
  const rings = s('svg', {class: 'overlay', 'aria-hidden': 'true'});
  const tree = h('ul', {role: 'tree', class: 'sr'});
  const caption = h('p', {class: 'caption', 'data-testid': 'caption'});
  const top = h('div', {class: 'hud top'});
  const cards = h('div', {class: 'cards'});
  const box = h('div', {class: 'picture'}, svg, canvas, rings, overlay, tree, top, cards);
  fill(host, box, h('div', {class: 'caption-bar'}, caption));

  const view = /** @type {StageView} */ ({wake: () => {}});
  const camera = new Camera();
  const motion = new Motion({overlay, canvas, camera});
  /** @type {Geometry | null} */
  let geometry = null;
  /** @type {Groups} */
  let groups = new Map();
  let lastFrame = 0;
  let focused = /** @type {string | null} */ (null);

  const size = () => ({width: Math.max(1, box.clientWidth), height: Math.max(1, box.clientHeight)});
  const bounds = () => {
    const top = hud ? (box.clientWidth < NARROW ? 32 : 46) : 8;
    const foot = box.clientWidth < NARROW ? 6 : Math.max(caption.offsetHeight, 38) + 18;
    return {x: 8, y: top, w: box.clientWidth - 16, h: box.clientHeight - top - foot};
  };

  const redraw = () => {
    const shown = session.get();
    if (shown.scene === null) { geometry = null; fill(root); return; }
    const touched = shown.trace === null ? [] : touchedElements(shown.scene, shown.trace.hops);
    geometry = layoutScene(shown.scene, {...size(), level: shown.level, focus: shown.look.focus, touched});
    groups = drawScene(root, {geometry, scene: shown.scene, slots: shown.slots});
    mark(groups, 'is-focus', shown.look.focus);
    tree.setAttribute('aria-label', t('tree'));
    drawTree(shown.scene, geometry);
    motion.reset();
    aim();
    camera.jump();
    moment();
    ring();
    view.wake();
  };
  const aim = () => {
    const {follow, stage} = session.get();
    if (geometry === null) return;
    if (follow && stage.place !== null) camera.follow(restPoint(geometry, stage.place), geometry, size());
    else camera.fit(geometry, size());
    if (session.get().player.motionMs === 0) camera.jump();
  };
  const moment = () => {
    const shown = session.get();
    if (geometry === null) return;
    const trails = /** @type {SVGGElement} */ (root.querySelector('.trails'));
    markHere(groups, shown);
    drawTables(/** @type {SVGGElement} */ (root.querySelector('.tables')), geometry, shown);
    motion.moment(shown, geometry, trails, bounds());
  };
  const ring = () => {
    const item = [...(geometry?.rooms ?? []), ...(geometry?.interfaces ?? [])].find(({id}) => id === focused);
    const {x, y, k} = camera.shot;
    const shape = item === undefined ? null : s('rect', {class: 'focusring', x: item.x * k + x - 5, y: item.y * k + y - 5, width: item.w * k + 10, height: item.h * k + 10, rx: 7});
    fill(rings, ...(geometry === null ? [] : drawOptions(geometry, session.get().options, camera.shot)), shape);
  };

  const close = () => {
    const had = cards.childElementCount > 0;
    fill(cards);
    return had;
  };
  /** @param {string} id */
  const open = (id) => {
    const {scene, stage} = session.get();
    const text = scene === null ? null : cardText(scene, id, stage.tables);
    const item = [...(geometry?.interfaces ?? []), ...(geometry?.rooms ?? [])].find((one) => one.id === id);
    close();
    if (text === null || item === undefined) return;
    const card = cardElement(text, close);
    fill(cards, card);
    const {x, y, k} = camera.shot;
    const right = (item.x + item.w) * k + x + 10;
    const left = right + card.offsetWidth > box.clientWidth - 8 ? Math.max(8, item.x * k + x - card.offsetWidth - 10) : right;
    card.style.left = `${Math.min(left, Math.max(8, box.clientWidth - card.offsetWidth - 8))}px`;
    card.style.top = `${Math.max(8, Math.min(item.y * k + y, box.clientHeight - card.offsetHeight - 8))}px`;
  };

  const drawTree = mountTree(tree, {open, focus: (id) => {
    focused = id;
    ring();
    if (id !== null) patch(session, {selection: selectElement(id)});
  }});

  let timer = 0;
  svg.addEventListener('pointerover', (event) => {
    clearTimeout(timer);
    const id = idAt(event);
    if (id !== null && event.pointerType === 'mouse') timer = window.setTimeout(() => open(id), HOVER_MS);
  });
  svg.addEventListener('pointerout', (event) => {
    clearTimeout(timer);
    const to = event.relatedTarget;
    if (event.pointerType === 'mouse' && !(to instanceof Node && (cards.contains(to) || svg.contains(to)))) timer = window.setTimeout(close, HOVER_MS);
  });
  cards.addEventListener('pointerenter', () => clearTimeout(timer));
  cards.addEventListener('pointerleave', () => { timer = window.setTimeout(close, HOVER_MS); });
  svg.addEventListener('click', (event) => {
    clearTimeout(timer);
    const id = idAt(event);
    const option = id === null ? undefined : optionAt(id, session.get());
    if (option !== undefined) { close(); option.choose(); return; }
    if (id === null) close();
    else { patch(session, {selection: selectElement(id)}); open(id); }
  });

  const observer = new ResizeObserver(redraw);
  observer.observe(box);
  const stops = [
    mountNarration(caption, live, session),
    hud ? mountHud(top, session, open) : () => top.remove(),
    watch(session, [(v) => v.scene, (v) => v.trace, (v) => v.level, (v) => v.look, (v) => v.language, (v) => v.slots], redraw),
    watch(session, [(v) => v.stage, (v) => v.player.motionMs], () => { close(); aim(); moment(); }),
    watch(session, [(v) => v.follow], () => { aim(); moment(); }),
    watch(session, [(v) => v.selection], (view) => markLinked(groups, view)),
    watch(session, [(v) => v.options], ring),
  ];
  Object.assign(view, {
    frame: (/** @type {number} */ now) => {
      const dtMs = lastFrame === 0 ? 16 : Math.min(100, now - lastFrame);
      lastFrame = now;
      if (geometry === null) return false;
      const turning = camera.step(dtMs);
      root.setAttribute('transform', camera.transform);
      if (turning) ring();
      const moving = motion.frame(session.get(), geometry, now);
      if (!turning && !moving) lastFrame = 0;
      return turning || moving;
    },
    open, close,
    destroy: () => { for (const stop of stops) stop(); observer.disconnect(); host.replaceChildren(); },
  });
  return view;
}

/**
 * @param {Event} event
 * @returns {string | null} the element of the scene under the pointer; the innermost
 */
function idAt(event) {
  return event.target instanceof Element ? event.target.closest('[data-id]')?.getAttribute('data-id') ?? null : null;
}

/**
 * @param {string} id
 * @param {View} view
 */
function optionAt(id, {options, scene}) {
  const parent = scene?.interfaces.find((one) => one.id === id)?.room;
  return options.find(({element}) => element === id) ?? options.find(({element}) => element === parent);
}

/**
 * @param {Groups} groups
 * @param {View} view
 */
function markHere(groups, {stage}) {
  const here = stage.place === null ? [] : [stage.place.interface ?? '', stage.place.room];
  mark(groups, 'is-here', here);
  mark(groups, 'is-used', stage.here.links);
}

/**
 * @param {Groups} groups
 * @param {View} view
 */
function markLinked(groups, {scene, trace, selection}) {
  const linked = scene === null || trace === null || selection.element === null ? [] : linkedTo(scene, trace.hops, selection).elements;
  mark(groups, 'is-linked', linked);
}
