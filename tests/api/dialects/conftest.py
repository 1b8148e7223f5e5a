"""One server for a module, over scripts that each test starts afresh. Its tests run in the module's event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.api.served import Served, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served")) as one:
        yield one


@pytest.fixture
def served(server: Served) -> Served:
    server.backend.reset()
    server.pool.reset()
    return server
