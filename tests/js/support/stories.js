/** Element ids that typical flows of the tutorial touch. */

const ONE = 'pod/default/my-nginx-1';
const TWO = 'pod/default/my-nginx-2';
const FAR = 'pod/default/my-nginx-13';

/** @type {Readonly<Record<string, ReadonlyArray<string>>>} */
export const STORIES = {
  none: [],
  same: [ONE, `${ONE}:eth0`, `veth:${ONE}`, 'k8s-node-12', 'k8s-node-12:cni0', TWO, `${TWO}:eth0`, `veth:${TWO}`],
  cross: [
    ONE, `${ONE}:eth0`, `veth:${ONE}`, 'k8s-node-12', 'k8s-node-12:cni0', 'k8s-node-12:flannel.1', 'tunnel:k8s-node-11~k8s-node-12', 'k8s-node-12:ens33',
    'lan/lan0', 'k8s-node-11', 'k8s-node-11:ens33', 'k8s-node-11:flannel.1', 'k8s-node-11:cni0', FAR, `${FAR}:eth0`, `veth:${FAR}`,
  ],
  client: ['ext/client', 'ext/client:eth0', 'lan/lan0', 'k8s-node-11', 'k8s-node-11:ens33', 'k8s-node-11:cni0', FAR],
};
