#!/usr/bin/env python3
"""Makes the demo model from nothing: its corpus, its tokenizer, the training, the GGUF file, and its scores.

pip install -e ".[train]"
python scripts/train_demo_model.py                    # all of it, into data/demo/demo.gguf
python scripts/train_demo_model.py corpus tools --count 3
python scripts/train_demo_model.py evaluate --split dev --base-url http://localhost:8000/v1
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console
from rich.markup import escape

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "demo-model"
MODEL = ROOT / "data" / "demo" / "demo.gguf"
CURVE = ROOT / "docs" / "images" / "demo-model-loss.png"
TOKENIZER = "tokenizer.json"
_TEXTS_FOR_TOKENIZER = 30_000

app = typer.Typer(help="Makes the demo model and tells how good it is.", no_args_is_help=False, add_completion=False)
console = Console()

Minutes = Annotated[float, typer.Option(help="How long to train. The learning rate falls to zero in that time.")]
Folder = Annotated[Path, typer.Option(help="Where log, tokenizer and state of the training lie.")]
Resume = Annotated[bool, typer.Option(help="Go on with the training in that folder.")]
WarmStart = Annotated[Path | None, typer.Option(help="A GGUF file of an earlier training to begin with.")]
Output = Annotated[Path, typer.Option(help="The GGUF file.")]


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """Without a command: trains, writes the GGUF file and draws the curve of the losses."""
    if context.invoked_subcommand is None:
        train()
        export()
        curve()


@app.command()
def corpus(
    part: Annotated[str, typer.Argument(help="Only skills whose name begins so.")] = "",
    count: Annotated[int, typer.Option(help="Conversations of each skill.")] = 1,
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "train",
    cases: Annotated[bool, typer.Option(help="What is graded, instead of what is trained.")] = False,
    seed: int = 0,
) -> None:
    """Shows conversations as the model sees them, what is learned in green."""
    from demo_model import mixture, rendering
    from demo_model.corpus.draw import Draw

    makers = mixture.cases() if cases else {name: skill for name, (_, skill) in mixture.skills().items()}
    for name, make in makers.items():
        for number in range(count if name.startswith(part) else 0):
            made = make(Draw(f"{seed} {number}", _split(split)))
            console.rule(f"{name} {number}")
            for text, learned in rendering.pieces(made):
                console.print(escape(text), style="green" if learned else "", end="", highlight=False)
            console.print("", f"[dim]{escape(str(made.expected))}[/]" if made.expected else "", highlight=False)


@app.command()
def train(
    minutes: Minutes = 100.0,
    folder: Folder = FOLDER,
    resume: Resume = False,
    warm_start: WarmStart = None,
    layers: Annotated[int | None, typer.Option(help="Put new layers among those of the earlier training.")] = None,
    steps: Annotated[int | None, typer.Option(help="Train so many steps, whatever time they take.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of the training; all cores if not given.")] = None,
    muon_rate: Annotated[float | None, typer.Option(help="The matrices' learning rate.")] = None,
    adam_rate: Annotated[float | None, typer.Option(help="The learning rate of all else.")] = None,
    seed: int = 0,
) -> None:
    """Trains; the state is kept, so that a training that was interrupted can go on with --resume."""
    import torch
    from demo_model import mixture
    from demo_model.batches import Producers, row
    from demo_model.evaluation import cases
    from demo_model.training import LOG, Plan, Training, half_pays

    torch.set_num_threads(threads or os.cpu_count() or 1)
    rates = {name: rate for name, rate in (("muon_rate", muon_rate), ("adam_rate", adam_rate)) if rate is not None}
    plan = Plan(minutes=minutes, steps=steps, half=half_pays(), **cast(Any, rates))
    folder.mkdir(parents=True, exist_ok=True)
    weights, shape, tokenizer = _beginning(folder, resume, warm_start, layers, seed)
    training = Training(plan, shape, weights, folder)
    for sent in (signal.SIGINT, signal.SIGTERM):  # also where a shell has the background ignore the first
        signal.signal(sent, signal.default_int_handler)
    if resume:
        training.resume()
    else:
        (folder / LOG).unlink(missing_ok=True)
    console.print(
        f"{shape.parameters():,} parameters, {torch.get_num_threads()} threads, "
        f"{'bfloat16' if plan.half else 'float32'}, in {folder}"
    )
    checked = [
        (one.metric, row(one.conversation, tokenizer, last_only=True)) for one in cases(mixture.cases(), "dev", 24)
    ]
    make = partial(_steps, folder / TOKENIZER)
    with Producers(make, f"{seed} from {training.so_far.step}") as producers:
        training.run(producers.next, checked, tokenizer.padding)


@app.command()
def export(
    folder: Folder = FOLDER,
    output: Output = MODEL,
    mean_with: Annotated[
        list[Path] | None,
        typer.Option(help="A training that went on from it, or a GGUF file that it began with: what lies between."),
    ] = None,
) -> None:
    """Writes the GGUF file of what was trained in a folder."""
    from demo_model import export as files
    from demo_model.tokenizer import Tokenizer
    from demo_model.training import trained

    weights, shape = trained(folder)
    others = [(files.read(one) if one.is_file() else trained(one))[0] for one in mean_with or ()]
    weights = {name: sum((other[name] for other in others), own) / (1 + len(others)) for name, own in weights.items()}
    files.write(output, weights, shape, Tokenizer.load(folder / TOKENIZER))
    console.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")


@app.command()
def curve(folder: Folder = FOLDER, image: Annotated[Path, typer.Option(help="The PNG file.")] = CURVE) -> None:
    """Draws the losses of a training."""
    from demo_model.curve import draw
    from demo_model.training import LOG

    draw(folder / LOG, image)
    console.print(str(image))


@app.command()
def evaluate(
    split: Annotated[str, typer.Option(help="dev, to look at while working on it; test, to accept it.")] = "dev",
    base_url: Annotated[str, typer.Option(help="The server's API.")] = "http://localhost:8000/v1",
    key: Annotated[str, typer.Option(help="A key of the server.", envvar="LLM_API_KEY")] = "",
    model: Annotated[str | None, typer.Option(help="The model's id; the server's first if not given.")] = None,
    each: Annotated[int, typer.Option(help="Cases of each metric.")] = 100,
    first: Annotated[
        int, typer.Option(help="The number of the first case: what was asked before can be left out.")
    ] = 0,
    only: Annotated[str, typer.Option(help="Only metrics whose name begins so.")] = "",
    show: Annotated[str, typer.Option(help="A metric whose first failures are shown, or all.")] = "",
    most: Annotated[int, typer.Option(help="So many failures of a metric.")] = 8,
    output: Annotated[Path | None, typer.Option(help="A JSON file for scores and answers.")] = None,
) -> None:
    """Asks a running server what is held out, and judges its answers."""
    from demo_model import evaluation, mixture

    makers = {metric: make for metric, make in mixture.cases().items() if metric.startswith(only)}
    judged = asyncio.run(evaluation.ask(base_url, key, evaluation.cases(makers, _split(split), each, first), model))
    found = evaluation.scores(judged)
    for score in found:
        if show in (score.metric, "all"):
            evaluation.show_failures(judged, score.metric, most, console)
    evaluation.show(found, console)
    if output is not None:
        evaluation.write_json(judged, output)


def _beginning(
    folder: Path, resume: bool, warm_start: Path | None, layers: int | None, seed: int
) -> tuple[Any, Any, Any]:
    """Weights, shape and tokenizer to begin with; the tokenizer is put into the folder."""
    from demo_model import export as files
    from demo_model import mixture, rendering
    from demo_model.batches import conversations
    from demo_model.initial import grown, initial
    from demo_model.shape import Shape
    from demo_model.tokenizer import Tokenizer, learn
    from demo_model.training import trained

    if warm_start is not None:
        weights, shape, tokenizer = files.read(warm_start)
        tokenizer.save(folder / TOKENIZER)
        return *grown(weights, shape, layers or shape.layers, seed), tokenizer
    if resume:
        return *trained(folder), Tokenizer.load(folder / TOKENIZER)
    console.print("learning the tokenizer …")
    drawn = itertools.islice(conversations(mixture.skills(), f"{seed} tokenizer"), _TEXTS_FOR_TOKENIZER)
    learn("".join(text for text, _ in rendering.pieces(one)) for one in drawn).save(folder / TOKENIZER)
    tokenizer = Tokenizer.load(folder / TOKENIZER)
    shape = Shape(vocabulary=len(tokenizer.tokens))
    return initial(shape, seed), shape, tokenizer


def _steps(tokenizer: Path, seed: str) -> Any:
    """The training's steps, in a process of their own."""
    from demo_model import batches, mixture
    from demo_model.tokenizer import Tokenizer

    return batches.steps(mixture.skills(), Tokenizer.load(tokenizer), seed)


def _split(name: str) -> Literal["train", "dev", "test"]:
    if name not in ("train", "dev", "test"):
        raise typer.BadParameter(f"train, dev or test, not {name}")
    return cast(Literal["train", "dev", "test"], name)


if __name__ == "__main__":
    app()
