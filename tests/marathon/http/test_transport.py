"""What holds for every answer (marathon-v2-api 1), and what Marathon says of itself (10, 13)."""

import asyncio

import pytest
from attrs import evolve
from prometheus_client.parser import text_string_to_metric_families

from fakes.marathon_desk import Desk
from koinon_daemon.errors import ExitCode

MARATHON_CONFIG = {
    "access_control_allow_origin",
    "checkpoint",
    "decline_offer_duration",
    "default_network_name",
    "env_vars_prefix",
    "executor",
    "failover_timeout",
    "features",
    "framework_name",
    "ha",
    "hostname",
    "launch_token",
    "launch_token_refresh_interval",
    "leader_proxy_connection_timeout_ms",
    "leader_proxy_read_timeout_ms",
    "local_port_max",
    "local_port_min",
    "master",
    "max_instances_per_offer",
    "mesos_bridge_name",
    "mesos_heartbeat_failure_threshold",
    "mesos_heartbeat_interval",
    "mesos_leader_ui_url",
    "mesos_role",
    "mesos_user",
    "new_group_enforce_role",
    "min_revive_offers_interval",
    "offer_matching_timeout",
    "on_elected_prepare_timeout",
    "reconciliation_initial_delay",
    "reconciliation_interval",
    "scale_apps_initial_delay",
    "scale_apps_interval",
    "store_cache",
    "task_launch_confirm_timeout",
    "task_launch_timeout",
    "task_lost_expunge_initial_delay",
    "task_lost_expunge_interval",
    "task_reservation_timeout",
    "webui_url",
    "maintenance_mode",
}


async def test_every_answer_carries_the_leader_and_is_not_cached(desk: Desk) -> None:
    """Errors too."""
    for path in ("/v2/apps", "/v2/apps/none", "/nowhere"):
        headers = (await desk.ask("GET", path)).headers

        assert f"http://{desk.address}" == headers["X-Marathon-Leader"]
        assert "no-cache, no-store, must-revalidate" == headers["Cache-Control"]
        assert ("no-cache", "0", "DENY") == (headers["Pragma"], headers["Expires"], headers["X-Frame-Options"])


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nowhere", 404, "URI not found"),
        ("GET", "/v2/artifacts/x", 404, "URI not found"),
        ("GET", "/v2/schemas/app", 404, "URI not found"),
        ("GET", "/v2/features", 404, "URI not found"),
        ("POST", "/v2/leader", 405, "Method Not Allowed"),
        ("POST", "/v2/apps/web", 405, "Method Not Allowed"),
    ],
)
async def test_what_is_not_there_is_json_too(desk: Desk, method: str, path: str, status: int, message: str) -> None:
    """Clients read `message` of every error."""
    reply = await desk.ask(method, path)

    assert (status, {"message": message}) == (reply.status, reply.body)
    assert "application/json" == reply.headers["Content-Type"]


@pytest.mark.parametrize(("path", "status"), [("/ping", 200), ("/v2/apps", 200), ("/v2/apps//none", 404)])
async def test_heads_are_answered(desk: Desk, path: str, status: int) -> None:
    """Probes of load balancers want the status alone."""
    reply = await desk.ask("HEAD", path)

    assert (status, "") == (reply.status, reply.text)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("text/html, */*;q=0.1", 200), ("text/html", 406), ("application/json;q=0", 406)],
)
async def test_only_json_is_offered(desk: Desk, accept: str, status: int) -> None:
    """Whoever takes no JSON gets 406."""
    assert status == (await desk.ask("GET", "/v2/apps", Accept=accept)).status


async def test_large_answers_are_compressed_for_those_who_ask(desk: Desk) -> None:
    """gzip, and nothing for small ones."""
    apps = [{"id": f"/app-{n}", "cmd": "x", "instances": 0} for n in range(20)]
    await desk.ask("PUT", "/v2/apps", apps)
    large = await desk.ask("GET", "/v2/apps", **{"Accept-Encoding": "gzip, deflate"})
    small = await desk.ask("GET", "/v2/leader", **{"Accept-Encoding": "gzip"})
    plain = await desk.ask("GET", "/v2/apps", **{"Accept-Encoding": "identity"})

    assert ("gzip", 20) == (large.headers.get("Content-Encoding"), len(large.body["apps"]))
    assert (None, None) == (small.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding"))


async def test_ping_answers_in_the_wanted_type(desk: Desk) -> None:
    """Plain for everybody, a JSON string for those who take JSON alone."""
    plain = await desk.ask("GET", "/ping")
    as_json = await desk.ask("GET", "/ping", Accept="application/json")

    assert ("pong", '"pong"') == (plain.text, as_json.text)
    assert 204 == (await desk.ask("GET", "/ping", Accept="image/png")).status


async def test_info_has_the_closed_set_of_keys(desk: Desk) -> None:
    """Strict clients raise on any other (marathon-v2-api 10)."""
    info = (await desk.ask("GET", "/v2/info")).body

    top = "name version buildref elected leader frameworkId marathon_config zookeeper_config http_config"
    assert set(top.split()) == set(info)
    assert MARATHON_CONFIG == set(info["marathon_config"])
    assert {"http_port", "https_port"} == set(info["http_config"])
    assert (True, str(desk.address), "marathon") == (info["elected"], info["leader"], info["name"])
    assert info["version"].startswith("1.11.")


async def test_prometheus_is_said_to_be_off(desk: Desk) -> None:
    """A scraper's owner learns why there is nothing, whatever types the scraper takes."""
    desk.service.config = evolve(desk.service.config, metrics_prometheus=False)
    reply = await desk.ask("GET", "/metrics/prometheus", Accept="application/openmetrics-text")

    assert (404, "Prometheus reporter is disabled") == (reply.status, reply.body["message"])


async def test_prometheus_has_marathons_own_names(desk: Desk) -> None:
    """Those of `/metrics` with underscores."""
    await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "sleep 1000", "instances": 1, "cpus": 0.1})
    reply = await desk.ask("GET", "/metrics/prometheus", Accept="text/plain")
    families = {family.name: family for family in text_string_to_metric_families(reply.text)}

    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    assert [1.0] == [sample.value for sample in families["marathon_apps_active_gauge"].samples]
    assert "process_resident_memory_bytes" in families


async def test_metrics_count_what_is_there(desk: Desk) -> None:
    """Marathon's format and names (marathon-semantics 28)."""
    await desk.ask("POST", "/v2/apps", {"id": "/web", "cmd": "sleep 1000", "instances": 2, "cpus": 0.1})
    await desk.run_tasks()
    metrics = (await desk.ask("GET", "/metrics")).body

    assert "4.0.0" == metrics["version"]
    assert {"version", "gauges", "counters", "histograms", "meters", "timers"} == set(metrics)
    assert {"value": 1} == metrics["gauges"]["marathon.apps.active.gauge"]
    assert {"value": 2} == metrics["gauges"]["marathon.instances.running.gauge"]


async def test_there_are_no_plugins(desk: Desk) -> None:
    """The UI asks."""
    assert {"plugins": []} == (await desk.ask("GET", "/v2/plugins")).body


@pytest.mark.slow
async def test_leader_is_shown_and_abdicates(desk: Desk) -> None:
    """The answer gets through, then the process ends with the code of a lost leadership."""
    shown = await desk.ask("GET", "/v2/leader")
    reply = await desk.ask("DELETE", "/v2/leader")

    assert {"leader": str(desk.address)} == shown.body
    assert {"message": "Leadership abdicated", "details": []} == reply.body
    await asyncio.wait_for(desk.service.stop.wait(), 5)
    assert ExitCode.LOST_LEADERSHIP is desk.service.stop.code


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("backup=s3://bucket/x", "backup: s3:// is not supported: write a file:// and copy it from there"),
        ("restore=file://x.tar", "restore: 'file://x.tar' is no file:///path"),
    ],
)
async def test_backups_go_to_files_alone(desk: Desk, place: str, told: str) -> None:
    """What can't be done is said, not forgotten, and the leader stays."""
    reply = await desk.ask("DELETE", f"/v2/leader?{place}")

    assert (422, told) == (reply.status, reply.body["message"])
    assert not desk.service.stop.is_requested


async def test_a_base_address_may_end_in_a_slash(desk: Desk) -> None:
    """Scripts join `http://host:8080/` and `/v2/apps`."""
    assert 200 == (await desk.ask("GET", "//v2/apps")).status


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [("no gzip", "gzip", 400), ("{}", "br2", 415), ('{"id": "/web"}', "identity", 422)],
)
async def test_packed_bodies_that_do_not_unpack_are_the_clients_fault(
    desk: Desk, body: str, encoding: str, status: int
) -> None:
    """What is not packed as it says is a 400, an unknown packing a 415."""
    reply = await desk.ask("POST", "/v2/apps", body, **{"Content-Encoding": encoding})

    assert status == reply.status
