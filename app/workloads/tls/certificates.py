"""Certificates: their names, which one a server shows for a name, and what a client says of it.

Sources: RFC 5280; RFC 6125, section 6.4 (how names are compared); ngx_http_ssl_module and ssl(3) for the choice by SNI.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from msgspec import Struct

from app.workloads.tls import der

__all__ = ["Certificate", "choose", "complaint", "names_match", "self_signed"]

COMMON_NAME, ALT_NAMES = der.oid("2.5.4.3"), der.oid("2.5.29.17")
ORGANIZATION = der.oid("2.5.4.10")
RSA_SHA256 = der.encode(der.SEQUENCE, der.encode(der.OBJECT_ID, der.oid("1.2.840.113549.1.1.11")), b"\x05\x00")
RSA_KEY = der.encode(der.SEQUENCE, der.encode(der.OBJECT_ID, der.oid("1.2.840.113549.1.1.1")), b"\x05\x00")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC))


class Certificate(Struct, frozen=True):
    """An X.509 certificate as far as its names and dates go; `names` are the DNS names and addresses it is for."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    data: bytes

    @classmethod
    def parse(cls, data: bytes) -> Certificate:
        """Read DER. Raises ValueError."""
        try:
            return _parse(data)
        except (ValueError, StopIteration, IndexError) as error:
            raise ValueError(f"not an X.509 certificate: {error}") from None

    @classmethod
    def from_pem(cls, text: str) -> Certificate:
        """Read the first certificate of a PEM text, e.g. the `tls.crt` of a Secret. Raises ValueError."""
        found = PEM.search(text)
        if found is None:
            raise ValueError("failed to find any PEM data in certificate input")
        try:
            return cls.parse(base64.b64decode("".join(found[1].split()), validate=True))
        except binascii.Error as error:
            raise ValueError(f"not an X.509 certificate: {error}") from None

    @property
    def is_self_signed(self) -> bool:
        """Whether it vouches for itself."""
        return self.subject == self.issuer


def _parse(data: bytes) -> Certificate:
    _, whole = next(der.values(data))
    _, body = next(der.values(whole))
    fields = [value for value in der.values(body) if value[0] != 0xA0]  # [0]: the version
    issuer, validity, subject = fields[2][1], fields[3][1], fields[4][1]
    not_before, not_after = (der.time_of(value) for value in der.values(validity))
    alternative = [name for tag, content in fields if tag == 0xA3 for name in _alternative_names(content)]
    common = _name(subject, COMMON_NAME)
    names = tuple(alternative) or ((common,) if common else ())
    return Certificate(_names(subject), _names(issuer), names, not_before, not_after, data)


def _pairs(name: bytes) -> list[tuple[bytes, str]]:
    """Return a distinguished name as (type, text)."""
    pairs = []
    for _, group in der.values(name):
        for _, pair in der.values(group):
            (_, kind), (_, text) = der.values(pair)
            pairs.append((kind, text.decode("utf-8", "replace")))
    return pairs


def _name(name: bytes, wanted: bytes) -> str:
    return next((text for kind, text in _pairs(name) if kind == wanted), "")


def _names(name: bytes) -> str:
    """Return a distinguished name as openssl prints it, of the types that are known here."""
    labels = {COMMON_NAME: "CN", ORGANIZATION: "O", der.oid("2.5.4.6"): "C", der.oid("2.5.4.11"): "OU"}
    return ", ".join(f"{labels[kind]}={text}" for kind, text in _pairs(name) if kind in labels)


def _alternative_names(extensions: bytes) -> list[str]:
    """Return the DNS names and IPv4 addresses of subjectAltName (RFC 5280, section 4.2.1.6)."""
    [(_, listed)] = der.values(extensions)
    for _, extension in der.values(listed):
        (_, kind), *_, (_, content) = der.values(extension)
        if kind == ALT_NAMES:
            [(_, names)] = der.values(content)
            return [
                ".".join(map(str, raw)) if tag == 0x87 else raw.decode("ascii", "replace")
                for tag, raw in der.values(names)
                if tag == 0x82 or (tag == 0x87 and len(raw) == 4)
            ]
    return []


def self_signed(common_name: str, names: Iterable[str], organization: str = "") -> Certificate:
    """Return a certificate of our own making; key and signature are only derived from its names."""
    listed = tuple(names)
    parts = ([(ORGANIZATION, organization)] if organization else []) + [(COMMON_NAME, common_name)]
    subject = der.encode(der.SEQUENCE, *(_pair(kind, text) for kind, text in parts))
    validity = der.encode(der.SEQUENCE, *(der.time_text(moment) for moment in EVER))
    seed = repr((common_name, listed, organization)).encode()
    key = b"".join(sha256(seed + bytes((n,))).digest() for n in range(8))
    modulus = der.encode(der.INTEGER, b"\0" + bytes((key[0] | 0x80,)) + key[1:-1] + bytes((key[-1] | 1,)))
    public = der.encode(der.SEQUENCE, modulus, der.encode(der.INTEGER, b"\x01\x00\x01"))
    info = der.encode(der.SEQUENCE, RSA_KEY, der.encode(der.BIT_STRING, b"\0", public))
    alternative = der.encode(der.SEQUENCE, *(der.encode(0x82, name.encode()) for name in listed))
    extension = der.encode(
        der.SEQUENCE, der.encode(der.OBJECT_ID, ALT_NAMES), der.encode(der.OCTET_STRING, alternative)
    )
    serial = der.encode(der.INTEGER, b"\x01" + sha256(seed).digest()[:15])
    extensions = der.encode(0xA3, der.encode(der.SEQUENCE, extension)) if listed else b""
    version = der.encode(0xA0, der.encode(der.INTEGER, b"\x02"))
    body = der.encode(der.SEQUENCE, version, serial, RSA_SHA256, subject, validity, subject, info, extensions)
    signature = der.encode(der.BIT_STRING, b"\0", key)
    return Certificate.parse(der.encode(der.SEQUENCE, body, RSA_SHA256, signature))


def _pair(kind: bytes, text: str) -> bytes:
    pair = der.encode(der.SEQUENCE, der.encode(der.OBJECT_ID, kind), der.encode(der.UTF8_STRING, text.encode()))
    return der.encode(der.SET, pair)


def names_match(pattern: str, host: str) -> bool:
    """Whether a certificate's name is for `host`; `*` stands for one whole label, the first (RFC 6125)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        label, dot, rest = host.partition(".")
        return bool(label and dot) and rest == pattern[2:]
    return pattern == host


def choose(server_name: str, certificates: Iterable[Certificate], default: Certificate | None) -> Certificate | None:
    """Return the certificate for an SNI: one that has the very name, then one by wildcard, else the default."""
    listed = list(certificates)
    wanted = server_name.lower()
    exact = (c for c in listed if wanted in (name.lower() for name in c.names))
    wildcard = (c for c in listed if any(names_match(name, wanted) for name in c.names))
    return next(exact, None) or next(wildcard, None) or default


def complaint(certificate: Certificate, host: str, now: datetime) -> str:
    """Return what a client that trusts no private authority says of a certificate, in OpenSSL's and curl's words."""
    if not certificate.not_before <= now <= certificate.not_after:
        return "certificate has expired" if now > certificate.not_after else "certificate is not yet valid"
    if certificate.is_self_signed:
        return "self-signed certificate"
    if not any(names_match(name, host) for name in certificate.names):
        return f"no alternative certificate subject name matches target host name '{host}'"
    return "unable to get local issuer certificate"
