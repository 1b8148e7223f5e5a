"""Random names: as long as they are said to be, each its own, also in a child."""

from __future__ import annotations

import os

import pytest

from server.ids import random_hex


@pytest.mark.parametrize("size", [1, 12, 24])
def test_a_name_is_as_long_as_it_is_said_to_be(size: int) -> None:
    names = {random_hex(size) for _ in range(200)}
    assert {len(name) for name in names} == {2 * size}
    assert size == 1 or len(names) == 200
    assert all(int(name, 16) < 256**size for name in names)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_does_not_repeat_its_parents_names() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, random_hex(12).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100).decode() != random_hex(12)
    os.close(reading)
    os.close(writing)
