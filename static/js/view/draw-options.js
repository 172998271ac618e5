/** The answers of a next-hop question, on the scene: a dashed ring and the number of the option. */
/** @import {Geometry} from '../layout/types.js' */
/** @import {SceneOption} from './session.js' */
/** @import {Shot} from './camera.js' */
import {rectOnScreen} from './camera.js';
import {s} from './dom.js';

/**
 * @param {Geometry} geometry
 * @param {ReadonlyArray<SceneOption>} options
 * @param {Shot} shot
 * @returns {SVGElement[]}
 */
export function drawOptions(geometry, options, shot) {
  return options.flatMap(({element, key, chosen}) => {
    const box = [...geometry.interfaces, ...geometry.rooms].find(({id}) => id === (geometry.hidden[element] ?? element));
    if (box === undefined) return [];
    const {x, y, w, h} = rectOnScreen(shot, box);
    return [
      s('rect', {class: `optionring ${chosen ? 'chosen' : ''}`, x: x - 6, y: y - 6, width: w + 12, height: h + 12, rx: 8}),
      s('circle', {class: 'optionkey', cx: x + w + 6, cy: y - 6, r: 9}),
      s('text', {class: 'optionkeytext', x: x + w + 6, y: y - 2.5, 'text-anchor': 'middle'}, key),
    ];
  });
}
