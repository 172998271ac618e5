/** Keeping the focus where it was while a part of the page is drawn anew. */

const FOCUSABLE = 'a[href], button, input, select, summary, [tabindex]';

/**
 * Renews `host` and gives the focus back to the control that had it: the one with the same `data-key`, or in the same
 * place among its neighbours, the last one where there are fewer now.
 * @param {HTMLElement} host
 * @param {() => void} render
 */
export function keepFocus(host, render) {
  const {activeElement: active} = document;
  const had = active !== null && active !== host && host.contains(active);
  const key = had ? active.getAttribute('data-key') : null;
  const place = had ? controls(host).indexOf(/** @type {HTMLElement} */ (active)) : -1;
  const scroll = host.querySelector('.scroll')?.scrollTop ?? 0;
  render();
  const scroller = host.querySelector('.scroll');
  if (scroller) scroller.scrollTop = scroll;
  if (!had || host.contains(document.activeElement)) return;
  const again = key === null ? controls(host)[Math.min(place, controls(host).length - 1)] : host.querySelector(`[data-key="${CSS.escape(key)}"]`);
  /** @type {HTMLElement | null | undefined} */ (again)?.focus({preventScroll: true});
}

/** @param {HTMLElement} host @returns {HTMLElement[]} in document order */
function controls(host) { return [...host.querySelectorAll(FOCUSABLE)].map((element) => /** @type {HTMLElement} */ (element)); }
