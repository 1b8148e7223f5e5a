"""Runs the chat template of an untrusted model file: in Jinja's immutable sandbox, with every step metered.

A thread cannot be stopped from outside, so the template's own steps check the bounds: its syntax tree is rewritten
so that nothing which loops, copies or compares escapes the meter, and only what chat templates use can be called.

- `meter.py` what one rendering may spend, and has spent
- `syntax.py` the rewriting, and the constructs that are refused
- `values.py` methods of texts, operators and filters that could make much of little
- `environment.py` the environment that ties them together, and `Program`: a compiled template
"""

from server.chat.sandbox.environment import Program
from server.chat.sandbox.meter import Bounds

__all__ = ["Bounds", "Program"]
