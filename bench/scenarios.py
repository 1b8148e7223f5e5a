"""The scenarios that every server is put through. Each yields findings; `SCENARIOS` is the list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.finding import Finding, Target
from bench.prompts import common_prefix
from bench.servers import OURS, Server
from bench.stage import BARE, Bench
from bench.summaries import summary
from bench.timing import aggregate_rate, first_texts, gaps, generating_rate, middle
from bench.upkeep import counting, flood, footprint, front, key_check
from bench.wire import Answer

GENERATING_TOKENS = {"mid": {1: 512, 8: 256, 32: 128, 64: 96}}
"""Long enough for a second or so in which all streams generate; slower models have less to do."""
GENERATING_TOKENS_OF_OTHERS = {1: 128, 8: 96, 32: 64, 64: 48}
GENERATING_TARGETS = {"mid": 0.90, "half-b": 0.97}


def generating(bench: Bench) -> Iterator[Finding]:
    """Tokens in a second while all streams generate, each server between two runs of the bare loop."""
    lengths = GENERATING_TOKENS.get(bench.model, GENERATING_TOKENS_OF_OTHERS)
    for streams in (1, 8, 32) if bench.quick else lengths:
        tokens = lengths[streams]
        servers = bench.servers if streams == 1 else bench.batching
        rates: dict[str, list[float]] = {BARE: [], **{server.name: [] for server in servers}}
        ratios: dict[str, list[float]] = {server.name: [] for server in servers}
        for turn in range(bench.rounds):
            for server in servers:
                before = bench.bare.generating(streams, 24, tokens) if bench.bare else float("nan")
                asks = [
                    server.chat([("user", bench.vocabulary.words(16, f"generating {streams} {turn} {n}"))], tokens)
                    for n in range(streams)
                ]
                rate = generating_rate(bench.play(server, asks).answers, tokens)
                after = bench.bare.generating(streams, 24, tokens) if bench.bare else float("nan")
                rates[server.name].append(rate)
                rates[BARE] += [before, after]
                ratios[server.name].append(rate / ((before + after) / 2))
            if not servers and bench.bare:
                rates[BARE].append(bench.bare.generating(streams, 24, tokens))
        name = f"{streams} stream" + "s" * (streams > 1)
        yield bench.find("generating", name, "tok/s", rates)
        if bench.bare and servers:
            limit = GENERATING_TARGETS.get(bench.model) if streams <= 32 else None
            target = None if limit is None else Target(limit, at_least=True)
            yield bench.find("generating", f"{name}, of the bare", "×", ratios, target)


def streams(bench: Bench) -> Iterator[Finding]:
    """Requests that come at once, each with its own prompt: all their tokens, and the wait for the first."""
    loads = ((1, 200, 64), (8, 200, 64), (32, 95, 48), (64, 95, 48))
    for count, prompt, tokens in loads[:3] if bench.quick else loads:
        rates: dict[str, list[float]] = {server.name: [] for server in bench.servers}
        typical: dict[str, list[float]] = {server.name: [] for server in bench.servers}
        worst: dict[str, list[float]] = {server.name: [] for server in bench.servers}
        for turn in range(bench.rounds):
            for server in bench.servers:
                prompts = [bench.vocabulary.words(prompt, f"streams {count} {turn} {n}") for n in range(count)]
                answers = bench.play(server, [server.completion(text, tokens) for text in prompts]).answers
                waits = first_texts(answers)
                rates[server.name].append(aggregate_rate(answers, tokens))
                typical[server.name].append(middle(waits))
                worst[server.name].append(max(waits, default=float("nan")))
        name = f"{count} × {prompt} in, {tokens} out"
        yield bench.find("streams", name, "tok/s", rates)
        yield bench.find("streams", f"{name}: first, median", "s", typical)
        yield bench.find("streams", f"{name}: first, worst", "s", worst)


def shared(bench: Bench) -> Iterator[Finding]:
    """Eight requests at once behind one long prefix that nobody has computed yet, and again once it is there."""
    count, prefix, suffix = 8, 1050, 24
    waits: dict[str, dict[str, list[float]]] = {
        f"{state}, {which}": {server.name: [] for server in bench.servers}
        for state in ("cold", "warm")
        for which in ("median", "worst")
    }
    shares: dict[str, list[float]] = {server.name: [] for server in bench.servers}
    for turn in range(bench.rounds):
        for server in bench.servers:
            before = sum(bench.bare.shared(prefix, count, suffix)) if bench.bare else float("nan")
            opening = bench.vocabulary.words(prefix, f"shared {turn}")
            for state in ("cold", "warm"):
                ends = [bench.vocabulary.words(suffix, f"shared {turn} {state} {n}") for n in range(count)]
                answers = bench.play(server, [server.completion(opening + end, 16) for end in ends]).answers
                first = first_texts(answers)
                waits[f"{state}, median"][server.name].append(middle(first))
                waits[f"{state}, worst"][server.name].append(max(first, default=float("nan")))
            after = sum(bench.bare.shared(prefix, count, suffix)) if bench.bare else float("nan")
            shares[server.name].append(waits["cold, worst"][server.name][-1] / ((before + after) / 2))
    for which, values in waits.items():
        yield bench.find("shared", f"8 behind {prefix}: first, {which}", "s", values)
    if bench.bare:
        yield bench.find("shared", "cold, worst, of computing it once", "×", shares, Target(1.5))


@dataclass
class _Talk:
    """One conversation: its text so far, and what a server could have kept of it."""

    text: str
    resident: list[int] = field(default_factory=list)


def conversations(bench: Bench) -> Iterator[Finding]:
    """Four conversations of five turns, a turn of all four at once."""
    waits: dict[str, list[float]] = {server.name: [] for server in bench.servers}
    for turn in range(bench.rounds):
        for server in bench.servers:
            waves = _talk(bench, server, f"conversations {turn}")
            waits[server.name].append(middle([wait for _, answers in waves for wait in first_texts(answers)]))
    yield bench.find("conversations", "4 × 5 turns: first, median", "s", waits)
    if bench.ours:
        shares = _recomputed(bench, bench.ours)
        yield bench.find("conversations", "computed again, worst turn", "%", {OURS: [100 * max(shares)]}, Target(10))


def _talk(bench: Bench, server: Server, seed: str, **more: int) -> Iterator[tuple[list[str], list[Answer]]]:
    """The prompts and answers of each turn."""
    opening = bench.vocabulary.words(150, seed)
    talks = [opening + bench.vocabulary.words(60, f"{seed} {n} 0") for n in range(4)]
    for turn in range(1, 6):
        answers = bench.play(server, [server.completion(text, 48, **more) for text in talks]).answers
        yield talks, answers
        talks = [
            text + answer.text + "\n" + bench.vocabulary.words(60, f"{seed} {n} {turn}")
            for n, (text, answer) in enumerate(zip(talks, answers, strict=True))
        ]


def _recomputed(bench: Bench, server: Server) -> list[float]:
    """Of each turn: the share of the tokens that were there already, and that the server computed again.

    There already: the longest token prefix in common with any prompt and answer before, or with a neighbour's prompt
    of the same turn. Log-probabilities tell which tokens the answers were made of.
    """
    resident: list[list[int]] = []
    shares = []
    for prompts, answers in _talk(bench, server, "counted", logprobs=1):
        expected = missing = 0
        ended = []
        for prompt, answer in zip(prompts, answers, strict=True):
            tokens = bench.vocabulary.tokens(prompt)
            there = max((common_prefix(tokens, other) for other in resident), default=0)
            expected += there
            missing += there - answer.cached
            resident.append(tokens)
            ended.append(tokens + bench.vocabulary.ids(answer.tokens[:-1]))  # the last is drawn, not computed
        resident += ended
        shares.append(max(0, missing) / expected if expected else 0.0)
    return shares


def newcomer(bench: Bench) -> Iterator[Finding]:
    """Three streams are running when a long prompt arrives: what they feel, and what it waits."""
    length = 2400
    silences: dict[str, list[float]] = {server.name: [] for server in bench.batching}
    together: dict[str, list[float]] = {server.name: [] for server in bench.batching}
    alone: dict[str, list[float]] = {server.name: [] for server in bench.batching}
    for turn in range(bench.rounds):
        for server in bench.batching:
            prompts = [bench.vocabulary.words(length, f"newcomer {turn} {n}") for n in range(2)]
            alone[server.name] += first_texts(bench.play(server, [server.completion(prompts[0], 4)]).answers)
            running = [
                server.completion(bench.vocabulary.words(50, f"running {turn} {n}"), 1500, seed=n) for n in range(3)
            ]
            late = server.completion(prompts[1], 4, after_reads=20)
            *streams, answer = bench.play(server, [*running, late], stop_after=3).answers
            if answer.first is None:
                raise RuntimeError(f"{server.name} did not answer the newcomer: {answer.status} {answer.error}")
            end = answer.started + answer.first
            silences[server.name].append(
                max((gap for stream in streams for gap in gaps(stream, answer.started, end)), default=float("nan"))
            )
            together[server.name].append(answer.first)
    limit = Target(1.5 * bench.target_gap * 1000)
    milliseconds = {server: [1000 * silence for silence in values] for server, values in silences.items()}
    yield bench.find("newcomer", "longest silence of a stream", "ms", milliseconds, limit)
    yield bench.find("newcomer", f"{length} tokens at 3 streams: first", "s", together)
    yield bench.find("newcomer", f"{length} tokens alone: first", "s", alone)
    ratios = {
        server: [one / other for one, other in zip(together[server], alone[server], strict=True)] for server in together
    }
    yield bench.find("newcomer", "first, of its time alone", "×", ratios, Target(1.3))


STRING = {"type": "string", "maxLength": 12}
RECORD: dict[str, Any] = {
    "order_number": {"type": "integer", "minimum": 1, "maximum": 999_999},
    "customer_name": STRING,
    "delivery_address": STRING,
    "payment_method": {"enum": ["card", "invoice", "cash on delivery"]},
    "priority": {"enum": ["low", "normal", "high"]},
    "gift_wrapping": {"type": "boolean"},
    "discount_percent": {"type": "integer", "minimum": 0, "maximum": 90},
    "shipping_country": STRING,
    "expected_delivery": {"type": "string", "format": "date"},
    "customer_comment": STRING,
}
"""The ten fields of a record as one gets them out of a letter."""


def structured(bench: Bench) -> Iterator[Finding]:
    """A record of ten fields as JSON, against as many tokens of free text from as many streams.

    So does the bare loop: as many tokens in a step as came together in the JSON, of which one is drawn, against one.
    """
    server = bench.ours
    if server is None:
        return
    schema = {"type": "object", "properties": RECORD, "required": list(RECORD), "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "record", "schema": schema}}
    bench.play(server, [server.chat([("user", "First.")], 500, response_format=form)])  # what is only done once
    for streams in (1, 8) if bench.quick else (1, 8, 32):
        held: list[float] = []
        ratios: dict[str, list[float]] = {BARE: [], OURS: []}
        for turn in range(bench.rounds):
            prompts = [bench.vocabulary.words(16, f"structured {streams} {turn} {n}") for n in range(streams)]
            asks = [server.chat([("user", prompt)], 500, response_format=form) for prompt in prompts]
            answers = bench.play(server, asks).answers
            tokens = round(sum(answer.token_count() for answer in answers) / streams)
            free = bench.play(server, [server.chat([("user", prompt)], tokens) for prompt in prompts]).answers
            held.append(aggregate_rate(answers, 500))
            ratios[OURS].append(held[-1] / aggregate_rate(free, tokens))
            if bench.bare:
                each = max(1, round(tokens * streams / sum(len(answer.times) for answer in answers)))
                following = bench.bare.following(streams, 24, tokens, each)
                ratios[BARE].append(following / bench.bare.generating(streams, 24, tokens))
        name = f"{streams} stream" + "s" * (streams > 1)
        yield bench.find("structured", f"{name} of JSON", "tok/s", {OURS: held})
        yield bench.find("structured", f"{name}, of free text", "×", ratios, Target(1.5, at_least=True))


Scenario = Callable[[Bench], Iterator[Finding]]

SCENARIOS: dict[str, Scenario] = {
    function.__name__.replace("_", "-"): function
    for function in (
        generating,
        streams,
        shared,
        conversations,
        newcomer,
        structured,
        summary,
        footprint,
        flood,
        front,
        key_check,
        counting,
    )
}

OF_OTHERS = ("generating", "streams", "shared")
"""What is measured on models other than *mid* unless it is asked for: the rest says the same on each, only slower."""
