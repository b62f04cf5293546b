"""Pods for the tests of their rules: from a JSON body through the real decoder."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from koinon_marathon.changes.pod_changes import define_pod
from koinon_marathon.codec.pods import decode_pod
from koinon_marathon.definition.groups import Group
from koinon_marathon.definition.pods import Pod
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.normalization import Settings

PostPod = Callable[..., Pod | Rejection]


@pytest.fixture
def post_pod(now: datetime, all_features: Settings) -> PostPod:
    """What Marathon makes of a posted body, with every feature unless other settings are said."""

    def post(body: dict[str, Any], settings: Settings = all_features) -> Pod | Rejection:
        decoded = decode_pod(json.dumps(body).encode())
        return decoded if isinstance(decoded, Rejection) else define_pod(decoded, Group(version=now), settings, now)

    return post


@pytest.fixture
def make(post_pod: PostPod) -> Callable[..., Pod]:
    """A pod that is accepted."""

    def make(body: dict[str, Any]) -> Pod:
        pod = post_pod(body)
        assert isinstance(pod, Pod), pod
        return pod

    return make
