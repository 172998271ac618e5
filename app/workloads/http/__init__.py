"""HTTP/1.1: messages, readers, the one client, and what every server shares."""
