"""What a changed tree means for memory and store: definitions, their kept versions, the record of the tree itself.

Of a definition the last `--zk_max_versions` are kept while it is in the tree, and besides those that a kept version of
the tree names, so that a group can be brought back (marathon-semantics 23). All others go with the change that makes
them needless.
"""

from ..definition.groups import Group
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..deployment.planner import Difference
from ..instructions import FailureKey, RootKey, record_key
from ..turn import Turn


def store_tree(turn: Turn, root: Group, difference: Difference) -> None:
    """Make `root` the present tree, and note what is to be stored for it."""
    state = turn.state
    state.root = root
    for path, spec in difference.original.items():
        state.service_ports.replace(spec, difference.target.get(path))
    for path, spec in difference.target.items():
        if path not in difference.original:
            state.service_ports.replace(None, spec)
    added = state.roots.add(root)
    for path in difference.original.keys() - difference.target.keys():
        _forget_spec(turn, path)
    for spec in difference.target.values():
        _keep_spec(turn, spec)
    for spec in added.unnamed:
        if spec.version not in state.versions.get(spec.id, {}):
            turn.delete(record_key(spec))
    for version in added.stale:
        turn.delete(RootKey(version))
    turn.put(added.record)


def _keep_spec(turn: Turn, spec: RunSpec) -> None:
    state = turn.state
    state.specs[spec.id] = spec
    state.demand.note_role(spec.role)
    turn.put(spec)
    kept = state.versions.setdefault(spec.id, {})
    kept.pop(spec.version, None)
    kept[spec.version] = spec
    drop_surplus(turn, spec.id)
    turn.eager.add(spec.id)
    turn.touch(spec.id)


def drop_surplus(turn: Turn, path: PathId) -> None:
    """Of a definition's versions only the latest are its own; older ones stay in the store for trees that name them."""
    kept = turn.state.versions[path]
    for surplus in list(kept)[: -turn.state.options.zk_max_versions]:
        _drop(turn, kept.pop(surplus))


def _forget_spec(turn: Turn, path: PathId) -> None:
    """A removed definition takes its versions along; its instances are the deployment's."""
    del turn.state.specs[path]
    for definition in turn.state.versions.pop(path, {}).values():
        _drop(turn, definition)
    turn.state.backoff.reset(path)
    if turn.state.failures.pop(path, None) is not None:
        turn.delete(FailureKey(path))


def _drop(turn: Turn, definition: RunSpec) -> None:
    if not turn.state.roots.has_departed(definition):
        turn.delete(record_key(definition))
