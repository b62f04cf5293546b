"""The page of ``/help``: which endpoints a master has, in Markdown as Mesos's page is."""

HELP = """\
# Endpoints of a master

Each path stands for all beneath it, and may be written with `/master` before it.

## Frameworks and operators
- `POST /api/v1/scheduler`: the scheduler API
- `POST /api/v1`: the operator API; `SUBSCRIBE` opens its event stream

## To read
- `/state`, `/state-summary`: the whole cluster, in full or in numbers
- `/slaves?slave_id=`, `/frameworks?framework_id=`: agents, frameworks
- `/tasks?limit=&offset=&order=asc|des&framework_id=&task_id=`: tasks, by when they were first heard of
- `/roles`: what roles hold, are offered, have reserved, and may have
- `/koinon/explain?framework_id=&role=`: why agents are not offered, a sentence each
- `/quota`, `/weights`, `/maintenance/schedule`, `/maintenance/status`
- `/metrics/snapshot`, `/metrics`: metrics as JSON, and for Prometheus
- `/flags`, `/version`, `/health`, `/system/stats.json`, `/redirect`
- `/files/browse?path=`, `/files/read?path=&offset=&length=`, `/files/download?path=`, `/files/debug`

## To change
- `POST /teardown` with `frameworkId=`
- `POST /reserve`, `/unreserve` with `slaveId=&resources=`, a JSON array
- `POST /create-volumes`, `/destroy-volumes` with `slaveId=&volumes=`
- `POST /quota`, `DELETE /quota/<role>`; `PUT /weights`
- `POST /maintenance/schedule`, `/machine/down`, `/machine/up`
- `POST /logging/toggle?level=&duration=`
"""
