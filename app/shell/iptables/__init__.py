"""What the iptables commands share: reading the command line, printing rules as `iptables -L` does, refusals."""
