"""All kinds of things with their properties: what may be stated of a river, a shop or a person, and how it is asked."""

from __future__ import annotations

from demo_model.corpus.kinds_made import MADE_THINGS
from demo_model.corpus.kinds_met import MET
from demo_model.corpus.properties import Kind

KINDS: tuple[Kind, ...] = (*MET, *MADE_THINGS)
"""No two properties of a kind follow from each other, so that what is not stated is not known."""
