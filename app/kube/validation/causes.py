"""Causes and formats: the sentences that every kind's validation is made of.

Sources: k8s.io/apimachinery pkg/util/validation/field/errors.go, pkg/util/validation/validation.go. A value that is a
structure is shown as JSON, as Kubernetes 1.34 does (older ones print Go's syntax).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address, NetmaskValueError, ip_network
from typing import Any

from app.kube.status import Cause

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
NAME_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
LABEL_VALUE = rf"({NAME_PART})?"
CONFIG_KEY = r"[-._a-zA-Z0-9]+"
ENV_NAME = r"[-._a-zA-Z][-._a-zA-Z0-9]*"
PERCENT = r"[0-9]+%"

SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
)
LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
)
LABEL_1035_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    f"'{LABEL_1035}')"
)
NAME_PART_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    f"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{NAME_PART}')"
)
LABEL_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{LABEL_VALUE}')"
)
CONFIG_KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    f"'key-name', regex used for validation is '{CONFIG_KEY}')"
)
ENV_NAME_WORDS = (
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not "
    "start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is "
    f"'{ENV_NAME}')"
)
PERCENT_WORDS = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    f"validation is '{PERCENT}')"
)
PORT_WORDS = "must be between 1 and 65535, inclusive"
IP_WORDS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR_WORDS = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
IMMUTABLE = "field is immutable"

Causes = Iterator[Cause]


def shown(value: Any) -> str:
    """Return a bad value as messages show it: text in quotes, numbers bare, structures as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


def required(at: str, detail: str = "") -> Cause:
    """`Required value`."""
    return Cause(at, f"Required value: {detail}" if detail else "Required value", "FieldValueRequired")


def wrong(at: str, value: Any, detail: str) -> Cause:
    """`Invalid value: VALUE: detail`."""
    return Cause(at, f"Invalid value: {shown(value)}: {detail}")


def unsupported(at: str, value: Any, legal: Iterable[str]) -> Cause:
    """`Unsupported value: VALUE: supported values: ...`."""
    words = ", ".join(shown(word) for word in legal)
    return Cause(at, f"Unsupported value: {shown(value)}: supported values: {words}", "FieldValueNotSupported")


def forbidden(at: str, detail: str) -> Cause:
    """`Forbidden: detail`."""
    return Cause(at, f"Forbidden: {detail}", "FieldValueForbidden")


def duplicate(at: str, value: Any) -> Cause:
    """`Duplicate value: VALUE`."""
    return Cause(at, f"Duplicate value: {shown(value)}", "FieldValueDuplicate")


def not_found(at: str, value: Any) -> Cause:
    """`Not found: VALUE`."""
    return Cause(at, f"Not found: {shown(value)}", "FieldValueNotFound")


def _pattern(at: str, value: str, pattern: str, words: str, longest: int) -> Causes:
    if longest and len(value) > longest:
        yield wrong(at, value, f"must be no more than {longest} characters")
    if not re.fullmatch(pattern, value):
        yield wrong(at, value, words)


def subdomain(at: str, value: str) -> Causes:
    """Yield why a text is no DNS subdomain."""
    yield from _pattern(at, value, SUBDOMAIN, SUBDOMAIN_WORDS, 253)


def dns_label(at: str, value: str) -> Causes:
    """Yield why a text is no DNS label."""
    yield from _pattern(at, value, LABEL, LABEL_WORDS, 63)


def dns_1035_label(at: str, value: str) -> Causes:
    """Yield why a text is no DNS label of the older kind, as a Service's name must be."""
    yield from _pattern(at, value, LABEL_1035, LABEL_1035_WORDS, 63)


def config_key(at: str, value: str) -> Causes:
    """Yield why a text is no key of a ConfigMap or Secret."""
    yield from _pattern(at, value, CONFIG_KEY, CONFIG_KEY_WORDS, 253)


def env_name(at: str, value: str) -> Causes:
    """Yield why a text is no name of an environment variable."""
    yield from _pattern(at, value, ENV_NAME, ENV_NAME_WORDS, 0)


def qualified_name(at: str, value: str, given: str = "") -> Causes:
    """Yield why a text is no key of a label; `given` is how it was written (annotations may have capitals)."""
    prefix, slash, name = value.rpartition("/")
    given = given or value
    if slash and not prefix:
        yield wrong(at, given, "prefix part must be non-empty")
    elif slash and not re.fullmatch(SUBDOMAIN, prefix):
        yield wrong(at, given, f"prefix part {SUBDOMAIN_WORDS}")
    if not name:
        yield wrong(at, given, "name part must be non-empty")
    elif len(name) > 63:
        yield wrong(at, given, "name part must be no more than 63 characters")
    if not re.fullmatch(NAME_PART, name):
        yield wrong(at, given, NAME_PART_WORDS)


def labels(at: str, given: Any) -> Causes:
    """Yield what is wrong with labels, or with a selector of equal labels."""
    for key, value in given.items() if isinstance(given, Mapping) else ():
        if not _is_plain_key(key):
            yield from qualified_name(at, key)
        if value and not (value.isalnum() and value.isascii() and len(value) < 64):
            yield from _pattern(at, value, LABEL_VALUE, LABEL_VALUE_WORDS, 63)


def label_values(values: Sequence[str]) -> Causes:
    """Yield which values of a selector's term no label can have."""
    for at, value in enumerate(values):
        yield from _pattern(f"values[{at}][{value}]", value, LABEL_VALUE, LABEL_VALUE_WORDS, 63)


def _is_plain_key(key: str) -> bool:
    return key.isascii() and key.isalnum() and len(key) < 64


def port_number(at: str, value: Any) -> Causes:
    """Yield why a number is no port."""
    if not 1 <= value <= 65535:
        yield wrong(at, value, PORT_WORDS)


def port_name(at: str, value: str) -> Causes:
    """Yield why a text is no port's name."""
    for fault in port_name_faults(value):
        yield wrong(at, value, fault)


def port_name_faults(value: str) -> Iterator[str]:
    """Yield what is wrong with a port's name, in words. Source: validation.go, IsValidPortName()."""
    if len(value) > 15:
        yield "must be no more than 15 characters"
    if not re.fullmatch(r"[-a-z0-9]+", value):
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search(r"[a-z]", value):
        yield "must contain at least one letter (a-z)"
    if "--" in value:
        yield "must not contain consecutive hyphens"
    if value and (value[0] == "-" or value[-1] == "-"):
        yield "must not begin or end with a hyphen"


def port_number_or_name(at: str, value: Any) -> Causes:
    """Yield why a value is neither a port nor the name of one."""
    yield from port_number(at, value) if isinstance(value, int) else port_name(at, str(value))


def is_address(text: object) -> bool:
    """Say whether a text is an IPv4 or IPv6 address."""
    try:
        IPv6Address(text) if ":" in str(text) else IPv4Address(str(text))
    except (AddressValueError, ValueError):
        return False
    return True


def address(at: str, value: Any) -> Causes:
    """Yield why a text is no IP address."""
    if not is_address(value):
        yield wrong(at, value, IP_WORDS)


def cidr(at: str, value: Any) -> Causes:
    """Yield why a text is no range of addresses."""
    try:
        fine = "/" in str(value) and bool(ip_network(str(value), strict=False))
    except (AddressValueError, NetmaskValueError, ValueError):
        fine = False
    if not fine:
        yield wrong(at, value, CIDR_WORDS)


def not_negative(at: str, value: Any) -> Causes:
    """Yield why a count is none."""
    if isinstance(value, int) and value < 0:
        yield wrong(at, value, "must be greater than or equal to 0")
