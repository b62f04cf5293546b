"""Scalars are exact to three decimals."""

import pytest

from koinon_core.errors import InvalidValue
from koinon_core.scalars import Scalar


def test_tenths_add_up_exactly() -> None:
    """Ten times 0.1 is 1, as it is not in binary floating point."""
    total = sum((Scalar.of(0.1) for _ in range(10)), Scalar())

    assert Scalar.of(1) == total


@pytest.mark.parametrize(
    ("number", "thousandths"), [(0.0004, 0), (0.0005, 1), (1.9996, 2000), (-0.0005, -1), (2, 2000)]
)
def test_rounds_to_the_nearest_thousandth(number: float, thousandths: int) -> None:
    """Halves go away from zero, as the reference rounds."""
    assert thousandths == Scalar.of(number).thousandths


@pytest.mark.parametrize("text", ["", "x", "1,5", "nan", "inf", "1e999999999"])
def test_refuses_what_is_no_finite_number(text: str) -> None:
    """Text that holds no finite number is named in the error."""
    with pytest.raises(InvalidValue, match="number"):
        Scalar.parse(text)


@pytest.mark.parametrize(("text", "shown"), [("1.500", "1.5"), ("4", "4"), ("-0.25", "-0.25"), ("0.0004", "0")])
def test_shows_itself_without_idle_zeros(text: str, shown: str) -> None:
    """People see 1.5, not 1.500."""
    assert shown == str(Scalar.parse(text))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e308, -1e19])
def test_no_scalar_is_made_of_infinity(number: float) -> None:
    """A number from JSON may be Infinity, or near to it; it becomes no amount."""
    with pytest.raises(InvalidValue):
        Scalar.of(number)
