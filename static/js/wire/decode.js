/**
 * Restores a trace from its wire message, hop for hop.
 *
 * The message sends every text once and headers as differences (`podwalk-wire/v1`); what comes out of here is what
 * `podwalk trace --format json` prints. A message that does not fit is refused whole, with the spot and the reason.
 */
/** @import {Hop, HopKind, Leg, HeaderLayer, Change, Evidence, Trace, WireHop, WireHeaders, WireEvidence} from './protocol.js' */
import {checkMessage, WireError} from './check.js';

/** @typedef {{texts: ReadonlyArray<string>, last: Map<number, ReadonlyArray<HeaderLayer>>}} Memory */

/**
 * @param {unknown} message  a `podwalk-wire/v1` object, as received
 * @returns {Trace}
 * @throws {WireError} unknown schema or version, missing part, index out of range
 */
export function decodeTrace(message) {
  const wire = checkMessage(message);
  /** @type {Memory} */
  const memory = {texts: wire.texts, last: new Map()};
  const {seed, from, to, verdict, interfaces, conntrack, total, withheld} = wire;
  const hops = wire.hops.map((row, index) => decodeHop(row, index, memory));
  return {seed, from, to, verdict, interfaces, conntrack, hops, total, withheld};
}

/**
 * @param {WireHop} row
 * @param {number} index
 * @param {Memory} memory
 * @returns {Hop}
 */
function decodeHop(row, index, memory) {
  const [n, t_us, packet, leg, attempt, kind, node, netns, iface, stage, headers, changes, evidence, code, params, table, chain] = row;
  const text = textReader(memory.texts, index);
  return {
    n, t_us, packet, leg: /** @type {Leg | null} */ (text.maybe(leg)), attempt,
    kind: /** @type {HopKind} */ (text.one(kind)),
    node: text.maybe(node), netns: text.one(netns), interface: text.maybe(iface), stage: text.maybe(stage),
    headers: decodeHeaders(headers, packet, index, memory),
    changes: changes.map(([field, before, after]) => /** @type {Change} */ ({field: text.one(field), before, after})),
    evidence: evidence === null ? null : decodeEvidence(evidence, text),
    caption: {code: text.one(code), params},
    ...(table === undefined || chain === undefined ? {} : ruleOf(text.one(table), text.one(chain))),
  };
}

/**
 * Conntrack has a hook but no table: what is empty is left out, as the trace leaves it out.
 * @param {string} table
 * @param {string} chain
 */
function ruleOf(table, chain) {
  return {...(table === '' ? {} : {table}), ...(chain === '' ? {} : {chain})};
}

/**
 * @param {WireHeaders} headers
 * @param {number} packet
 * @param {number} index
 * @param {Memory} memory
 * @returns {ReadonlyArray<HeaderLayer>}
 */
function decodeHeaders(headers, packet, index, memory) {
  const full = Array.isArray(headers) ? headers : patched(headers, memory.last.get(packet), packet, index);
  memory.last.set(packet, full);
  return full;
}

/**
 * @param {WireHeaders} difference  `0` or `{d: [...]}`
 * @param {ReadonlyArray<HeaderLayer> | undefined} before
 * @param {number} packet
 * @param {number} index
 * @returns {ReadonlyArray<HeaderLayer>}
 */
function patched(difference, before, packet, index) {
  if (before === undefined) throw new WireError(`hops[${index}]: headers of packet ${packet} are a difference, but nothing came before`);
  if (difference === 0 || !('d' in difference)) return before;
  const layers = [...before];
  for (const [layer, field, value] of difference.d) {
    const old = layers[layer];
    if (old === undefined) throw new WireError(`hops[${index}]: header difference names layer ${layer}; packet ${packet} has ${layers.length}`);
    layers[layer] = /** @type {HeaderLayer} */ ({...old, [field]: value});
  }
  return layers;
}

/**
 * @param {WireEvidence} evidence
 * @param {ReturnType<typeof textReader>} text
 * @returns {Evidence}
 */
function decodeEvidence([tool, entry, skipped, matched, verdict], text) {
  return {
    tool: text.one(tool), entry: text.one(entry),
    skipped: skipped.map(([line, because]) => ({entry: text.one(line), because: text.one(because)})),
    ...(matched === undefined || matched.length === 0 ? {} : {matched: matched.map(text.one)}),
    ...(verdict === undefined ? {} : {verdict: text.one(verdict)}),
  };
}

/**
 * Reads texts by index; a text given as itself is taken as it is.
 * @param {ReadonlyArray<string>} texts
 * @param {number} index  of the hop, for the message of an error
 */
function textReader(texts, index) {
  /** @param {number | string} ref @returns {string | null} */
  const maybe = (ref) => {
    if (typeof ref === 'string') return ref;
    if (ref === -1) return null;
    const found = texts[ref];
    if (found === undefined) throw new WireError(`hops[${index}]: text ${ref} is not in the table of ${texts.length}`);
    return found;
  };
  /** @param {number | string} ref @returns {string} */
  const one = (ref) => {
    const found = maybe(ref);
    if (found === null) throw new WireError(`hops[${index}]: a text that must be there is -1`);
    return found;
  };
  return {maybe, one};
}

