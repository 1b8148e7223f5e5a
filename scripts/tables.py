"""Writes the tables of docs/settings.md and docs/routes.md, from server.yaml and from the application itself.

.venv/bin/python scripts/tables.py
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {"settings": ROOT / "docs" / "settings.md", "routes": ROOT / "docs" / "routes.md"}
SETTING = re.compile(r"^  (\w+): \$\{oc\.env:(\w+),(.*)\}\s+# (.*)$")
BARE = re.compile(r"\$\{dialect\.env:\w+,(\w+),(.*)\}")
"""A default that a dialect's old environment variable may give."""


def settings_table() -> str:
    """A row for each setting of config/server.yaml, in its order."""
    rows = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    path: list[str] = []
    for line in (ROOT / "config" / "server.yaml").read_text(encoding="utf-8").splitlines():
        if section := re.match(r"^( *)(\w+):\s*(?:#.*)?$", line):
            path = [*path[: len(section[1]) // 2], section[2]]
        elif setting := SETTING.match(line if len(path) == 1 else line[2 * (len(path) - 1) :]):
            default, variables = setting[3], [setting[2]]
            while bare := BARE.fullmatch(default):
                variables.append(bare[1])
                default = bare[2]
            default = default.strip('"')
            name = ".".join([*path, setting[1]])
            shown = f"`{default}`" if default else "–"
            rows.append(f"| `{name}` | {', '.join(f'`{each}`' for each in variables)} | {shown} | {setting[4]} |")
    return "\n".join(rows)


def routes_table() -> str:
    """A row for each path of the application, in alphabetical order, with the right that its key must have."""
    sys.path.insert(0, str(ROOT))
    from server.api.app import build_app
    from server.api.auth import OPEN
    from server.api.house import Endpoint, Socket
    from server.api.services import ServiceEndpoint
    from server.settings import load_settings

    with tempfile.TemporaryDirectory() as folder:
        app = build_app(load_settings(overrides={"paths.data_dir": folder}))
        app.state.house.keys.close()
    rows = {}
    for route in app.routes:
        if isinstance(route, Endpoint | Socket) and not isinstance(route, ServiceEndpoint):
            path = route.path.replace(":path", "")
            key = "none" if route.path in OPEN else f"`{route.needs}`" if route.needs else "any key"
            whose = " (LLM-API)" if route.tag == "llm-api" else ""
            method = "socket" if isinstance(route, Socket) else route.method
            rows[path, method, whose] = f"| `{method} {path}` | {key} | {route.summary}{whose} |"
    return "\n".join(["| route | right | what it does |", "|---|---|---|", *(rows[at] for at in sorted(rows))])


TABLES = {"settings": settings_table, "routes": routes_table}


def with_table(name: str) -> str:
    """A document with its table as it should be."""
    table = TABLES[name]()
    return re.sub(
        rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)",
        lambda found: f"{found[1]}{table}{found[2]}",
        DOCUMENTS[name].read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for each, document in DOCUMENTS.items():
        document.write_text(with_table(each), encoding="utf-8")
