"""Conventions that hold for the whole project."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SAME_EVERYWHERE = {"main", "routes", "face", "upgrade", "downgrade"}
"""Functions that many modules have, and that mean the same in each."""
SETTING = re.compile(r"^( +)(\w+): *(\$\{oc\.env:(\w+),.*?\})? *(# *(\S.*))?$")


def tracked() -> list[Path]:
    """The files that git has, or, where there is no repository, those that are there."""
    try:
        output = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    return [ROOT / name for name in output.decode().split("\0") if name and (ROOT / name).is_file()]


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The dotted names of all settings of a section and its sections."""
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from fields(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def yaml_settings() -> Iterator[tuple[str, str | None, str | None]]:
    """Dotted name, environment variable and comment of every setting in server.yaml."""
    path: list[tuple[int, str]] = []
    for line in (ROOT / "config" / "server.yaml").read_text(encoding="utf-8").splitlines():
        if section := re.match(r"^( *)(\w+): *(#.*)?$", line):
            path = [*(part for part in path if part[0] < len(section[1])), (len(section[1]), section[2])]
        elif setting := SETTING.match(line):
            above = [name for indent, name in path if indent < len(setting[1])]
            yield ".".join([*above, setting[2]]), setting[4], setting[6]
        else:
            assert not line.strip() or line.lstrip().startswith("#"), f"server.yaml: cannot read {line!r}"


def test_yaml_and_model_name_the_same_settings() -> None:
    assert [name for name, _, _ in yaml_settings()] == list(fields(Settings))


def test_every_setting_has_a_comment_and_a_variable_of_its_own() -> None:
    found = list(yaml_settings())
    assert not [name for name, _, comment in found if not comment], "settings without a comment in server.yaml"
    variables = [variable for _, variable, _ in found]
    assert not [name for name, variable, _ in found if not (variable or "").startswith("LLM_API_")]
    assert len(set(variables)) == len(variables)


def test_no_large_file_is_tracked() -> None:
    demo = ROOT / "data" / "demo" / "demo.gguf"
    large = [path for path in tracked() if path.stat().st_size > (12_000_000 if path == demo else 1_000_000)]
    assert not large


def test_no_package_registry_is_named() -> None:
    """Where packages come from is for whoever installs them to say."""
    hosts = [f"{name}.org/" for name in ("pypi", "pythonhosted", "npmjs", "pytorch")]
    options = ["--" + name for name in ("index-url", "extra-index-url", "find-links")]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        for word in hosts + options
        if word.encode() in path.read_bytes()
    ]
    assert not found


def test_locks_hold_exact_versions_with_hashes() -> None:
    pins = {}
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
        pattern = re.compile(r"([a-z0-9-]+)==(\S+)( ; [^#]+?)? +(--hash=sha256:[0-9a-f]{64} *)+")
        assert [entry for entry in entries if not pattern.fullmatch(entry)] == []
        pins[name] = {entry.partition(" --hash")[0].strip() for entry in entries}
    assert pins["requirements.lock"] < pins["requirements-dev.lock"]
    assert not {pin for pin in pins["requirements-dev.lock"] if pin.startswith(("torch==", "matplotlib=="))}


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = sum(project["optional-dependencies"].values(), project["dependencies"])
    names = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in declared}
    names.add("pydantic-core")  # pydantic's other half, pinned by it
    owners = packages_distributions()
    missing = set()
    for file in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"server"}:
                if not names & {owner.lower().replace("_", "-") for owner in owners.get(module, ())}:
                    missing.add(f"{file.relative_to(ROOT)}: {module}")
    assert not missing, "imported, and not among the dependencies in pyproject.toml"


@pytest.mark.parametrize("folder", ["server", "scripts", "bench"])
def test_what_is_offered_is_described(folder: str) -> None:
    """A docstring on every module with content, every public class with behaviour, every public function of length."""
    bare = [
        f"{file.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for node in described(ast.parse(file.read_text(encoding="utf-8")))
        if ast.get_docstring(node) is None
    ]
    assert not bare


def described(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """What must have a docstring. A record of fields and a few lines with a good name tell all there is."""
    if tree.body:
        yield tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if any(map(behaviour, node.body)):
                yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            if length >= 15 and not node.name.startswith("_") and node.name not in SAME_EVERYWHERE:
                yield node


def behaviour(part: ast.stmt) -> bool:
    """A method that others call; no field, no property, nothing private."""
    if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    private = part.name.startswith("_") and not part.name.endswith("__")
    return not private and not any(isinstance(one, ast.Name) and one.id == "property" for one in part.decorator_list)
