"""Which Python runs the scripts: this one if it is a supported one, else one that is found on PATH.

Reads and runs on any Python from 3.6 on: it is what tells its user to install another.
"""

import os
import shutil
import signal
import subprocess
import sys

SUPPORTED = ((3, 14), (3, 13), (3, 12), (3, 11))
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def require():
    """Return on a supported Python; else start the script again on one, or leave with a sentence."""
    found = sys.version_info[:2]
    if found in SUPPORTED:
        return
    other = search()
    if other is None:
        sys.exit(
            f"llm-api needs Python 3.11 to 3.14, found {found[0]}.{found[1]} ({sys.executable})"
            f" and no other on PATH.\n{advice()}"
        )
    start([*other, *sys.argv])


def search():
    """The command of the newest supported Python on PATH, or None."""
    for major, minor in SUPPORTED:
        name = f"{major}.{minor}"
        commands = [["python" + name]] + ([["py", "-" + name]] if os.name == "nt" else [])
        for command in commands:
            path = shutil.which(command[0])
            # A version manager leaves commands on PATH that only say that this version is not chosen: so it is run.
            if path and answer([path, *command[1:], "-c", VERSION]) == name:
                return [path, *command[1:]]
    return None


def answer(command):
    """What a command prints, or None if it fails."""
    try:
        output = subprocess.check_output(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return output.decode("utf-8", "replace").strip()


def advice():
    """How to get a supported Python on this system."""
    if sys.platform == "darwin":
        return "Install one with `brew install python@3.13`, or from python.org."
    if os.name == "nt":
        return "Install one with `winget install Python.Python.3.13`, or from python.org."
    return "Install one: Debian and Ubuntu `apt install python3 python3-venv`, Fedora `dnf install python3.13`."


def start(command):
    """Become the command, so that signals reach it; where that cannot be (Windows), wait for it and end as it does."""
    if os.name != "nt":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.call(command))
