"""The training, where PyTorch is installed: it learns, goes on where it stopped, and llama.cpp agrees with it."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from demo_model import export
from demo_model.batches import Mixture, row, steps
from demo_model.corpus import names
from demo_model.corpus.conversation import Conversation, Message
from demo_model.corpus.draw import Draw
from demo_model.initial import initial
from demo_model.shape import Shape
from demo_model.tokenizer import Tokenizer

from server.settings import ROOT
from tests.scripts.demo_model.test_export import best_next

torch = pytest.importorskip("torch", reason="PyTorch is only needed for training the demo model, and not installed")

from demo_model.training import CHECKPOINT, LOG, Plan, Training, trained  # noqa: E402

TOKENIZER = Tokenizer([("a", "b")])
SHAPE = Shape(vocabulary=len(TOKENIZER.tokens), layers=3, feed_forward=64)
PLAN = Plan(steps=6, compiled=False, half=False, log_every=2, checks=2)


def repeat(draw: Draw) -> Conversation:
    name = names.invented(draw)
    return Conversation("repeat", (Message("user", f"Say {name}."), Message("assistant", name)))


MIXTURE: Mixture = {"repeat": (1.0, repeat)}


def train(plan: Plan, folder: Path, *, resume: bool = False) -> Training:
    training = Training(plan, SHAPE, initial(SHAPE), folder)
    if resume:
        training.resume()
    made = steps(MIXTURE, TOKENIZER, "test", batches=1, tokens=512)
    checked = [("repeat", row(repeat(Draw(number, "dev")), TOKENIZER)) for number in range(4)]
    training.run(partial(next, made), checked, TOKENIZER.padding)
    return training


def test_losses_fall_and_are_logged(tmp_path: Path) -> None:
    train(PLAN, tmp_path)
    entries = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    assert losses[-1] < losses[0]
    assert [entry["step"] for entry in entries if "right" in entry] == [4, 6]


def test_a_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    train(replace(PLAN, steps=2), tmp_path)
    before, _ = trained(tmp_path)
    resumed = Training(PLAN, SHAPE, initial(SHAPE), tmp_path)
    resumed.resume()
    assert resumed.so_far.step == 2
    assert all(np.array_equal(before[name], values) for name, values in resumed.network.numbers().items())
    assert train(PLAN, tmp_path, resume=True).so_far.step == 6
    assert (tmp_path / CHECKPOINT).exists()


def test_rates_rise_and_fall_to_zero() -> None:
    shares = [PLAN.share_of_rates(progress / 100) for progress in range(101)]
    assert shares[0] < 0.2
    assert shares[5] > 0.9
    assert shares[100] == 0


def test_what_is_exported_can_lie_between_trainings_and_a_file(tmp_path: Path) -> None:
    for name, count in (("one", 2), ("two", 6)):
        train(replace(PLAN, steps=count), tmp_path / name)
        TOKENIZER.save(tmp_path / name / "tokenizer.json")
    command = [sys.executable, ROOT / "scripts" / "train_demo_model.py", "export", "--folder", tmp_path / "one"]
    first, mean = tmp_path / "first.gguf", tmp_path / "mean.gguf"
    subprocess.run([*command, "--output", first], check=True)
    subprocess.run([*command, "--output", mean, "--mean-with", tmp_path / "two", "--mean-with", first], check=True)
    one, two = (trained(tmp_path / name)[0] for name in ("one", "two"))
    found = export.read(mean)[0]
    assert all(np.allclose(found[name], (2 * one[name] + two[name]) / 3, atol=0.02) for name in one)
    assert not all(np.allclose(found[name], one[name], atol=1e-4) for name in one)


def test_llama_cpp_says_what_the_network_says(tmp_path: Path) -> None:
    training = train(PLAN, tmp_path)
    export.write(tmp_path / "model.gguf", training.network.numbers(), SHAPE, TOKENIZER)
    tokens = TOKENIZER.encode("<|im_start|>user\nSay Mirola.<|im_end|>\n<|im_start|>assistant\nMirola<|im_end|>\n")
    ours = training.network.next_tokens(tokens)
    # The OpenMP of PyTorch and that of llama.cpp do not live in one process.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        theirs = apart.submit(best_next, tmp_path / "model.gguf", tokens).result()
    assert np.mean(np.array(theirs) == ours) > 0.9
