"""The flags that configure allocation."""

from __future__ import annotations

import pytest

from koinon_daemon.errors import UsageError
from koinon_daemon.flags import flag_texts, parse_flags
from koinon_master.config import MasterConfig

DOMAIN = '{"fault_domain": {"region": {"name": "eu"}, "zone": {"name": "eu-1"}}}'


def _parse(*argv: str) -> MasterConfig:
    return parse_flags(MasterConfig, ["--registry=in_memory", *argv], {})


def test_domain_is_read_and_shown_as_json() -> None:
    """``--domain`` takes Mesos's JSON, and ``/flags`` shows it."""
    config = _parse(f"--domain={DOMAIN}")

    assert config.domain is not None
    assert DOMAIN == flag_texts(config)["domain"]


@pytest.mark.parametrize(
    ("flag", "problem"),
    [
        ("--role_sorter=fair", "--role_sorter: 'fair' is not one of drf, random"),
        ("--framework_sorter=", "--framework_sorter: '' is not one of drf, random"),
        ("--offer_constraints_re2_max_program_size=0", "--offer_constraints_re2_max_program_size must be more than 0"),
        ("--domain={}", "$.fault_domain: required field missing"),
        ('--domain={"fault_domain":{"region":{"name":"eu"}}}', "$.fault_domain.zone"),
    ],
)
def test_bad_values_are_named(flag: str, problem: str) -> None:
    """What is wrong is said with the flag or the field."""
    with pytest.raises(UsageError) as raised:
        _parse(flag)

    assert problem in str(raised.value)


def test_old_spelling_of_the_sorter_is_taken() -> None:
    """``--user_sorter`` was the name of ``--role_sorter``."""
    assert "random" == _parse("--user_sorter=random").role_sorter
