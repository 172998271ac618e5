"""What every layer may use: errors with a place, strict YAML, plugin registries, limits, virtual time and chance."""
