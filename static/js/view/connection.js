/** The banner that tells how the connection stands; nothing when all is well. */
/** @import {Link, LinkState} from '../net/socket.js' */
import {fill, h} from './dom.js';
import {onLanguage, t} from './i18n.js';

/** A connection that comes within this time needs no words, ms. */
const GRACE_MS = 1200;

/**
 * @param {HTMLElement} banner
 * @param {Link} link
 */
export function mountConnection(banner, link) {
  let timer = 0;
  const show = (/** @type {LinkState} */ state) => {
    clearTimeout(timer);
    if (state === 'connecting') timer = window.setTimeout(() => draw(banner, link, state), GRACE_MS);
    else draw(banner, link, state);
  };
  link.onState(show);
  onLanguage(() => { if (!banner.hidden) draw(banner, link, link.state); });
}

/**
 * @param {HTMLElement} banner
 * @param {Link} link
 * @param {LinkState} state
 */
function draw(banner, link, state) {
  banner.hidden = state === 'online';
  banner.dataset['state'] = state;
  fill(banner, h('span', {}, t(`connection.${state}`)),
    state !== 'connecting' && h('button', {type: 'button', class: 'btn', onclick: () => link.retry()}, t('connection.retry')));
}
