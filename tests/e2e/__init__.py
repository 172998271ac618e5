"""The pages, driven in a real browser. A package, so that its browser and servers end with its last test."""
