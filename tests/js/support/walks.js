/** Hand-made walks in the tutorial's cluster, with the hop order of the engine. */
/** @import {Hop, HopKind, HeaderLayer, Leg, Params} from '../../../static/js/wire/protocol.js' */

/** @typedef {readonly [packet: number, leg: Leg, kind: HopKind, at: string, headers: ReadonlyArray<HeaderLayer>, code?: string, params?: Params]} Step */

/** @param {ReadonlyArray<Step>} steps  `at` = `NETNS:INTERFACE`, the interface may be empty @returns {Hop[]} */
export function walkOf(steps) {
  return steps.map(([packet, leg, kind, at, headers, code = kind, params = {}], i) => {
    const cut = at.lastIndexOf(':');
    const netns = at.slice(0, cut);
    return {
      n: i + 1, t_us: i, packet, leg, attempt: 1, kind, node: netns.startsWith('k8s-') ? netns : '', netns, interface: at.slice(cut + 1), stage: 'link',
      headers, changes: [], evidence: {tool: 'ip neigh', entry: 'an entry', skipped: []}, caption: {code, params},
    };
  });
}

export const ONE = 'pod/default/my-nginx-1';
export const TWO = 'pod/default/my-nginx-2';
export const FAR = 'pod/default/my-nginx-13';
export const MAC = Object.freeze({
  one: '0a:58:0a:02:02:30', two: '0a:58:0a:02:02:31', bridge12: '0a:58:0a:02:02:01', bridge11: '0a:58:0a:02:01:01', far: '0a:58:0a:02:01:25',
  vtep12: '0e:f1:0a:02:02:00', vtep11: '0e:f1:0a:02:01:00', nic12: '02:00:0a:00:00:0c', nic11: '02:00:0a:00:00:0b', all: 'ff:ff:ff:ff:ff:ff',
});

/** @param {string} src @param {string} dst @returns {HeaderLayer} */
export const eth = (src, dst) => ({layer: 'eth', src, dst});
/** @param {string} src @param {string} dst @param {number} [ttl] @returns {HeaderLayer} */
export const ip = (src, dst, ttl = 64) => ({layer: 'ipv4', src, dst, ttl, proto: 'icmp', len: 84, df: false});
/** @type {HeaderLayer} */
export const echo = {layer: 'icmp', type: 8, code: 0, name: 'echo request', id: 7, seq: 1};
/** @param {'request' | 'reply'} op @param {string} mac @param {string} sender @param {string} targetMac @param {string} target @returns {HeaderLayer} */
export const arp = (op, mac, sender, targetMac, target) => ({layer: 'arp', op, sender_mac: mac, sender, target_mac: targetMac, target});

/** Port names on k8s-node-12. @param {import('../../../static/js/wire/scene.js').Scene} scene @param {string} pod @returns {string} `NODE:vethX` */
export function portOf(scene, pod) {
  return scene.interfaces.find(({id}) => id === `${pod}:eth0`)?.peer ?? '';
}

/** my-nginx-1 asks for my-nginx-2 and sends its echo request, on one node. @param {import('../../../static/js/wire/scene.js').Scene} scene @returns {Hop[]} */
export function sameNodeWalk(scene) {
  const port1 = portOf(scene, ONE);
  const port2 = portOf(scene, TWO);
  const bare = [ip('10.2.2.48', '10.2.2.49'), echo];
  const asked = [eth(MAC.one, MAC.all), arp('request', MAC.one, '10.2.2.48', '00:00:00:00:00:00', '10.2.2.49')];
  const told = [eth(MAC.two, MAC.one), arp('reply', MAC.two, '10.2.2.49', MAC.one, '10.2.2.48')];
  const framed = [eth(MAC.one, MAC.two), ...bare];
  return walkOf([
    [1, 'request', 'route', `${ONE}:eth0`, bare],
    [2, 'arp', 'arp-request', `${ONE}:eth0`, asked],
    [2, 'arp', 'transmit', `${ONE}:eth0`, asked],
    [2, 'arp', 'receive', port1, asked],
    [2, 'arp', 'bridge-learn', 'k8s-node-12:cni0', asked, 'bridge-learn', {bridge: 'cni0', mac: MAC.one, port: port1.split(':')[1] ?? ''}],
    [2, 'arp', 'bridge-flood', 'k8s-node-12:cni0', asked],
    [2, 'arp', 'transmit', port2, asked],
    [2, 'arp', 'receive', `${TWO}:eth0`, asked],
    [2, 'arp', 'receive', 'k8s-node-12:cni0', asked],
    [3, 'arp', 'arp-reply', `${TWO}:eth0`, told],
    [3, 'arp', 'transmit', `${TWO}:eth0`, told],
    [3, 'arp', 'receive', port2, told],
    [3, 'arp', 'bridge-learn', 'k8s-node-12:cni0', told, 'bridge-learn', {bridge: 'cni0', mac: MAC.two, port: port2.split(':')[1] ?? ''}],
    [3, 'arp', 'bridge-forward', 'k8s-node-12:cni0', told],
    [3, 'arp', 'transmit', port1, told],
    [3, 'arp', 'receive', `${ONE}:eth0`, told],
    [1, 'request', 'transmit', `${ONE}:eth0`, framed],
    [1, 'request', 'receive', port1, framed],
    [1, 'request', 'bridge-forward', 'k8s-node-12:cni0', framed],
    [1, 'request', 'transmit', port2, framed],
    [1, 'request', 'receive', `${TWO}:eth0`, framed],
    [1, 'request', 'route', `${TWO}:eth0`, framed],
    [1, 'request', 'deliver', `${TWO}:eth0`, framed],
  ]);
}

/** From the bridge of k8s-node-12 through the tunnel to k8s-node-11. @returns {Hop[]} */
export function tunnelWalk() {
  const inner = (/** @type {number} */ ttl) => [ip('10.2.2.48', '10.2.1.37', ttl), echo];
  const wrapped = [
    eth(MAC.nic12, MAC.nic11), ip('10.0.0.12', '10.0.0.11'), /** @type {HeaderLayer} */ ({layer: 'udp', sport: 40000, dport: 8472, len: 114}),
    /** @type {HeaderLayer} */ ({layer: 'vxlan', vni: 1}), eth(MAC.vtep12, MAC.vtep11), ...inner(63),
  ];
  return walkOf([
    [1, 'request', 'receive', 'k8s-node-12:cni0', [eth(MAC.one, MAC.bridge12), ...inner(64)]],
    [1, 'request', 'route', 'k8s-node-12:cni0', [eth(MAC.one, MAC.bridge12), ...inner(64)]],
    [1, 'request', 'ttl-decrement', 'k8s-node-12:flannel.1', [eth(MAC.one, MAC.bridge12), ...inner(63)]],
    [1, 'request', 'transmit', 'k8s-node-12:flannel.1', [eth(MAC.vtep12, MAC.vtep11), ...inner(63)]],
    [1, 'request', 'encapsulate', 'k8s-node-12:flannel.1', wrapped.slice(1)],
    [1, 'request', 'route', 'k8s-node-12:ens33', wrapped.slice(1)],
    [1, 'request', 'transmit', 'k8s-node-12:ens33', wrapped],
    [1, 'request', 'bridge-forward', 'underlay:lan0', wrapped],
    [1, 'request', 'receive', 'k8s-node-11:ens33', wrapped],
    [1, 'request', 'decapsulate', 'k8s-node-11:flannel.1', wrapped.slice(4)],
    [1, 'request', 'drop', 'k8s-node-11:flannel.1', [eth(MAC.vtep12, MAC.vtep11), ...inner(0)], 'drop-ttl-exceeded'],
  ]);
}

/** A question on the LAN: every NIC gets a copy. @returns {Hop[]} */
export function lanFloodWalk() {
  const asked = [eth(MAC.nic12, MAC.all), arp('request', MAC.nic12, '10.0.0.12', '00:00:00:00:00:00', '10.0.0.11')];
  return walkOf([
    [1, 'arp', 'arp-request', 'k8s-node-12:ens33', asked],
    [1, 'arp', 'transmit', 'k8s-node-12:ens33', asked],
    [1, 'arp', 'bridge-flood', 'underlay:lan0', asked],
    [1, 'arp', 'receive', 'k8s-master-10:ens33', asked],
    [1, 'arp', 'receive', 'k8s-node-11:ens33', asked],
    [1, 'arp', 'receive', 'ext/client:eth0', asked],
  ]);
}
