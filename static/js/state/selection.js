/**
 * One selection for all panes: a hop in the list = an element on the stage = a field in the packet = an entry of the evidence.
 */
/** @import {Hop} from '../wire/protocol.js' */
/** @import {Scene} from '../wire/scene.js' */
/** @import {FieldRef, Linked, Selection} from './types.js' */
import {foldTo} from './fold.js';

/** @type {Selection} */
export const NOTHING_SELECTED = {hop: null, element: null, field: null, evidence: null};

/** @param {number} hop  index @returns {Selection} */
export const selectHop = (hop) => ({...NOTHING_SELECTED, hop});
/** @param {string} element @returns {Selection} */
export const selectElement = (element) => ({...NOTHING_SELECTED, element});
/** @param {number} hop @param {FieldRef} field @returns {Selection} */
export const selectField = (hop, field) => ({...NOTHING_SELECTED, hop, field});
/** @param {number} hop @param {number} evidence  0 the deciding entry, 1.. the skipped ones @returns {Selection} */
export const selectEvidence = (hop, evidence) => ({...NOTHING_SELECTED, hop, evidence});

/**
 * Everything that the selection means, in all panes.
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops
 * @param {Selection} selection
 * @returns {Linked}
 */
export function linkedTo(scene, hops, selection) {
  if (selection.element !== null) return linkedToElement(scene, hops, selection.element);
  const hop = selection.hop === null ? undefined : hops[selection.hop];
  if (selection.hop === null || hop === undefined) return {hops: [], elements: [], fields: [], evidence: []};
  const {here, place, packets, current} = foldTo(scene, hops, selection.hop);
  const rewritten = packets.find(({packet}) => packet === current)?.diffs ?? [];
  return {
    hops: [selection.hop],
    elements: [place?.interface ?? place?.room ?? '', ...here.links].filter((id) => id !== ''),
    fields: selection.field ? [selection.field] : rewritten.map(({layer, field}) => ({layer, field})),
    evidence: selection.evidence !== null ? [selection.evidence] : (hop.evidence?.entry ? [0] : []),
  };
}

/**
 * @param {Scene} scene
 * @param {ReadonlyArray<Hop>} hops
 * @param {string} element
 * @returns {Linked} the hops that touch it
 */
function linkedToElement(scene, hops, element) {
  const touching = hops.flatMap((_, index) => {
    const {here} = foldTo(scene, hops, index);
    return [here.rooms, here.interfaces, here.links].some((ids) => ids.includes(element)) ? [index] : [];
  });
  return {hops: touching, elements: [element], fields: [], evidence: []};
}

/** @param {Selection} one @param {Selection} other @returns {boolean} */
export function sameSelection(one, other) {
  return one.hop === other.hop && one.element === other.element && one.evidence === other.evidence
    && one.field?.layer === other.field?.layer && one.field?.field === other.field?.field;
}
