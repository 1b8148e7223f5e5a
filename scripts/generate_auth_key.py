#!/usr/bin/env python3
"""Makes a key and prints it: `llm-api keys create`, from a bare clone and with any Python.

scripts/generate_auth_key.py "PythonKey" "This key is for testing purposes" [--data-dir DIR] [--json]
"""

import importlib.util
import sys
from pathlib import Path

import interpreter

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("alembic", "omegaconf", "passlib", "pydantic", "sqlalchemy", "typer", "watchfiles")


def main():
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        start_again()
    sys.path.insert(0, str(ROOT))
    from server.cli import app

    app(["keys", "create", *sys.argv[1:]], prog_name="llm-api")


def start_again():
    """With the Python of the clone's environment, which is made if there is none that will do."""
    interpreter.require()
    import bootstrap

    python = bootstrap.Environment().python
    if interpreter.answer([str(python), "-c", f"import {', '.join(NEEDED)}"]) is None:
        python = bootstrap.ready("serve")
    interpreter.start([str(python), __file__, *sys.argv[1:]])


if __name__ == "__main__":
    main()
