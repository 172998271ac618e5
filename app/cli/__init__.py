"""The command line: the contract through which browser, lessons, tests and outsiders reach the engine."""

from app.cli.main import main

__all__ = ["main"]
