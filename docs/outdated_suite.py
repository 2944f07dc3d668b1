"""The suite in the picture of the diff, with which the playground begins too."""

from __future__ import annotations

#: A suite that pytest-asyncio 1.x and httpx 0.28 broke.
OUTDATED = {
    "pyproject.toml": """\
[project]
name = "web-shop"
version = "1.4"
dependencies = ["fastapi>=0.115"]

[project.optional-dependencies]
test = ["pytest>=8.4", "pytest-asyncio<0.22", "httpx>=0.28"]

[tool.pytest.ini_options]
asyncio_mode = "auto"  # since 2022
timeout = 60
""",
    "tests/conftest.py": """\
import asyncio

import pytest
from httpx import AsyncClient

from web_shop import app


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.get_event_loop_policy().new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def client():
    async with AsyncClient(app=app, base_url="http://test") as client:
        yield client
""",
    "tests/test_basket.py": """\
async def test_an_empty_basket(client):
    response = await client.get("/basket")
    assert response.json() == []
""",
}
