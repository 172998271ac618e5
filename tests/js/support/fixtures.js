/**
 * What the engine really sends, for the tutorial's three nodes and three pods: `scene(sim)`, `wire(trace)` and the JSON of
 * `podwalk trace --from pod/default/my-nginx-1 --to icmp://10.2.1.37` (cross), the same with `--ttl 1` (ttl).
 */
/** @import {Hop} from '../../../static/js/wire/protocol.js' */
/** @import {Scene} from '../../../static/js/wire/scene.js' */
import {readFileSync} from 'node:fs';
import {decodeTrace} from '../../../static/js/wire/decode.js';

/** @param {string} name @returns {unknown} */
const read = (name) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));

/** @returns {Scene} */
export const realScene = () => /** @type {Scene} */ (read('tutorial.scene'));
/** @param {'cross' | 'ttl'} name */
export const realTrace = (name) => decodeTrace(read(`${name}.wire`));
/** @returns {{hops: Hop[], sightings: unknown[]}} the trace with TTL 1, as the command line prints it */
export const printedTrace = () => /** @type {{hops: Hop[], sightings: unknown[]}} */ (read('ttl.trace'));
