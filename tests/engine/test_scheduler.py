"""The scheduler under random histories, against a model of the cache that only knows what operations do to it."""

from __future__ import annotations

import itertools
import random
from array import array

import pytest

from server.engine.prefix_cache import Cut, Forget, Operation, Restore, Save
from server.engine.request import GenerationRequest, Sequence, StepPlan
from server.engine.scheduler import Limits, Scheduler


def request(
    id: str,
    prompt: list[int],
    *,
    owner: str = "a",
    scope: str = "",
    priority: int = 0,
    rates: bool = False,
    streams: bool = True,
) -> GenerationRequest:
    facts = {"rates_from": 0 if rates else None, "streams": streams}
    return GenerationRequest(id, array("i", prompt), owner=owner, scope=scope, priority=priority, **facts)


class Memory:
    """What llama.cpp's cache would hold: a list of tokens for each slot. Refuses what llama.cpp would."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stored: dict[int, list[int]] = {}
        self.slots: dict[int, list[tuple[object, int]]] = {slot: [] for slot in range(limits.slots)}

    def compute(self, plan: StepPlan) -> None:
        self.carry_out(plan.operations)
        assert sum(chunk.count for chunk in plan.chunks) <= self.limits.batch
        assert sum(len(chunk.rates) + chunk.draws for chunk in plan.chunks) <= self.limits.outputs
        for chunk in plan.chunks:
            slot = chunk.sequence.slot
            assert slot is not None
            cells = self.slots[slot.id]
            assert len(cells) == chunk.start, "a hole in a sequence"
            cells += [(object(), token) for token in chunk.sequence.tokens[chunk.start : chunk.start + chunk.count]]
            assert [token for _, token in cells] == list(chunk.sequence.tokens[: len(cells)]), "another's prefix"
        assert self.cells_used() <= self.limits.cells

    def carry_out(self, operations: list[Operation]) -> None:
        for operation in operations:
            if isinstance(operation, Cut):
                del self.slots[operation.slot][operation.positions :]
            elif isinstance(operation, Save):
                self.stored[operation.key] = [token for _, token in self.slots[operation.slot]]
            elif isinstance(operation, Restore):
                assert not self.slots[operation.slot], "restored into a slot that is in use"
                self.slots[operation.slot] = [(object(), token) for token in self.stored[operation.key]]
            elif isinstance(operation, Forget):
                del self.stored[operation.key]
            else:
                assert not self.slots[operation.target], "a fork into a slot that is in use"
                source = self.slots[operation.source]
                assert len(source) >= operation.positions, "a fork of what was never computed"
                self.slots[operation.target] = source[: operation.positions]
            assert self.cells_used() <= self.limits.cells
        assert sum(map(len, self.stored.values())) <= self.limits.store

    def cells_used(self) -> int:
        return len({cell for cells in self.slots.values() for cell, _ in cells})


class World:
    """A scheduler, its memory, and a model that continues each text by a rule of its own."""

    def __init__(self, limits: Limits, budget: int = 32, *, forces: bool = False) -> None:
        """`forces`: a drawn token is often followed by some that need not be drawn."""
        self.forces = forces
        self.scheduler = Scheduler(limits)
        self.memory = Memory(limits)
        self.budget = budget
        self.steps = 0
        self.prompt_tokens = 0
        self.longest_gap = 0
        self.preempted = 0
        self.rated: dict[str, list[int]] = {}
        """Positions whose outputs rated the next token, by request."""

    def step(self) -> list[tuple[Sequence, list[int]]]:
        plan = self.scheduler.plan(lambda generating, streams: self.budget if streams else 10 * self.budget)
        self.scheduler.check_integrity()
        self.memory.compute(plan)
        for chunk in plan.chunks:
            found = self.rated.setdefault(chunk.sequence.request.id, [])
            found += [chunk.start + offset for offset in chunk.rates]
        drawn = [self.draw(chunk.sequence.tokens) for chunk in plan.chunks if chunk.draws]
        results = list(zip(self.scheduler.commit(plan, drawn), drawn, strict=True))
        self.scheduler.check_integrity()
        self.steps += 1
        self.prompt_tokens += plan.prompt
        self.preempted += len(plan.preempted)
        return results

    def draw(self, tokens: array[int]) -> list[int]:
        drawn = [self.next_token(tokens)]
        while self.forces and len(drawn) < 9 and (len(tokens) + len(drawn)) % 7:
            drawn.append(self.next_token(tokens + array("i", drawn)))
        return drawn

    @staticmethod
    def next_token(tokens: array[int]) -> int:
        return (sum(tokens[-3:]) * 7 + len(tokens)) % 11

    def run_until_idle(self, answer: int, steps: int = 10_000) -> dict[str, list[int]]:
        """Every sequence draws `answer` tokens; what they drew."""
        answers: dict[str, list[int]] = {}
        while not self.scheduler.idle:
            assert self.steps < steps, "work is left, and nothing moves"
            for sequence, tokens in self.step():
                answers.setdefault(sequence.request.id, []).extend(tokens)
                if sequence.generated >= answer:
                    self.scheduler.finish(sequence)
                    del answers[sequence.request.id][answer:]
        return answers


def alone(prompt: list[int], answer: int) -> list[int]:
    tokens = array("i", prompt)
    for _ in range(answer):
        tokens.append(World.next_token(tokens))
    return list(tokens[len(prompt) :])


@pytest.mark.parametrize("seed", range(60))
def test_random_histories_keep_the_books_and_give_everyone_the_answer_it_would_get_alone(seed: int) -> None:
    chance = random.Random(seed)
    limits = Limits(
        cells=chance.choice([60, 120, 400]),
        slots=chance.choice([1, 2, 4, 9]),
        batch=chance.choice([4, 16, 64]),
        reuse=(reuse := chance.random() < 0.8),
        store=chance.choice([0, 50, 500]) * reuse,
        outputs=chance.choice([9, 12, 30]),
        answers=chance.choice([2, 64]),
    )
    world = World(limits, budget=chance.choice([1, 3, 20]), forces=chance.random() < 0.5)
    lengths: dict[str, int] = {}
    asked: dict[str, list[int]] = {}
    answers: dict[str, list[int]] = {}
    ended: set[str] = set()
    rating: set[str] = set()
    stems = [[chance.randrange(11) for _ in range(40)] for _ in range(3)]
    for turn in range(100):
        for _ in range(chance.choice([0, 0, 1, 3])):
            id = f"{turn}-{len(asked)}"
            stem = chance.choice(stems)[: chance.randrange(1, 40)]
            prompt = stem + [chance.randrange(11) for _ in range(chance.randrange(1, 8))]
            if len(prompt) + 1 >= limits.cells:
                continue
            lengths[id] = chance.randrange(1, limits.cells - len(prompt))
            lengths[id] = min(lengths[id], 20)
            if world.forces and len(prompt) + lengths[id] + 9 > limits.cells:
                continue
            asked[id] = prompt
            if chance.random() < 0.2:
                rating.add(id)
            world.scheduler.add(
                request(
                    id,
                    prompt,
                    owner=chance.choice("abc"),
                    scope=chance.choice(["", "x"]),
                    priority=chance.choice([0, 0, 0, 1]),
                    rates=id in rating,
                )
            )
        if asked and chance.random() < 0.15:
            id = chance.choice(list(asked))
            if world.scheduler.cancel(id) is not None:
                ended.add(id)
        for sequence, tokens in world.step():
            id = sequence.request.id
            answers.setdefault(id, []).extend(tokens)
            if sequence.generated >= lengths[id]:
                world.scheduler.finish(sequence)
                ended.add(id)
    steps = 0
    while not world.scheduler.idle:
        steps += 1
        assert steps < 20_000, "work is left, and nothing moves"
        for sequence, tokens in world.step():
            id = sequence.request.id
            answers.setdefault(id, []).extend(tokens)
            if sequence.generated >= lengths[id]:
                world.scheduler.finish(sequence)
                ended.add(id)
    assert ended == set(asked)
    for id, got in answers.items():
        assert got == alone(asked[id], len(got))
        assert world.rated[id] == list(range(len(asked[id]) - 1 if id in rating else 0))


def test_requests_with_a_common_prefix_compute_it_once() -> None:
    world = World(Limits(cells=4000, slots=16, batch=256), budget=256)
    stem = [i % 11 for i in range(1000)]
    for i in range(8):
        world.scheduler.add(request(f"{i}", [*stem, i, i, i]))
    answers = world.run_until_idle(answer=4)
    assert world.prompt_tokens <= 1000 + 8 * 4
    assert all(answers[f"{i}"] == alone([*stem, i, i, i], 4) for i in range(8))


def test_a_conversation_computes_only_what_is_new() -> None:
    world = World(Limits(cells=4000, slots=4, batch=256))
    prompt = [1, 2, 3] * 30
    for turn in range(5):
        before = world.prompt_tokens
        world.scheduler.add(request(f"{turn}", prompt))
        answer = world.run_until_idle(answer=20)[f"{turn}"]
        if turn:
            assert world.prompt_tokens - before <= 10
        prompt = prompt + answer + [5] * 8


def test_another_scope_shares_nothing() -> None:
    world = World(Limits(cells=4000, slots=4, batch=256))
    prompt = [1, 2, 3] * 30
    world.scheduler.add(request("mine", prompt, scope="a"))
    world.run_until_idle(answer=2)
    theirs = world.scheduler.add(request("theirs", prompt, scope="b"))
    world.run_until_idle(answer=2)
    assert theirs.cached == 0
    again = world.scheduler.add(request("again", prompt, scope="a"))
    world.run_until_idle(answer=2)
    assert again.cached == len(prompt) - 1


def test_a_flood_of_one_owner_does_not_hold_up_another() -> None:
    world = World(Limits(cells=100_000, slots=4, batch=64), budget=64)
    for i in range(200):
        world.scheduler.add(request(f"flood-{i}", [i % 11, i // 11] * 20, owner="flood", scope=f"{i}"))
    for _ in range(20):
        for sequence, _tokens in world.step():
            if sequence.generated == 5:
                world.scheduler.finish(sequence)
    world.scheduler.add(request("guest", [3] * 40, owner="guest"))
    steps = 0
    while True:
        steps += 1
        results = world.step()
        for sequence, _tokens in results:
            if sequence.generated == 5:
                world.scheduler.finish(sequence)
        if any(sequence.request.id == "guest" for sequence, _ in results):
            break
    assert steps <= 10


def test_higher_priority_goes_first() -> None:
    world = World(Limits(cells=1000, slots=1, batch=64))
    world.scheduler.add(request("low", [1] * 10))
    world.scheduler.add(request("high", [2] * 10, priority=1))
    assert list(world.run_until_idle(answer=3)) == ["high", "low"]


def test_when_cells_run_out_the_newest_is_preempted_and_goes_on_later() -> None:
    world = World(Limits(cells=200, slots=4, batch=64))
    for i in range(2):
        world.scheduler.add(request(f"{i}", [i] * 20, scope=f"{i}"))
    answers = world.run_until_idle(answer=150)
    assert world.preempted > 0
    assert answers == {"0": alone([0] * 20, 150), "1": alone([1] * 20, 150)}


def test_generating_sequences_take_part_in_every_step_while_a_long_prompt_arrives() -> None:
    world = World(Limits(cells=10_000, slots=8, batch=512), budget=50)
    for i in range(3):
        world.scheduler.add(request(f"{i}", [i] * 10, scope=f"{i}"))
    world.step()
    newcomer = world.scheduler.add(request("long", [7] * 2400, scope="long"))
    while newcomer.generated == 0:
        got = {sequence.request.id for sequence, _ in world.step()}
        assert {"0", "1", "2"} <= got
    assert world.steps <= 2400 / 50 + 5


def test_answers_that_are_too_many_for_one_step_take_turns() -> None:
    world = World(Limits(cells=10_000, slots=8, batch=64, answers=5))
    for i in range(8):
        world.scheduler.add(request(f"{i}", [i], scope=f"{i}"))
    world.step()
    took_part = [{sequence.request.id for sequence, _ in world.step()} for _ in range(40)]
    assert all(len(ids) == 5 for ids in took_part)
    assert all(len(first | second) == 8 for first, second in itertools.pairwise(took_part))


@pytest.mark.parametrize(("streams", "steps"), [((True, False), 48), ((False, False), 5)])
def test_a_prompt_takes_long_steps_while_no_answer_is_read_along(streams: tuple[bool, ...], steps: int) -> None:
    world = World(Limits(cells=10_000, slots=8, batch=512), budget=50)
    for i, one in enumerate(streams):
        world.scheduler.add(request(f"{i}", [i] * 10, scope=f"{i}", streams=one))
    world.step()
    newcomer = world.scheduler.add(request("long", [7] * 2400, scope="long"))
    while newcomer.generated == 0:
        world.step()
    assert world.steps - 1 == steps


def test_what_is_forced_is_computed_in_one_go_and_every_answer_goes_on_meanwhile() -> None:
    world = World(Limits(cells=4000, slots=8, batch=64), budget=40, forces=True)
    for i in range(4):
        world.scheduler.add(request(f"{i}", [i] * 10, scope=f"{i}"))
    answers = world.run_until_idle(answer=200)
    assert all(answers[f"{i}"] == alone([i] * 10, 200) for i in range(4))
    assert world.steps < 200 / 4


def test_a_long_forced_run_does_not_hold_up_other_answers() -> None:
    world = World(Limits(cells=4000, slots=8, batch=64), budget=8)
    for i in range(2):
        world.scheduler.add(request(f"{i}", [i] * 10, scope=f"{i}", owner=f"{i}"))
    plan = world.scheduler.plan(lambda generating, streams: 32)
    world.memory.compute(plan)
    world.scheduler.commit(plan, [[5] * 500, [6]])
    got = [{sequence.request.id for sequence, _ in world.step()} for _ in range(30)]
    assert all("1" in ids for ids in got)
    while not any("0" in ids for ids in got):
        got.append({sequence.request.id for sequence, _ in world.step()})
    assert len(got) <= 500 / 8 + 2


def test_a_cancelled_leader_does_not_strand_those_who_wait_for_its_prefix() -> None:
    world = World(Limits(cells=4000, slots=8, batch=64), budget=64)
    stem = [i % 11 for i in range(500)]
    world.scheduler.add(request("leader", [*stem, 1]))
    world.scheduler.add(request("follower", [*stem, 2]))
    world.step()
    world.scheduler.cancel("leader")
    assert world.run_until_idle(answer=3)["follower"] == alone([*stem, 2], 3)


def test_a_prompt_that_can_never_fit_is_refused() -> None:
    scheduler = Scheduler(Limits(cells=100, slots=2, batch=32))
    with pytest.raises(ValueError, match="100"):
        scheduler.add(request("big", [1] * 100))


def test_what_leaves_the_pool_is_stored_and_comes_back_without_being_computed_again() -> None:
    world = World(Limits(cells=2000, slots=4, batch=256, store=4000), budget=256)
    prompts = [[i] * 3 + [(i * j) % 11 for j in range(600)] for i in range(1, 6)]
    for i, prompt in enumerate(prompts):
        world.scheduler.add(request(f"{i}", prompt))
        world.run_until_idle(answer=2)
    before = world.prompt_tokens
    for i, prompt in enumerate(prompts):
        world.scheduler.add(request(f"again {i}", [*prompt, 1, 2]))
        assert world.run_until_idle(answer=2)[f"again {i}"] == alone([*prompt, 1, 2], 2)
    assert world.prompt_tokens - before < 5 * 10


def test_when_all_is_idle_prefixes_leave_the_pool_too() -> None:
    world = World(Limits(cells=10_000, slots=8, batch=512, store=10_000), budget=512)
    world.scheduler.add(request("one", [1] * 900))
    world.run_until_idle(answer=2)
    while operations := world.scheduler.tidy():
        world.memory.carry_out(operations)
        world.scheduler.check_integrity()
    assert world.memory.cells_used() == 0
    again = world.scheduler.add(request("again", [1] * 900))
    world.run_until_idle(answer=2)
    assert again.cached == 899


def test_while_others_generate_idle_prefixes_leave_the_pool() -> None:
    world = World(Limits(cells=10_000, slots=8, batch=512, store=10_000), budget=512)
    for i in range(4):
        world.scheduler.add(request(f"{i}", [i] * 500, scope=f"{i}"))
    world.run_until_idle(answer=2)
    world.scheduler.add(request("now", [9] * 20, scope="now"))
    world.run_until_idle(answer=10)
    assert world.memory.cells_used() < 600
