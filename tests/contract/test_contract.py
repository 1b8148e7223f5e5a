"""This server against the contract, check by check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.house import this_server
from tests.contract.known_gaps import KNOWN_GAPS
from tests.contract.registry import Check, NotAsked
from tests.contract.suite import CHECKS
from tests.contract.target import Target


def _parameter(check: Check) -> object:
    gap = KNOWN_GAPS.get(check.name)
    marks = [pytest.mark.xfail(strict=True, reason=gap)] if gap else []
    return pytest.param(check, id=check.name, marks=marks)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with this_server(tmp_path_factory.mktemp("contract")) as target:
        yield target


@pytest.mark.parametrize("check", [_parameter(check) for check in CHECKS])
def test_contract(check: Check, target: Target) -> None:
    try:
        check(target)
    except NotAsked as lacking:
        pytest.skip(str(lacking))


def test_each_check_has_a_name_of_its_own() -> None:
    names = [check.name for check in CHECKS]
    assert sorted(set(names)) == sorted(names)


def test_known_gaps_are_checks() -> None:
    assert set(KNOWN_GAPS) <= {check.name for check in CHECKS}
