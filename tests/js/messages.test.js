/** DNS, TLS and HTTP: what the envelope, the inspector and the scrub bar say of them. */
/** @import {HeaderLayer, Hop} from '../../static/js/wire/protocol.js' */
/** @import {PacketState} from '../../static/js/state/types.js' */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {layerBytes, layerFields} from '../../static/js/panels/layers.js';
import {toneOf} from '../../static/js/panels/tones.js';
import {mergeMarks, singleMarks} from '../../static/js/state/marks.js';
import {flapWidth} from '../../static/js/view/envelope.js';
import {readLetter} from '../../static/js/view/letter.js';

/** @type {HeaderLayer[]} */
const TCP = [
  {layer: 'ipv4', src: '10.2.1.2', dst: '10.1.0.80', ttl: 64, proto: 'tcp', len: 121, df: true},
  {layer: 'tcp', sport: 40000, dport: 80, flags: 'PA', seq: 1, ack: 1},
];
/** @type {HeaderLayer} */
const GET = {layer: 'http', size: 69, line: 'GET /a/very/long/path/that/goes/on?and=on HTTP/1.1', host: 'shop.example'};
/** @type {HeaderLayer} */
const HELLO = {layer: 'tls', size: 250, records: 'Client Hello', server_name: 'shop.example'};
/** @type {HeaderLayer} */
const ANSWER = {layer: 'dns', size: 90, id: 7, name: 'web.default.svc.cluster.local.', type: 'A', flags: 'qr aa', rcode: 'NOERROR', answers: ['A 10.1.0.80']};

/** @param {ReadonlyArray<HeaderLayer>} headers */
function letterOf(headers) {
  const packet = /** @type {PacketState} */ (/** @type {unknown} */ ({headers, diffs: [], stamps: [], fate: 'moving', pushed: 0, popped: []}));
  return readLetter(packet, {owners: {}, addresses: {}}, 1);
}

test('an envelope with a request tells its line and its host, cut to what has room', () => {
  const {proto, flags, lines} = letterOf([...TCP, GET]);
  assert.deepEqual([proto, flags], ['HTTP', 'GET']);
  assert.deepEqual(lines.slice(2).map(({value}) => value), ['GET /a/very/long/path/that/go…', 'shop.example']);
});

test('an envelope with an answer tells its status', () => {
  const {flags, lines} = letterOf([...TCP, {layer: 'http', size: 20, line: 'HTTP/1.1 404 Not Found'}]);
  assert.equal(flags, '404');
  assert.equal(lines[2]?.value, 'HTTP/1.1 404 Not Found');
});

test('TLS and DNS have their own flaps', () => {
  assert.deepEqual(letterOf([...TCP, HELLO]).lines.slice(2).map(({value}) => value), ['Client Hello', 'shop.example']);
  const dns = letterOf([...TCP, ANSWER]);
  assert.deepEqual([dns.proto, dns.flags, dns.lines[3]?.value], ['DNS', 'NOERROR', 'A 10.1.0.80']);
  const long = /** @type {HeaderLayer} */ ({...ANSWER, name: 'my-nginx.default.svc.cluster.local.', type: 'AAAA'});
  assert.equal(letterOf([...TCP, long]).lines[2]?.value, 'my-nginx.default.svc.clu… AAAA', 'a name is cut, the type stays');
  assert.deepEqual(['echo', 'NOERROR', 'NXDOMAIN'].map(flapWidth), [46, 50, 56]);
});

test('the inspector lists what a message has', () => {
  assert.deepEqual(layerFields(GET).map(({names}) => names.join()), ['line', 'host']);
  assert.deepEqual(layerFields(HELLO).map(({label}) => label), ['', 'SNI']);
  assert.ok(layerFields(ANSWER).some(({names}) => names.includes('answers')));
});

test('a TCP header is what IP leaves over beside a message', () => {
  assert.equal(layerBytes([...TCP, GET], 1), 32);
  assert.equal(layerBytes([...TCP, GET], 2), 69);
});

test('messages have marks and a tone of their own', () => {
  const hops = /** @type {Hop[]} */ (/** @type {unknown} */ (['transmit', 'dns-query', 'tls-handshake', 'http-request', 'http-match', 'http-response'].map((kind) => ({kind}))));
  assert.equal(singleMarks(hops).map(({letter}) => letter).join(''), 'NTHMH');
  assert.equal(toneOf('http-request'), 'message');
});

/** @param {string[]} kinds @returns {Hop[]} */
function hopsOf(...kinds) { return /** @type {Hop[]} */ (/** @type {unknown} */ (kinds.map((kind) => ({kind})))); }

test('where marks merge, the message is told, not the accept of the socket that takes it', () => {
  const [mark, ...others] = mergeMarks(singleMarks(hopsOf('un-dnat', 'route', 'accept', 'dns-answer', 'route', 'dnat')), 10);
  assert.deepEqual([mark?.letter, mark?.index, others.length], ['N', 3, 0]);
});

test('a control hop has a mark of its own, before messages; the end of the flow goes before both', () => {
  const marks = singleMarks(hopsOf('dns-query', 'control', 'accept', 'http-response', 'accept'), {verdict: true});
  assert.equal(marks.map(({letter}) => letter).join(''), 'NC✓H✓');
  assert.equal(mergeMarks(marks.slice(0, 3), 10)[0]?.letter, 'C');
  assert.deepEqual(marks.at(-1), {kind: 'verdict', letter: '✓', index: 4, label: 'mark.verdict'});
  assert.equal(mergeMarks(marks, 10)[0]?.kind, 'verdict');
});
