/**
 * How wide a text will be, without a document to ask. The estimate errs on the wide side, so what fits here fits in the browser.
 * Monospace faces advance 0.6 em; the sans figures are Inter's, by class of character.
 */
/** @import {Label} from './types.js' */

const MONO_EM = 0.605;
const BOLD_MORE = 1.06;
/** @type {ReadonlyArray<readonly [RegExp, number]>} */
const SANS_EM = [
  [/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]/, 1],
  [/[mwMW@%…]/, 0.9], [/[A-Z&+−→]/, 0.7], [/[ijltfrI.,:;'|!()[\]/ ]/, 0.36],
];
const SANS_OTHER_EM = 0.6;

/**
 * @param {string} text
 * @param {number} size  px
 * @param {Label['face']} face
 * @param {boolean} [bold]
 * @returns {number} px
 */
export function textWidth(text, size, face, bold = false) {
  const ems = face === 'mono' ? [...text].reduce((sum, char) => sum + (isWide(char) ? 1 : MONO_EM), 0) : sansEms(text);
  return Math.ceil(ems * size * (bold && face === 'sans' ? BOLD_MORE : 1));
}

/** @param {string} char @returns {boolean} a full-width character */
const isWide = (char) => SANS_EM[0]?.[0].test(char) ?? false;

/** @param {string} text @returns {number} */
function sansEms(text) {
  return [...text].reduce((sum, char) => sum + (SANS_EM.find(([chars]) => chars.test(char))?.[1] ?? SANS_OTHER_EM), 0);
}

/**
 * Cuts the middle out of a text that is too long: generated names differ at both ends.
 * @param {string} text
 * @param {number} maxPx
 * @param {number} size  px
 * @param {Label['face']} face
 * @param {boolean} [bold]
 * @returns {string} "" when not even a few characters fit
 */
export function fitText(text, maxPx, size, face, bold = false) {
  if (textWidth(text, size, face, bold) <= maxPx) return text;
  const chars = [...text];
  for (let keep = chars.length - 1; keep >= 2; keep -= 1) {
    const tail = Math.floor(keep / 2);
    const cut = `${chars.slice(0, keep - tail).join('')}…${chars.slice(chars.length - tail).join('')}`;
    if (textWidth(cut, size, face, bold) <= maxPx) return cut;
  }
  return '';
}

/**
 * @typedef {object} LabelSpec
 * @property {string} text
 * @property {Label['role']} role
 * @property {number} x
 * @property {number} y   baseline
 * @property {number} size
 * @property {number} max   px it may take
 * @property {Label['anchor']} [anchor]
 * @property {Label['face']} [face]
 * @property {boolean} [bold]
 */

/**
 * @param {LabelSpec} spec
 * @returns {Label[]} one label, cut to `max`; none when nothing of it fits
 */
export function makeLabel({text, role, x, y, size, max, anchor = 'start', face = 'sans', bold = false}) {
  const shown = fitText(text, max, size, face, bold);
  if (shown === '') return [];
  return [{text: shown, role, x: Math.round(x), y: Math.round(y), size, anchor, face, bold, width: textWidth(shown, size, face, bold)}];
}
