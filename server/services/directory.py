"""All services there are: the folder of manifests, followed as it changes, and the prompts beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from server.errors import BadRequest, NotFound, ServerError
from server.services.manifest import ManifestError, Service, read_manifest
from server.settings import Settings
from server.watching import follow

log = logging.getLogger(__name__)

MANIFESTS = (".yaml", ".yml")


class Change(NamedTuple):
    """What an edit did, by route."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(self)


@dataclass(frozen=True, slots=True)
class Listed:
    """A service, or a file that holds none that can be used, and what is wrong with it."""

    file: str
    service: Service | None
    problem: str | None
    """A service with a problem is the last one that could be used, or one whose prompt is not in order."""


class Services:
    """The services by route. A file that is broken keeps the services that it last held."""

    def __init__(self, folder: Path, prompts: Path) -> None:
        self._folder = folder
        self._prompts = prompts
        self._files: dict[str, list[Service]] = {}
        """The last usable services of each file."""
        self._problems: dict[str, str] = {}
        """What is wrong with a file now."""
        self._routes: dict[str, Service] = {}
        self.edits = 0
        """How often they have changed."""
        self.reload()

    @classmethod
    def from_settings(cls, settings: Settings) -> Services:
        return cls(settings.paths.services, settings.paths.prompts)

    def all(self) -> list[Service]:
        return list(self._routes.values())

    def get(self, route: str) -> Service:
        """The service on this route. Raises NotFound."""
        try:
            return self._routes[route]
        except KeyError:
            there_are = ", ".join(self._routes) or "none"
            raise NotFound(f"There is no service {route[:200]!r}. There are: {there_are}.", param="route") from None

    def listing(self) -> list[Listed]:
        """Everything that lies in the folder, with what is wrong with it; prompts are read for it."""
        found = [
            Listed(file, service, self._problems.get(file) or self._problem_of(service))
            for file, services in self._files.items()
            for service in services
            if self._routes.get(service.route) is service
        ]
        usable = {each.file for each in found}
        return found + [Listed(file, None, text) for file, text in self._problems.items() if file not in usable]

    def prompt_text(self, name: str) -> str:
        """A prompt as it stands in its file now. Raises BadRequest."""
        file = self._prompts / f"{name}.txt"
        try:
            return file.read_text(encoding="utf-8-sig").rstrip("\n")
        except OSError as error:
            raise BadRequest(f"The prompt {file.name} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise BadRequest(f"The prompt {file.name} is not UTF-8.") from None

    def reload(self) -> Change:
        """Take up the files as they are now."""
        files = sorted(each for each in self._folder.glob("*") if each.suffix in MANIFESTS and each.is_file())
        before, self._files = self._files, {}
        problems: dict[str, str] = {}
        for file in files:
            try:
                self._files[file.name] = read_manifest(file)
            except ManifestError as error:
                problems[file.name] = str(error)
                self._files[file.name] = before.get(file.name, [])
        routes = self._routed(problems)
        for file_name, problem in problems.items():
            if self._problems.get(file_name) != problem:
                for line in problem.splitlines():
                    log.error("A service's file cannot be used as it is. %s", line)
        old, self._routes, self._problems = self._routes, routes, problems
        change = Change(
            added=tuple(route for route in routes if route not in old),
            changed=tuple(route for route, service in routes.items() if old.get(route, service) != service),
            removed=tuple(route for route in old if route not in routes),
        )
        self.edits += bool(change)
        return change

    def _routed(self, problems: dict[str, str]) -> dict[str, Service]:
        """The services by route. Of two with one route or name the first is there, and of the other it is told why."""
        routes: dict[str, Service] = {}
        names: set[str] = set()
        for file, services in self._files.items():
            for service in services:
                if service.route in routes or service.name in names:
                    what = f"{file}: {service.key}: another service has its route or name already; choose others"
                    problems.setdefault(file, what)
                else:
                    routes[service.route] = service
                    names.add(service.name)
        return routes

    async def watch(self, on_change: Callable[[Change], None]) -> None:
        """Follow the folder until cancelled; `on_change` hears of every edit that made a difference."""

        async def take_up() -> None:
            change = self.reload()
            if change:
                said = ((word, ", ".join(routes)) for word, routes in change._asdict().items() if routes)
                log.info("Services: %s", "; ".join(f"{word} {routes}" for word, routes in said))
                on_change(change)

        if self._folder.is_dir():
            await follow([self._folder], take_up, lambda path: path.suffix in MANIFESTS)

    def _problem_of(self, service: Service) -> str | None:
        try:
            service.check(self.prompt_text)
        except ServerError as error:
            return error.message
        return None
