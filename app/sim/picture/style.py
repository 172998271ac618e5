"""The picture's style sheet: the stage's colours by class, light, and dark where the reader's system asks for it.

Written without CSS variables: programs other than browsers (rsvg, Inkscape) read it too.
"""

from __future__ import annotations

__all__ = ["stylesheet"]

SANS = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"

#: Token: light, dark. The values are those of static/css/tokens.css; a test compares them.
TOKENS = {
    "bg": ("#ffffff", "#0f1419"), "panel": ("#f3f5f8", "#1a212b"), "node": ("#e9eef5", "#202a37"),
    "bridge": ("#e3f0ea", "#1b3029"), "tunnel": ("#efe6f8", "#2b2340"), "ipt": ("#f7ecd9", "#352a17"),
    "text": ("#16202e", "#e8edf4"), "muted": ("#4a5668", "#a9b4c4"), "ok": ("#1b6b3a", "#6fd196"),
    "error": ("#b3261e", "#ff9a91"), "line": ("#5c687a", "#8a97aa"), "hair": ("#d5dbe4", "#2c3744"),
    "marker": ("#ffe08a", "#4f4100"), "a1": ("#2367c3", "#4d93fc"), "a4": ("#763c6c", "#c397b7"),
    "on-accent": ("#ffffff", "#0f1419"),
}  # fmt: skip

#: Selector, property, token.
COLOURS = [
    (".pw-page", "fill", "bg"), (".pw", "fill", "text"), (".pw-muted", "fill", "muted"),
    (".pw-ok", "fill", "ok"), (".pw-bad", "fill", "error"),
    (".pw-room", "stroke", "line"), (".pw-node", "fill", "node"), (".pw-pod", "fill", "bg"),
    (".pw-gateway", "fill", "panel"), (".pw-external", "fill", "panel"),
    (".pw-plate", "stroke", "line"), (".pw-plate", "fill", "bg"), (".pw-bridge", "fill", "bridge"),
    (".pw-vxlan", "fill", "tunnel"), (".pw-ipip", "fill", "tunnel"), (".pw-stack", "fill", "ipt"),
    (".pw-inner-stack", "fill", "ipt"), (".pw-lan", "fill", "panel"), (".pw-lan", "stroke", "hair"),
    (".pw-wire", "stroke", "line"), (".pw-rule", "stroke", "hair"), (".pw-marked", "fill", "marker"),
    (".pw-tube-inside", "stroke", "tunnel"), (".pw-halo-bridge", "stroke", "bridge"),
    (".pw-halo-stack", "stroke", "ipt"), (".pw-halo-lan", "stroke", "panel"), (".pw-halo-host", "stroke", "panel"),
    (".pw-request", "stroke", "a1"), (".pw-reply", "stroke", "a4"), (".pw-error", "stroke", "error"),
    (".pw-other", "stroke", "line"), (".pw-chip", "fill", "bg"), (".pw-request.pw-chip", "fill", "a1"),
    (".pw-head.pw-request", "fill", "a1"), (".pw-head.pw-reply", "fill", "bg"), (".pw-head.pw-error", "fill", "error"),
    (".pw-on-request", "fill", "on-accent"),
]  # fmt: skip

SHAPES = f"""
.pw {{ font-family: {SANS}; font-size: 12px; }}
.pw-mono {{ font-family: {MONO}; font-size: 11px; }}
.pw-name {{ font-family: {MONO}; font-size: 12px; font-weight: 600; }}
.pw-title {{ font-size: 19px; font-weight: 700; }}
.pw-head-line {{ font-size: 14px; font-weight: 600; }}
.pw-bold {{ font-weight: 600; }}
.pw-chip-text {{ font-family: {MONO}; font-size: 11px; font-weight: 600; text-anchor: middle; }}
.pw-room {{ stroke-width: 1.3; }}
.pw-plate {{ stroke-width: 1; }}
.pw-down {{ stroke-dasharray: 2 3; }}
.pw-wire {{ fill: none; stroke-width: 1.5; }}
.pw-tube {{ stroke-width: 7; }}
.pw-tube-inside {{ stroke-width: 5; }}
.pw-track {{ fill: none; stroke-width: 2.6; stroke-linecap: round; }}
.pw-reply.pw-track {{ stroke-dasharray: 8 5; }}
.pw-error.pw-track {{ stroke-dasharray: 1 6; stroke-width: 3.4; }}
.pw-halo {{ stroke-width: 4; stroke-linejoin: round; paint-order: stroke; }}
.pw-chip {{ stroke-width: 1.6; }}
.pw-other.pw-chip {{ stroke-dasharray: 3 2; stroke-width: 1; }}
.pw-head {{ stroke-width: 1.6; stroke-linejoin: round; }}
""".strip()


def stylesheet() -> str:
    """Return the rules, light first."""
    light = "\n".join(f"{selector} {{ {name}: {TOKENS[token][0]}; }}" for selector, name, token in COLOURS)
    dark = "\n".join(f"{selector} {{ {name}: {TOKENS[token][1]}; }}" for selector, name, token in COLOURS)
    return f"\n{light}\n{SHAPES}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
