"""Markdown of a lesson becomes HTML that cannot do anything: no script, no style, no picture, no link but https."""

import re

import pytest

from app.curriculum.markdown import block, inline, output, plain

ATTACKS = [
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "[x](JaVaScript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<form action=https://evil><input name=a></form>",
    "<base href=https://evil>",
    "<meta http-equiv=refresh content=0>",
    "<math><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    "<a id=location href=https://evil>x</a>",
    "<div style='position:fixed;inset:0'>x</div>",
    '[x](https://a "onerror=alert(1)")',
    "![x](https://evil/pixel.png)",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "<!-- --><script>1</script>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<noscript><p title='</noscript><img src=x onerror=1>'>",
]
_TAG = re.compile(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>")
_ALLOWED = {"p", "em", "strong", "code", "pre", "a", "ul", "ol", "li", "br", "blockquote", "table", "tr", "td", "th"}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("render", [block, inline])
def test_nothing_dangerous_comes_out(attack: str, render: object) -> None:
    assert callable(render)
    for tag, attributes in _TAG.findall(render(attack)):
        assert tag.lower() in _ALLOWED, tag
        if attributes.strip():
            assert tag == "a"
            assert re.fullmatch(r' href="https://[^"]*" rel="noopener noreferrer"', attributes), attributes


def test_the_ordinary_things_work() -> None:
    assert block("a **b** `c`\n\nd") == "<p>a <strong>b</strong> <code>c</code></p>\n<p>d</p>"
    assert inline("one\ntwo *x*") == "one two <em>x</em>"
    assert 'href="https://www.cni.dev/"' in inline("[CNI](https://www.cni.dev/)")


def test_a_label_is_the_same_as_text_and_as_html() -> None:
    assert plain("网桥 cni0") == "网桥 cni0"
    assert plain("<b>") == "&lt;b&gt;"


def test_output_shows_where_a_command_ran_and_escapes_what_it_printed() -> None:
    html = output("node/k8s-node-12", "ip route", "default via <10.0.0.1>")
    assert html == ('<pre class="terminal"><code>[k8s-node-12]$ ip route\ndefault via &lt;10.0.0.1&gt;</code></pre>')
