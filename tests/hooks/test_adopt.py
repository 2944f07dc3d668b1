"""`adopt` turns the content of a repository into answers, and loses nothing."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from async_test_template import HOME, __version__
from async_test_template.adopt import FILES, QUESTIONS, template_of
from async_test_template.adoptable import require_adoptable
from async_test_template.desired import BACKENDS, GUARDS, LOOP_SCOPES, MODES, Desired
from async_test_template.errors import UserError
from async_test_template.findings import Tier
from async_test_template.infer import PYTHONS, infer
from async_test_template.migrate import safe_plan
from async_test_template.project import Project
from async_test_template.rules.guard import VENDORED as FOLDER
from helpers import QUESTIONS as ASKED
from helpers import ROOT, VENDORED, choices, commit, copy_template, git, run, run_engine
from terminal import Terminal

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

ENGINE = (sys.executable, ROOT / "hooks" / "run.py")


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files, with their folders."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def answers(folder: Path) -> dict[str, str]:
    """Infer the answers of a repository."""
    return {a.key: a.value for a in infer(Project(folder, Desired(), {}))}


def adopt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Adopt a repository without a terminal."""
    return run_engine("adopt", folder, "--template", str(ROOT), *arguments, cwd=folder)


PYTEST = "[tool.pytest.ini_options]\n"
TEST = "async def test_it(): ...\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"app.py": ""}, {"framework": "library", "mode": "auto"}, id="nothing"),
        pytest.param(
            {"requirements.txt": "fastapi\n"}, {"framework": "fastapi"}, id="fastapi-declared"
        ),
        pytest.param(
            {"requirements.txt": "starlette\nfastapi\naiohttp\n"},
            {"framework": "fastapi"},
            id="fastapi-and-what-it-brings",
        ),
        *(
            pytest.param({"requirements.txt": f"aiohttp\n{name}\n"}, {"framework": "asgi"}, id=name)
            for name in ("starlette", "litestar", "quart")
        ),
        pytest.param(
            {"app.py": "from quart import Quart\n" + TEST},
            {"framework": "asgi"},
            id="quart-imported",
        ),
        pytest.param(
            {"requirements.txt": "starlette\nsqlalchemy\nasyncpg\n"},
            {"framework": "asgi", "database": "postgresql"},
            id="asgi-and-postgresql",
        ),
        pytest.param(
            {"app.py": "import aiohttp.web\n", "tests/test_it.py": TEST},
            {"framework": "aiohttp", "mode": "auto"},
            id="aiohttp-imported",
        ),
        pytest.param(
            {
                "requirements.txt": "aiohttp\n",
                "shop/client.py": "from aiohttp import ClientSession\n",
                "tests/test_it.py": "from aiohttp import web\nAPP = web.Application()\n" + TEST,
            },
            {"framework": "library"},
            id="aiohttp-for-a-client",
        ),
        pytest.param(
            {
                "requirements.txt": "aiohttp\n",
                "shop/client.py": "from aiohttp import ClientSession\n",
                "shop/app.py": "from aiohttp import web\nAPP = web.Application()\n",
            },
            {"framework": "aiohttp"},
            id="aiohttp-for-both",
        ),
        pytest.param(
            {"docs/examples/hello.py": "from aiohttp import web\nAPP = web.Application()\n"},
            {"framework": "library"},
            id="aiohttp-in-an-example",
        ),
        *(
            pytest.param(
                {
                    "requirements.txt": "aiohttp\n",
                    "shop/client.py": "from aiohttp import ClientSession\n",
                    f"{folder}/hello.py": "from aiohttp import web\nAPP = web.Application()\n",
                },
                {"framework": "library"},
                id=f"aiohttp-served-in-{folder}",
            )
            for folder in ("demo", "docs_src", "example")
        ),
        pytest.param(
            {"src/demo/app.py": "from aiohttp import web\nAPP = web.Application()\n"},
            {"framework": "aiohttp"},
            id="aiohttp-in-a-package-demo",
        ),
        pytest.param(
            {
                "setup.py": "from setuptools import setup\n"
                "setup(name='ledger', install_requires=['sqlalchemy>=2'])\n",
                "requirements.txt": "-e .\npytest\nstarlette\n",
                "tests/test_it.py": "from starlette.testclient import TestClient\n" + TEST,
            },
            {"framework": "library"},
            id="starlette-for-the-tests-of-a-library",
        ),
        pytest.param(
            {
                "setup.py": "from setuptools import setup\n"
                "setup(name='ledger', install_requires=['starlette>=0.40'])\n"
            },
            {"framework": "asgi"},
            id="starlette-in-setup-py",
        ),
        pytest.param(
            {
                "setup.py": "from setuptools import setup\n"
                "setup(name='shop', install_requires=open('requirements.txt').readlines())\n",
                "requirements.txt": "starlette\n",
            },
            {"framework": "asgi"},
            id="setup-py-that-reads-the-requirements",
        ),
        pytest.param(
            {"requirements.txt": "httpx\n", "requirements-dev.txt": "pytest\nfastapi\n"},
            {"framework": "library"},
            id="fastapi-in-requirements-for-tests",
        ),
        *(
            pytest.param({"pyproject.toml": text}, {"framework": framework}, id=name)
            for name, framework, text in (
                (
                    "fastapi-in-a-group",
                    "library",
                    "project.dependencies = []\ndependency-groups.test = ['fastapi']\n",
                ),
                (
                    "fastapi-in-the-project",
                    "fastapi",
                    "[project]\nname = 'a'\ndependencies = ['fastapi']\n",
                ),
                (
                    "fastapi-in-poetrys-main-group",
                    "fastapi",
                    "[tool.poetry.dependencies]\nfastapi = '^0.115'\n",
                ),
                (
                    "fastapi-optional-in-poetry",
                    "library",
                    "[tool.poetry.dependencies]\nfastapi = {version = '^0.115', optional = true}\n",
                ),
            )
        ),
        pytest.param(
            {"pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.12"\n'},
            {"project_name": "a", "python_version": "3.12"},
            id="python-declared",
        ),
        pytest.param(
            {"pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.8"\n'},
            {"python_version": "3.11"},
            id="python-too-old",
        ),
        pytest.param(
            {"requirements.txt": "pytest\npytest-async-guard\n"},
            {"guard": "package"},
            id="guard-declared",
        ),
        pytest.param(
            {"src/shop/__init__.py": "", "tests/__init__.py": ""},
            {"package_name": "shop"},
            id="src-layout",
        ),
        pytest.param(
            {
                "pyproject.toml": '[project]\nname = "my-shop"\n',
                "src/ledger/__init__.py": "",
                "src/my_shop/__init__.py": "",
            },
            {"package_name": "my_shop"},
            id="several-packages",
        ),
        pytest.param(
            {"shop/__init__.py": "", "docs/__init__.py": ""}, {"package_name": "shop"}, id="flat"
        ),
        pytest.param(
            {"pytest.ini": "[pytest]\nasyncio_mode = auto\ntimeout = 12.5\n"},
            {"backend": "asyncio", "mode": "auto", "timeout": "13"},
            id="pytest-ini",
        ),
        pytest.param(
            {
                "pytest.ini": "[pytest]\nasyncio_mode = auto  ; all\ntimeout = 12  # s\n"
                "asyncio_default_fixture_loop_scope = 'module'\n",
                "tests/test_it.py": TEST,
            },
            {"mode": "auto", "timeout": "12", "loop_scope": "module"},
            id="comments-and-quotes",
        ),
        pytest.param(
            {"pyproject.toml": "project = []\ntool.poetry = 5\n"},
            {"framework": "library"},
            id="no-tables",
        ),
        pytest.param(
            {"pytest.ini": "[pytest]\nasyncio_mode = legacy\n", "tests/test_it.py": TEST},
            {"backend": "asyncio", "mode": "auto"},
            id="legacy",
        ),
        pytest.param(
            {"pyproject.toml": PYTEST + 'anyio_mode = "auto"\n', "requirements.txt": "trio\n"},
            {"backend": "anyio", "with_trio": "true", "mode": "auto"},
            id="anyio-and-trio",
        ),
        pytest.param(
            {"requirements.txt": "fastapi\nsqlalchemy\nasyncpg\naiosqlite\n"},
            {"framework": "fastapi", "database": "postgresql"},
            id="postgresql-and-sqlite-for-tests",
        ),
        pytest.param(
            {"requirements.txt": "aiohttp\nsqlalchemy\naiosqlite\n"},
            {"framework": "aiohttp", "database": "sqlite"},
            id="sqlite",
        ),
        pytest.param(
            {"requirements.txt": "aiohttp\nsqlalchemy\n"},
            {"framework": "aiohttp", "database": "none"},
            id="no-driver",
        ),
        pytest.param(
            {"tests/test_it.py": "import pytest\n@pytest.mark.anyio\n" + TEST},
            {"backend": "anyio", "with_trio": "false", "mode": "strict"},
            id="anyio-by-mark",
        ),
        pytest.param(
            {
                "pyproject.toml": PYTEST + 'asyncio_default_fixture_loop_scope = "class"\n',
                "tests/conftest.py": "import pytest\n@pytest.fixture(scope='session')\n"
                "async def wide(): ...\n",
            },
            {"loop_scope": "class"},
            id="loop-scope-configured",
        ),
        pytest.param(
            {
                "tests/conftest.py": "import pytest\n@pytest.fixture\nasync def narrow(): ...\n"
                "@pytest.fixture(scope='session')\nasync def wide(): ...\n"
                "@pytest.fixture(scope='session')\ndef sync(): ...\n",
            },
            {"loop_scope": "session"},
            id="loop-scope-of-fixtures",
        ),
    ],
)
def test_the_repository_answers(
    files: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    found = answers(write(tmp_path, files))
    assert expected.items() <= found.items()
    assert found["project_kind"] == "existing"


def test_legacy_becomes_auto_since_it_did_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\nasyncio_mode = legacy\n", "tests/test_it.py": TEST})
    (mode,) = (a for a in infer(Project(tmp_path, Desired(), {})) if a.key == "mode")
    assert "legacy" in mode.reason


REPOSITORY = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"  # ours\n'
    '\n[dependency-groups]\ntest = ["pytest", "pytest-asyncio>=1.5", "pytest-timeout>=2.4"]\n'
    '\n[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
    "shop/__init__.py": "",
    "tests/test_it.py": TEST,
}


def begin(folder: Path) -> Path:
    """Make a repository of a folder, with everything committed."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository without Copier."""
    return begin(write(tmp_path, REPOSITORY))


@pytest.mark.slow
def test_adopting_adds_files_and_mends_settings(repository: Path) -> None:
    done = adopt(repository, "--yes")
    assert done.returncode == 0, done.stdout
    assert "the folder shop is a package" in done.stdout
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert stored["loop_scope"] == "function"
    assert (repository / "tests" / "async_guard.py").exists()
    changed = git(repository, "diff", "--name-only").split()
    assert changed == ["pyproject.toml"]
    removed = [line for line in git(repository, "diff").splitlines() if line.startswith("-")]
    assert removed == ["--- a/pyproject.toml"]
    assert 'asyncio_default_fixture_loop_scope = "function"' in git(repository, "diff")
    # What passes today passes still, whatever it leaves behind, and that is left to be mended.
    assert "async_guard_strict = false" in git(repository, "diff")
    assert "then remove async_guard_strict" in done.stdout


@pytest.mark.slow
@pytest.mark.one_in(2)
@pytest.mark.parametrize("plugins", ["", ', "pytest-asyncio>=1.5"'], ids=["none", "asyncio"])
def test_a_repository_without_async_tests_gets_all_that_they_need(
    plugins: str, tmp_path: Path
) -> None:
    group = f'[dependency-groups]\ndev = ["pytest>=8.4"{plugins}]\n'
    files = {"pyproject.toml": group, "tests/test_it.py": "def test_it(): ...\n"}
    begin(write(tmp_path, files))
    done = adopt(tmp_path, "--yes")
    # The packages are still to be installed, which changes nothing in the repository.
    assert done.returncode == 0, done.stdout
    assert "run: pip install --group dev" in done.stdout
    assert git(tmp_path, "diff", "--name-only").split() == ["pyproject.toml"]
    written = (tmp_path / "pyproject.toml").read_text()
    assert '"pytest-asyncio>=1.5"' in written
    assert '"pytest-timeout>=2.4"' in written
    assert 'asyncio_mode = "auto"' in written
    assert (tmp_path / "tests/test_event_loop.py").read_text().count("pytest_asyncio") == 0


GUARDED = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "tests/async_guard.py": "from pytest_async_guard import pytest_async_guard  # noqa: F401\n",
    "tests/conftest.py": "from async_guard import pytest_async_guard\n",
    "test/test_it.py": TEST,
}


def test_tests_in_another_folder_get_the_guard_from_the_root(tmp_path: Path) -> None:
    write(tmp_path, {**GUARDED, "conftest.py": "import os\n"})
    plan = safe_plan(tmp_path, {"backend": "asyncio"}, guarded=True)
    line = b"from tests.async_guard import pytest_async_guard  # noqa: F401\n"
    assert line in plan.after["conftest.py"]
    assert [f for f in plan.left if f.code == "AT217"] == []


def test_tests_that_lack_the_guard_when_run_alone_are_told(tmp_path: Path) -> None:
    """A conftest.py at the root changes what tests can import, so nobody adds one unasked."""
    plan = safe_plan(write(tmp_path, GUARDED), {"backend": "asyncio"}, guarded=True)
    (found,) = [f for f in plan.left if f.code == "AT217"]
    assert (found.file, found.tier) == ("test/test_it.py", Tier.REPORT)
    assert "from tests.async_guard import" in found.hint


LEFT_OUT = ["tests/async_guard.py", "tests/pytest_async_guard/*", "tests/test_event_loop.py"]


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        (
            {"pytest.ini": "[pytest]\naddopts = --cov=shop --cov=tests\n", "pyproject.toml": ""},
            {"pyproject.toml": f"[tool.coverage.run]\nomit = {json.dumps(LEFT_OUT)}\n"},
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = --cov\n", ".coveragerc": "[run]\nomit = a.py\n"},
            {".coveragerc": "\n    ".join(["[run]\nomit = a.py", *LEFT_OUT]) + "\n"},
        ),
        ({"pytest.ini": "[pytest]\naddopts = --cov=shop\n"}, {}),
        (
            {
                "pytest.ini": "[pytest]\naddopts = --cov\n",
                ".coveragerc": "[run]\nomit = tests/*\n",
            },
            {},
        ),
        ({"pytest.ini": "[pytest]\n"}, {}),
    ],
)
def test_the_template_is_left_out_of_a_coverage_of_the_tests(
    files: dict[str, str], changed: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, {**GUARDED, **files})
    plan = safe_plan(tmp_path, {"backend": "asyncio"}, guarded=True)
    after = {file: data.decode() for file, data in plan.after.items() if "ini" not in file}
    assert after == changed


def test_what_the_workspace_of_a_member_installs_is_to_be_declared_there(tmp_path: Path) -> None:
    """`uv add` in the member would declare it where a sync of the workspace does not look."""
    guarded = {f"packages/shop/{name}": text for name, text in GUARDED.items()}
    root = '[dependency-groups]\ndev = ["pytest>=9", "pytest-asyncio"]\n'
    root += '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    member = '[project]\nname = "shop"\nversion = "1"\n'
    files = {"pyproject.toml": root, "packages/shop/pyproject.toml": member, **guarded}
    begin(write(tmp_path, files))
    plan = safe_plan(tmp_path / "packages/shop", {"backend": "asyncio"}, guarded=True)
    (found,) = [f for f in plan.left if f.code == "AT406"]
    place = "in ../../pyproject.toml, where pytest is"
    assert found.hint == f"declare pytest-timeout>=2.4 {place}, and run there: uv sync"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "there is no terminal: pass --yes"),
        (["--yes", "--data", "timeout=-1"], "timeout: -1 is not a number of seconds"),
        (["--yes", "--data", "framework=django"], "'django' is not in"),
        (["--data", "timeout"], "'timeout' is not KEY=VALUE"),
        (["--yes", "--data", "scope=session"], "the template has no question scope, only"),
        (["--yes", "--data", "project_kind=new"], "project_kind: new is not for adopt"),
    ],
)
def test_what_cannot_be_adopted_changes_nothing(
    arguments: list[str], sentence: str, repository: Path
) -> None:
    done = adopt(repository, *arguments)
    assert done.returncode == 2, done.stdout
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert git(repository, "status", "--porcelain") == ""


def test_every_question_of_the_template_can_be_answered() -> None:
    assert list(ASKED) == list(QUESTIONS)


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("backend", BACKENDS),
        ("guard", GUARDS),
        ("loop_scope", LOOP_SCOPES),
        ("mode", MODES),
        ("python_version", PYTHONS),
    ],
)
def test_the_engine_knows_the_choices_of_the_template(key: str, known: tuple[str, ...]) -> None:
    assert choices(key) == list(known)


SERVICE = PYTEST + 'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """Return a repository with two services, whose root has no Python of its own."""
    write(
        tmp_path,
        {
            f"services/{name}/{file}": text
            for name in ("billing", "mail")
            for file, text in {
                "pyproject.toml": SERVICE,
                "requirements.txt": "pytest-asyncio>=1.5\npytest-timeout>=2.4\npytest>=9\n",
                "tests/test_it.py": TEST,
            }.items()
        },
    )
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "Work")
    return tmp_path


@pytest.mark.slow
def test_the_root_of_several_projects_names_them(services: Path) -> None:
    done = adopt(services, "--yes")
    assert done.returncode == 2, done.stdout
    assert "holds 2: run `adopt services/billing services/mail` there" in done.stdout
    # The second of two does not fit, so the first is not adopted either.
    (services / "services" / "mail" / ".python-version").write_text("3.9\n")
    names = ("services/billing", "services/mail")
    done = run(*ENGINE, "adopt", *names, "--yes", "--template", str(ROOT), cwd=services)
    assert done.returncode == 2, done.stdout
    assert git(services, "status", "--porcelain") == "?? services/mail/.python-version\n"


@pytest.mark.slow
def test_several_projects_are_adopted_at_once(services: Path) -> None:
    names = ("services/billing", "services/mail")
    own = services / "services" / "mail" / "tests" / "test_event_loop.py"
    own.write_text("def test_mine(): ...\n")
    done = run_engine("adopt", *names, "--yes", "--template", str(ROOT), cwd=services)
    assert done.returncode == 0, done.stdout
    assert own.read_text() == "def test_mine(): ...\n"
    assert "\nservices/mail/tests/test_event_loop.py was here before" in done.stdout
    assert "billing/tests/test_event_loop.py was here" not in done.stdout
    for name in names:
        assert f"\n{name}/pyproject.toml:" in done.stdout
        assert f"\n{name}:\n" in f"\n{done.stdout}"
        assert (services / name / "tests" / "async_guard.py").exists()
        assert "timeout = 30" in (services / name / "pyproject.toml").read_text()
    assert not (services / "tests").exists()


@pytest.mark.slow
def test_uncommitted_changes_stop_before_anything_is_added(repository: Path) -> None:
    with (repository / "pyproject.toml").open("a") as file:
        file.write("# mine\n")
    done = adopt(repository, "--yes")
    assert done.returncode == 2, done.stdout
    assert "uncommitted changes in pyproject.toml" in done.stdout
    assert git(repository, "status", "--porcelain").split() == ["M", "pyproject.toml"]

    done = adopt(repository, "--yes", "--allow-dirty")
    assert done.returncode == 0, done.stdout
    settings = (repository / "pyproject.toml").read_text()
    assert "# mine" in settings
    assert "asyncio_default_fixture_loop_scope" in settings


@pytest.mark.slow
def test_a_file_that_cannot_be_written_stops_before_anything_is_added(repository: Path) -> None:
    (repository / "pyproject.toml").chmod(0o444)
    done = adopt(repository, "--yes")
    assert done.returncode == 2, done.stdout
    assert "is read-only" in done.stdout
    assert not (repository / ".copier-answers.yml").exists()


TESTS = {
    **REPOSITORY,
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n",
}


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({}, "from async_guard import pytest_async_guard  # noqa: F401"),
        (
            {"tests/__init__.py": ""},
            "\nfrom .async_guard import pytest_async_guard  # noqa: F401",
        ),
        (
            {"pyproject.toml": TESTS["pyproject.toml"] + 'addopts = "--import-mode=importlib"\n'},
            "\nfrom .async_guard import pytest_async_guard  # noqa: F401",
        ),
    ],
    ids=["rootdir", "package", "importlib"],
)
def test_a_conftest_that_is_there_loads_the_guard_by_one_line(
    files: dict[str, str], line: str, tmp_path: Path
) -> None:
    begin(write(tmp_path, {**TESTS, **files}))
    assert adopt(tmp_path, "--yes").returncode == 0
    conftest = (tmp_path / "tests/conftest.py").read_text()
    first = "import pytest\n"
    assert conftest == TESTS["tests/conftest.py"].replace(first, f"{first}{line}\n", 1)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "Adopt")
    done = run(*ENGINE, "migrate", "--unsafe", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert git(tmp_path, "status", "--porcelain") == ""


@pytest.mark.slow
def test_tests_that_would_not_be_collected_are_named_in_testpaths(tmp_path: Path) -> None:
    settings = REPOSITORY["pyproject.toml"] + 'testpaths = ["shop"]\n'
    begin(write(tmp_path, {**REPOSITORY, "pyproject.toml": settings, "shop/test_a.py": TEST}))
    done = adopt(tmp_path, "--yes")
    assert done.returncode == 0
    assert "shop/test_a.py has no guard if it is run alone" in done.stdout
    written = (tmp_path / "pyproject.toml").read_text()
    assert 'testpaths = ["shop", "tests/test_event_loop.py"]' in written


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.9"\n'},
            "they need Python 3.11, and requires-python in pyproject.toml is >=3.9",
        ),
        ({"setup.py": "setup(python_requires='>=3.8')\n"}, "python_requires in setup.py is >=3.8"),
        ({".python-version": "3.10.4\n"}, "the version in .python-version is ==3.10.4"),
        (
            {"requirements.txt": "pytest<7\npytest-asyncio\n"},
            "they need pytest 7, and requirements.txt:1 keeps it at pytest<7",
        ),
        (
            {"requirements.txt": "pytest<8\n"},
            "they need pytest 8.4, and requirements.txt:1 keeps it at pytest<8",
        ),
        (
            {
                "pyproject.toml": '[dependency-groups]\ntest = ["pytest", "pytest-asyncio"]\n',
                "uv.lock": '[[package]]\nname = "pytest"\nversion = "6.2.5"\n',
            },
            "they need pytest 7, and a lock file has 6.2.5",
        ),
        (
            {
                "tox.ini": "[testenv]\ncommands =\n    pytest \\\n        -c ci/pytest.ini\n",
                "ci/pytest.ini": "[pytest]\n",
            },
            "a command in tox.ini makes pytest read ci/pytest.ini",
        ),
        (
            {
                "duties.py": '    ctx.run(\n        tools.pytest(\n            "tests",\n'
                '            config_file="ci/pytest.ini",\n        ),\n    )\n',
                "ci/pytest.ini": "[pytest]\n",
            },
            "a command in duties.py makes pytest read ci/pytest.ini",
        ),
        ({"pytest.ini": "[pytest]\npython_functions = check_*\n"}, "python_functions leaves out"),
        ({"pytest.ini": "[pytest]\nnorecursedirs = tests\n"}, "norecursedirs leaves the folder"),
        ({"tests/async_guard.py": "x = 1\n"}, "tests/async_guard.py is not the template's guard"),
        (
            {"tests/pytest_async_guard/notes.md": "# Mine\n"},
            "tests/pytest_async_guard is not the template's guard: rename it, or answer guard=none",
        ),
        (
            {"tests/pytest_async_guard.py": "x = 1\n"},
            "tests/pytest_async_guard.py is not the template's guard",
        ),
    ],
)
def test_where_its_tests_cannot_run_nothing_is_added(
    files: dict[str, str], reason: str, tmp_path: Path
) -> None:
    begin(write(tmp_path, {"tests/test_it.py": TEST, **files}))
    done = adopt(tmp_path, "--yes")
    assert done.returncode == 2, done.stdout
    assert reason in done.stdout
    assert git(tmp_path, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "files",
    [
        {
            "tox.ini": "[testenv]\ncommands = pytest -c pytest.ini\n",
            "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
        },
        {"tox.ini": "[testenv]\ncommands = pytest -c bench.ini shop\n", "bench.ini": "[pytest]\n"},
        {"Makefile": "a:\n\tcd shop && pytest -c own.ini\n", "own.ini": "[pytest]\n"},
        {"requirements.txt": "pytest==7.4.4\npytest-asyncio==0.21.1\n"},
    ],
)
def test_other_settings_and_old_versions_that_do_not_matter(
    files: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, {"shop/__init__.py": "", "tests/test_it.py": TEST, **files})
    require_adoptable(Project(tmp_path, Desired(), {}), "asyncio")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"pytest.ini": "[pytest]\ntrio_mode = true\n"}, "trio_mode in pytest.ini"),
        ({"pytest.ini": "[pytest]\ntrio_mode = Y\n"}, "trio_mode in pytest.ini"),
        ({"pytest.ini": "[pytest]\naddopts = -p no:asyncio\n"}, "addopts in pytest.ini switches"),
        ({"requirements.txt": "pytest\naiomisc-pytest\n"}, "aiomisc-pytest runs the async"),
        ({"requirements.txt": "pytest\npytest-trio\n"}, "pytest-trio runs the async tests"),
        ({"tests/pytest.ini": "[pytest]\nasyncio_mode = auto\n"}, "tests has a configuration"),
    ],
)
def test_tests_that_another_plugin_or_configuration_would_run_are_not_added(
    files: dict[str, str], reason: str, tmp_path: Path
) -> None:
    write(tmp_path, {"shop/__init__.py": "", "tests/test_it.py": TEST, **files})
    with pytest.raises(UserError, match=reason):
        require_adoptable(Project(tmp_path, Desired(), {}), "asyncio")


@pytest.mark.slow
def test_a_guard_of_another_kind_needs_no_place(tmp_path: Path) -> None:
    begin(write(tmp_path, {**REPOSITORY, "tests/async_guard.py": "x = 1\n"}))
    done = adopt(tmp_path, "--yes", "--data", "guard=none")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "tests/async_guard.py").read_text() == "x = 1\n"
    assert "guard" not in (tmp_path / "tests/test_event_loop.py").read_text()
    assert not (tmp_path / "tests/conftest.py").exists()


@pytest.mark.slow
def test_a_guard_that_is_a_package_is_declared(tmp_path: Path) -> None:
    begin(write(tmp_path, REPOSITORY))
    done = adopt(tmp_path, "--yes", "--data", "guard=package")
    assert done.returncode == 0, done.stdout
    assert '"pytest-async-guard>=1"' in (tmp_path / "pyproject.toml").read_text()
    assert "To install pytest-async-guard, run:" in done.stdout
    assert not (tmp_path / "tests/async_guard.py").exists()


@pytest.mark.slow
def test_a_backend_that_nothing_would_bring_is_asked_for(tmp_path: Path) -> None:
    settings = PYTEST + 'anyio_mode = "auto"\n'
    files = {"pyproject.toml": settings, "tests/conftest.py": "", "tests/test_it.py": TEST}
    begin(write(tmp_path, files))
    done = adopt(tmp_path, "--yes", "--data", "guard=none")
    assert done.returncode == 2, done.stdout
    assert "tests/conftest.py has to have the fixture anyio_backend" in done.stdout
    backend = 'import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    (tmp_path / "tests/conftest.py").write_text(backend)
    project = Project(tmp_path, Desired(), {})
    require_adoptable(project, "anyio", "none")


@pytest.mark.slow
def test_its_own_files_are_nobody_s_uncommitted_work(tmp_path: Path) -> None:
    legacy = REPOSITORY["pyproject.toml"].replace('"auto"', '"legacy"')
    begin(write(tmp_path, {**REPOSITORY, "pyproject.toml": legacy}))
    done = adopt(tmp_path, "--yes")
    assert done.returncode == 0, done.stdout
    assert 'asyncio_mode = "auto"' in (tmp_path / "pyproject.toml").read_text()
    assert "pytest_asyncio" not in (tmp_path / "tests/test_event_loop.py").read_text()


@pytest.mark.slow
def test_what_is_declared_nowhere_is_asked_for(tmp_path: Path) -> None:
    begin(write(tmp_path, {"setup.py": "", "pytest.ini": "[pytest]\n", "tests/test_it.py": TEST}))
    done = adopt(tmp_path, "--yes")
    assert done.returncode == 1, done.stdout
    assert 'pip install "pytest-timeout>=2.4"' in done.stdout
    assert "Nothing" not in done.stdout


@pytest.mark.slow
def test_a_lock_file_that_is_behind_is_told_with_its_command(tmp_path: Path) -> None:
    settings = REPOSITORY["pyproject.toml"].replace(', "pytest-timeout>=2.4"', "")
    locked = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in {
            "pytest": "9.2.0",
            "pytest-asyncio": "1.5.0",
            "shop": "0.1.0",
        }.items()
    )
    begin(write(tmp_path, {**REPOSITORY, "pyproject.toml": settings, "uv.lock": locked}))
    done = adopt(tmp_path, "--yes")
    assert done.returncode == 1, done.stdout
    assert "uv.lock lacks pytest-timeout" in done.stdout
    assert "To install pytest-timeout, run: uv sync --group test" in done.stdout


@pytest.mark.slow
def test_a_wrong_inference_can_be_overruled_and_what_the_template_adds_is_known(
    repository: Path,
) -> None:
    given = ("ci=github", "loop_scope=session", "timeout=7")
    done = adopt(repository, "--yes", *(part for one in given for part in ("--data", one)))
    assert done.returncode == 0, done.stdout
    settings = (repository / "pyproject.toml").read_text()
    assert 'asyncio_default_test_loop_scope = "session"' in settings
    assert "timeout = 7" in settings
    added = set(git(repository, "ls-files", "--others", "--exclude-standard").split())
    assert added - {".copier-answers.yml"} == (set(FILES) - {".gitlab-ci.yml", FOLDER}) | VENDORED


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        (
            "https://evil.example.org/template.git",
            {"url.ext::sh -c touch% ran .insteadOf": "https://evil.example.org/"},
        ),
        ("git@127.0.0.1:org/template.git", {"core.sshCommand": "touch ran; false"}),
        ("git://127.0.0.1:1/template.git", {"core.gitProxy": "touch-ran"}),
        (str(ROOT), {"core.fsmonitor": "touch ran; false", "core.hooksPath": "."}),
    ],
)
@pytest.mark.slow
@pytest.mark.one_in(7)
@pytest.mark.parametrize("as_hook", [False, True])
def test_copier_starts_nothing_that_the_repository_names(
    source: str, settings: dict[str, str], repository: Path, *, as_hook: bool
) -> None:
    ran = repository / "ran"
    proxy = repository.parent / "proxy"
    proxy.write_text(f"#!/bin/sh\ntouch {ran}\n")
    proxy.chmod(0o755)
    for name, value in {"protocol.ext.allow": "always", **settings}.items():
        text = value.replace("touch-ran", str(proxy)).replace(" ran", f" {ran}")
        git(repository, "config", name.replace("% ran", f"% {ran}"), text)
    given = {"GIT_DIR": str(repository / ".git")} if as_hook else {}
    command = (*ENGINE, "adopt", "--yes", "--allow-dirty", "--template", source)
    run(*command, cwd=repository, COPIER_CACHE_DIR=str(repository.parent / "cache"), **given)
    assert not ran.exists()


@pytest.mark.full
def test_a_template_beside_the_repository_is_found_from_there(repository: Path) -> None:
    # The folder above belongs to all tests.
    link = repository.parent / f"template-of-{repository.name}"
    link.symlink_to(ROOT)
    done = run(*ENGINE, "adopt", "--yes", "--template", f"../{link.name}", cwd=repository)
    assert done.returncode < 2, done.stdout
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert stored["_src_path"] == str(ROOT)
    assert f"Others do not have {ROOT}: write the template's URL into" in done.stdout


@pytest.mark.slow
def test_the_token_of_a_source_is_not_told(repository: Path) -> None:
    source = "https://oauth2:S3CRET@127.0.0.1:1/org/template.git"
    done = run(*ENGINE, "adopt", "--yes", "--template", source, cwd=repository)
    assert done.returncode == 2
    assert "S3CRET" not in done.stdout
    assert "https://127.0.0.1:1/org/template.git" in done.stdout


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize("source", ["git+file:///nowhere/template.git", "/nowhere/template"])
def test_a_template_that_cannot_be_had_is_one_sentence(source: str, repository: Path) -> None:
    done = adopt(repository, "--yes", "--template", source)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stdout
    errors = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert done.stdout.rstrip().endswith(errors[0])
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, (HOME, __version__)),
        (
            '{"url": "https://a.b/c.git", "vcs_info": {"vcs": "git", "commit_id": "12ab"}}',
            ("git+https://a.b/c.git", "12ab"),
        ),
        (
            '{"url": "file:///a/c.git", "vcs_info": {"vcs": "git", "commit_id": "12ab"}}',
            (HOME, __version__),
        ),
        ('{"url": "file:///a/b%20c", "dir_info": {}}', (HOME, __version__)),
        ('{"url": "https://a.b/c.whl", "archive_info": {}}', (HOME, __version__)),
    ],
)
def test_an_installed_engine_takes_the_template_from_where_it_came(
    origin: str | None, source: tuple[str, str]
) -> None:
    assert template_of(origin) == source


@pytest.mark.slow
def test_the_template_is_taken_in_the_version_of_the_engine(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By its public address, which git finds on this machine here; a newer release is there."""
    folder = tmp_path_factory.mktemp("template")
    template = copy_template(folder / "it.git")
    git(template, "init", "--quiet")
    commit(template, __version__)
    (template / "template" / "tests" / "async_guard.py.jinja").write_text("newer\n")
    commit(template, "99.0.0")
    settings = folder / "gitconfig"
    settings.write_text(f'[url "file://{folder}/it"]\n\tinsteadOf = {HOME}\n')
    done = run(*ENGINE, "adopt", "--yes", cwd=repository, GIT_CONFIG_GLOBAL=str(settings))
    assert done.returncode < 2, done.stdout
    stored = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert (stored["_src_path"], stored["_commit"]) == (HOME, __version__)
    assert (repository / "tests" / "async_guard.py").read_text() != "newer\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", [".copier-answers.yml", ".config/copier-answers.tests.yml"])
def test_a_project_of_the_template_is_not_adopted(name: str, repository: Path) -> None:
    (repository / ".config").mkdir()
    (repository / name).write_text("loop_scope: session\n")
    done = adopt(repository, "--yes")
    assert done.returncode == 2
    assert "run `copier update`" in done.stdout


@pytest.mark.slow
def test_what_is_at_the_place_of_the_answers_and_is_none_of_ours_stops_first(
    repository: Path,
) -> None:
    (repository / ".copier-answers.yml").write_text("_src_path: other\n")
    beside = repository / ".copier-answers.async-test.yml"
    beside.write_text("- loop_scope: class\n")
    before = sorted(path.name for path in repository.iterdir())
    done = adopt(repository, "--yes")
    assert done.returncode == 2
    assert "is where the answers go" in done.stdout
    assert sorted(path.name for path in repository.iterdir()) == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links are made as POSIX does")
@pytest.mark.parametrize("name", ["tests", ".github", "tests/pytest_async_guard"])
@pytest.mark.parametrize("target", ["..", ".git"])
def test_a_folder_that_leads_out_of_the_repository_or_into_git_stops_first(
    name: str, target: str, tmp_path: Path
) -> None:
    project = begin(write(tmp_path / "project", {"requirements.txt": "pytest-asyncio\n"}))
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).symlink_to(project / target)
    before = sorted(tmp_path.rglob("*"))
    done = adopt(project, "--yes", "--allow-dirty")
    assert done.returncode == 2
    assert "and files of the template belong there" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_without_copier_nobody_is_asked(repository: Path) -> None:
    command = "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.modules['copier'] = None; "
    command += "from async_test_template.cli import main; sys.exit(main(sys.argv[1:]))"
    done = run(sys.executable, "-c", command, ROOT / "hooks", "adopt", repository, cwd=repository)
    assert done.returncode == 2
    assert done.stdout == (
        "error: adopt needs Copier: run it as `uvx --with copier …`, or install copier\n"
    )


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize(("key", "status"), [("y", 0), ("n", 1), ("\x03", 130)])
def test_a_person_is_asked_first(key: str, status: int, repository: Path) -> None:
    terminal = Terminal(*ENGINE, "adopt", ".", "--template", str(ROOT), cwd=repository)
    terminal.wait_for("Add the files of the template?")
    assert "the folder shop is a package" in terminal.text
    terminal.type(key, then="")
    assert terminal.finish() == status
    assert (repository / "tests" / "async_guard.py").exists() == (key == "y")


@pytest.mark.slow
def test_the_answers_to_another_template_stay(repository: Path) -> None:
    theirs = "_commit: v1\n_src_path: gh:other/template\n"
    (repository / ".copier-answers.yml").write_text(theirs)
    done = adopt(repository, "--yes")
    assert done.returncode == 0, done.stdout
    assert (repository / ".copier-answers.yml").read_text() == theirs
    assert "`uvx copier update -a .copier-answers.async-test.yml`" in done.stdout
    ours = yaml.safe_load((repository / ".copier-answers.async-test.yml").read_text())
    assert ours["loop_scope"] == "function"
