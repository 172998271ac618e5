"""Device kinds, one file each; a new file here is a new kind."""
