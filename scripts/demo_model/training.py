"""The training: steps along the gradients until the time is up, with a log, checks in between and a state on disk."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from torch import Tensor
from torch.nn import functional

from demo_model import network
from demo_model.batches import Batch, Row, Step, sorted_batches
from demo_model.optimizers import Optimizer
from demo_model.shape import Shape, Weights

CHECKPOINT = "checkpoint.pt"
LOG = "losses.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn. The end is after `minutes`, or after `steps` if they are given."""

    minutes: float = 100.0
    steps: int | None = None
    muon_rate: float = 0.006
    adam_rate: float = 0.004
    warm_up: float = 0.01
    """The share of the training in which the rates rise; from then on they fall to zero."""
    compiled: bool = True
    half: bool = True
    """Matrix products in bfloat16: twice as fast or more on CPUs with units for it, half as fast on others."""
    log_every: int = 20
    save_minutes: float = 5.0
    checks: int = 10

    def share_of_rates(self, progress: float) -> float:
        """By what the rates are multiplied when so much of the training is over."""
        return min(1.0, (progress + 1e-3) / self.warm_up) * max(0.0, 1.0 - progress)


@dataclass(slots=True)
class Progressed:
    """How far a training has come; it goes on from here when it is resumed."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def half_pays(size: int = 1024) -> bool:
    """Whether this machine multiplies matrices faster in bfloat16 than in float32. Takes a moment."""
    seconds = {}
    for kind in (torch.float32, torch.bfloat16):
        left, right = torch.ones(size, size, dtype=kind), torch.ones(size, size, dtype=kind)
        torch.mm(left, right)
        start = time.process_time()
        for _ in range(8):
            torch.mm(left, right)
        seconds[kind] = time.process_time() - start
    return seconds[torch.bfloat16] < seconds[torch.float32]


class Network:
    """Weights with their gradients, and what they say about a batch."""

    def __init__(self, weights: Weights, shape: Shape, plan: Plan) -> None:
        torch._dynamo.config.recompile_limit = 64
        self.shape = shape
        self.weights = {name: torch.tensor(weights[name], requires_grad=True) for name in shape.sizes()}
        self._half = plan.half
        self._hidden: Callable[..., Tensor] = torch.compile(network.hidden) if plan.compiled else network.hidden
        self._turning = lru_cache(lambda length: network.turning(shape, length))

    def losses(self, batch: Batch) -> Tensor:
        """How surprised the network is by each target. Only outputs where something is learned get scores."""
        scores = self._scores(batch, self._hidden)
        return functional.cross_entropy(scores.float(), torch.from_numpy(batch.targets), reduction="none")

    def right(self, batch: Batch) -> list[bool]:
        """For each row whether each target is what the network would say: an answer is the same as if generated."""
        with torch.no_grad():
            hits = self._scores(batch, network.hidden).argmax(-1).numpy() == batch.targets
        return [bool(hits[batch.rows() == at].all()) for at in range(len(batch.skills))]

    def next_tokens(self, tokens: Sequence[int]) -> list[int]:
        """The likeliest token after each of these."""
        every = np.arange(len(tokens))
        with torch.no_grad():
            scores = self._scores(Batch(np.array([tokens]), every, every, ("",)), network.hidden)
        return [int(token) for token in scores.argmax(-1)]

    def numbers(self) -> Weights:
        return {name: weight.detach().numpy() for name, weight in self.weights.items()}

    def _scores(self, batch: Batch, hidden: Callable[..., Tensor]) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            tokens = torch.from_numpy(batch.tokens)
            found = hidden(self.weights, tokens, *self._turning(tokens.shape[1]), self.shape)
            chosen = found.flatten(0, 1).index_select(0, torch.from_numpy(batch.places))
            return network.logits(self.weights, chosen, self.shape)


class Training:
    """One training in one folder, which gets its log and its state."""

    def __init__(self, plan: Plan, shape: Shape, weights: Weights, folder: Path) -> None:
        self.plan = plan
        self.network = Network(weights, shape, plan)
        self.optimizer = Optimizer(self.network.weights, plan.muon_rate, plan.adam_rate, half=plan.half)
        self.so_far = Progressed()
        self._folder = folder
        self._lately = _Lately()
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> None:
        """Goes on from what `save` wrote."""
        state = torch.load(self._folder / CHECKPOINT, weights_only=True)
        with torch.no_grad():
            for name, values in state["weights"].items():
                self.network.weights[name].copy_(values)
        self.optimizer.restore(state["optimizer"])
        self.so_far = Progressed(**state["so_far"])

    def save(self) -> None:
        """Writes beside the old state and renames."""
        draft = self._folder / f".{CHECKPOINT}"
        weights = {name: weight.detach() for name, weight in self.network.weights.items()}
        so_far = dataclasses.asdict(self.so_far)
        shape = dataclasses.asdict(self.network.shape)
        torch.save({"weights": weights, "optimizer": self.optimizer.state(), "so_far": so_far, "shape": shape}, draft)
        draft.replace(self._folder / CHECKPOINT)

    def run(self, next_step: Callable[[], Step], checked: Sequence[tuple[str, Row]], padding: int) -> None:
        """Until the time is up. `checked` are held-out answers by metric; how many are right is logged now and then.

        What was learned is saved however this ends.
        """
        checks = int(self._over() * self.plan.checks)
        try:
            for progress in self._steps():
                self.learn(next_step(), self.plan.share_of_rates(progress))
                if self.so_far.step % self.plan.log_every == 0:
                    self._log(self._lately.summary(self.so_far))
                if checked and int(progress * self.plan.checks) > checks:
                    self._log(self.check(checked, padding))
                    checks += 1
            if checked:
                self._log(self.check(checked, padding))
        finally:
            self.save()

    def learn(self, step: Step, share: float) -> None:
        """One step along the gradient of the mean loss over all targets."""
        whole = sum(len(batch.targets) for batch in step)
        for batch in step:
            losses = self.network.losses(batch)
            (losses.sum() / whole).backward()
            self._lately.add(batch, losses.detach().numpy())
        self.optimizer.step(share)
        for weight in self.network.weights.values():
            weight.grad = None
        self.so_far.step += 1
        self.so_far.tokens += sum(batch.size for batch in step)

    def check(self, checked: Sequence[tuple[str, Row]], padding: int) -> dict[str, Any]:
        """The share of answers that are right, by metric."""
        metrics = [metric for metric, _ in sorted(checked, key=lambda one: len(one[1].tokens))]
        right = [
            hit for batch in sorted_batches([row for _, row in checked], padding) for hit in self.network.right(batch)
        ]
        by_metric: defaultdict[str, list[bool]] = defaultdict(list)
        for metric, hit in zip(metrics, right, strict=True):
            by_metric[metric].append(hit)
        shares = {metric: round(float(np.mean(hits)), 3) for metric, hits in sorted(by_metric.items())}
        return {"step": self.so_far.step, "seconds": round(self.so_far.seconds), "right": shares}

    def _steps(self) -> Iterator[float]:
        """How much of the training is over before each step."""
        console = Console()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("loss {task.fields[loss]:.3f}  {task.fields[pace]:,.0f} tokens/s  {task.fields[million]:.1f} M"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, refresh_per_second=1) as bar:
            shown = bar.add_task("training", total=1.0, loss=0.0, pace=0.0, million=0.0)
            last, saved = time.monotonic(), time.monotonic()
            while (progress := self._over()) < 1:
                yield progress
                now = time.monotonic()
                self.so_far.seconds += now - last
                self._lately.seconds += now - last
                last = now
                if now - saved > self.plan.save_minutes * 60:
                    self.save()
                    saved = now
                bar.update(shown, completed=self._over(), million=self.so_far.tokens / 1e6)
                bar.update(shown, loss=self._lately.loss(), pace=self._lately.pace())

    def _over(self) -> float:
        if self.plan.steps is not None:
            return self.so_far.step / self.plan.steps
        return self.so_far.seconds / (self.plan.minutes * 60)

    def _log(self, entry: dict[str, Any]) -> None:
        with (self._folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def trained(folder: Path) -> tuple[Weights, Shape]:
    """What the training in a folder has come to."""
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    return {name: weight.numpy() for name, weight in state["weights"].items()}, Shape(**state["shape"])


class _Lately:
    """Sums since the last entry of the log."""

    def __init__(self) -> None:
        self._clear()

    def add(self, batch: Batch, losses: Any) -> None:
        by_row = np.bincount(batch.rows(), losses, len(batch.skills))
        counts = np.bincount(batch.rows(), minlength=len(batch.skills))
        for skill, loss, count in zip(batch.skills, by_row, counts, strict=True):
            self.skills[skill][0] += float(loss)
            self.skills[skill][1] += int(count)
        self.tokens += batch.size

    def loss(self) -> float:
        sums = [(loss, count) for loss, count in self.skills.values()] or [(0.0, 1)]
        return sum(loss for loss, _ in sums) / max(1, sum(count for _, count in sums))

    def pace(self) -> float:
        return self.tokens / max(1e-9, self.seconds)

    def summary(self, so_far: Progressed) -> dict[str, Any]:
        entry = {
            "step": so_far.step,
            "seconds": round(so_far.seconds, 1),
            "tokens": so_far.tokens,
            "tokens_per_second": round(self.pace()),
            "loss": round(self.loss(), 4),
            "skills": {name: round(loss / max(1, count), 3) for name, (loss, count) in sorted(self.skills.items())},
        }
        self._clear()
        return entry

    def _clear(self) -> None:
        self.skills: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0])
        self.tokens = 0
        self.seconds = 0.0
