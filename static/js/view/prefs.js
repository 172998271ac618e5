/** Display preferences: the only thing this program keeps in the browser. Storage may be switched off; then they last a visit. */

const PREFIX = 'podwalk.';

/** @type {Map<string, string>} */
const visit = new Map();

/**
 * @param {string} name
 * @returns {string | null}
 */
export function readPref(name) {
  const kept = visit.get(name);
  if (kept !== undefined) return kept;
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function writePref(name, value) {
  visit.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch { /* switched off or full: the visit's copy stands */ }
}

/**
 * @param {string} name
 * @param {ReadonlyArray<string>} legal
 * @param {string} fallback
 * @returns {string}
 */
export function choice(name, legal, fallback) {
  const value = readPref(name);
  return value !== null && legal.includes(value) ? value : fallback;
}
