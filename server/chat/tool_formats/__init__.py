"""How models write calls of tools: one small file a format, and the registry."""

from __future__ import annotations

from server.chat.tool_formats.command_r import CommandA, CommandR
from server.chat.tool_formats.deepseek import DeepSeek, DeepSeek31
from server.chat.tool_formats.format import ToolFormat
from server.chat.tool_formats.gemma import FunctionGemma, Gemma
from server.chat.tool_formats.generic import Generic
from server.chat.tool_formats.glm import Glm
from server.chat.tool_formats.granite import Granite
from server.chat.tool_formats.harmony import Harmony
from server.chat.tool_formats.hermes import Hermes
from server.chat.tool_formats.kimi import Kimi
from server.chat.tool_formats.llama_json import LlamaJson
from server.chat.tool_formats.mistral import Mistral, MistralArgs
from server.chat.tool_formats.phi import Phi
from server.chat.tool_formats.pythonic import Pythonic
from server.chat.tool_formats.qwen_coder import QwenCoder

__all__ = ["FORMATS", "GENERIC", "ToolFormat", "named", "recognised"]

GENERIC = Generic()
"""For every model that none of the others knows."""

FORMATS: tuple[ToolFormat, ...] = (
    Harmony(),
    CommandA(),
    CommandR(),
    DeepSeek(),
    DeepSeek31(),
    Kimi(),
    MistralArgs(),
    Mistral(),
    Gemma(),
    FunctionGemma(),
    Glm(),
    QwenCoder(),
    Phi(),
    Granite(),
    Pythonic(),
    LlamaJson(),
    Hermes(),
    GENERIC,
)
"""In the order in which they are asked about a template: a mark that others use too comes later."""


def named(name: str) -> ToolFormat | None:
    """The format of this name."""
    return next((one for one in FORMATS if one.name == name), None)


def recognised(template: str) -> ToolFormat | None:
    """The format that a chat template speaks of."""
    return next((one for one in FORMATS if one.recognises(template)), None)
