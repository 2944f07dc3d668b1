"""Three small services, as two weeks of work leave them, and the steps that led there."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers import Answers, assert_done, run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Service:
    """What people add to a project."""

    answers: Answers
    files: dict[str, str]
    """New files, by path."""
    fixture: str
    """The end of conftest.py."""
    imports: str
    """A line in it, after its own imports from the package or from fakes.py."""
    route: tuple[str, str] = ("", "")
    """A line of app.py, and what takes its place."""


FASTAPI = Service(
    {"framework": "fastapi", "ci": "github"},
    {
        "src/shop/stock.py": """
            from typing import Annotated

            from fastapi import APIRouter, Depends

            router = APIRouter()


            def get_stock() -> dict[str, int]:
                return {}


            @router.get("/stock/{name}")
            async def read(name: str, stock: Annotated[dict[str, int], Depends(get_stock)]) -> int:
                return stock.get(name, 0)
        """,
        "tests/integration/test_stock.py": """
            import pytest


            @pytest.mark.parametrize("caller", ["client", "live_client"])
            async def test_stock(caller, request, client, live_client, stock):
                stock["tea"] = 3
                response = await request.getfixturevalue(caller).get("/stock/tea")
                assert response.json() == 3


            async def test_the_stock_of_the_next_test_is_the_real_one(client):
                assert (await client.get("/stock/tea")).json() == 0
        """,
    },
    '''
    @pytest.fixture
    def stock(overrides):
        """Return what is in stock in one test."""
        stock = {}
        overrides[get_stock] = lambda: stock
        return stock
    ''',
    "from shop.stock import get_stock",
    (
        "    app.include_router(router)",
        "    app.include_router(router)\n    app.include_router(stock.router)",
    ),
)
AIOHTTP = Service(
    {"framework": "aiohttp", "database": "sqlite", "loop_scope": "session", "ci": "gitlab"},
    {
        "src/shop/stock.py": """
            from aiohttp import web

            routes = web.RouteTableDef()
            stock_key: web.AppKey[dict[str, int]] = web.AppKey("stock")


            @routes.get("/stock/{name}")
            async def read(request: web.Request) -> web.Response:
                stock = request.app[stock_key]
                return web.json_response(stock.get(request.match_info["name"], 0))
        """,
        "tests/integration/test_stock.py": """
            async def test_stock(client, stock):
                stock["tea"] = 3
                response = await client.get("/stock/tea")
                assert await response.json() == 3


            async def test_the_stock_of_the_next_test_is_the_real_one(client):
                response = await client.get("/stock/tea")
                assert await response.json() == 0
        """,
    },
    '''
    @pytest.fixture
    def stock(overrides):
        """Return what is in stock in one test."""
        stock = {}
        overrides[stock_key] = stock
        return stock
    ''',
    "from shop.stock import stock_key",
    (
        "    app.add_routes(routes)",
        "    app.add_routes([*routes, *stock.routes])\n    app[stock.stock_key] = {}",
    ),
)
LIBRARY = Service(
    {"framework": "library", "backend": "anyio", "loop_scope": "module", "ci": "github"},
    {
        "src/shop/stock.py": """
            import anyio


            class Stock:
                def __init__(self) -> None:
                    self.changed = anyio.Event()

                async def wait(self) -> None:
                    await self.changed.wait()
        """,
        "tests/integration/test_stock.py": """
            import anyio


            async def test_stock(stock):
                async with anyio.create_task_group() as group:
                    group.start_soon(stock.wait)
                    stock.changed.set()
        """,
    },
    '''
    @pytest.fixture(scope="module")
    async def stock(anyio_backend):
        """Return a stock on the event loop of the module."""
        return Stock()
    ''',
    "import pytest\nfrom shop.stock import Stock",
)
SERVICES = {service.answers["framework"]: service for service in (FASTAPI, AIOHTTP, LIBRARY)}


def move_tests(project: Path) -> None:
    """Sort the tests into folders, and leave what the template owns where it is."""
    tests = project / "tests"
    for folder, files in {
        tests / "integration": tests.glob("test_app.py"),
        tests / "sample" / "below": (tests / "sample").glob("test_*.py"),
    }.items():
        found = list(files)
        folder.mkdir()
        (folder / "__init__.py").touch()
        for file in found:
            text = re.sub(r"^from \.", "from ..", file.read_text(), flags=re.MULTILINE)
            file.rename(folder / file.name).write_text(text)


def delete_sample(project: Path) -> None:
    """Do what the README of the project says."""
    section = (project / "README.md").read_text().partition("## Delete the sample")[2]
    for command in re.findall(r"```\n(.*?)\n```", section, re.DOTALL)[0].splitlines():
        installed = re.sub("^uv run ", f"{sys.executable} -m ", command)
        assert_done(run("bash", "-ec", installed, cwd=project))


def write_service(project: Path, service: Service) -> None:
    """Write the service and its tests, and change what everybody changes."""
    for name, text in service.files.items():
        (project / name).write_text(textwrap.dedent(text).lstrip())
    conftest = project / "tests" / "conftest.py"
    edit(conftest, "\n# A hook,", f"{service.imports}\n\n# A hook,")
    conftest.write_text(conftest.read_text() + "\n" + textwrap.dedent(service.fixture))
    if service.route[0]:
        edit(project / "src" / "shop" / "app.py", *service.route)
        edit(project / "src" / "shop" / "app.py", "\nroute", "from shop import stock\n\nroute")
    for name, text in {"README.md": "# Our shop\n", ".gitignore": "local.toml\n"}.items():
        (project / name).write_text(text)
    settings = project / "pyproject.toml"
    edit(settings, "line-length = 100", "line-length = 79")
    edit(settings, "timeout = 30", "timeout = 45")
    edit(settings, '"pytest>=9",', '"pytest>=9",\n    "faker>=30",')
    write_pipeline(project)
    for command in (("check", "--select", "I", "--fix"), ("format",)):
        assert_done(run(sys.executable, "-m", "ruff", *command, cwd=project))


def write_pipeline(project: Path) -> None:
    """Give the tests a database, and deploy after them."""
    if (github := project / ".github" / "workflows" / "test.yml").exists():
        services = "    services:\n      postgres:\n        image: postgres:18\n    strategy:"
        edit(github, "    strategy:", services)
        with github.open("a") as jobs:
            jobs.write("\n  deploy:\n    needs: test\n    runs-on: ubuntu-latest\n    steps: []\n")
    else:
        gitlab = project / ".gitlab-ci.yml"
        edit(gitlab, "test:\n  stage: test", "test:\n  services: [postgres:18]\n  stage: test")
        with gitlab.open("a") as jobs:
            jobs.write("\ndeploy:\n  stage: deploy\n  script: [./deploy]\n")


def edit(file: Path, old: str, new: str) -> None:
    """Replace the first of what must be in a file."""
    text = file.read_text()
    assert old in text, f"{file} without {old}"
    file.write_text(text.replace(old, new, 1))
