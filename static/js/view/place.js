/** The spot in a lesson, as an address that can be shared: `/l/ID?s=STEP&h=HOP&lang=..&level=..`. */
/** @import {Level} from '../layout/types.js' */
import {half} from './i18n.js';

/** @returns {{step: string, hop: number | null, level: Level | null}} hop: from 1 */
export function readPlace() {
  const query = new URLSearchParams(location.search);
  const hop = Number(query.get('h'));
  const level = Number(query.get('level'));
  return {step: query.get('s') ?? '', hop: Number.isInteger(hop) && hop > 0 ? hop : null, level: level === 1 || level === 2 || level === 3 ? level : null};
}

/**
 * @param {{step: string, hop: number, level: Level}} spot
 * @returns {string}
 */
export function placeLink({step, hop, level}) {
  const query = new URLSearchParams({s: step});
  if (hop > 0) query.set('h', String(hop));
  query.set('lang', half());
  query.set('level', String(level));
  return `${location.pathname}?${query}`;
}
