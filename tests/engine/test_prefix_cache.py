"""The books of cells: shared ones counted once, the oldest resident first to go."""

from __future__ import annotations

from array import array

import pytest

from server.engine.prefix_cache import Cut, Match, PrefixCache, Share, Slot, common_prefix


def tokens(*values: int) -> array[int]:
    return array("i", values)


def filled(cache: PrefixCache, text: array[int], scope: str = "", match: Match | None = None) -> Slot:
    slot = cache.open(text, scope, match or Match(None, 0))
    cache.extend(slot, len(text) - slot.computed)
    slot.computed = len(text)
    cache.check_integrity()
    return slot


@pytest.mark.parametrize(
    ("one", "other", "limit", "length"),
    [
        (tokens(), tokens(1), 9, 0),
        (tokens(1, 2, 3), tokens(1, 2, 3), 9, 3),
        (tokens(1, 2, 3), tokens(1, 2, 3, 4), 9, 3),
        (tokens(1, 2, 3), tokens(1, 2, 9), 9, 2),
        (tokens(1, 2, 3), tokens(9, 2, 3), 9, 0),
        (tokens(1, 2, 3), tokens(1, 2, 3), 2, 2),
    ],
)
def test_common_prefix(one: array[int], other: array[int], limit: int, length: int) -> None:
    assert common_prefix(one, other, limit) == length


def test_a_fork_of_a_running_slot_takes_no_cells() -> None:
    cache = PrefixCache(100, 4)
    first = filled(cache, tokens(*range(40)))
    fork = cache.open(tokens(*range(30), 99), "", cache.match(tokens(*range(30), 99), "", 30))
    assert (fork.computed, cache.free) == (30, 60)
    assert cache.operations == [Share(first.id, fork.id, 30)]
    cache.check_integrity()


def test_cells_are_counted_by_who_holds_them_and_shared_ones_once() -> None:
    cache = PrefixCache(100, 4)
    shared, own = tokens(*range(30)), tokens(*range(30), 99)
    first = cache.open(shared, "", Match(None, 0), "ann")
    cache.extend(first, 30)
    first.computed = 30
    fork = cache.open(own, "", cache.match(own, "", 30), "bob")
    cache.extend(fork, 1)
    fork.computed = 31
    assert cache.held() == {"ann": 30, "bob": 1}
    cache.release(first)
    assert cache.held() == {"ann": 0, "bob": 31}  # who runs on them has them
    cache.release(fork, keep=False)
    assert cache.held() == {"ann": 30}


def test_a_resident_slot_that_is_wholly_of_use_is_taken_over() -> None:
    cache = PrefixCache(100, 2)
    first = filled(cache, tokens(1, 2, 3))
    cache.release(first)
    again = cache.open(tokens(1, 2, 3, 4), "", cache.match(tokens(1, 2, 3, 4), "", 3))
    assert again.id == first.id
    assert cache.operations == []
    cache.check_integrity()


def test_a_resident_slot_of_which_a_part_is_of_use_stays_beside_its_fork() -> None:
    cache = PrefixCache(100, 3)
    cache.release(filled(cache, tokens(1, 2, 3, 4)))
    filled(cache, tokens(1, 2, 9), match=cache.match(tokens(1, 2, 9), "", 2))
    assert cache.match(tokens(1, 2, 3, 4, 5), "", 4).length == 4


def test_the_resident_used_longest_ago_goes_first_and_frees_only_what_nobody_else_holds() -> None:
    cache = PrefixCache(100, 4)
    cache.release(filled(cache, tokens(1, 2, 3)))
    cache.release(filled(cache, tokens(5, 6)))
    fork = filled(cache, tokens(1, 2, 7), match=cache.match(tokens(1, 2, 7), "", 2))
    assert cache.evict()
    assert cache.match(tokens(5, 6), "", 2).length == 0
    assert cache.free == 96
    assert cache.evict()
    assert cache.free == 97
    assert not cache.evict()
    assert fork.computed == 3
    cache.check_integrity()


def test_cells_of_running_slots_are_not_available_and_those_of_residents_are() -> None:
    cache = PrefixCache(10, 4)
    slot = filled(cache, tokens(1, 2, 3))
    assert cache.available == 7
    cache.release(slot)
    assert (cache.available, cache.free) == (10, 7)


def test_what_was_planned_and_not_computed_is_given_back() -> None:
    cache = PrefixCache(10, 2)
    slot = filled(cache, tokens(1, 2, 3))
    cache.extend(slot, 4)
    cache.release(slot)
    assert cache.free == 7
    assert cache.operations == [Cut(slot.id, 3)]
    cache.check_integrity()


def test_another_scope_is_never_matched() -> None:
    cache = PrefixCache(10, 2)
    cache.release(filled(cache, tokens(1, 2, 3), scope="mine"))
    assert cache.match(tokens(1, 2, 3), "theirs", 3) == Match(None, 0)
