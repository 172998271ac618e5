/** Making elements. Text goes in as text; the one door for HTML is `safeHtml`, for lesson prose the server has cleaned. */

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Prop */
/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An HTML element. `on...` props are listeners, `class` and the rest attributes; null, undefined and false are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Prop>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  setProps(element, props);
  element.append(...kept(children));
  return element;
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Prop>} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setProps(element, props);
  element.append(...kept(children));
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, Prop>} props
 */
export function setProps(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * @param {ReadonlyArray<Child>} children
 * @returns {(Node | string)[]}
 */
function kept(children) {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false ? [] : [typeof child === 'number' ? String(child) : child]);
}

/**
 * Replaces what is in `host`.
 * @param {Element} host
 * @param {...Child} children
 */
export function fill(host, ...children) {
  host.replaceChildren(...kept(children));
}

/**
 * Lesson prose: HTML that the server has rendered from Markdown and cleaned. Scripts in a parsed document never run.
 * Long lines scroll sideways, so a block can have the focus.
 * @param {string} html
 * @param {string} lang
 * @returns {HTMLDivElement}
 */
export function safeHtml(html, lang) {
  const host = h('div', {class: 'prose', lang});
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  // A copy first: adopting takes a node out of the live list, and the next would be passed over.
  host.append(...[...parsed.body.childNodes].map((node) => document.adoptNode(node)));
  for (const block of host.querySelectorAll('pre')) block.tabIndex = 0;
  return host;
}

/**
 * The element with that id, which the template promises.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element;
}

/**
 * A stroked icon on a 20 x 20 grid.
 * @param {string} path
 * @param {boolean} [solid]
 * @returns {SVGSVGElement}
 */
export function icon(path, solid = false) {
  return s('svg', {viewBox: '0 0 20 20', 'aria-hidden': 'true', fill: solid ? 'currentColor' : 'none', stroke: 'currentColor',
    'stroke-width': solid ? 0 : 1.7, 'stroke-linecap': 'round', 'stroke-linejoin': 'round'}, s('path', {d: path}));
}
