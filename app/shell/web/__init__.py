"""What curl and wget share: URLs, names, and one request that walks."""
