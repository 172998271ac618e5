"""What `tcpdump` does with frames: choose them (filter.py) and print them (frametext.py, packettext.py)."""
