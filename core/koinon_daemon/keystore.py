"""Key and certificates from a file to TLS contexts: PKCS#12, as keytool writes it today, or PEM.

A key never touches a disk on the way: ``ssl`` wants a file, and gets one that is memory alone.
"""

import os
import ssl
from pathlib import Path

from attrs import field, frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import load_pem_x509_certificates

from koinon_core.errors import describe_error

from .errors import DaemonError, ExitCode

_JAVA_MAGICS = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""JKS and JCEKS: formats that Java alone reads, and has itself left for PKCS#12."""
_PEM_MARK = b"-----BEGIN "


@frozen
class KeystoreError(DaemonError):
    """The operator's fault, and fatal: the keystore can't be read, or holds no key with its certificate."""

    exit_code = ExitCode.USAGE

    path: Path
    why: str

    def __str__(self) -> str:
        return f"keystore {self.path}: {self.why}"


@frozen
class Keystore:
    """A private key and its certificates, the key's own first, as PEM."""

    key: bytes = field(repr=False)
    certificates: bytes

    def server_context(self) -> ssl.SSLContext:
        """What a server proves itself by."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        descriptor = os.memfd_create("keystore")
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(self.key + self.certificates)
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
        return context

    def client_context(self, *, checks_name: bool = True) -> ssl.SSLContext:
        """Trusts what the system trusts, and who proves themselves by a certificate of this keystore."""
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=self.certificates.decode())
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = checks_name
        return context


def read_keystore(path: Path, password: str | None = None) -> Keystore:
    """What the file holds. Raises KeystoreError, which says what would do."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeystoreError(path, error.strerror or str(error)) from error
    if data.startswith(_JAVA_MAGICS):
        raise KeystoreError(
            path,
            "it is a Java keystore (JKS): convert it, keytool -importkeystore -srckeystore OLD -destkeystore NEW "
            "-deststoretype PKCS12",
        )
    secret = None if password is None else password.encode()
    try:
        found = _read_pem(data, secret) if _PEM_MARK in data else _read_pkcs12(data, secret)
        found.server_context()
    except (ValueError, TypeError, UnsupportedAlgorithm, ssl.SSLError) as error:
        raise KeystoreError(path, describe_error(error)) from error
    return found


def _read_pkcs12(data: bytes, password: bytes | None) -> Keystore:
    store = load_pkcs12(data, password)
    if store.key is None or store.cert is None:
        raise ValueError("it holds no private key with its certificate")
    chain = [store.cert, *store.additional_certs]
    key = store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Keystore(key, b"".join(each.certificate.public_bytes(Encoding.PEM) for each in chain))


def _read_pem(data: bytes, password: bytes | None) -> Keystore:
    key = load_pem_private_key(data, password)
    certificates = load_pem_x509_certificates(data)
    return Keystore(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        b"".join(each.public_bytes(Encoding.PEM) for each in certificates),
    )
