"""Markdown to safe HTML: markdown-it-py without raw HTML, then an allow-list. Rendered once for each text.

A lesson's author is trusted for content, not for code: no HTML, no styles, no ids, no images, links to https only.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt

__all__ = ["block", "inline", "output", "plain"]

_TAGS = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "a", "br", "blockquote", "table", "thead", "tbody"}
_TAGS |= {"tr", "th", "td"}
_INLINE_TAGS = {"em", "strong", "code", "a"}

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@lru_cache(maxsize=4096)
def block(text: str) -> str:
    """Return paragraphs, lists, tables and code as HTML."""
    return _clean(_MARKDOWN.render(text), _TAGS).strip()


@lru_cache(maxsize=4096)
def inline(text: str) -> str:
    """Return one run of text as HTML: emphasis, code and links only."""
    return _clean(_MARKDOWN.renderInline(" ".join(text.split("\n"))), _INLINE_TAGS)


def plain(text: str) -> str:
    """Return a heading or label: no markup at all, and the same whether it is read as text or as HTML (E508)."""
    return escape(" ".join(text.split()), quote=False)


def output(who: str, command: str, printed: str) -> str:
    """Return a terminal command, the host it ran on, and what it printed, as a block of HTML."""
    shown = "\n".join((f"[{who.rpartition('/')[2]}]$ {command}", printed))
    return f'<pre class="terminal"><code>{escape(shown, quote=False)}</code></pre>'


def _clean(html: str, tags: set[str]) -> str:
    return nh3.clean(
        html, tags=tags, attributes={"*": set(), "a": {"href"}}, url_schemes={"https"}, link_rel="noopener noreferrer"
    )
