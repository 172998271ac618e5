/**
 * The scene as a tree of named objects for keyboard and screen reader: node > namespace > interface. The picture is
 * hidden from assistive technology; this tree is not seen, and its focus is drawn as a ring on the picture.
 * Arrow keys move to the nearest element in that direction, Enter opens its card.
 */
/** @import {Geometry, Rect} from '../layout/types.js' */
/** @import {Scene} from '../wire/scene.js' */
import {elementName} from './cards.js';
import {fill, h} from './dom.js';

/** @typedef {{readonly open: (id: string) => void, readonly focus: (id: string | null) => void}} TreeActions */

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const DIRECTIONS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

/**
 * @param {HTMLElement} host   role tree
 * @param {TreeActions} actions
 * @returns {(scene: Scene, geometry: Geometry) => void} draws the tree anew; the focus stays on its element
 */
export function mountTree(host, actions) {
  /** @type {HTMLElement[]} */
  let items = [];
  /** @type {ReadonlyMap<string, Rect>} */
  let boxes = new Map();
  host.addEventListener('keydown', (event) => move(event, items, boxes, actions));
  host.addEventListener('focusin', (event) => actions.focus(/** @type {HTMLElement} */ (event.target).dataset['id'] ?? null));
  host.addEventListener('focusout', (event) => { if (!host.contains(/** @type {Node | null} */ (event.relatedTarget))) actions.focus(null); });
  return (scene, geometry) => {
    boxes = boxesOf(geometry);
    items = draw(host, scene, boxes);
  };
}

/**
 * @param {HTMLElement} host
 * @param {Scene} scene
 * @param {ReadonlyMap<string, Rect>} boxes
 * @returns {HTMLElement[]} the items in document order
 */
function draw(host, scene, boxes) {
  const active = /** @type {HTMLElement | null} */ (host.contains(document.activeElement) ? document.activeElement : null)?.dataset['id'] ?? null;
  fill(host, ...scene.rooms.filter(({parent, id}) => parent === null && boxes.has(id)).map(({id}) => item(id, scene, boxes, 1)));
  const items = /** @type {HTMLElement[]} */ ([...host.querySelectorAll('[role="treeitem"]')]);
  const first = items.find(({dataset}) => dataset['id'] === active) ?? items[0];
  for (const element of items) element.tabIndex = element === first ? 0 : -1;
  if (active !== null) first?.focus({preventScroll: true});
  return items;
}

/**
 * @param {Geometry} geometry
 * @returns {Map<string, Rect>}
 */
function boxesOf({rooms, interfaces}) {
  return new Map([...rooms, ...interfaces].map(({id, x, y, w, h: height}) => [id, {x, y, w, h: height}]));
}

/**
 * @param {string} id
 * @param {Scene} scene
 * @param {ReadonlyMap<string, Rect>} boxes
 * @param {number} level
 * @returns {HTMLElement}
 */
function item(id, scene, boxes, level) {
  const inside = [...scene.interfaces.filter(({room, id: own}) => room === id && boxes.has(own)), ...scene.rooms.filter(({parent, id: own}) => parent === id && boxes.has(own))];
  const name = h('span', {id: `tree-${id}`}, elementName(scene, id));
  return h('li', {role: 'treeitem', 'data-id': id, tabindex: -1, 'aria-level': level, 'aria-labelledby': `tree-${id}`, 'aria-expanded': inside.length > 0 ? 'true' : null}, name,
    inside.length > 0 && h('ul', {role: 'group'}, ...inside.map(({id: own}) => item(own, scene, boxes, level + 1))));
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} items
 * @param {ReadonlyMap<string, Rect>} boxes
 * @param {TreeActions} actions
 */
function move(event, items, boxes, actions) {
  const now = /** @type {HTMLElement} */ (event.target);
  const id = now.dataset['id'] ?? '';
  if (event.key === 'Enter') { actions.open(id); stop(event); return; }
  const direction = event.shiftKey ? undefined : DIRECTIONS[event.key];
  if (direction === undefined) return;
  stop(event);
  const target = items.find(({dataset}) => dataset['id'] === neighbour(id, direction, boxes));
  if (target === undefined) return;
  now.tabIndex = -1;
  target.tabIndex = 0;
  target.focus({preventScroll: true});
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

/**
 * The nearest element whose centre lies in that direction; straight ahead counts more than aside.
 * @param {string} id
 * @param {readonly [number, number]} direction
 * @param {ReadonlyMap<string, Rect>} boxes
 * @returns {string | null}
 */
function neighbour(id, [dx, dy], boxes) {
  const here = boxes.get(id);
  if (here === undefined) return null;
  const from = centre(here);
  let best = null;
  let lowest = Infinity;
  for (const [other, box] of boxes) {
    const to = centre(box);
    const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    const cost = ahead + aside * 2.2;
    if (other !== id && ahead > 1 && cost < lowest) { lowest = cost; best = other; }
  }
  return best;
}

/** @param {Rect} box */
function centre({x, y, w, h: height}) { return {x: x + w / 2, y: y + height / 2}; }
