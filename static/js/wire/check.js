/** The checks on a received wire message, before anything is made of it. */
/** @import {WireMessage} from './protocol.js' */

/** The wire version that this program reads. */
export const WIRE_SCHEMA = 'podwalk-wire/v1';

/** Fields of one hop row. */
const HOP_FIELDS = 15;
/** The same, with table and chain of a netfilter hop. */
const RULE_HOP_FIELDS = 17;

/** A message from the server that this page cannot read. `message` says where and why, in words for a person. */
export class WireError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'WireError';
  }
}

/**
 * @param {unknown} message
 * @returns {WireMessage}
 * @throws {WireError}
 */
export function checkMessage(message) {
  if (!isObject(message)) throw new WireError(`a trace message must be an object, not ${nameOf(message)}`);
  checkSchema(message['schema']);
  for (const key of ['seed', 'total', 'withheld']) demand(typeof message[key] === 'number', key, 'a number', message[key]);
  for (const key of ['from', 'to']) demand(typeof message[key] === 'string', key, 'a text', message[key]);
  for (const key of ['interfaces', 'texts', 'hops']) demand(Array.isArray(message[key]), key, 'a list', message[key]);
  demand(isObject(message['conntrack']), 'conntrack', 'an object', message['conntrack']);
  demand(message['verdict'] === null || isObject(message['verdict']), 'verdict', 'an object or null', message['verdict']);
  /** @type {unknown[]} */ (message['hops']).forEach(checkHop);
  return /** @type {WireMessage} */ (/** @type {unknown} */ (message));
}

/** @param {unknown} schema */
function checkSchema(schema) {
  if (schema === WIRE_SCHEMA) return;
  const family = WIRE_SCHEMA.slice(0, WIRE_SCHEMA.lastIndexOf('/'));
  if (typeof schema === 'string' && schema.startsWith(`${family}/`)) {
    throw new WireError(`this trace was sent as ${schema}; this page knows ${WIRE_SCHEMA}. Reload the page.`);
  }
  throw new WireError(`schema must be "${WIRE_SCHEMA}", not ${nameOf(schema)}`);
}

/**
 * @param {unknown} row
 * @param {number} index
 */
function checkHop(row, index) {
  if (!Array.isArray(row) || (row.length !== HOP_FIELDS && row.length !== RULE_HOP_FIELDS)) {
    throw new WireError(`hops[${index}] must be a list of ${HOP_FIELDS}, not ${Array.isArray(row) ? row.length : nameOf(row)}`);
  }
  demand(row[10] === 0 || isObject(row[10]) || Array.isArray(row[10]), `hops[${index}] headers`, '0, {d: [...]} or a list', row[10]);
  demand(Array.isArray(row[11]), `hops[${index}] changes`, 'a list', row[11]);
  demand(row[12] === null || Array.isArray(row[12]), `hops[${index}] evidence`, 'a list or null', row[12]);
  demand(isObject(row[14]), `hops[${index}] caption params`, 'an object', row[14]);
}

/**
 * @param {boolean} right
 * @param {string} where
 * @param {string} legal
 * @param {unknown} value
 */
function demand(right, where, legal, value) {
  if (!right) throw new WireError(`${where} must be ${legal}, not ${nameOf(value)}`);
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {string} */
function nameOf(value) {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`;
  return typeof value === 'object' ? 'an object' : String(value);
}
