"""A hub, through huggingface_hub: endpoint, token and offline mode come from that library's own environment variables.

It is imported on first use, since most servers never ask a hub for anything.
"""

from __future__ import annotations

import errno
import hashlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import httpx

from server import disk
from server.errors import BadRequest, Conflict, Forbidden, NotFound, ServerError, StorageFull, Unavailable
from server.hub.offers import Offer, RemoteFile, offers

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_BLOCK = 2**22

PATIENCE = 20.0
"""Seconds without a byte of a listing after which the hub is given up. Files have huggingface_hub's own,
HF_HUB_DOWNLOAD_TIMEOUT.
"""

Told = Callable[[int], None]
"""Hears of bytes that have come."""


class Cancelled(Exception):
    """Whoever asked for a download does not want it any more. What has come stays, for the next time."""


class Listing(NamedTuple):
    """What a repository offers, as of one revision of it."""

    revision: str
    offers: list[Offer]


class Hub:
    """One hub. Every call blocks; what goes wrong is a ServerError that says what to do."""

    def __init__(self, endpoint: str | None = None, patience: float = PATIENCE) -> None:
        """`endpoint`: without one, that of the environment. `patience`: with a hub that is silent, in seconds."""
        self._endpoint = endpoint
        self._patience = patience

    def list(self, repo: str) -> Listing:
        """The GGUF files of a repository."""
        from huggingface_hub import HfApi

        check_repo(repo)
        with _told(repo):
            info = HfApi(endpoint=self._endpoint).model_info(repo, files_metadata=True, timeout=self._patience)
        files = [
            RemoteFile(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs is not None else None)
            for one in info.siblings or ()
        ]
        return Listing(info.sha or "main", offers(files))

    def kept(self, repo: str, revision: str, file: RemoteFile) -> Path | None:
        """Where the library's own cache has this file, if another program has fetched it."""
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(repo, file.path, revision=revision)
        path = Path(found) if isinstance(found, str) else None
        return path if path is not None and path.stat().st_size == file.size else None

    def fetch(
        self, repo: str, revision: str, file: RemoteFile, target: Path, told: Told, stop: threading.Event
    ) -> None:
        """Have `file` at `target`, whole and checked. What an earlier call has brought is not fetched again.

        Raises Cancelled soon after `stop` is set, and Conflict where somebody else is fetching it.
        """
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        part = part_of(target, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        url = hf_hub_url(repo, file.path, revision=revision, endpoint=self._endpoint)
        with part.open("ab") as draft, _told(repo):
            _claim(draft)
            begun = draft.tell()
            if begun > file.size:
                draft.truncate(begun := 0)
            told(begun)

            def meter(**options: Any) -> Any:
                return _Meter(told, stop)

            http_get(
                url,
                draft,
                resume_size=begun,
                headers=build_hf_headers(),
                expected_size=file.size,
                displayed_filename=target.name,
                tqdm_class=meter,  # type: ignore[arg-type]
            )
        self._check(part, file, stop)
        with _told(repo):
            disk.put(part, target)

    def _check(self, part: Path, file: RemoteFile, stop: threading.Event) -> None:
        if file.sha256 is None:
            return
        digest = hashlib.sha256()
        with part.open("rb") as data:
            while block := data.read(_BLOCK):
                if stop.is_set():
                    raise Cancelled
                digest.update(block)
        if digest.hexdigest() != file.sha256:
            part.unlink()
            raise Unavailable(
                f"What came of {file.path!r} is not what the hub says it is (its SHA-256 differs); it was thrown away. "
                "Try again."
            )


def check_repo(repo: str) -> None:
    """Raise BadRequest for what is no repository's name."""
    if not _REPO.fullmatch(repo):
        raise BadRequest(f"Expected a repository as OWNER/NAME, found {repo[:200]!r}.", param="repo")


def _claim(draft: BinaryIO) -> None:
    """Have this file for ourselves until it is closed, where the system has such locks: two would mix their bytes."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(draft, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("This file is being fetched already: wait for that, or cancel it.") from None


def part_of(target: Path, file: RemoteFile) -> Path:
    """Where a file lies while it is coming: another version of it lies elsewhere."""
    return target.with_name(f".{target.name}.{(file.sha256 or str(file.size))[:12]}.part")


class _Meter:
    """Stands where huggingface_hub would show a bar of its own."""

    def __init__(self, told: Told, stop: threading.Event) -> None:
        self._told = told
        self._stop = stop

    def update(self, count: float) -> None:
        if self._stop.is_set():
            raise Cancelled
        self._told(int(count))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@contextmanager
def _told(repo: str) -> Iterator[None]:
    """The library's errors as ours."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        yield
    except (Cancelled, ServerError):
        raise
    except GatedRepoError as error:
        raise Forbidden(
            f"The hub gives {repo!r} only to those whom its owner has let in: ask there, and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise NotFound(
            f"The hub has no repository {repo!r}, or shows it only with a token (HF_TOKEN).", param="repo"
        ) from error
    except OfflineModeIsEnabled as error:
        raise Unavailable("No hub is asked for anything, as HF_HUB_OFFLINE is set.") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no status"
        raise Unavailable(f"The hub could not give {repo!r}: it answered {status}. Try again in a while.") from error
    except httpx.HTTPError as error:
        what = type(error).__name__
        raise Unavailable(f"The hub cannot be reached ({what}): check HF_ENDPOINT and the network.") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull(f"The disk is full: {repo!r} did not fit. What has come stays.") from error
        if error.errno is None:  # the library's own, for a file that is not as large as it should be
            raise Unavailable(f"What came of {repo!r} is not as large as the hub says it is. Try again.") from error
        raise Unavailable(f"{repo!r} could not be kept here: {error.strerror}.") from error
