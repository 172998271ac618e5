"""The query language of `truth:` is closed: what is in it is read, all else is refused with what is legal."""

import pytest

from app.curriculum.truth import FUNCTIONS, Truth, TruthSyntaxError, parse_truth


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("learns(ping)", Truth("learns", ("ping",))),
        ("path(ping).after(veth/default/a)", Truth("path", ("ping",), "after", "veth/default/a")),
        ("path(ping).hop(3)", Truth("path", ("ping",), "hop", "3")),
        ("path(ping).count", Truth("path", ("ping",), "count")),
        ("seen(ping, pod/default/a).ttl", Truth("seen", ("ping", "pod/default/a"), "ttl")),
        ("seen( ping , pod/default/a , reply ) . src", Truth("seen", ("ping", "pod/default/a", "reply"), "src")),
        ("evidence(ping, node/n, route).entry", Truth("evidence", ("ping", "node/n", "route"), "entry")),
        ("obj(node/n/tun/flannel.1).mac", Truth("obj", ("node/n/tun/flannel.1",), "mac")),
        ("table(node/n/br/cni0, fdb).count", Truth("table", ("node/n/br/cni0", "fdb"), "count")),
        ("diff(ping, pod/default/a).fields", Truth("diff", ("ping", "pod/default/a"), "fields")),
    ],
)
def test_a_query_is_read(text: str, truth: Truth) -> None:
    assert parse_truth(text) == truth


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ping.ttl", "cannot be read"),
        ("", "cannot be read"),
        ("__import__('os').system('id')", "cannot be read"),
        ("len(ping)", "no function 'len'"),
        ("sene(ping, pod/default/a).ttl", "did you mean 'seen'?"),
        ("seen(ping, pod/default/a)", "needs one of .src"),
        ("seen(ping, pod/default/a).tll", "did you mean 'ttl'?"),
        ("seen(ping).ttl", "takes other arguments; write seen(T, SEL, [LEG])"),
        ("seen(ping, a, b, c).ttl", "takes other arguments"),
        ("seen(ping,).ttl", "takes other arguments"),
        ("path(ping).after", "write path(T).after(SEL)"),
        ("path(ping).count(2)", "write path(T)"),
        ("path(ping).hop(0)", "hop(N) counts from 1"),
        ("path(ping).hop(x)", "hop(N) counts from 1"),
        ("learns(ping).x", "has no 'x'"),
        ("seen(seen(a, b).src, c).ttl", "cannot be read"),
    ],
)
def test_anything_else_is_refused_with_what_is_legal(text: str, says: str) -> None:
    with pytest.raises(TruthSyntaxError, match=None) as caught:
        parse_truth(text)
    assert says in str(caught.value)


def test_every_function_says_what_its_arguments_are() -> None:
    kinds = {kind.rstrip("?") for spec in FUNCTIONS.values() for kind in spec.arguments}
    assert kinds == {"T", "SEL", "LEG", "KIND", "NAME"}
    assert parse_truth("seen(ping, pod/default/a, reply).src").uses() == [
        ("T", "ping"),
        ("SEL", "pod/default/a"),
        ("LEG", "reply"),
    ]
