/*
 * What a careful eye would see in a page: text over text, text cut off, covered, run out of its box or too pale, a page that scrolls sideways.
 * Runs inside the page (scripts/check_pages.py); the value of `probe()` is a list of findings. All lengths are CSS pixels.
 */

/** @typedef {{rule: string, where: string, what: string}} Finding */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {{element: Element, text: string, boxes: Box[]}} Run  one text node, a box a line */
/** @typedef {[number, number, number, number]} Rgba  0-255, alpha 0-1 */

/** @param {Element} element */
function nameOf(element) {
  const id = element.id ? `#${element.id}` : '';
  const name = (element.getAttribute('class') ?? '').trim().split(/\s+/).filter(Boolean).map((part) => `.${part}`).join('');
  const parent = element.parentElement;
  return `${parent && !id ? `${parent.tagName.toLowerCase()}${parent.id ? `#${parent.id}` : ''} > ` : ''}${element.tagName.toLowerCase()}${id}${name}`;
}

/** @param {Box} a @param {Box} b @returns {Box} */
function intersect(a, b) {
  return { left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) };
}

/** @param {Box} box @param {number} least */
const isBigger = (box, least) => box.right - box.left > least && box.bottom - box.top > least;

/** The part of `box` that no scrolling or hiding ancestor cuts off. @param {Element} element @param {Box} box @returns {Box} */
function visiblePart(element, box) {
  let part = box;
  for (let at = /** @type {Element | null} */ (element); at && at !== document.body; at = at.parentElement) {
    if (getComputedStyle(at).overflow !== 'visible') part = intersect(part, at.getBoundingClientRect());
  }
  return part;
}

/** Letters only: the font's own ascent and descent may touch the next line. @param {DOMRect} rect @returns {Box} */
function inkOf(rect) {
  const spare = rect.height * 0.2;
  return { left: rect.left, top: rect.top + spare, right: rect.right, bottom: rect.bottom - spare };
}

/** @param {Element} element  shown to the eye; texts for screen readers only are one pixel large */
function isShown(element) {
  const shown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const rect = element.getBoundingClientRect();
  return shown && rect.width > 1 && rect.height > 1;
}

/** @returns {Run[]} every text that can be seen without scrolling a panel */
function textRuns() {
  const runs = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = (node.textContent ?? '').trim();
    if (!element || !text || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION', 'TEMPLATE', 'title', 'desc'].includes(element.tagName) || !isShown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].map((rect) => visiblePart(element, inkOf(rect))).filter((box) => isBigger(box, 1) && box.right > 0 && box.bottom > 0);
    if (boxes.length > 0) runs.push({ element, text: text.slice(0, 60), boxes });
  }
  return runs;
}

/** A layer that lies above the page on purpose: a dialog, a bar that stays, the packet in flight. @param {Element} element @param {Element} other */
function isInLayerAbove(element, other) {
  for (let at = /** @type {Element | null} */ (element); at && !at.contains(other); at = at.parentElement) {
    if (at.matches(':popover-open, dialog[open], .envelope') || ['fixed', 'sticky'].includes(getComputedStyle(at).position)) return true;
  }
  return false;
}

/** @param {Run[]} runs @returns {Finding[]} */
function overlaps(runs) {
  const findings = [];
  for (const [n, a] of runs.entries()) {
    for (const b of runs.slice(n + 1)) {
      if (a.element === b.element) continue;
      if (isInLayerAbove(a.element, b.element) || isInLayerAbove(b.element, a.element)) continue;
      const common = a.boxes.flatMap((first) => b.boxes.map((second) => intersect(first, second))).find((box) => isBigger(box, 1));
      if (common) findings.push({ rule: 'overlap', where: nameOf(a.element), what: `"${a.text}" and "${b.text}" (${nameOf(b.element)})` });
    }
  }
  return findings;
}

/** @param {Element} element */
const saysAllElsewhere = (element) => Boolean(element.closest('[title], [aria-label]'));

/** @param {Element} element @param {Box} box @returns {Element | null} the ancestor that cuts the text off and cannot be scrolled */
function cutBy(element, box) {
  for (let at = /** @type {Element | null} */ (element); at && at !== document.body; at = at.parentElement) {
    const style = getComputedStyle(at);
    const rect = at.getBoundingClientRect();
    const across = ['hidden', 'clip'].includes(style.overflowX) && (box.left < rect.left - 1 || box.right > rect.right + 1);
    const along = ['hidden', 'clip'].includes(style.overflowY) && (box.top < rect.top - 1 || box.bottom > rect.bottom + 1);
    if (across || along) return at;
    if (['auto', 'scroll'].includes(style.overflowX) || ['auto', 'scroll'].includes(style.overflowY)) return null;
  }
  return null;
}

/** @param {Run[]} runs @returns {Finding[]} */
function clippings(runs) {
  return runs.flatMap(({ element, text }) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const cutter = [...range.getClientRects()].map((rect) => cutBy(element, inkOf(rect))).find(Boolean);
    const style = getComputedStyle(element);
    const spills = element instanceof HTMLElement && style.overflowX !== 'visible' && !['auto', 'scroll'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (!(cutter || spills) || saysAllElsewhere(element)) return [];
    return [{ rule: 'clipping', where: nameOf(element), what: `"${text}" is cut by ${nameOf(cutter ?? element)}` }];
  });
}

/** Text that runs out of the box drawn round it. @param {Run[]} runs @returns {Finding[]} */
function spills(runs) {
  return runs.flatMap(({ element, text, boxes }) => {
    const frame = element instanceof SVGElement ? frameOf(element) : element;
    const line = boxes[0];
    if (!frame || !line) return [];
    const box = frame.getBoundingClientRect();
    const isInside = line.left < box.right - 1 && line.right > box.left + 1 && line.top > box.top - 1 && line.bottom < box.bottom + 1;
    const wide = frame instanceof HTMLElement ? getComputedStyle(frame).overflowX === 'visible' && frame.scrollWidth > frame.clientWidth + 1 && frame.clientWidth > 0
      : isInside && (line.left < box.left - 1 || line.right > box.right + 1);
    return wide ? [{ rule: 'spill', where: nameOf(element), what: `"${text}" runs out of ${nameOf(frame)}` }] : [];
  });
}

/** The rectangle that an SVG label stands in: the last one drawn before it in its group. @param {SVGElement} label */
function frameOf(label) {
  const group = label.closest('g');
  const before = [...(group?.children ?? [])].filter((child) => child.compareDocumentPosition(label) & Node.DOCUMENT_POSITION_FOLLOWING);
  return before.filter((child) => child.tagName === 'rect').at(-1) ?? null;
}

const painter = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

/** @param {string} colour any CSS colour @returns {Rgba} */
function rgba(colour) {
  if (!painter) throw new Error('no 2d canvas');
  painter.clearRect(0, 0, 1, 1);
  painter.fillStyle = '#000';
  painter.fillStyle = colour;
  painter.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = painter.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

/** @param {Rgba} top @param {Rgba} bottom @returns {Rgba} */
function over(top, bottom) {
  const alpha = top[3] + bottom[3] * (1 - top[3]);
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => (alpha ? (a * top[3] + b * bottom[3] * (1 - top[3])) / alpha : 0);
  return [mix(top[0], bottom[0]), mix(top[1], bottom[1]), mix(top[2], bottom[2]), alpha];
}

/** Relative luminance, WCAG 2.2. @param {Rgba} colour */
function luminance([red, green, blue]) {
  const part = (/** @type {number} */ value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
}

/** @param {Rgba} a @param {Rgba} b */
function contrast(a, b) {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** What an element paints under a text: its fill, its background, the colours of its gradient. @param {Element} element @returns {Rgba[]} */
function paints(element) {
  const style = getComputedStyle(element);
  if (element instanceof SVGElement && !(element instanceof SVGSVGElement)) {
    if (!(element instanceof SVGGeometryElement) || style.fill === 'none') return [];
    const [red, green, blue, alpha] = rgba(style.fill);
    return [[red, green, blue, alpha * Number(style.fillOpacity) * Number(style.opacity)]];
  }
  const gradient = style.backgroundImage.match(/(?:rgba?|color|oklch|oklab|hsl)\([^()]*\)/g) ?? [];
  return [...gradient.map(rgba), rgba(style.backgroundColor)].filter((colour) => colour[3] > 0);
}

/** The colours behind the point, one for each colour that may lie there. @param {Element} element @param {number} x @param {number} y @returns {Rgba[]} */
function grounds(element, x, y) {
  const stack = document.elementsFromPoint(x, y);
  const below = stack.slice(Math.max(0, stack.findIndex((at) => at === element || element.contains(at))));
  /** @type {Rgba[]} */
  let found = [[0, 0, 0, 0]];
  for (const at of [...below, document.documentElement]) {
    const layer = at === element && element instanceof SVGElement ? [] : paints(at);
    if (layer.length > 0) found = found.flatMap((top) => layer.map((colour) => over(top, colour)));
    if (found.every((colour) => colour[3] > 0.99)) return found;
  }
  return found.map((colour) => over(colour, [255, 255, 255, 1]));
}

/** What hides the text at the point, if it is no layer that lies above on purpose. @param {Element} element @param {number} x @param {number} y */
function coverOf(element, x, y) {
  const stack = document.elementsFromPoint(x, y);
  const index = stack.findIndex((at) => at === element || element.contains(at));
  const above = index < 0 ? [] : stack.slice(0, index);
  return above.find((at) => !at.contains(element) && !isInLayerAbove(at, element) && paints(at).some((colour) => colour[3] > 0.5));
}

/** @param {Element} element */
function opacityOf(element) {
  let product = 1;
  for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
  return product;
}

/** @param {Element} element @returns {Finding[]} */
function paleness(element) {
  const style = getComputedStyle(element);
  if (element.closest(':disabled, [aria-disabled="true"]')) return [];
  element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
  const range = document.createRange();
  range.selectNodeContents(element);
  const rect = [...range.getClientRects()].find((one) => one.width > 1 && one.height > 1);
  if (!rect) return [];
  const size = parseFloat(style.fontSize) * (element instanceof SVGGraphicsElement ? (element.getScreenCTM()?.a ?? 1) : 1);
  const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  const [red, green, blue, alpha] = rgba(element instanceof SVGElement ? style.fill : style.color);
  const ink = /** @type {Rgba} */ ([red, green, blue, alpha * opacityOf(element)]);
  const behind = grounds(element, rect.left + rect.width / 2, rect.top + rect.height / 2);
  const cover = coverOf(element, rect.left + rect.width / 2, rect.top + rect.height / 2);
  if (cover) return [{ rule: 'covered', where: nameOf(element), what: `"${(element.textContent ?? '').trim().slice(0, 60)}" lies under ${nameOf(cover)}` }];
  const worst = Math.min(...behind.map((ground) => contrast(over(ink, ground), ground)));
  if (worst >= needed - 0.005) return [];
  const what = `"${(element.textContent ?? '').trim().slice(0, 60)}" ${worst.toFixed(2)}:1, needs ${needed}:1 (${ink.map((n) => Math.round(n * 100) / 100)} on ${behind[0]?.map(Math.round)})`;
  return [{ rule: 'contrast', where: nameOf(element), what }];
}

/** @returns {Finding[]} */
function sidewaysScroll() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth + 1 ? [{ rule: 'sideways', where: 'html', what: `the page is ${scrollWidth} wide in a window of ${clientWidth}` }] : [];
}

/** Every finding of the page as it stands now. @returns {Finding[]} */
function probe() {
  const reachable = new CSSStyleSheet();
  reachable.replaceSync('* { pointer-events: auto !important; } canvas { pointer-events: none !important; }');
  const runs = textRuns();
  const shape = [...sidewaysScroll(), ...overlaps(runs), ...clippings(runs), ...spills(runs)];
  document.adoptedStyleSheets.push(reachable);
  const pale = [...new Set(runs.map((run) => run.element))].flatMap(paleness);
  document.adoptedStyleSheets.pop();
  window.scrollTo(0, 0);
  return [...shape, ...pale];
}
