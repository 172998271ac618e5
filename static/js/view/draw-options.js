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
    const small = w < 40;
    const at = small ? {x: x + w / 2, y: y + h + 14} : {x: x + w + 6, y: y - 6};
    return [
      s('rect', {class: `optionring ${chosen ? 'chosen' : ''}`, x: x - 6, y: y - 6, width: w + 12, height: h + 12, rx: 8}),
      s('circle', {class: 'optionkey', cx: at.x, cy: at.y, r: 9}),
      s('text', {class: 'optionkeytext', x: at.x, y: at.y + 3.5, 'text-anchor': 'middle'}, key),
    ];
  });
}
