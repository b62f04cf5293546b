"""Access control lists: which entry decides, what nobody decides, and how a refusal explains itself."""

from __future__ import annotations

import pytest

from koinon_core.permissions import ANY, EVERYTHING_ALLOWED, NONE, Acls, Action, Entity, Rule

RUN = Action.RUN_TASKS
OPS, ALICE = Entity.of("ops"), Entity.of("alice")


def acls(*rules: Rule, action: Action = RUN, is_permissive: bool = True) -> Acls:
    return Acls(rules={action: rules}, is_permissive=is_permissive)


@pytest.mark.parametrize("action", Action)
def test_every_action_is_ruled_by_its_own_list(action: Action) -> None:
    """A NONE for somebody in an action's list refuses that action to them, and no other action, and nobody else."""
    lists = acls(Rule(OPS, NONE), action=action)
    others = [other for other in Action if other is not action and not lists.allows("ops", other, "x")]

    assert not lists.allows("ops", action, "x")
    assert lists.allows("fw", action, "x")
    assert [] == others


@pytest.mark.parametrize("action", Action)
def test_refusal_and_permission_agree(action: Action) -> None:
    """There is a refusal exactly where there is no permission, and it names the entry."""
    lists = acls(Rule(OPS, NONE), action=action)
    refusal = lists.find_refusal("ops", action, "x") or ""

    assert refusal.endswith(f"{action.value}[0] refuses")
    assert lists.find_refusal("fw", action, "x") is None


@pytest.mark.parametrize(
    ("principals", "users", "principal", "user", "expected"),
    [
        (OPS, ALICE, "ops", "alice", True),
        (OPS, ALICE, "ops", "root", False),
        (OPS, ALICE, "fw", "alice", False),
        (OPS, ALICE, None, "alice", False),
        (OPS, ALICE, "ops", None, False),
        (ANY, ALICE, "fw", "alice", True),
        (ANY, ALICE, None, "alice", True),
        (OPS, ANY, "ops", None, True),
        (OPS, NONE, "ops", "alice", False),
        (NONE, ALICE, "ops", "alice", False),
        (NONE, ALICE, None, "alice", False),
        (NONE, ANY, None, None, False),
        (Entity.of(), ALICE, "ops", "alice", False),
    ],
)
def test_one_entry(principals: Entity, users: Entity, principal: str | None, user: str | None, expected: bool) -> None:
    """One entry in a list that else allows nothing: who and whom it speaks of (mesos-semantics 11)."""
    lists = acls(Rule(principals, users), is_permissive=False)

    assert expected is lists.allows(principal, RUN, user)


def test_first_entry_that_matches_decides() -> None:
    """What stands later is not asked any more, be it an allowance or a refusal."""
    lists = acls(Rule(OPS, ALICE), Rule(OPS, NONE), Rule(OPS, ANY))

    assert lists.allows("ops", RUN, "alice")
    assert not lists.allows("ops", RUN, "root")


def test_what_may_be_done_to_some_is_offered() -> None:
    """An entry that allows a few roles is enough; one that refuses a few is passed over, but not one for all."""
    a, b, both = Entity.of("a"), Entity.of("b"), Entity.of("a", "b")
    rules = (Rule(a, Entity.of("web")), Rule(both, NONE), Rule(ANY, ANY))
    acls = Acls(rules={Action.UPDATE_QUOTAS: rules}, is_permissive=False)

    assert [True, False, True] == [acls.allows_some(name, Action.UPDATE_QUOTAS) for name in ("a", "b", "c")]
    assert [False, True] == [one.allows_some("b", Action.UPDATE_WEIGHTS) for one in (acls, EVERYTHING_ALLOWED)]
    assert not Acls(rules={Action.UPDATE_QUOTAS: (Rule(b, NONE),)}).allows_some("b", Action.UPDATE_QUOTAS)


@pytest.mark.parametrize("is_permissive", [True, False])
def test_permissive_decides_where_no_entry_matches(is_permissive: bool) -> None:
    """Also for actions without a list."""
    lists = acls(Rule(OPS, ALICE), is_permissive=is_permissive)

    assert is_permissive is lists.allows("fw", RUN, "alice")
    assert is_permissive is lists.allows("ops", Action.DRAIN_AGENTS)


def test_refusal_says_who_what_and_why() -> None:
    """The sentence is the whole story: no need to guess at the file."""
    lists = acls(Rule(OPS, ALICE), Rule(OPS, NONE))

    assert (
        "Not authorized as principal 'ops' to run tasks (users: 'root'): in the ACLs, run_tasks[1] refuses"
        == lists.find_refusal("ops", RUN, "root")
    )
    assert (
        "Not authorized without a principal to drain agents: in the ACLs, no entry matches, and permissive is false"
        == Acls(is_permissive=False).find_refusal(None, Action.DRAIN_AGENTS)
    )


def test_role_with_percent_means_all_beneath_it() -> None:
    """``eng/%`` speaks of eng/web and eng/web/ads, not of eng nor of engine."""
    lists = acls(Rule(OPS, Entity.of_roles("eng/%", "ads")), action=Action.REGISTER_FRAMEWORKS, is_permissive=False)
    allowed = [
        role
        for role in ("eng", "eng/web", "eng/web/ads", "engine", "ads", "ads/x")
        if lists.allows("ops", Action.REGISTER_FRAMEWORKS, role)
    ]

    assert ["eng/web", "eng/web/ads", "ads"] == allowed


def test_all_of_several_targets_must_be_allowed() -> None:
    """The first refusal among them is the answer; of none, there is no refusal."""
    lists = acls(Rule(OPS, ALICE), Rule(OPS, NONE))

    assert lists.find_any_refusal("ops", RUN, ["alice"]) is None
    assert lists.find_any_refusal("ops", RUN, []) is None
    assert "'root'" in (lists.find_any_refusal("ops", RUN, ["alice", "root"]) or "")


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (EVERYTHING_ALLOWED, True),
        (acls(Rule(OPS, NONE)), True),
        (Acls(is_permissive=False), False),
        (acls(Rule(OPS, NONE), action=Action.VIEW_FRAMEWORKS), False),
        (acls(Rule(OPS, NONE), action=Action.VIEW_TASKS), False),
        (acls(Rule(OPS, NONE), action=Action.VIEW_EXECUTORS), False),
        (acls(Rule(OPS, NONE), action=Action.VIEW_ROLES), False),
        (acls(Rule(OPS, NONE), action=Action.VIEW_FLAGS), False),
        (acls(Rule(OPS, NONE), action=Action.GET_QUOTAS), False),
        (acls(Rule(OPS, NONE), action=Action.GET_MAINTENANCE_SCHEDULES), False),
        (acls(Rule(OPS, NONE), action=Action.GET_MAINTENANCE_STATUSES), False),
        (acls(action=Action.VIEW_ROLES), True),
    ],
)
def test_views_need_not_ask_where_nothing_is_hidden(lists: Acls, expected: bool) -> None:
    """Only lists of what may be seen, and a false permissive, hide anything."""
    assert expected is lists.is_everything_visible
