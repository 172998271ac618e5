"""TLS as it looks on the wire: records, the handshake of TLS 1.3, certificates chosen by name.

Framing is the real one; the secrets are not (docs/fidelity.md#tls): both ends derive the keystream from the two randoms
that anybody can read, so that a walk needs no cryptography and is the same on every machine.
"""
