"""The tests of a service fit any ASGI framework, and treat its application as a server does."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import TYPE_CHECKING

import pytest
from helpers import EVERYTHING, ROOT, Answers, label, render, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.full

PAGE = (ROOT / "docs" / "how-to" / "asgi.md").read_text()
#: The package of each framework on the page, and the application that is written for it.
APPLICATIONS = dict(
    re.findall(r"uv add (\w+)\n```\n\n```python title=\"\S+app.py\"\n(.*?)```", PAGE, re.DOTALL)
)
SCOPES: list[Answers] = [
    {"backend": "asyncio", "mode": "strict", "loop_scope": "function"},
    {"backend": "asyncio", "mode": "auto", "loop_scope": "session"},
    {"backend": "anyio", "mode": "auto", "loop_scope": "module"},
]


@pytest.mark.parametrize("answers", SCOPES, ids=label)
@pytest.mark.parametrize("framework", APPLICATIONS)
def test_another_framework_needs_another_application_only(
    framework: str,
    answers: Answers,
    template: Path,
    environment_of: Callable[..., Environment],
    tmp_path: Path,
) -> None:
    environment = environment_of(*EVERYTHING, *APPLICATIONS)
    project = render(tmp_path / "sample", template, framework="asgi", **answers)
    for folder in ("src/sample/sample", "tests/sample"):
        shutil.rmtree(project / folder)
    (project / "src" / "sample" / "app.py").write_text(APPLICATIONS[framework])
    done = environment.pytest(project, "-W", "error")
    assert done.returncode == 0, done.stdout
    done = run(environment.python, "-m", "mypy", cwd=project, MYPYPATH="src")
    assert done.returncode == 0, done.stdout


def test_the_page_has_two_other_frameworks() -> None:
    assert sorted(APPLICATIONS) == ["litestar", "quart"]


def test_an_application_is_started_once_and_each_request_has_its_own_state(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, framework="asgi", loop_scope="session")
    test = project / "tests" / "test_state.py"
    test.write_text(
        textwrap.dedent(
            """
            from contextlib import asynccontextmanager

            import pytest
            from starlette.applications import Starlette
            from starlette.responses import PlainTextResponse
            from starlette.routing import Route

            starts = []


            async def who(request):
                before = getattr(request.state, "user", "nobody")
                request.state.user = "Ada"
                return PlainTextResponse(before)


            @pytest.fixture(scope="session")
            def app():
                @asynccontextmanager
                async def lifespan(_):
                    starts.append("started")
                    yield {"opened": True}

                return Starlette(routes=[Route("/", who)], lifespan=lifespan)


            async def test_state(client, live_client):
                for one in (client, client, live_client, live_client):
                    assert (await one.get("/")).text == "nobody"
                assert starts == ["started"]
            """
        )
    )
    done = environment.pytest(project, "tests/test_state.py")
    assert done.returncode == 0, done.stdout
