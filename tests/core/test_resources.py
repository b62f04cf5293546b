"""The algebra of resources: nothing appears, nothing vanishes, nothing reserved mixes with what is free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.volumes import reserved, volume
from koinon_core.errors import InvalidValue, NotContained
from koinon_core.quantities import Quantities, dominant_share
from koinon_core.resources import NOTHING, Resources, ranges, scalar
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar

roles = st.sampled_from(["*", "web", "db"])
scalars = st.builds(
    lambda name, amount, role: scalar(name, amount, role=role),
    st.sampled_from(["cpus", "mem"]),
    st.floats(0, 64, allow_nan=False),
    roles,
)
ports = st.builds(
    lambda begin, length, role: ranges("ports", (begin, begin + length), role=role),
    st.integers(0, 50),
    st.integers(0, 9),
    roles,
)
collections = st.lists(scalars, max_size=5).map(lambda items: Resources(tuple(items)))
with_ports = st.lists(scalars | ports, max_size=5).map(lambda items: Resources(tuple(items)))


@given(collections, collections)
def test_what_was_added_can_be_taken_away(left: Resources, right: Resources) -> None:
    """Adding and subtracting cancel out exactly, also for amounts with a fraction."""
    assert left == (left + right) - right
    assert left + right == right + left


@given(with_ports, with_ports)
def test_without_takes_what_is_there(left: Resources, right: Resources) -> None:
    """Of what contains the other it is the difference; of the other nothing; and it never goes below nothing."""
    assert (left + right).without(right) == (left + right) - right
    assert NOTHING == left.without(left + right)
    assert left.without(right) in left


@given(with_ports, with_ports)
def test_a_sum_contains_its_parts(left: Resources, right: Resources) -> None:
    """Both parts are in the sum, ports too."""
    assert left in left + right
    assert right in left + right


@given(with_ports)
def test_all_minus_itself_is_nothing(everything: Resources) -> None:
    """Empty kinds disappear."""
    assert NOTHING == everything - everything
    assert not (everything - everything)


def test_reserved_is_not_free() -> None:
    """What is reserved for a role is not contained in what is free, however much there is."""
    assert Resources((scalar("cpus", 1, role="web"),)) not in Resources((scalar("cpus", 8),))


def test_taking_more_than_there_is_says_what() -> None:
    """The error names both sides."""
    with pytest.raises(NotContained, match=r"cpus:2 is not contained in cpus:1"):
        Resources((scalar("cpus", 1),)) - Resources((scalar("cpus", 2),))


def test_allocation_keeps_roles_apart() -> None:
    """The same cpus given to two roles are two kinds, and become one again when given back."""
    cpus = Resources((scalar("cpus", 1),))
    both = cpus.allocated_to("web") + cpus.allocated_to("db")

    assert 2 == len(both.items)
    assert Resources((scalar("cpus", 2),)) == both.allocated_to(None)


def test_flag_text_reads_into_resources() -> None:
    """The value of --resources, with a static reservation."""
    expected = Resources(
        (scalar("cpus", 4), scalar("mem", 8192), ranges("ports", (31000, 32000)), scalar("cpus", 2, role="web"))
    )

    assert expected == parse_resources("cpus:4; mem:8192;ports:[31000-32000];cpus(web):2")


@pytest.mark.parametrize("text", ["cpus", "cpus:", "cpus:four", "cpus(a b/):1", "cpus(-x):1", "cpus:-1", "ports:[9-1]"])
def test_bad_flag_text_is_refused(text: str) -> None:
    """The error says resources, ranges or role, and shows the piece."""
    with pytest.raises(InvalidValue):
        parse_resources(text)


def test_quantities_forget_roles() -> None:
    """Sorters count amounts by name alone."""
    reserved_and_free = parse_resources("cpus:1;cpus(web):2;ports:[1-2]")

    assert Quantities({"cpus": Scalar.of(3)}) == Quantities.of(reserved_and_free)


def test_quantities_never_go_below_nothing() -> None:
    """Neither by construction nor by subtraction."""
    one = Quantities({"cpus": Scalar.of(1)})

    with pytest.raises(InvalidValue, match="cpus"):
        Quantities({"cpus": Scalar.of(-1)})
    with pytest.raises(NotContained):
        one - (one + one)


def test_dominant_share_is_the_largest_one() -> None:
    """A quarter of the cpus and half of the memory is a share of one half; excluded names do not count."""
    used = Quantities({"cpus": Scalar.of(1), "mem": Scalar.of(50), "gpus": Scalar.of(1)})
    total = Quantities({"cpus": Scalar.of(4), "mem": Scalar.of(100), "gpus": Scalar.of(1)})

    assert 0.5 == dominant_share(used, total, excluded={"gpus"})
    assert 0.0 == dominant_share(used, Quantities())


def test_a_volume_is_had_whole_or_not_at_all() -> None:
    """Neither a part of a persistent volume nor more than it is in it; plain disk has parts."""
    kept = Resources((volume(100),))

    assert kept in kept
    assert Resources((volume(50),)) not in kept
    assert parse_resources("disk:50") in parse_resources("disk:100")


@pytest.mark.parametrize(
    ("resources", "text"),
    [
        (parse_resources("cpus(web):2"), "cpus(web):2"),
        (reserved("cpus:1", "r", principal="p"), "cpus(reservations: [(DYNAMIC,r,p)]):1"),
        (reserved("cpus:1", "r", "r/s"), "cpus(reservations: [(DYNAMIC,r),(DYNAMIC,r/s)]):1"),
        (Resources((volume(5),)), "disk(reservations: [(DYNAMIC,r)])[v:data]:5"),
        (Resources((volume(5, shared=True),)), "disk(reservations: [(DYNAMIC,r)])[v:data]<SHARED>:5"),
    ],
)
def test_what_sets_a_resource_apart_is_said(resources: Resources, text: str) -> None:
    """Reservations of operations and volumes as Mesos writes them, those of flags as flags do."""
    assert text == str(resources)
