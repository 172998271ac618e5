"""What Go's YAML parser says of a text that is no YAML: the words that kubectl shows.

go-yaml v2 is libyaml in Go: its messages are libyaml's, and its `fail()` counts the lines of the scanner from 1, those
of the parser from 0, and does not name line 0. Source: go-yaml v2 decode.go, fail().
"""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["go_yaml_error"]

_LOADER: type[Any] = getattr(yaml, "CLoader", yaml.SafeLoader)


def go_yaml_error(text: str) -> str:
    """Return `yaml: line 3: mapping values are not allowed in this context`, or "" where the text is well formed."""
    try:
        for _ in yaml.parse(text, Loader=_LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        return f"yaml: {_where(error)}{error.problem or 'unknown problem parsing YAML content'}"
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return f"yaml: {str(error).splitlines()[0] if str(error) else 'unknown problem parsing YAML content'}"
    return ""


def _where(error: yaml.MarkedYAMLError) -> str:
    marks = (error.problem_mark, error.context_mark)
    line = next((mark.line for mark in marks if mark is not None and mark.line), 0)
    if line and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    return f"line {line}: " if line else ""
