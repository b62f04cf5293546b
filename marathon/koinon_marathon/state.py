"""All that Marathon knows, in memory; changed by `Marathon.handle` alone and read by `queries`.

It runs ahead of the store within one event: see `instructions.Persist`.
"""

from datetime import datetime

from koinon_core.ids import FrameworkId
from koinon_core.timers import Timers
from koinon_frameworks.driver.demand import OfferDemand
from koinon_frameworks.driver.reconcile import Reconciler

from .changes.root_versions import RootVersions
from .changes.service_ports import UsedPorts
from .definition.apps import App, Unreachable, UnreachableStrategy
from .definition.groups import Group
from .definition.path_ids import PathId
from .definition.pods import Pod
from .definition.run_specs import RunSpec
from .deployment.machine import Deployment
from .deployment.plan import DeploymentId
from .health.aggregate import instance_health, is_healthy
from .health.book import HealthBook
from .health.readiness import ReadinessBook, is_awaited
from .instance.instance_tracker import InstanceTracker
from .instance.instances import Condition, Instance, TaskFailure
from .instance.kill_queue import KillQueue
from .launch.launch_backoff import LaunchBackoff
from .launch.launch_queue import LaunchQueue
from .launch.launch_tokens import LaunchTokens
from .launch.match_statistics import MatchStatistics
from .options import Options
from .plugins.hooks import SpecHooks
from .timeline.book import TimelineBook
from .timers import Timer


class State:
    """The tree, its instances and deployments, and what is remembered of offers, failures and kills."""

    def __init__(self, options: Options, root: Group, reconciler: Reconciler) -> None:
        self.options = options
        self.turns = 0
        """How many events were handled: as long as it stays the same, so does all the rest, but for what time does."""
        self.root = root
        self.specs: dict[PathId, RunSpec] = {}
        """Every app and pod of the tree."""
        self.versions: dict[PathId, dict[datetime, RunSpec]] = {}
        """Kept definitions of each app and pod, the current one last."""
        self.roots = RootVersions(options.zk_max_versions)
        self.service_ports = UsedPorts()
        self.instances = InstanceTracker()
        self.deployments: dict[DeploymentId, Deployment] = {}
        self.locks: dict[PathId, DeploymentId] = {}
        """Which deployment is at work on an app; nobody else starts or kills its instances then."""
        self.failures: dict[PathId, TaskFailure] = {}
        self.health = HealthBook()
        self.readiness = ReadinessBook()
        self.queue = LaunchQueue()
        self.backoff = LaunchBackoff()
        self.tokens = LaunchTokens(options.launch_tokens, options.launch_token_refresh_interval)
        self.statistics = MatchStatistics()
        self.timeline = TimelineBook()
        """What happened to whom, for people to read: nothing is decided by it."""
        self.kills = KillQueue(options.kill_chunk_size)
        self.demand = OfferDemand(options.min_revive_offers_interval, suppresses=options.suppress_offers)
        self.timers = Timers[Timer]()
        self.hooks = SpecHooks()
        """What plugins have to say of definitions and launches."""
        self.reconciler = reconciler
        self.framework_id: FrameworkId | None = None
        self.home_region: str | None = None
        self.is_connected = False
        self.has_subscribed = False
        """Whether the master has taken us in this term already."""

    def apps(self) -> dict[PathId, App]:
        """The apps alone, by id. Looks at every definition."""
        return {path: spec for path, spec in self.specs.items() if isinstance(spec, App)}

    def pods(self) -> dict[PathId, Pod]:
        """The pods alone, by id. Looks at every definition."""
        return {path: spec for path, spec in self.specs.items() if isinstance(spec, Pod)}

    def find_app(self, path: PathId) -> App | None:
        """The app of that id; None also where it is a pod's."""
        found = self.specs.get(path)
        return found if isinstance(found, App) else None

    def find_pod(self, path: PathId) -> Pod | None:
        """The pod of that id; None also where it is an app's."""
        found = self.specs.get(path)
        return found if isinstance(found, Pod) else None

    def definition_of(self, instance: Instance) -> RunSpec | None:
        """The definition an instance runs, or the present one where that version is no longer kept."""
        return self.versions.get(instance.spec_id, {}).get(instance.version) or self.specs.get(instance.spec_id)

    def deployment_of(self, spec_id: PathId) -> Deployment | None:
        """The deployment that is at work on an app."""
        holder = self.locks.get(spec_id)
        return None if holder is None else self.deployments.get(holder)

    def is_ready(self, instance: Instance) -> bool:
        """Whether an instance does its work: it runs, is well, and is ready if a deployment waits for that."""
        return self.is_healthy(instance) and not self.awaits_readiness(instance)

    def is_healthy(self, instance: Instance) -> bool:
        """Whether an instance runs and all checks of its own version, if there are any, find it well."""
        is_running = instance.condition is Condition.RUNNING and instance.task is not None
        return is_running and is_healthy(self.definition_of(instance), instance, self.health)

    def health_of(self, instance: Instance) -> bool | None:
        """What the checks of its own version say together; None: not known yet, or there are none."""
        return instance_health(self.definition_of(instance), instance, self.health)

    def awaits_readiness(self, instance: Instance) -> bool:
        """Whether the deployment at work on the instance's app still waits for its readiness check."""
        deployment = self.deployment_of(instance.spec_id)
        plan = None if deployment is None else deployment.plan
        return is_awaited(instance, self.definition_of(instance), plan, self.readiness)

    def strategy_of(self, instance: Instance) -> Unreachable:
        """How long an instance that is out of reach is waited for."""
        app = self.definition_of(instance)
        return UnreachableStrategy() if app is None else app.unreachable_strategy
