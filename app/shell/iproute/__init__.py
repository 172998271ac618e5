"""What `ip` and `bridge` share and do, one object a file, in the texts of iproute2 6.1."""
