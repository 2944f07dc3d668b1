"""How much a finding matters in a repository whose bounds keep it from what broke the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.desired import Desired
from async_test_template.findings import Severity, Tier
from async_test_template.report.words import severity_of
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

TEST = {
    "test_it.py": (
        "import pytest\n\n\n@pytest.mark.asyncio\n"
        "async def test_it(event_loop):\n    assert event_loop.is_running()\n"
    )
}


def look(root: Path, files: dict[str, str], code: str, *tiers: Tier) -> Plan:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return make_plan(root, Desired(), (load(code),), frozenset(tiers))


KEPT_BACK = {
    "by a bound": {"requirements.txt": "pytest\npytest-asyncio<1\n"},
    "by a pin in one list, and by a bound in another": {
        "requirements-test.txt": "pytest\npytest-asyncio==0.21.1\n",
        "tox.ini": "[testenv]\ndeps = pytest-asyncio<0.24\n",
    },
    "in a file beside the tests": {"tests/requirements/base.txt": "pytest\npytest-asyncio<1\n"},
    "in a file that tox names": {
        "tox.ini": "[testenv]\ndeps =\n    pytest\n    -r{toxinidir}/ci/tests\n",
        "ci/tests": "pytest-asyncio==0.21.1\n",
    },
    "by pytest, which newer releases do not accept": {
        "requirements.txt": "pytest<8\npytest-asyncio\n"
    },
    "in conda's files": {
        "conda/environment-test-3.12.yml": "dependencies:\n  - pytest-asyncio ==0.21.1 # 13578\n"
    },
    "in conda's files, with its own sign": {
        "environment.yml": "dependencies:\n  - conda-forge::pytest-asyncio=0.21.1=pyhd8ed1ab_0\n"
    },
    "in the file of riot": {
        "riotfile.py": 'venv = Venv(pkgs={"pytest-asyncio": ["==0.21.1", "~=0.23.7"]})\n'
    },
    "in the file of pixi": {
        "pixi.toml": '[feature.test.dependencies]\nPytest_Asyncio = { version = "0.21.*" }\n'
    },
    "in pixi's table of pyproject.toml": {
        "pyproject.toml": '[tool.pixi.dependencies]\npytest-asyncio = ">=0.20,<0.22"\n'
    },
}


GUARDED = "import asyncio\nimport sys\n\nif {}:\n    asyncio.set_event_loop_policy(POLICY)\n"


@pytest.mark.parametrize("files", KEPT_BACK.values(), ids=KEPT_BACK)
def test_what_no_allowed_release_breaks_is_advice(files: dict[str, str], tmp_path: Path) -> None:
    (found,) = look(tmp_path, {**TEST, **files}, "AT501").left
    assert severity_of(found) is Severity.ADVICE
    # The fix is still there for whoever raises the bound.
    assert found.edits


MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it(): ...\n"
POLICY = (
    "import asyncio\n\n\ndef test_it():\n"
    "    assert asyncio.get_event_loop_policy().new_event_loop()\n"
)
FIXTURE = "import pytest\n\n\n@pytest.fixture\nasync def client():\n    yield 1\n"
OVERRIDE = """import asyncio, pytest


@pytest.fixture({})
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
HOOK = """def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker("asyncio")
"""


@pytest.mark.parametrize(
    ("code", "file", "by_severity"),
    [
        pytest.param(
            "AT403",
            "requirements.txt",
            {Severity.ERROR: "pytest\n", Severity.ADVICE: "pytest\npytest-of-somebody\n"},
            id="an unknown plugin may install it",
        ),
        pytest.param(
            "AT508",
            "pytest.ini",
            {
                Severity.ERROR: "[pytest]\nasyncio_mode = strict\n",
                Severity.ADVICE: "[pytest]\nasyncio_mode = auto\n",
            },
            id="the mode runs the tests without the mark",
        ),
        pytest.param(
            "AT504",
            "conftest.py",
            {
                Severity.ERROR: OVERRIDE.format('scope="module"'),
                Severity.ADVICE: OVERRIDE.format("").replace("():\n", "():\n    import gc\n"),
            },
            id="each test has a loop of its own anyway",
        ),
        pytest.param(
            "AT701",
            "conftest.py",
            {
                Severity.ERROR: f"{FIXTURE}\n\ndef test_that(client):\n    pass\n",
                Severity.ADVICE: FIXTURE,
            },
            id="nothing asks for the fixture",
        ),
        pytest.param(
            "AT925",
            "service/policies.py",
            {
                Severity.WARNING: "import asyncio\n\nPOLICY = asyncio.DefaultEventLoopPolicy\n",
                Severity.ADVICE: "import asyncio\n\n\n"
                "class Policy(asyncio.DefaultEventLoopPolicy):\n    pass\n",
            },
            id="the project itself gives a policy to others",
        ),
        pytest.param(
            "AT507",
            "conftest.py",
            {
                Severity.WARNING: "import asyncio\n\nasyncio.set_event_loop_policy(POLICY)\n",
                Severity.ADVICE: "import asyncio\n\nasyncio.set_event_loop_policy(None)\n",
            },
            id="it restores the policy that is there anyway",
        ),
        pytest.param(
            "AT507",
            "conftest.py",
            {
                Severity.WARNING: GUARDED.format('sys.platform == "win32"'),
                Severity.ADVICE: GUARDED.format('hasattr(asyncio, "DefaultEventLoopPolicy")'),
            },
            id="a condition asks whether there still are policies",
        ),
        pytest.param(
            "AT507",
            "conftest.py",
            {
                Severity.WARNING: GUARDED.format("sys.version_info < (3, 17)"),
                Severity.ADVICE: GUARDED.format("sys.version_info < (3, 16)"),
            },
            id="a condition leaves out the Pythons without policies",
        ),
    ],
)
def test_what_may_be_right_or_has_no_effect_is_advice(
    code: str, file: str, by_severity: dict[Severity, str], tmp_path: Path
) -> None:
    for severity, text in by_severity.items():
        files = {"conftest.py": HOOK, "test_it.py": MARKED, "test_policy.py": POLICY, file: text}
        if file == "pytest.ini":
            files["requirements.txt"] = "pytest\npytest-asyncio\n"
        (found,) = look(tmp_path / severity.value, files, code).left
        assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("bound", "made", "severity"),
    [
        ("<4", "test_utils.TestClient(None, loop=None)", Severity.ADVICE),
        ("<4", "test_utils.loop_context()", Severity.ADVICE),
        ("<4", "test_utils.make_mocked_coro()", Severity.ADVICE),
        ("<4", "web.Application(loop=None)", Severity.WARNING),
        (">=3.9", "test_utils.TestClient(None, loop=None)", Severity.WARNING),
    ],
)
def test_what_only_aiohttp_4_lacks_is_advice_where_the_bounds_exclude_it(
    bound: str, made: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "test_it.py": f"from aiohttp import test_utils, web\n\n\ndef test_it():\n    {made}\n",
        "requirements.txt": f"pytest\naiohttp{bound}\n",
    }
    (found,) = look(tmp_path, files, "AT909").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("used", "asked", "severity"),
    [
        ("", "get_event_loop_policy()", Severity.ADVICE),
        (".new_event_loop()", "get_event_loop_policy()", Severity.WARNING),
        ("", "get_event_loop()", Severity.WARNING),
    ],
)
def test_a_project_that_asks_for_the_policy_has_to_try_that(
    used: str, asked: str, severity: Severity, tmp_path: Path
) -> None:
    test = f"import asyncio\n\n\ndef test_it():\n    assert asyncio.get_event_loop_policy(){used}\n"
    files = {"test_it.py": test, "service.py": f"import asyncio\n\nasyncio.{asked}\n"}
    (found,) = look(tmp_path, files, "AT925").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    "mark",
    ["@pytest.mark.skip", '@pytest.mark.skip(reason="slow")', '@unittest.skip("slow")', "skip"],
)
def test_what_a_skipped_test_would_do_is_advice(mark: str, tmp_path: Path) -> None:
    if mark == "skip":
        mark = "pytestmark = pytest.mark.skip\n\n"
    test = f"import time\nimport unittest\n\nimport pytest\n\n\n{mark}\n{LOST}"
    (found,) = look(tmp_path / "skipped", {"test_it.py": test}, "AT720").left
    assert severity_of(found) is Severity.ADVICE
    test = test.replace(mark, "@pytest.mark.skipif(UNKNOWN, reason='no server')")
    (found,) = look(tmp_path / "perhaps", {"test_it.py": test}, "AT720").left
    assert severity_of(found) is Severity.ERROR


LOST = """def test_it():
    store()


async def store():
    pass
"""


def test_a_fixture_of_one_file_is_not_what_another_file_asks_for(tmp_path: Path) -> None:
    own = "import pytest\n\n\n@pytest.fixture\ndef client():\n    return 1\n"
    files = {
        "test_one.py": FIXTURE + "\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n",
        "test_two.py": f"{own}\n\ndef test_it(client):\n    pass\n",
    }
    (found,) = look(tmp_path / "its own", files, "AT701").left
    assert severity_of(found) is Severity.ADVICE
    files["test_two.py"] = "from test_one import client\n\n\ndef test_it(client):\n    pass\n"
    (found,) = look(tmp_path / "imported", files, "AT701").left
    assert severity_of(found) is Severity.ERROR


def test_a_fixture_that_only_an_unused_one_asks_for_is_advice(tmp_path: Path) -> None:
    asking = "\n\n@pytest.fixture\ndef made(client):\n    return client\n"
    own = "import pytest\n\n\n@pytest.fixture\ndef client():\n    return 1\n"
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "tests/conftest.py": FIXTURE + asking,
        "tests/test_one.py": f"{own}\n\ndef test_it(client):\n    pass\n",
        "other/test_two.py": f"{own}\n\ndef test_it(client):\n    pass\n",
    }
    (found,) = look(tmp_path / "nobody", files, "AT701").left
    assert severity_of(found) is Severity.ADVICE
    files["tests/test_three.py"] = "def test_it(made):\n    pass\n"
    (found,) = look(tmp_path / "a test", files, "AT701").left
    assert severity_of(found) is Severity.ERROR


@pytest.mark.parametrize(("bound", "severity"), [("<9", Severity.ADVICE), ("", Severity.ERROR)])
def test_a_fixture_that_is_awaited_by_hand_is_advice_before_pytest_9(
    bound: str, severity: Severity, tmp_path: Path
) -> None:
    given = FIXTURE.replace("yield", "return")
    files = {
        "test_it.py": f"{given}\n\n@pytest.mark.asyncio\nasync def test_it(client):\n"
        "    assert await client == 1\n",
        "requirements.txt": f"pytest{bound}\npytest-asyncio\n",
    }
    (found,) = look(tmp_path, files, "AT701").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("pytest tests/evals --model=x", Severity.ADVICE),
        ("pip install pytest", Severity.ADVICE),
        ("'pytest',", Severity.ADVICE),
        ("pytest \\", Severity.ADVICE),
        ("pytest", Severity.ERROR),
        ("uv run pytest -q", Severity.ERROR),
    ],
)
def test_plugins_below_the_top_are_advice_if_a_command_starts_there(
    command: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "pytest.ini": "[pytest]\ntestpaths = tests\n",
        "Makefile": f"evals:\n\t{command}\n",
        "tests/evals/conftest.py": 'pytest_plugins = ["tests.evals.reporter"]\n',
    }
    (found,) = look(tmp_path, files, "AT710").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("bound", "severity"), [(">=0.23", Severity.ADVICE), (">=0.24", Severity.WARNING)]
)
def test_an_old_name_is_advice_if_a_supported_release_knows_no_other(
    bound: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "test_it.py": MARKED.replace("asyncio\n", 'asyncio(scope="module")\n'),
        "requirements.txt": f"pytest\npytest-asyncio{bound}\n",
    }
    (found,) = look(tmp_path, files, "AT601").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("bound", "severity"), [("<1.0.0,>=0.23.4", Severity.ADVICE), (">=0.23.4", Severity.ERROR)]
)
def test_tests_without_a_package_have_the_bounds_of_those_in_the_repository(
    bound: str, severity: Severity, tmp_path: Path
) -> None:
    package = tmp_path / "python/shop/pyproject.toml"
    package.parent.mkdir(parents=True)
    package.write_text(
        f'[project]\nname = "shop"\n\n[dependency-groups]\n'
        f'test = ["pytest", "pytest-asyncio{bound}"]\n'
    )
    (tmp_path / ".git").mkdir()
    files = {"pytest.ini": "[pytest]\nxfail_strict = true\n", **TEST}
    (found,) = look(tmp_path / "test/e2e", files, "AT501").left
    assert severity_of(found) is severity


REACHED = {
    "nothing is declared": {},
    "there is no bound": {"requirements.txt": "pytest\npytest-asyncio\n"},
    "one of two environments has the new release": {
        "tox.ini": "[testenv]\ndeps =\n    old: pytest-asyncio<1\n    new: pytest-asyncio>=1\n"
    },
    "only the lock file is behind": {
        "pyproject.toml": '[dependency-groups]\ntest = ["pytest", "pytest-asyncio"]\n',
        "uv.lock": '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n',
    },
}


@pytest.mark.parametrize("files", REACHED.values(), ids=REACHED)
def test_what_an_allowed_release_breaks_is_an_error(files: dict[str, str], tmp_path: Path) -> None:
    (found,) = look(tmp_path, {**TEST, **files}, "AT501").left
    assert severity_of(found) is Severity.ERROR


REMOVED = (
    "from starlette.applications import Starlette\n\n\ndef start():\n    pass\n\n\n"
    "app = Starlette(on_startup=[start])\n"
)


def test_a_library_may_try_in_its_own_repository_what_others_should_not(tmp_path: Path) -> None:
    project = '[project]\nname = "{}"\n'
    files = {"app.py": REMOVED, "pyproject.toml": project.format("service")}
    (found,) = look(tmp_path, files, "AT822").left
    assert severity_of(found) is Severity.ERROR
    assert not look(tmp_path, {"pyproject.toml": project.format("Starlette")}, "AT822").left


SETTINGS = '[project]\nname = "demo"\n\n[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'


@pytest.mark.parametrize(
    ("folder", "severity"), [("examples/demo", "advice"), ("service", "warning")]
)
def test_a_warning_in_an_example_is_advice(
    folder: str, severity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {"pyproject.toml": SETTINGS, **TEST}.items():
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    main(["check", str(tmp_path), "--select", "AT103", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["code"], found["severity"]) == ("AT103", severity)


OTHER_LOOP = (
    "import pytest\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope='module')\n"
    "async def item():\n    {} 1\n\n\n@pytest.mark.asyncio\nasync def test_it(item):\n    pass\n"
)


@pytest.mark.parametrize(
    ("statement", "severity"), [("yield", Severity.ERROR), ("return", Severity.ADVICE)]
)
def test_a_loop_that_ends_before_the_test_is_an_error_if_something_is_kept_in_it(
    statement: str, severity: Severity, tmp_path: Path
) -> None:
    (found,) = look(tmp_path, {"test_it.py": OTHER_LOOP.format(statement)}, "AT105").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("bound", "severity"), [(">=0.21", Severity.ADVICE), ("==0.21.2", Severity.WARNING)]
)
def test_a_setting_is_advice_if_an_installation_knows_it(
    bound: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
        "requirements.txt": f"pytest\npytest-asyncio{bound}\n",
        **TEST,
    }
    (found,) = look(tmp_path, files, "AT109").left
    assert severity_of(found) is severity


def _setting_a_policy(comment: str) -> dict[str, str]:
    policy = "asyncio.WindowsSelectorEventLoopPolicy()"
    code = f"import asyncio\nimport sys\n\n{comment}if sys.platform == 'win32':\n"
    return {"conftest.py": f"{code}    asyncio.set_event_loop_policy({policy})\n"}


@pytest.mark.parametrize(
    ("comment", "severity"),
    [
        ("# The driver does not work\n# with the proactor.\n", Severity.ADVICE),
        ("# NOTE: Playwright needs this\n", Severity.ADVICE),
        ("# Windows\n", Severity.WARNING),
        ("# asyncio.set_event_loop_policy(None)\n", Severity.WARNING),
        ("# noqa: E402 because of the imports\n", Severity.WARNING),
        ("", Severity.WARNING),
    ],
)
def test_a_policy_that_a_comment_explains_is_advice(
    comment: str, severity: Severity, tmp_path: Path
) -> None:
    (found,) = look(tmp_path, _setting_a_policy(comment), "AT507").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("shadowed", "severity"),
    [
        ("testpaths = tests\nasyncio_mode = auto\n", Severity.ADVICE),
        ("testpaths = tests\nasyncio_mode = strict\n", Severity.ERROR),
        ("testpaths = tests\nlog_level = debug\n", Severity.ERROR),
        ("asyncio-mode = auto\npython_files = test_*.py\n", Severity.ADVICE),
        ("python_files = check_*.py\n", Severity.ERROR),
    ],
)
def test_a_file_that_says_the_same_as_the_one_in_force_is_advice(
    shadowed: str, severity: Severity, tmp_path: Path
) -> None:
    table = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\nasyncio_mode = "auto"\n'
    files = {"pyproject.toml": table, "setup.cfg": f"[tool:pytest]\n{shadowed}"}
    (found,) = look(tmp_path, files, "AT201").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("folder", "severity"), [("tests", Severity.ADVICE), ("checks", Severity.ERROR)]
)
def test_a_folder_that_is_not_set_is_advice_if_all_tests_are_there(
    folder: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "pyproject.toml": '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
        "setup.cfg": "[tool:pytest]\ntestpaths = tests\n",
        f"{folder}/test_it.py": MARKED,
    }
    (found,) = look(tmp_path, files, "AT201").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"test_it.py": "@pytest.mark.trio\nasync def test_it():\n    pass\n"}, Severity.ADVICE),
        ({"test_it.py": "async def test_it():\n    pass\n"}, Severity.ERROR),
        ({}, Severity.ADVICE),
    ],
    ids=["trio runs all", "nothing runs it", "no test"],
)
def test_a_setting_that_no_test_needs_is_advice(
    files: dict[str, str], severity: Severity, tmp_path: Path
) -> None:
    code = {name: f"import pytest\n\n\n{text}" for name, text in files.items()}
    settings = '[dependency-groups]\ntest = ["pytest", "pytest-trio"]\n\n' + SETTINGS
    (found,) = look(tmp_path, {"pyproject.toml": settings, **code}, "AT121").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("first", "severity"),
    [("    asyncio.set_event_loop(loop)\n", Severity.ADVICE), ("", Severity.ERROR)],
)
def test_an_override_that_gives_sync_tests_a_loop_is_advice(
    first: str, severity: Severity, tmp_path: Path
) -> None:
    fixture = (
        "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(autouse=True)\n"
        f"def event_loop():\n    loop = asyncio.new_event_loop()\n{first}"
        "    yield loop\n    loop.close()\n"
    )
    files = {"conftest.py": fixture, "requirements.txt": "pytest-asyncio>=1.4\n"}
    (found,) = look(tmp_path, files, "AT504").left
    assert severity_of(found) is severity


@pytest.mark.parametrize(
    ("first", "severity"),
    [("def test_it", Severity.ADVICE), ("@pytest.fixture\ndef made", Severity.ERROR)],
    ids=["test", "fixture"],
)
def test_an_override_for_sync_tests_alone_is_advice(
    first: str, severity: Severity, tmp_path: Path
) -> None:
    code = (
        f"{OVERRIDE.format('')}\n\n{first}(event_loop):\n    assert event_loop.create_future()\n"
        "\n\nasync def test_other():\n    pass\n"
    )
    files = {"test_it.py": code, "requirements.txt": "pytest-asyncio>=1.4\n"}
    (found,) = look(tmp_path, files, "AT504").left
    assert severity_of(found) is severity


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    names = "\n".join(f"[testenv:{name}]\ndeps = mock\n" for name in ("unit", "lint", "docs"))
    (found,) = look(tmp_path, {"tox.ini": names}, "AT404").left
    assert (found.line, found.message) == (
        2,
        "no code imports mock (declared 2 more times in this file)",
    )
    lock = "".join(
        f'[[package]]\nname = "{name}"\nversion = "1"\n' for name in ("pytest", "pytest-asyncio")
    )
    project = '[project]\nname = "demo"\ndependencies = ["pytest>=2", "pytest-asyncio>=2"]\n'
    held = '[[package]]\nname = "demo"\nsource = { editable = "." }\n'
    files = {"uv.lock": held + lock, "pyproject.toml": project}
    (found,) = look(tmp_path, files, "AT405").left
    assert found.message == (
        "uv.lock has pytest 1, which is older than declared, and so is pytest-asyncio"
    )


@pytest.mark.parametrize(
    ("mode", "mark", "severity"),
    [
        ("strict", "asyncio", Severity.ERROR),
        ("auto", 'asyncio(loop_scope="module")', Severity.WARNING),
        ("auto", "asyncio", Severity.ADVICE),
    ],
)
def test_a_misspelt_mark_matters_as_much_as_what_is_lost(
    mode: str, mark: str, severity: Severity, tmp_path: Path
) -> None:
    files = {
        "pytest.ini": f"[pytest]\nasyncio_mode = {mode}\n",
        "test_it.py": f"import pytest\n\npytestmarks = pytest.mark.{mark}\n\n\n"
        "async def test_it():\n    pass\n",
    }
    assert [severity_of(found) for found in look(tmp_path, files, "AT612").left] == [severity]


@pytest.mark.parametrize(
    ("bound", "hint"),
    [("==0.23.8", "require pytest-asyncio >= 0.24"), (">=0.23", "run: uv lock --upgrade")],
)
def test_a_lock_file_is_renewed_only_where_the_bounds_let_it(
    bound: str, hint: str, tmp_path: Path
) -> None:
    files = {
        "pyproject.toml": f'[dependency-groups]\ntest = ["pytest-asyncio{bound}"]\n'
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "session"\n',
        "uv.lock": '[[package]]\nname = "pytest-asyncio"\nversion = "0.23.8"\n',
        "test_it.py": MARKED,
    }
    (found,) = look(tmp_path, files, "AT109").left
    assert found.hint.startswith(hint)
