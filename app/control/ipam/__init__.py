"""Who gives out addresses, one file a plugin."""
