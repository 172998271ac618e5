/**
 * The moving part of the picture, one frame at a time: the pin on its way, the envelope beside it, the trail behind it,
 * dots for the other packets on one canvas. Reads the session, writes pixels, keeps no facts.
 */
/** @import {Geometry, Path, Point, Rect} from '../layout/types.js' */
/** @import {PacketState, Place, Segment} from '../state/types.js' */
/** @import {View} from './session.js' */
/** @import {Envelope} from './envelope.js' */
/** @import {Camera} from './camera.js' */
import {pathUpTo, restPoint, way} from './ways.js';
import {pointAt} from '../layout/path.js';
import {packetsOnStage} from '../state/fold.js';
import {travelled} from '../state/player.js';
import {onScreen, rectOnScreen} from './camera.js';
import {crossPath} from './shapes.js';
import {currentPacket} from './current.js';
import {drawEnvelope, drawPin} from './envelope.js';
import {nearestEdge, obstaclesOf, placeEnvelope} from './placing.js';
import {readLetter} from './letter.js';
import {fill, s} from './dom.js';
import {t} from './i18n.js';

/** How long a dropped packet falls, ms, and how far, px. */
const FALL_MS = 700;
const FALL_PX = 30;
/** A stage narrower than this has no room for MAC addresses on the envelope, px. */
const ROOMY = 780;
/** Dots of the comet's tail. */
const TAIL = 9;

/**
 * @typedef {object} Actor   the packet that is read
 * @property {Envelope} envelope
 * @property {SVGGElement} pin
 * @property {Point} from   left upper corner of the envelope before it moved
 * @property {Point} to
 * @property {Path} path
 * @property {boolean} ends
 * @property {{from: number, to: number}} lift   how far above its anchor it rests, so that it hides no name, px
 */

export class Motion {
  /** @type {Actor | null} */
  #actor = null;
  #tether = s('path', {class: 'tether'});
  #cross = s('path', {class: 'crossmark'});
  #active = s('path', {class: 'trail'});
  /** @type {Point | null} */
  #last = null;
  /** When the fall began, ms of the frame clock. */
  #fell = 0;

  /**
   * @param {{overlay: SVGSVGElement, canvas: HTMLCanvasElement, camera: Camera}} parts
   */
  constructor(parts) {
    this.parts = parts;
  }

  /** Forgets the last place: another drawing. */
  reset() { this.#last = null; }

  /**
   * A new moment: what is read, where it comes from, where the envelope will stand.
   * @param {View} view
   * @param {Geometry} geometry
   * @param {SVGGElement} trails   where the travelled way is drawn
   * @param {Rect} bounds   screen px that the envelope may use
   */
  moment(view, geometry, trails, bounds) {
    const {stage, slots, level} = view;
    const packet = currentPacket(stage);
    this.#drawTrails(trails, view, geometry);
    fill(this.parts.overlay);
    this.#fell = 0;
    if (packet === null || stage.place === null) { this.#actor = null; return; }
    const letter = readLetter(packet, slots, bounds.w < ROOMY ? 1 : level);
    const ends = letter.tone === 'drop';
    const reply = isReply(packet);
    const envelope = drawEnvelope(letter, {reply, reason: ends ? t(`fate.${packet.fate}`) : ''});
    const path = way(geometry, stage.segment, stage.place);
    const {goal} = this.parts.camera;
    const {place} = stage;
    const shown = path.points.map(({x, y}, i) => onScreen(goal, {x, y: i === path.points.length - 1 ? y - liftAt(geometry, place) : y}));
    const answers = answerBoxes(geometry, view).map((rect) => ({rect: withBadge(rectOnScreen(goal, rect)), weight: 14}));
    const obstacles = obstaclesOf(geometry, {rows: (owner) => stage.tables.fdb.filter(({bridge}) => bridge === owner).length, home: place.room, asked: place.interface}).map(({rect, weight}) => ({rect: rectOnScreen(goal, rect), weight}));
    const to = placeEnvelope(envelope, shown, {obstacles: [...obstacles, ...answers], bounds});
    const pin = drawPin({tone: letter.tone, reply, wrapped: packet.depth > 0});
    this.#tether = s('path', {class: 'tether'});
    this.#cross = s('path', {class: 'crossmark'});
    fill(this.parts.overlay, s('g', {class: 'envelope', 'data-tone': letter.tone}, this.#tether), pin, s('g', {class: 'envelope', 'data-tone': letter.tone}, this.#cross), envelope.element);
    const lift = {from: stage.segment === null ? 0 : liftAt(geometry, stage.segment.from), to: liftAt(geometry, stage.place)};
    this.#actor = {envelope, pin, from: this.#last ?? to, to, path, ends, lift: stage.segment === null ? {...lift, from: lift.to} : lift};
    this.#last = to;
  }

  /**
   * @param {SVGGElement} trails
   * @param {View} view
   * @param {Geometry} geometry
   */
  #drawTrails(trails, {stage}, geometry) {
    const own = stage.trail.filter(({packet, hop}) => packet === stage.current && hop !== stage.index);
    const leg = stage.hop?.leg ?? '';
    const draw = (/** @type {Segment} */ segment) => s('path', {class: 'trail', 'data-leg': leg, d: pathUpTo(way(geometry, segment, segment.to), 1)});
    this.#active = s('path', {class: 'trail', 'data-leg': leg});
    fill(trails, ...own.map(draw), this.#active);
  }

  /**
   * @param {View} view
   * @param {Geometry} geometry
   * @param {number} now   ms
   * @returns {boolean} whether it wants another frame
   */
  frame(view, geometry, now) {
    const {shot} = this.parts.camera;
    const share = ease(travelled(view.player));
    const actor = this.#actor;
    const context = this.#clear();
    if (context !== null) this.#dots(context, view, geometry);
    if (actor === null) return false;
    const way = pointAt(actor.path, share);
    const lift = lifting(actor.lift, share);
    const point = onScreen(shot, {x: way.x, y: way.y - lift});
    const fall = this.#fall(actor, share, now, view.player.motionMs === 0);
    const at = {x: point.x, y: point.y + fall * FALL_PX};
    if (context !== null && share < 1) this.#tail(context, actor, share);
    actor.pin.setAttribute('transform', `translate(${at.x} ${at.y}) rotate(${fall * 24})`);
    if (actor.ends && fall > 0) this.#cross.setAttribute('d', crossPath(point.x, point.y, 7));
    const box = {x: mix(actor.from.x, actor.to.x, share), y: mix(actor.from.y, actor.to.y, share), w: actor.envelope.w, h: actor.envelope.h};
    actor.envelope.element.setAttribute('transform', `translate(${box.x} ${box.y})`);
    const edge = nearestEdge(box, at);
    this.#tether.setAttribute('d', `M${at.x} ${at.y}L${edge.x} ${edge.y}`);
    this.#active.setAttribute('d', pathUpTo(actor.path, share));
    return actor.ends && share >= 1 && fall < 1;
  }

  /**
   * @param {Actor} actor
   * @param {number} share
   * @param {number} now
   * @param {boolean} still   reduced motion: it has fallen already
   * @returns {number} 0..1
   */
  #fall(actor, share, now, still) {
    if (!actor.ends || share < 1) return 0;
    if (still) return 1;
    if (this.#fell === 0) this.#fell = now;
    return Math.min(1, (now - this.#fell) / FALL_MS) ** 2;
  }

  /** @returns {CanvasRenderingContext2D | null} */
  #clear() {
    const {canvas} = this.parts;
    const context = canvas.getContext('2d');
    const ratio = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    context?.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    return context;
  }

  /**
   * The other packets that are still on their way, and further copies of this one.
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Geometry} geometry
   */
  #dots(context, {stage}, geometry) {
    const style = getComputedStyle(this.parts.canvas);
    const colour = style.getPropertyValue('--request').trim();
    const paper = style.getPropertyValue('--bg').trim();
    for (const packet of packetsOnStage(stage)) {
      const copies = packet.packet === stage.current ? packet.copies.slice(0, -1) : packet.copies;
      for (const {place, fate} of copies) {
        if (fate === 'moving') this.#dot(context, onScreen(this.parts.camera.shot, restPoint(geometry, place)), {colour, paper, hollow: isReply(packet)});
      }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Point} at
   * @param {{colour: string, paper: string, hollow: boolean}} look
   */
  #dot(context, {x, y}, {colour, paper, hollow}) {
    context.beginPath();
    context.arc(x, y, 6, 0, Math.PI * 2);
    context.fillStyle = hollow ? paper : colour;
    context.strokeStyle = hollow ? colour : paper;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Actor} actor
   * @param {number} share
   */
  #tail(context, {path}, share) {
    context.fillStyle = getComputedStyle(this.parts.canvas).getPropertyValue('--request').trim();
    for (let i = 1; i <= TAIL; i += 1) {
      const {x, y} = onScreen(this.parts.camera.shot, pointAt(path, Math.max(0, share - i * 0.022)));
      context.globalAlpha = 0.42 * (1 - i / (TAIL + 1));
      context.beginPath();
      context.arc(x, y, 7 - i * 0.55, 0, Math.PI * 2);
      context.fill();
    }
    context.globalAlpha = 1;
  }
}

/** An answer's ring and its number stand round it. @param {Rect} rect @returns {Rect} px */
function withBadge({x, y, w, h: height}) { return {x: x - 10, y: y - 16, w: w + 24, h: height + 26}; }

/** What can be clicked as an answer must not be hidden. @param {Geometry} geometry @param {View} view @returns {Rect[]} */
function answerBoxes({interfaces, rooms}, {options}) {
  return options.flatMap(({element}) => [...interfaces, ...rooms].filter(({id}) => id === element));
}

/**
 * A packet at a device with its name inside rests on the device's upper edge.
 * @param {Geometry} geometry
 * @param {Place} place
 * @returns {number} px
 */
function liftAt(geometry, {interface: id}) {
  const box = geometry.interfaces.find((one) => one.id === id);
  return box !== undefined && (box.shape === 'tube' || box.shape === 'square') ? box.anchor.y - box.y + 4 : 0;
}

/** @param {{from: number, to: number}} lift @param {number} share @returns {number} px; low while it is under way */
function lifting({from, to}, share) {
  return share < 0.2 ? from * (1 - share / 0.2) : share > 0.8 ? to * (share - 0.8) / 0.2 : 0;
}

/** @param {PacketState} packet @returns {boolean} */
function isReply({leg, headers}) {
  if (leg === 'arp') return headers.some((layer) => layer.layer === 'arp' && layer.op === 'reply');
  return leg !== null && leg !== 'request' && leg !== 'data';
}

/** @param {number} t @returns {number} slow, quick, slow */
function ease(t) { return t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2; }

/** @param {number} a @param {number} b @param {number} t */
function mix(a, b, t) { return a + (b - a) * t; }

