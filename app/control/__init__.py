"""What programs the data plane: kubelet, CNI plugins, the wire between the nodes. Reads objects, writes tables."""
