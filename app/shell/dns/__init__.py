"""What `dig`, `nslookup`, `host` and `getent` share: queries that really walk, and BIND's layout of messages."""
