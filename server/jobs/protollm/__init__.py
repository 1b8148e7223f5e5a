"""ProtoLLM's queue, from both ends. What imports RabbitMQ's and Redis's clients is imported where it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.own_python import to_install
from server.settings import Settings, SettingsError

if TYPE_CHECKING:
    from server.jobs.protollm.front import Front


def front_of(settings: Settings) -> Front | None:
    """The way to the dialect's workers, where a broker is configured. Raises SettingsError without the packages."""
    section = settings.dialects.protollm
    if not section.enabled or not section.rabbit_host:
        return None
    try:
        from server.jobs.protollm.front import Front
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"dialects.protollm.rabbit_host is set, and {error.name} is not installed: {to_install('cluster')}"
        ) from error
    return Front(section)
