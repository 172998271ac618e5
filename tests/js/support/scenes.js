/** Builds scenes for tests, with the names and addresses that the engine would derive. */
/** @import {Scene, Room, Interface, Link} from '../../../static/js/wire/scene.js' */

/**
 * @typedef {object} NodeSpec
 * @property {string} name
 * @property {string} ip
 * @property {string} cidr   its pods' network, e.g. `10.2.1`
 * @property {string} [role]
 * @property {ReadonlyArray<readonly [string, string]>} [pods]   [name, address]
 */

/** @param {string} ip @returns {string} */
const hex = (ip) => ip.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0')).join(':');

/** @param {string} name @returns {string} eight hex digits, the same for the same name */
function digits(name) {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/**
 * @param {ReadonlyArray<NodeSpec>} nodes
 * @param {ReadonlyArray<readonly [string, string]>} [external]  [name, address]
 * @returns {Scene}
 */
export function makeScene(nodes, external = [['client', '10.0.0.200']]) {
  const outside = [...external, /** @type {const} */ (['gateway', '10.0.0.1'])];
  const parts = [...nodes.map(nodeParts), ...outside.map(([name, ip], i) => outsideParts(name, ip, nodes.length + i))];
  /** @type {Room} */
  const lan = {id: 'lan/lan0', kind: 'lan', label: '10.0.0.0/24', parent: null, netns: 'underlay'};
  /** @type {Link[]} */
  const tunnels = nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => ({
    id: `tunnel:${a.name}~${b.name}`, kind: /** @type {const} */ ('tunnel'), a: `${a.name}:flannel.1`, b: `${b.name}:flannel.1`,
  })));
  return {
    schema: 'podwalk-scene/v1', cluster: 'tutorial', title: 'flannel vxlan · iptables · v1.34',
    rooms: [...parts.flatMap(({rooms}) => rooms), lan],
    interfaces: parts.flatMap(({interfaces}) => interfaces),
    links: [...parts.flatMap(({links}) => links), ...tunnels],
  };
}

/** @typedef {{rooms: Room[], interfaces: Interface[], links: Link[]}} Parts */

/** @param {NodeSpec} spec @param {number} index @returns {Parts} */
function nodeParts({name, ip, cidr, role = 'worker', pods = []}, index) {
  /** @type {Room} */
  const room = {id: name, kind: 'node', label: name, parent: null, netns: name, ip, role};
  const base = {netns: name, room: name, up: true, master: null, peer: null, port: null};
  /** @type {Interface[]} */
  const own = [
    {...base, id: `${name}:lo`, name: 'lo', kind: 'loopback', mac: '00:00:00:00:00:00', mtu: 65536, addresses: ['127.0.0.1/8']},
    {...base, id: `${name}:ens33`, name: 'ens33', kind: 'nic', mac: `02:00:${hex(ip)}`, mtu: 1500, addresses: [`${ip}/24`], peer: `underlay:swp${index + 1}`},
    {...base, id: `${name}:flannel.1`, name: 'flannel.1', kind: 'vxlan', mac: `0e:f1:${hex(`${cidr}.0`)}`, mtu: 1450, addresses: [`${cidr}.0/32`]},
  ];
  /** @type {Interface} */
  const bridge = {...base, id: `${name}:cni0`, name: 'cni0', kind: 'bridge', mac: `0a:58:${hex(`${cidr}.1`)}`, mtu: 1450, addresses: [`${cidr}.1/24`]};
  const inside = pods.map(([pod, podIp], i) => podParts(name, pod, podIp, i + 1));
  return {
    rooms: [room, ...inside.flatMap(({rooms}) => rooms)],
    interfaces: [...own, ...(pods.length > 0 ? [bridge] : []), ...inside.flatMap(({interfaces}) => interfaces)],
    links: [{id: `wire:${name}:ens33`, kind: 'wire', a: `${name}:ens33`, b: 'lan/lan0'}, ...inside.flatMap(({links}) => links)],
  };
}

/** @param {string} node @param {string} name @param {string} ip @param {number} port @returns {Parts} */
function podParts(node, name, ip, port) {
  const id = `pod/default/${name}`;
  const veth = `veth${digits(`default.${name}`)}`;
  const base = {up: true, mtu: 1450, kind: /** @type {const} */ ('veth')};
  return {
    rooms: [{id, kind: 'pod', label: name, namespace: 'default', parent: node, netns: id, ip, containers: [{name: 'main', image: 'nginx'}], listens: ['tcp/80']}],
    interfaces: [
      {...base, id: `${id}:eth0`, netns: id, room: id, name: 'eth0', mac: `0a:58:${hex(ip)}`, addresses: [`${ip}/24`], master: null, peer: `${node}:${veth}`, port: null},
      {...base, id: `${node}:${veth}`, netns: node, room: node, name: veth, mac: `06:00:${hex(ip)}`, addresses: [], master: `${node}:cni0`, peer: `${id}:eth0`, port},
    ],
    links: [{id: `veth:${id}`, kind: 'veth', a: `${id}:eth0`, b: `${node}:${veth}`, tag: `${String.fromCharCode(97 + (port % 26))}${name.at(-1)}`}],
  };
}

/** @param {string} name @param {string} ip @param {number} index @returns {Parts} */
function outsideParts(name, ip, index) {
  const id = `ext/${name}`;
  return {
    rooms: [{id, kind: name === 'gateway' ? 'gateway' : 'external', label: name, parent: null, netns: id, ip, listens: []}],
    interfaces: [{id: `${id}:eth0`, netns: id, room: id, name: 'eth0', kind: 'nic', mac: `02:00:${hex(ip)}`, mtu: 1500, addresses: [`${ip}/24`], up: true, master: null, peer: `underlay:swp${index + 1}`, port: null}],
    links: [{id: `wire:${id}:eth0`, kind: 'wire', a: `${id}:eth0`, b: 'lan/lan0'}],
  };
}

/** The cluster of the tutorial: three nodes, two pods on k8s-node-12, one on k8s-node-11. @returns {Scene} */
export function tutorialScene() {
  return makeScene([
    {name: 'k8s-master-10', ip: '10.0.0.10', cidr: '10.2.0', role: 'control-plane'},
    {name: 'k8s-node-11', ip: '10.0.0.11', cidr: '10.2.1', pods: [['my-nginx-13', '10.2.1.37']]},
    {name: 'k8s-node-12', ip: '10.0.0.12', cidr: '10.2.2', pods: [['my-nginx-1', '10.2.2.48'], ['my-nginx-2', '10.2.2.49']]},
  ]);
}
