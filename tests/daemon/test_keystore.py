"""Keystores: what opens, and what is said of what does not."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from koinon_daemon.errors import ExitCode
from koinon_daemon.keystore import KeystoreError, read_keystore
from support.keystores import write_pem, write_pkcs12


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Have both sides prove themselves, in memory. Raises SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (one, other, one, other):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert one.version() == other.version() == "TLSv1.3"


@pytest.mark.parametrize("write", [write_pkcs12, write_pem])
@pytest.mark.parametrize("password", [None, "changeit"])
def test_keystores_open(tmp_path: Path, write: Callable[[Path, str | None], Path], password: str | None) -> None:
    """PKCS#12 and PEM, sealed or not: what comes of them serves, and is trusted by its like."""
    store = read_keystore(write(tmp_path / "keys", password), password)
    shake_hands(store.server_context(), store.client_context(), "127.0.0.1")

    assert "PRIVATE" not in repr(store)


def test_names_are_checked_unless_told_otherwise(tmp_path: Path) -> None:
    """A certificate for another address will do only where names do not count; that of another key never does."""
    store = read_keystore(write_pkcs12(tmp_path / "a"), "changeit")
    stranger = read_keystore(write_pkcs12(tmp_path / "b"), "changeit")
    shake_hands(store.server_context(), store.client_context(checks_name=False), "10.0.0.1")

    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        shake_hands(store.server_context(), store.client_context(), "10.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        shake_hands(store.server_context(), stranger.client_context(checks_name=False), "127.0.0.1")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xfe\xed\xfe\xed\x00\x00\x00\x02", "it is a Java keystore (JKS): convert it, keytool -importkeystore"),
        (b"nothing of the kind", "keystore"),
        (b"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n", "keystore"),
    ],
)
def test_what_is_no_keystore_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    """With its path, and a way out where there is one; the daemon ends by a usage error."""
    path = tmp_path / "keys"
    path.write_bytes(content)

    with pytest.raises(KeystoreError) as caught:
        read_keystore(path)
    assert f"keystore {path}: " in str(caught.value)
    assert told in str(caught.value)
    assert ExitCode.USAGE == caught.value.exit_code


def test_a_wrong_password_and_a_missing_file_are_named(tmp_path: Path) -> None:
    """Neither repeats the password."""
    path = write_pkcs12(tmp_path / "keys")
    for wrong, password in ((path, "hush-hush"), (tmp_path / "none", "hush-hush")):
        with pytest.raises(KeystoreError) as caught:
            read_keystore(wrong, password)
        assert "hush" not in str(caught.value)
