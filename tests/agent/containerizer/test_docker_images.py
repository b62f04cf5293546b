"""Images that the engine has to get from a registry first: a real engine, and a registry of one image."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import docker
import pytest
from aiohttp import web
from attrs import define, field

from koinon_agent.containerizer import Launch, LaunchFailed
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from support.docker_engine import BUSYBOX, docker_url
from support.waiting import wait_until

Launcher = Callable[..., Launch]
pytestmark = pytest.mark.slow

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@define
class Registry:
    """Serves one image under any name. ``asked`` has the tags that were asked for; with a gate, answers wait for it."""

    blobs: dict[str, bytes]
    manifest: bytes
    host: str = ""
    asked: asyncio.Queue[str] = field(factory=asyncio.Queue)
    gate: asyncio.Event | None = None

    @classmethod
    def of(cls, archive: bytes) -> Registry:
        """The image of an archive as `docker save` makes it."""
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {member.name: read.read() for member in tar if (read := tar.extractfile(member)) is not None}
        (image,) = json.loads(files["manifest.json"])
        config, layers = files[image["Config"]], [files[name] for name in image["Layers"]]
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(CONFIG, config),
            "layers": [_descriptor(LAYER, layer) for layer in layers],
        }
        return cls({_digest(blob): blob for blob in (config, *layers)}, json.dumps(manifest).encode())

    async def serve_manifest(self, request: web.Request) -> web.Response:
        """The image under that name and tag, or under its digest; HEAD is only a look."""
        tag = request.match_info["tag"]
        if tag == "none":
            return web.json_response({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}, status=404)
        if not tag.startswith("sha256:"):
            self.asked.put_nowait(tag)
        if self.gate is not None:
            await self.gate.wait()
        headers = {"Docker-Content-Digest": _digest(self.manifest), "Content-Type": MANIFEST}
        return web.Response(body=self.manifest, headers=headers)

    async def serve_blob(self, request: web.Request) -> web.Response:
        """A part of the image."""
        return web.Response(body=self.blobs[request.match_info["digest"]])


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "size": len(data), "digest": _digest(data)}


async def serve_version(_: web.Request) -> web.Response:
    """It is a registry, and open to all."""
    return web.json_response({})


@pytest.fixture
async def registry(docker_engine: docker.DockerClient, free_port: int) -> AsyncIterator[Registry]:
    """A registry on loopback that has busybox under every name."""
    archive = await asyncio.to_thread(lambda: b"".join(docker_engine.images.get(BUSYBOX).save()))
    made = Registry.of(archive)
    made.host = f"127.0.0.1:{free_port}"
    app = web.Application()
    app.router.add_get("/v2/", serve_version)
    app.router.add_get("/v2/{name:.+}/manifests/{tag}", made.serve_manifest)
    app.router.add_get("/v2/{name:.+}/blobs/{digest}", made.serve_blob)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    yield made
    await runner.cleanup()
    for image in docker_engine.images.list():
        for tag in image.tags:
            if tag.startswith(made.host):
                docker_engine.images.remove(tag, force=True)


@pytest.fixture
def image(registry: Registry) -> str:
    """A name in the registry that the engine has never heard of."""
    return f"{registry.host}/test/{uuid4().hex}"


async def test_a_missing_image_is_pulled_once_for_all(
    containerizer: DockerContainerizer, docker_launch: Launcher, registry: Registry, image: str
) -> None:
    """All who wait share one pull; who comes later finds the image; who insists pulls again."""
    launches = [docker_launch("exit 3", image=image) for _ in range(4)]
    registry.gate = asyncio.Event()
    waiting = [asyncio.create_task(containerizer.launch(launch)) for launch in launches]
    asked = [await registry.asked.get()]
    asyncio.get_running_loop().call_later(0.5, registry.gate.set)
    await asyncio.gather(*waiting)
    await containerizer.launch(docker_launch("true", image=image))
    late = registry.asked.qsize()
    await containerizer.launch(docker_launch("true", image=image, force_pull_image=True))

    assert (["latest"], 0) == (asked, late)
    assert "latest" == registry.asked.get_nowait()
    assert 3 == (await containerizer.wait(launches[0].container_id)).exit_code


async def test_a_tag_that_the_registry_does_not_have_fails_the_launch(
    containerizer: DockerContainerizer, docker_launch: Launcher, registry: Registry, image: str
) -> None:
    """The registry's word is the reason, and to try again would not help."""
    with pytest.raises(LaunchFailed, match="manifest") as failure:
        await containerizer.launch(docker_launch("true", image=f"{image}:none"))

    assert not failure.value.is_temporary


async def test_a_kill_does_not_wait_for_the_pull(
    containerizer: DockerContainerizer,
    docker_launch: Launcher,
    registry: Registry,
    image: str,
    docker_engine: docker.DockerClient,
) -> None:
    """A launch that waits for its image is given up at once; the pull goes on for others."""
    registry.gate = asyncio.Event()
    launch = docker_launch("true", image=image)
    launching = asyncio.create_task(containerizer.launch(launch))
    await registry.asked.get()
    await containerizer.kill(launch.container_id, 600)
    with pytest.raises(LaunchFailed) as failure:
        await launching
    registry.gate.set()

    assert failure.value.is_killed
    await asyncio.to_thread(wait_until, lambda: docker_engine.images.list(name=image), "image")


async def test_a_pull_has_a_deadline(docker_launch: Launcher) -> None:
    """Given up after --docker_pull_timeout; the reason says how far it had come, and that it may work later."""
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1")
    image = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}/web:1"
    hasty = DockerContainerizer(DockerOptions(url=docker_url(), pull_timeout=0.2))
    await hasty.start()
    with pytest.raises(LaunchFailed, match=r"did not end within 0\.2 seconds \(nothing yet\)") as failure:
        await hasty.launch(docker_launch("true", image=image))
    await hasty.stop()
    silent.close()

    assert failure.value.is_temporary
