/** Dragging the scrub bar where a mark lies on it: marks are buttons, but a drag that starts on one scrubs all the same. */
/** @import {Session} from './session.js' */
import {act} from './session.js';

/** A pointer that moves less than this means the mark, px. */
const SLACK_PX = 4;

/**
 * @param {HTMLElement} marks   the layer of marks over the bar
 * @param {Session} session
 */
export function dragMarks(marks, session) {
  /** @type {number | null} where the pointer went down */
  let from = null;
  let dragged = false;
  marks.addEventListener('pointerdown', ({target, pointerId, clientX}) => {
    if (!(target instanceof Element)) return;
    target.setPointerCapture(pointerId);
    from = clientX;
    dragged = false;
  });
  marks.addEventListener('pointermove', ({clientX}) => {
    if (from === null || (!dragged && Math.abs(clientX - from) < SLACK_PX)) return;
    dragged = true;
    const {left, width} = marks.getBoundingClientRect();
    act(session, {type: 'seek', index: ((clientX - left) / Math.max(1, width)) * (session.get().player.count - 1)});
  });
  for (const end of ['pointerup', 'pointercancel']) marks.addEventListener(end, () => { from = null; });
  marks.addEventListener('click', (event) => { if (dragged) event.stopPropagation(); dragged = false; }, {capture: true});
}
