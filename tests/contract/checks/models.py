"""The list of models, for both kinds of client."""

from __future__ import annotations

import anthropic
import openai

from tests.contract.registry import check
from tests.contract.target import Target, openai_error, raised

ANTHROPIC = {"anthropic-version": "2023-06-01"}


@check("models", "a list of id, object, created, owned_by, and at most one more key")
def listing(target: Target) -> None:
    body = target.http.get("/models").json()
    assert body["object"] == "list"
    assert body["data"], "no models"
    for model in body["data"]:
        assert model["object"] == "model"
        assert type(model["created"]) is int
        assert isinstance(model["owned_by"], str)
        assert len(set(model) - {"id", "object", "created", "owned_by"}) <= 1, f"{sorted(model)}"


@check("models", "the client lists them, the served one among them")
def client_lists(target: Target) -> None:
    assert target.model in {model.id for model in target.openai.models.list()}


@check("models", "each id of the list can be retrieved")
def retrieve(target: Target) -> None:
    for model in target.openai.models.list():
        assert target.openai.models.retrieve(model.id).id == model.id


@check("models", "an unknown id is 404 model_not_found")
def unknown(target: Target) -> None:
    for name in ("no-such-model", "no/such/model"):
        assert openai_error(target.http.get(f"/models/{name}"), 404)["code"] == "model_not_found"


@check("models", "they are behind the key like all else")
def behind_the_key(target: Target) -> None:
    for path in ("/models", f"/models/{target.model}"):
        openai_error(target.http.get(path, headers={"authorization": "Bearer sk-wrong.key"}), 401)
    stranger = target.openai.with_options(api_key="sk-wrong.key")
    raised(openai.AuthenticationError, lambda: stranger.models.retrieve(target.model))


@check("models for Anthropic's clients", "with anthropic-version the list has Anthropic's shape")
def anthropic_shape(target: Target) -> None:
    body = target.http.get("/models", headers=ANTHROPIC).json()
    assert set(body) == {"data", "has_more", "first_id", "last_id"}, f"{sorted(body)}"
    assert body["first_id"] == body["data"][0]["id"]
    assert body["last_id"] == body["data"][-1]["id"]
    for model in body["data"]:
        assert model["type"] == "model"
        assert isinstance(model["display_name"], str)
        assert model["created_at"].endswith(("Z", "+00:00"))


@check("models for Anthropic's clients", "the anthropic client lists and retrieves")
def anthropic_client(target: Target) -> None:
    assert target.model in {model.id for model in target.anthropic.models.list()}
    assert target.anthropic.models.retrieve(target.model).id == target.model


@check("models for Anthropic's clients", "the anthropic client raises NotFoundError for an unknown one")
def anthropic_unknown(target: Target) -> None:
    target.anthropic.models.retrieve(target.model)
    raised(anthropic.NotFoundError, lambda: target.anthropic.models.retrieve("no-such-model"))
