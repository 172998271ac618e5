"""The words of a cluster file as pydantic types: addresses, ranges, names, sockets; each refuses in a full sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv4Network, NetmaskValueError, ip_interface
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, StrictStr
from pydantic_core import PydanticCustomError

from app.core.limits import limit
from app.kube.listens import Listen, parse_listen

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DNS_LABEL = re.compile(_LABEL)
_INTERFACE = re.compile(r"[^\s/:]+")
_VERSION = re.compile(r"v?1\.[0-9]{1,2}(\.[0-9]{1,3})?")
#: Ranges whose packets the kernel drops as martians (net/ipv4/route.c, ip_route_input_slow). Source: RFC 6890.
_SET_APART = {
    "this network": IPv4Network("0.0.0.0/8"),
    "loopback": IPv4Network("127.0.0.0/8"),
    "multicast": IPv4Network("224.0.0.0/4"),
    "later use": IPv4Network("240.0.0.0/4"),
}

T = TypeVar("T")


def refuse(message: str, hint: str = "") -> PydanticCustomError:
    """Return the error of a value: `message` follows the value's path in the text that a user sees."""
    return PydanticCustomError("podwalk", "{message}", {"message": message, "hint": hint})


def kind_of(value: object) -> str:
    """Return what a YAML value is, as a user would say it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the string '{value if len(value) <= 40 else value[:37] + '...'}'"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def of_text(parse: Callable[[str], T]) -> Callable[[object], object]:
    """Return a validator for a value that must be text, parsed by `parse` (whose ValueError is the refusal)."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise refuse(f"must be a string, not {kind_of(value)}")
        try:
            return parse(value)
        except ValueError as error:
            raise refuse(str(error)) from None

    return validate


def parse_address(text: str) -> IPv4Address:
    """Return an IPv4 address; ValueError says what is wrong."""
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise ValueError(_not_address(text)) from None


def _not_address(text: str) -> str:
    if "/" in text:
        return f"'{text}' has a prefix length; give the address alone"
    return f"'{text}' is an IPv6 address; podwalk models IPv4" if ":" in text else f"'{text}' is not an IPv4 address"


def parse_range(text: str) -> IPv4Network:
    """Return an address range like 10.2.0.0/16; ValueError says what is wrong and names the network address."""
    if ":" in text:
        raise ValueError(f"'{text}' is an IPv6 range; podwalk models IPv4")
    if "/" not in text:
        raise ValueError(f"'{text}' has no prefix length, e.g. {text}/24")
    try:
        interface = IPv4Interface(text) if re.search(r"/[0-9]{1,2}\Z", text) else None
    except (AddressValueError, NetmaskValueError):
        interface = None
    if interface is None:
        raise ValueError(f"'{text}' is not an IPv4 range like 10.2.0.0/16")
    if interface.ip != interface.network.network_address:
        raise ValueError(f"'{text}' has host bits set; the network address is {interface.network}")
    return interface.network


def parse_host_range(text: str) -> IPv4Network:
    """Return a range that hosts can have addresses of; ValueError says what it is set apart for."""
    network = parse_range(text)
    _not_set_apart(network, text)
    return network


def parse_host_address(text: str) -> IPv4Address:
    """Return an address that a host can have; ValueError says what it is set apart for."""
    address = parse_address(text)
    _not_set_apart(IPv4Network(address), text)
    return address


def _not_set_apart(network: IPv4Network, text: str) -> None:
    for purpose, apart in _SET_APART.items():
        if network.overlaps(apart):
            raise ValueError(f"'{text}' cannot be a host's: {apart} is set apart for {purpose}")


def parse_interface_address(text: str) -> IPv4Interface:
    """Return an address with its prefix length; alone it is a /32."""
    try:
        found = ip_interface(text)
    except ValueError:
        raise ValueError(f"'{text}' is not an IPv4 address like 192.168.1.11/24") from None
    if not isinstance(found, IPv4Interface):
        raise ValueError(f"'{text}' is an IPv6 address; podwalk models IPv4")  # noqa: TRY004  (the value is wrong)
    return found


def parse_subdomain(text: str) -> str:
    """Return an object's name. Source: apimachinery validation.IsDNS1123Subdomain (253 characters)."""
    if len(text) <= 253 and _SUBDOMAIN.fullmatch(text):
        return text
    raise ValueError(
        f"'{_cut(text)}' is not a name: lower case letters, digits, '-' and '.', with a letter or digit first and last"
    )


def parse_label(text: str) -> str:
    """Return the name of a namespace or an outside host. Source: apimachinery validation.IsDNS1123Label."""
    if len(text) <= 63 and _DNS_LABEL.fullmatch(text):
        return text
    raise ValueError(
        f"'{_cut(text)}' is not a name: at most 63 lower case letters, digits and '-', a letter or digit first and last"
    )


def parse_interface_name(text: str) -> str:
    """Return an interface's name. Source: Linux dev_valid_name()."""
    longest = limit("cluster.interface_name")
    if len(text) > longest:
        raise ValueError(f"'{_cut(text)}' is longer than {longest} characters, the kernel's limit for an interface")
    if not _INTERFACE.fullmatch(text) or text in (".", ".."):
        raise ValueError(f"'{text}' is not an interface name: no spaces, '/' or ':'")
    if text in ("lo", "cni0", "flannel.1"):
        raise ValueError(f"'{text}' is the name of another interface of the node")
    return text


def parse_version(text: str) -> str:
    """Return a Kubernetes version as `1.34` or `1.34.2`, without a leading v."""
    if not _VERSION.fullmatch(text):
        raise ValueError(f"'{_cut(text)}' is not a Kubernetes version like 1.34")
    return text.removeprefix("v")


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


Address = Annotated[IPv4Address, BeforeValidator(of_text(parse_address))]
HostAddress = Annotated[IPv4Address, BeforeValidator(of_text(parse_host_address))]
Range = Annotated[IPv4Network, BeforeValidator(of_text(parse_range))]
HostRange = Annotated[IPv4Network, BeforeValidator(of_text(parse_host_range))]
InterfaceAddress = Annotated[IPv4Interface, BeforeValidator(of_text(parse_interface_address))]
Subdomain = Annotated[str, BeforeValidator(of_text(parse_subdomain))]
Label = Annotated[str, BeforeValidator(of_text(parse_label))]
InterfaceName = Annotated[str, BeforeValidator(of_text(parse_interface_name))]
Version = Annotated[str, BeforeValidator(of_text(parse_version))]
Socket = Annotated[Listen, BeforeValidator(of_text(parse_listen))]
Text = StrictStr
