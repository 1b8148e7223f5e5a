"""llm-api: an OpenAI-compatible inference server for the machine it runs on.

The floors of the house are described in docs/architecture.md.
"""

__version__ = "0.1.0"
