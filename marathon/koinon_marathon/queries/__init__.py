"""Read models: what the API shows of apps, tasks, queue and deployments, as plain JSON values (marathon-v2-api).

Functions of `State`; they change nothing. Which of them answers which request is `http`.
"""

from .apps import (
    APP_EMBEDS,
    LIST_EMBEDS,
    AppFilter,
    AppParts,
    Embeds,
    ShowApp,
    app_object,
    app_version,
    embeds_of,
    kept_versions,
    select_apps,
)
from .deployment_explanation import why_waits
from .deployments import deployments_list
from .queue import queue_object, waiting_specs
from .tasks import all_tasks, app_tasks, find_instances, has_task_to_show, task_object, tasks_text

__all__ = [
    "APP_EMBEDS",
    "LIST_EMBEDS",
    "AppFilter",
    "AppParts",
    "Embeds",
    "ShowApp",
    "all_tasks",
    "app_object",
    "app_tasks",
    "app_version",
    "deployments_list",
    "embeds_of",
    "find_instances",
    "has_task_to_show",
    "kept_versions",
    "queue_object",
    "select_apps",
    "task_object",
    "tasks_text",
    "waiting_specs",
    "why_waits",
]
