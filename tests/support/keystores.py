"""Keys and certificates for tests, made on the spot."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates


def make_certificate(address: str = "127.0.0.1") -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """A key, and a certificate for that address signed by the key itself."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "koinon test")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    )
    return key, builder.sign(key, SHA256())


def _encryption(password: str | None) -> KeySerializationEncryption:
    return NoEncryption() if password is None else BestAvailableEncryption(password.encode())


def write_pkcs12(path: Path, password: str | None = "changeit", address: str = "127.0.0.1") -> Path:
    """A keystore as keytool writes it."""
    key, certificate = make_certificate(address)
    path.write_bytes(serialize_key_and_certificates(b"marathon", key, certificate, None, _encryption(password)))
    return path


def write_pem(path: Path, password: str | None = None, address: str = "127.0.0.1") -> Path:
    """A key and its certificate as text."""
    key, certificate = make_certificate(address)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password))
    path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    return path
