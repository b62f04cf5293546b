"""How far a pull has come, in words."""

from __future__ import annotations

from koinon_agent.containerizer.docker.images.pull_progress import PullProgress

MB = 1 << 20


def test_layers_and_bytes_are_counted() -> None:
    """What is here already counts as done; lines about no layer, or of another form, are passed over."""
    progress = PullProgress()
    before = str(progress)
    for said in (
        {"status": "Pulling from test/web", "id": "latest"},
        {"status": "Already exists", "id": "a"},
        {"status": "Pulling fs layer", "id": "b"},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": 3 * MB, "total": 8 * MB}},
        {"status": "Downloading", "id": "c", "progressDetail": {"current": 2 * MB, "total": 2 * MB}},
        {"status": "Pull complete", "id": "c", "progressDetail": {}},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": "odd"}},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": 4 * MB, "total": 8 * MB}},
        {"status": 7, "id": "d"},
        {"status": "Digest: sha256:0123"},
    ):
        progress.feed(said)

    assert ("nothing yet", "2 of 3 layers, 6 of 10 MB") == (before, str(progress))
