"""What registries are shown, as Docker's config files say it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from koinon_agent.containerizer.docker.images.credentials import RegistryLogins, find_header, parse_logins, registry_of


def shown(header: str) -> dict[str, str]:
    """What the registry sees."""
    return dict(json.loads(base64.urlsafe_b64decode(header))) if header else {}


def coded(text: str) -> str:
    """As `docker login` writes it."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("busybox", "docker.io"),
        ("library/busybox:1", "docker.io"),
        ("index.docker.io/me/web", "docker.io"),
        ("quay.io/web", "quay.io"),
        ("host:5000/web@sha256:0123", "host:5000"),
        ("localhost/web", "localhost"),
    ],
)
def test_an_image_tells_its_registry(image: str, expected: str) -> None:
    """The first part of a name is a host only if it looks like one."""
    assert expected == registry_of(image)


@pytest.mark.parametrize(
    ("config", "image", "expected"),
    [
        (
            {"auths": {"host:5000": {"auth": coded("me:a:b")}}},
            "host:5000/web",
            {"username": "me", "password": "a:b", "serveraddress": "host:5000"},
        ),
        (
            {"auths": {"https://index.docker.io/v1/": {"username": "me", "password": "p"}}},
            "me/web",
            {"username": "me", "password": "p", "serveraddress": "docker.io"},
        ),
        (
            {"https://quay.io": {"auth": coded("me:p"), "email": ""}},
            "quay.io/web",
            {"username": "me", "password": "p", "serveraddress": "quay.io"},
        ),
        (
            {"auths": {"quay.io": {"identitytoken": "t"}}},
            "quay.io/web",
            {"identitytoken": "t", "serveraddress": "quay.io"},
        ),
        ({"auths": {"quay.io": {}}, "credsStore": "desktop"}, "quay.io/web", {}),
        ({"auths": {"quay.io": {"auth": coded("me:p")}}}, "other.io/web", {}),
    ],
)
def test_both_forms_of_the_file_are_read(config: dict[str, Any], image: str, expected: dict[str, str]) -> None:
    """config.json, the older .dockercfg, tokens; a registry is found by its host."""
    logins = parse_logins(json.dumps(config))

    assert expected == shown(find_header(image, [RegistryLogins(), logins]))


def test_the_tasks_own_comes_before_the_agents() -> None:
    """The first source that knows the registry counts."""
    own, agents = (parse_logins(json.dumps({"auths": {"r.io": {"auth": coded(f"{who}:p")}}})) for who in ("a", "b"))

    assert "a" == shown(find_header("r.io/x", [own, agents]))["username"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{secret", "it is no JSON"),
        ("[]", "it must be a JSON object"),
        ('{"auths": []}', "auths must be an object of objects"),
        ('{"auths": {"r": {"auth": "secret!"}}}', r"auths\['r'\].auth is not in base64"),
        ('{"auths": {"r": {"auth": "c2VjcmV0"}}}', r"auths\['r'\].auth has no colon"),
        ('{"auths": {"r": {"username": ["secret"]}}}', r"auths\['r'\] must hold texts"),
    ],
)
def test_a_broken_file_is_refused_without_its_secrets(text: str, problem: str) -> None:
    """The reason names the place and never shows what stood there."""
    with pytest.raises(ValueError, match=problem) as failure:
        parse_logins(text)

    assert "secret" not in str(failure.value)


def test_logins_do_not_show_what_they_hold() -> None:
    """Flags appear in answers and logs."""
    logins = parse_logins(json.dumps({"auths": {"r.io": {"auth": coded("me:hush")}}}))

    assert "r.io" == str(logins)
    assert "hush" not in repr(logins)
