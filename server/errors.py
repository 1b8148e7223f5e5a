"""Everything that can go wrong, as one tree.

An error knows the facts (status, type, code, the parameter at fault, when to try again); how they
look on the wire is the business of the *face* that was asked (`api/faces.py`), in one place.
The message always says what was wrong, what was expected and, where there is something to do, what to do.

    ServerError                     500  server_error
    ├── BadRequest                  400  invalid_request_error
    │   ├── InvalidBody             400
    │   ├── ContextLengthExceeded   400  context_length_exceeded
    │   ├── TemplateFailed          400  template_failed
    │   └── FileUnreadable          400  invalid_file
    │       └── FileUnsupported     400  unsupported_file
    ├── Unauthorized                401  invalid_api_key
    │   └── KeyMissing              401  invalid_api_key
    ├── Forbidden                   403  missing_right
    │   └── ModelNotAllowed         403  model_not_allowed
    ├── NotFound                    404
    │   └── ModelNotFound           404  model_not_found
    ├── MethodNotAllowed            405  method_not_allowed
    ├── RequestTimeout              408  request_timeout
    ├── Conflict                    409  conflict
    ├── PayloadTooLarge             413  request_too_large
    ├── StorageFull                 507  insufficient_storage
    ├── UnsupportedMediaType        415  unsupported_media_type
    ├── WrongHost                   421  wrong_host
    ├── TooManyRequests             429  too_many_requests     Retry-After
    │   └── RateLimited             429  rate_limit_exceeded   Retry-After
    ├── Stopped                     499  request_stopped
    ├── Exhausted                   503  tried_in_vain
    ├── UpstreamRefused             502  upstream_refused
    └── Unavailable                 503                        Retry-After
        ├── ModelLoading            503  model_loading
        ├── ModelLoadFailed         503  model_load_failed
        ├── ModelNotLoaded          503  model_not_loaded
        ├── OutOfMemory             503  insufficient_memory
        ├── EngineDied              503  engine_died
        ├── Draining                503  shutting_down
        └── UpstreamFailed          502  upstream_failed
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple


class ServerError(Exception):
    """The root. Raised as itself only for a bug of ours: its message must be fit for a stranger's eyes."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: ClassVar[str | None] = None
    retry_after: float | None = None

    def __init__(self, message: str, *, param: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if retry_after is not None:
            self.retry_after = retry_after


class BadRequest(ServerError):
    """What the client sent cannot be done; `param` names the part."""

    status = 400
    type = "invalid_request_error"


class Problem(NamedTuple):
    """One thing that is wrong with a body: what kind (pydantic's word), where, what was expected, what was found."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any


class InvalidBody(BadRequest):
    """The body does not have the form that its route reads. The message tells of the first problem, for people."""

    def __init__(self, message: str, problems: Sequence[Problem], *, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.problems = tuple(problems)


class ContextLengthExceeded(BadRequest):
    """The prompt does not fit the model's context. Both numbers stand in the message, unless it is another server's."""

    code = "context_length_exceeded"

    def __init__(
        self, prompt_tokens: int, context: int, *, param: str = "messages", answered: bool = True, words: str = ""
    ) -> None:
        """`answered`: a token must be left for the answer; otherwise it is a text that only goes in. `words`: a message
        of another server, which may have told no numbers: they are 0 then.
        """
        left = ", and one of them must be left for the answer" if answered else ""
        what = "the prompt" if answered else param
        super().__init__(
            words or f"This model's context is {context} tokens{left}; {what} is {prompt_tokens} tokens. Shorten it.",
            param=param,
        )
        self.prompt_tokens = prompt_tokens
        self.context = context


class TemplateFailed(BadRequest):
    """The model's chat template refused the messages, or outran its bounds."""

    code = "template_failed"


class FileUnreadable(BadRequest):
    """A file whose text cannot be had: damaged, protected, too large, or empty. The message says which."""

    code = "invalid_file"


class FileUnsupported(FileUnreadable):
    """A file of a kind that is not read here."""

    code = "unsupported_file"


class Unauthorized(ServerError):
    """No key, or not one of ours."""

    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"


class KeyMissing(Unauthorized):
    """No key at all."""


class Forbidden(ServerError):
    """A valid key without the right this needs."""

    status = 403
    type = "permission_error"
    code = "missing_right"


class ModelNotAllowed(Forbidden):
    """A model that this key may not use."""

    code = "model_not_allowed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This key may not use the model {name[:200]!r}. GET /v1/models lists those that it may.", param="model"
        )


class NotFound(ServerError):
    """No such route or thing (or not this key's)."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class ModelNotFound(NotFound):
    """A model name that no card has. Which there are is told to those who may use them (`naming`), and to nobody else:
    not in what is kept of a job that came upon it.
    """

    code = "model_not_found"

    def __init__(self, name: str, known: Mapping[str, Collection[str]] | None = None) -> None:
        """`known`: the names that each model there is goes by."""
        super().__init__(f"The model {name[:200]!r} does not exist.", param="model")
        self._name, self._known = name, known or {}

    def naming(self, allowed: Callable[[Collection[str]], bool]) -> ModelNotFound:
        """The same, with those of the models there are that are `allowed` by their names."""
        told = ModelNotFound(self._name)
        if names := [name for name, all_names in self._known.items() if allowed(all_names)]:
            told.message += f" There are: {', '.join(names)}."
        return told


class MethodNotAllowed(ServerError):
    """The path exists, the method does not; `allow` goes into the header."""

    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class RequestTimeout(ServerError):
    """The client was too slow to send what it announced."""

    status = 408
    type = "invalid_request_error"
    code = "request_timeout"


class Conflict(ServerError):
    """It cannot be done in the present state."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"


class PayloadTooLarge(ServerError):
    """More bytes than the limit."""

    status = 413
    type = "invalid_request_error"
    code = "request_too_large"


class StorageFull(ServerError):
    """The disk has no room for it; needed and free bytes stand in the message."""

    status = 507
    code = "insufficient_storage"


class UnsupportedMediaType(ServerError):
    """A body that is not what the route reads."""

    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"


class WrongHost(ServerError):
    """A Host header this server does not answer to."""

    status = 421
    type = "invalid_request_error"
    code = "wrong_host"


class TooManyRequests(ServerError):
    """The waiting line is full. Try again after `retry_after` seconds."""

    status = 429
    type = "rate_limit_error"
    code = "too_many_requests"
    retry_after = 1.0


class RateLimited(TooManyRequests):
    """A limit of the key itself is reached; the message says which."""

    code = "rate_limit_exceeded"


class Stopped(ServerError):
    """Somebody who may asked for this request to be stopped."""

    status = 499
    type = "request_stopped"
    code = "request_stopped"


class Exhausted(ServerError):
    """What may pass did not, as often as it was tried. Not to be tried again by itself."""

    status = 503
    type = "service_unavailable"
    code = "tried_in_vain"


class UpstreamRefused(ServerError):
    """The server behind a model does not serve us as its card says it should: the card is to be mended, or its key."""

    status = 502
    code = "upstream_refused"


class Unavailable(ServerError):
    """Not now. Try again after `retry_after` seconds."""

    status = 503
    type = "service_unavailable"
    retry_after = 5.0


class ModelLoading(Unavailable):
    """The model is being loaded and the client did not want to wait longer."""

    code = "model_loading"


class ModelLoadFailed(Unavailable):
    """The model's file was refused; the message names what is wrong with it."""

    code = "model_load_failed"


class ModelNotLoaded(Unavailable):
    """Nothing is loaded, and this may not load it."""

    code = "model_not_loaded"


class OutOfMemory(Unavailable):
    """The model does not fit beside what must stay loaded; needed and free bytes stand in the message."""

    code = "insufficient_memory"


class EngineDied(Unavailable):
    """The thread that ran the model ended unexpectedly; the request is lost, the next one loads the model anew."""

    code = "engine_died"


class Draining(Unavailable):
    """The server is shutting down and takes no new work."""

    code = "shutting_down"


class UpstreamFailed(Unavailable):
    """The server behind a model could not be reached, or broke off."""

    status = 502
    type = "server_error"
    code = "upstream_failed"
    retry_after = 1.0
