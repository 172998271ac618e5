/**
 * From a scene to places: everything on the stage is computed from what stands in what. No document, no chance:
 * the same scene and options give the same geometry.
 */
/** @import {Scene} from '../wire/scene.js' */
/** @import {Geometry, LayoutOptions, Orientation} from './types.js' */
import {newDraft} from './draft.js';
import {layoutLandscape} from './landscape.js';
import {makePlan} from './plan.js';
import {layoutPortrait} from './portrait.js';
import {placeTunnels} from './tunnel.js';

/**
 * @param {Scene} scene
 * @param {LayoutOptions} options
 * @returns {Geometry} as large as asked, unless two nodes do not fit into it
 */
export function layoutScene(scene, options) {
  const draft = newDraft(makePlan(scene, options));
  const orientation = options.orientation ?? naturalOrientation(options.width);
  const size = orientation === 'landscape' ? layoutLandscape(draft, options) : layoutPortrait(draft, options);
  placeTunnels(draft, orientation);
  const {rooms, interfaces, cables, tables, taps} = draft;
  return {...size, level: options.level, orientation, rooms, interfaces, cables, tables, taps, hidden: resolved(draft.hidden)};
}

/**
 * What stands for a thing may itself be hidden behind a larger box.
 * @param {Readonly<Record<string, string>>} hidden
 * @returns {Record<string, string>} straight to the box that is drawn
 */
function resolved(hidden) {
  const last = (/** @type {string} */ id) => {
    let box = id;
    for (let next = hidden[box]; next !== undefined && next !== box; next = hidden[box]) box = next;
    return box;
  };
  return Object.fromEntries(Object.keys(hidden).map((id) => [id, last(id)]));
}

/** @param {number} width @returns {Orientation} a stage as narrow as a phone's is laid out from top to bottom */
export function naturalOrientation(width) {
  return width < 560 ? 'portrait' : 'landscape';
}
