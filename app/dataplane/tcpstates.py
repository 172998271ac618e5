"""TCP as connection tracking sees it: the state after a segment, by its flags and its direction.

Source: the table tcp_conntracks[] in Linux net/netfilter/nf_conntrack_proto_tcp.c, written here row by row:
columns are the state before, in the order of STATES; the letters are in LETTERS.
"""

from __future__ import annotations

__all__ = ["next_state"]

STATES = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",
    "SYN_SENT2",
)  # fmt: skip
LETTERS = {
    "s": "SYN_SENT", "r": "SYN_RECV", "e": "ESTABLISHED", "f": "FIN_WAIT", "w": "CLOSE_WAIT", "l": "LAST_ACK",
    "t": "TIME_WAIT", "c": "CLOSE", "2": "SYN_SENT2", "-": "IGNORE", "!": "INVALID",
}  # fmt: skip
#          NONE SS SR ES FW CW LA TW CL S2
ORIGINAL = {
    "syn": "ss-----ss2",
    "synack": "!!r!!!!!!r",
    "fin": "!!ffllltc!",
    "ack": "e!eewwttc!",
    "rst": "!ccccccccc",
}
REPLY = {
    "syn": "!2!!!!!s!2",
    "synack": "!r-------r",
    "fin": "!!ffllltc!",
    "ack": "!-rewwttc-",
    "rst": "!ccccccccc",
}


def segment_kind(flags: str) -> str:
    """Return which row a segment belongs to. Source: get_conntrack_index()."""
    if "R" in flags:
        return "rst"
    if "S" in flags:
        return "synack" if "A" in flags else "syn"
    return "fin" if "F" in flags else "ack"


def next_state(state: str, flags: str, *, is_reply: bool) -> str:
    """Return the state after a segment, or "IGNORE" (it changes nothing), or "INVALID" (it does not fit)."""
    row = (REPLY if is_reply else ORIGINAL)[segment_kind(flags)]
    return LETTERS[row[STATES.index(state)]]
