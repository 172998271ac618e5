"""What the modes of kube-proxy share: the map of service ports, which endpoints a node uses, rule texts.

The modes themselves are in app.control.proxy, one file each.
"""
