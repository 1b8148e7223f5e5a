"""Assertions within the checks tell of their values, as those of tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.contract.checks", "tests.contract.target")
