"""The JSON of access control lists: what it means, what is refused by the name of its field, and how it is shown."""

from __future__ import annotations

import pytest

from koinon_core.permissions import ANY, NONE, Acls, Action, Entity, Rule
from koinon_daemon.acl_text import format_acls, parse_acls


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("kind", ["ANY", "NONE"])
def test_every_action_can_be_for_all_or_nobody(action: Action, kind: str) -> None:
    """Each action's list has principals and the objects of that action (mesos-semantics 11)."""
    text = f'{{"{action.value}": [{{"principals": {{"values": ["a"]}}, "{action.objects}": {{"type": "{kind}"}}}}]}}'

    expected = Acls(rules={action: (Rule(Entity.of("a"), {"ANY": ANY, "NONE": NONE}[kind]),)})
    assert expected == parse_acls(text)


def test_lists_keep_their_order_and_roles_their_subtrees() -> None:
    """The order decides, and a ``%`` at a role's end stands for all beneath it."""
    acls = parse_acls(
        """{"permissive": false,
            "register_frameworks": [
              {"principals": {"values": ["a", "b"]}, "roles": {"type": "SOME", "values": ["eng/%", "ads"]}},
              {"principals": {"type": "ANY"}, "roles": {"type": "NONE", "values": ["ignored"]}}]}"""
    )

    first = Rule(Entity.of("a", "b"), Entity.of_roles("eng/%", "ads"))
    assert Acls(rules={Action.REGISTER_FRAMEWORKS: (first, Rule(ANY, NONE))}, is_permissive=False) == acls


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is no JSON"),
        ("[]", r"\$ must be an object"),
        ('{"permissive": "no"}', r"\$.permissive must be true or false"),
        ('{"run_task": []}', r"\$.run_task is no action; did you mean run_tasks\?"),
        ('{"run_tasks": {}}', r"\$.run_tasks must be a list"),
        ('{"run_tasks": [1]}', r"\$.run_tasks\[0\] must be an object of principals and users"),
        ('{"run_tasks": [{"principals": {"type": "ANY"}}]}', r"\$.run_tasks\[0\].users is missing"),
        ('{"run_tasks": [{"users": {"type": "ANY"}}]}', r"\$.run_tasks\[0\].principals is missing"),
        (
            '{"run_tasks": [{"principals": {"type": "ANY"}, "roles": {"type": "ANY"}}]}',
            r"\$.run_tasks\[0\].roles is unknown \(known here: principals, users\)",
        ),
        (
            '{"run_tasks": [{"principals": {"value": []}, "users": {}}]}',
            r"principals.value is unknown; did you mean va",
        ),
        ('{"run_tasks": [{"principals": {"type": "ALL"}, "users": {}}]}', "principals.type must be one of SOME, ANY"),
        ('{"run_tasks": [{"principals": {"type": ["ANY"]}, "users": {}}]}', "principals.type must be one of SOME"),
        ('{"run_tasks": [{"principals": {}, "users": {}}]}', "principals.values must be a list of texts"),
        ('{"run_tasks": [{"principals": {"values": [1]}, "users": {}}]}', "principals.values must be a list of texts"),
        (
            '{"drain_agents": [{"principals": {"type": "ANY"}, "agents": {"values": ["S0"]}}]}',
            r"\$.drain_agents\[0\].agents.type must be ANY or NONE",
        ),
        (
            '{"view_roles": [{"principals": {"type": "ANY"}, "roles": {"values": ["eng/%/x"]}}]}',
            r"\$.view_roles\[0\].roles: 'eng/%/x' has a % elsewhere",
        ),
        (
            '{"get_endpoints": [{"principals": {"type": "ANY"}, "paths": {"values": ["/state"]}}]}',
            r"\$.get_endpoints\[0\].paths: '/state' is none of /containers",
        ),
    ],
)
def test_wrong_lists_name_the_field(text: str, problem: str) -> None:
    """A rule that would not protect what it was written for never gets into force."""
    with pytest.raises(ValueError, match=problem):
        parse_acls(text)


def test_shown_lists_mean_what_was_given() -> None:
    """What ``/flags`` shows can be given again."""
    acls = Acls(
        rules={
            Action.RESERVE_RESOURCES: (Rule(Entity.of("b", "a"), Entity.of_roles("eng/%", "x")), Rule(ANY, NONE)),
            Action.MARK_AGENTS_GONE: (Rule(NONE, ANY),),
        },
        is_permissive=False,
    )

    assert acls == parse_acls(format_acls(acls))
