/** Pointing at the scene: a card on hover, on tap; it stays while it is pointed at, and Esc closes it (WCAG 1.4.13). */
/** @import {Rect} from '../layout/types.js' */
/** @import {CardText} from './cards.js' */
import {cardElement} from './cards.js';
import {fill} from './dom.js';

/** How long the pointer must rest before a card opens or closes, ms. */
const HOVER_MS = 350;
/** Room between a card and what it belongs to, or the edge, px. */
const GAP = 10;

/** Where the one open card stands. */
export class CardPlace {
  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} picture   the card stays inside
   */
  constructor(host, picture) {
    this.host = host;
    this.picture = picture;
  }

  /**
   * @param {CardText} text
   * @param {Rect} box   of the element, screen px
   */
  show(text, {x, y, w}) {
    const card = cardElement(text, () => this.hide());
    fill(this.host, card);
    const {clientWidth, clientHeight} = this.picture;
    const right = x + w + GAP;
    const left = right + card.offsetWidth > clientWidth - GAP ? x - card.offsetWidth - GAP : right;
    card.style.left = `${Math.max(GAP, Math.min(left, clientWidth - card.offsetWidth - GAP))}px`;
    card.style.top = `${Math.max(GAP, Math.min(y, clientHeight - card.offsetHeight - GAP))}px`;
  }

  /** @returns {boolean} whether one was open */
  hide() {
    const had = this.host.childElementCount > 0;
    fill(this.host);
    return had;
  }
}

/**
 * @param {SVGSVGElement} scene
 * @param {HTMLElement} cards
 * @param {{open: (id: string) => void, close: () => void, press: (id: string | null) => void}} actions
 */
export function listenPointer(scene, cards, {open, close, press}) {
  let timer = 0;
  const later = (/** @type {() => void} */ act) => { clearTimeout(timer); timer = window.setTimeout(act, HOVER_MS); };
  scene.addEventListener('pointerover', (event) => {
    clearTimeout(timer);
    const id = idAt(event);
    if (id !== null && event.pointerType === 'mouse') later(() => open(id));
  });
  scene.addEventListener('pointerout', (event) => {
    const to = event.relatedTarget;
    const stays = to instanceof Node && (cards.contains(to) || scene.contains(to));
    if (event.pointerType === 'mouse' && !stays) later(close);
  });
  cards.addEventListener('pointerover', () => clearTimeout(timer));
  cards.addEventListener('pointerleave', () => later(close));
  scene.addEventListener('click', (event) => { clearTimeout(timer); press(idAt(event)); });
}

/** @param {Event} event @returns {string | null} the innermost element of the scene under the pointer */
function idAt(event) {
  return event.target instanceof Element ? event.target.closest('[data-id]')?.getAttribute('data-id') ?? null : null;
}
