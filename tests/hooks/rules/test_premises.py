"""The premises of a finding and of a fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

ALL = tuple(load(code) for code in CODES if code >= "AT1")
#: A test and a fixture that AT501 and AT701 speak of.
CODE = (
    "import pytest\n\n\n@pytest.fixture\nasync def client():\n    yield 1\n\n\n"
    "{mark}async def test_it(client, event_loop):\n    assert event_loop.is_running()\n"
)
MARKED = {"test_it.py": CODE.format(mark="@pytest.mark.asyncio\n")}
UNMARKED = {"test_it.py": CODE.format(mark="")}
FOR_ANYIO = {"test_it.py": CODE.format(mark="@pytest.mark.anyio\n")}
RUNNER = {
    "conftest.py": (
        "import inspect\n\n\ndef pytest_pyfunc_call(pyfuncitem):\n"
        "    return inspect.iscoroutinefunction(pyfuncitem.obj)\n"
    )
}
PYTEST = {"requirements.txt": "pytest\n"}


def look(root: Path, files: dict[str, str], *tiers: Tier) -> Plan:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return make_plan(root, Desired(), ALL, frozenset(tiers))


THERE = {
    "nothing says what the tests need, and they have the mark": MARKED,
    "declared": {**UNMARKED, "requirements.txt": "pytest\npytest-asyncio\n"},
    "brought by another plugin": {**MARKED, "requirements.txt": "pytest\npytest-aiohttp\n"},
    "only in a lock file": {
        **MARKED,
        **PYTEST,
        "poetry.lock": '[[package]]\nname = "pytest-asyncio"\nversion = "1.5.0"\n',
    },
    "imported by another test file": {
        **MARKED,
        **PYTEST,
        "test_other.py": "import pytest_asyncio\n\n\nasync def test_other(): pass\n",
    },
    "named where nothing here can read it": {
        **MARKED,
        **PYTEST,
        "Dockerfile": "RUN pip install pytest-asyncio\n",
    },
    "named in a setup.py that requires pytest": {
        **MARKED,
        "setup.py": "setup(tests_require=['pytest', 'pytest-asyncio'])\n",
    },
    "a setup.py that only asks whether pytest runs": {
        **MARKED,
        "setup.py": "setup(tests_require=TESTS, setup_requires=R if 'pytest' in argv else [])\n",
    },
}


@pytest.mark.parametrize("files", THERE.values(), ids=THERE)
def test_a_rule_speaks_where_the_plugin_is_there(files: dict[str, str], tmp_path: Path) -> None:
    found = {f.code: f.tier for f in look(tmp_path, files).left}
    assert found["AT501"] is Tier.SAFE


PERHAPS = {
    "the tests have the mark": {**MARKED, **PYTEST},
    "they have it, and setup.py requires pytest alone": {
        **MARKED,
        "setup.py": "TESTS = ['tox', 'pytest>=8']\nsetup(extras_require={'t': TESTS})\n",
    },
    "it has a setting": {
        **UNMARKED,
        **PYTEST,
        "pytest.ini": "[pytest]\nasyncio_mode = strict\n",
    },
    "addopts has its option": {
        **UNMARKED,
        **PYTEST,
        "pytest.ini": "[pytest]\naddopts = --asyncio-mode=strict\n",
    },
}


@pytest.mark.parametrize("files", PERHAPS.values(), ids=PERHAPS)
def test_there_is_no_fix_where_the_dependencies_leave_the_plugin_out(
    files: dict[str, str], tmp_path: Path
) -> None:
    found = {f.code: f for f in look(tmp_path, files).left}
    assert found["AT501"].tier is Tier.REPORT
    assert found["AT501"].hint == "the fix needs pytest-asyncio, which no dependency installs"


def test_the_fix_is_made_once_the_plugin_is_declared(tmp_path: Path) -> None:
    plan = look(tmp_path, {**MARKED, **PYTEST}, *Tier)
    fixed = [f.code for f in plan.fixed if f.code in {"AT403", "AT501", "AT701"}]
    assert sorted(fixed) == ["AT403", "AT501", "AT701"]
    assert fixed[0] == "AT403"


ABSENT = {
    "the tests are AnyIO's": {**FOR_ANYIO, "requirements.txt": "pytest\nanyio\n"},
    "the tests are AnyIO's, and nothing says what they need": FOR_ANYIO,
    "they are pytest's alone": {**UNMARKED, **PYTEST},
    "another plugin runs them": {**MARKED, "requirements.txt": "pytest\naiomisc-pytest\n"},
    "another plugin in setup.py runs them": {
        **MARKED,
        "setup.py": "TESTS = ['pytest>=8', 'pytest-sanic']\nsetup(tests_require=TESTS)\n",
    },
    "a hook of the project runs them": {**MARKED, **RUNNER},
    "a hook of the project runs them, and the mark is its own": {**MARKED, **PYTEST, **RUNNER},
    "pytest is told not to load the plugin": {
        **MARKED,
        "requirements.txt": "pytest\npytest-asyncio\n",
        "setup.cfg": "[tool:pytest]\naddopts = -p no:asyncio -vv\n",
    },
    "it is the plugin's own repository": {
        **MARKED,
        "plugin.py": "def look(item):\n    item.add_marker('asyncio')\n",
        "pyproject.toml": '[project]\nname = "pytest_asyncio"\n',
    },
    "that name is a constant of setup.py": {
        **MARKED,
        "setup.py": "import setuptools\nNAME = 'pytest-asyncio'\nsetuptools.setup(name=NAME)\n",
    },
    "the name of the plugin's own repository is in setup.py": {
        **MARKED,
        "setup.py": "from setuptools import setup\nsetup(name='pytest-asyncio')\n",
    },
}


@pytest.mark.parametrize("files", ABSENT.values(), ids=ABSENT)
def test_a_rule_is_silent_where_something_else_runs_the_tests(
    files: dict[str, str], tmp_path: Path
) -> None:
    plan = look(tmp_path, files, *Tier)
    spoke = {load(f.code).about for f in (*plan.left, *plan.fixed)}
    assert "pytest-asyncio" not in spoke
    assert not any(b"pytest-asyncio" in data for data in plan.after.values())
    assert not any(b"pytest_asyncio" in data for data in plan.after.values())


OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
SHIPPED = {
    "pyproject.toml": {
        "pyproject.toml": '[project]\nname = "a"\n\n[project.entry-points.pytest11]\na = "a.b"\n'
    },
    "poetry": {
        "pyproject.toml": '[tool.poetry]\nname = "a"\n\n[tool.poetry.plugins.pytest11]\na = "a.b"\n'
    },
    "setup.cfg": {"setup.cfg": "[options.entry_points]\npytest11 =\n    a = a.b\n"},
    "setup.py": {
        "setup.py": (
            "import setuptools\n"
            'setuptools.setup(entry_points={"pytest11": ["a = a.b"], "console_scripts": ["c = d"]})'
        )
    },
    "setup.py as text": {
        "setup.py": (
            "from setuptools import setup\n"
            'setup(entry_points="""\n[console_scripts]\nc = d\n[pytest11]\na = a.b\n""")\n'
        )
    },
}


@pytest.mark.parametrize("files", SHIPPED.values(), ids=SHIPPED)
def test_an_override_in_a_plugin_that_the_repository_ships_is_only_reported(
    files: dict[str, str], tmp_path: Path
) -> None:
    plan = look(
        tmp_path,
        {
            **files,
            "requirements.txt": "pytest\npytest-asyncio\n",
            "src/a/b.py": OVERRIDE,
            "tests/test_it.py": "async def test_it(event_loop):\n    await event_loop.go()\n",
        },
        *Tier,
    )
    assert "src/a/b.py" not in plan.after
    assert {(f.code, f.file) for f in plan.left if f.code in {"AT501", "AT504"}} == {
        ("AT504", "src/a/b.py")
    }


def test_a_fixture_of_two_plugins_in_the_repository_is_not_the_lost_one(tmp_path: Path) -> None:
    plan = look(
        tmp_path,
        {
            "requirements.txt": "pytest\npytest-aiohttp\n",
            "plug.py": (
                'import pytest\n\n\n@pytest.fixture(name="loop")\ndef _loop():\n    yield 1\n\n\n'
                "@pytest.fixture\ndef loop(loop):\n    return loop\n"
            ),
            "test_it.py": "async def test_it(loop):\n    assert loop\n",
        },
        *Tier,
    )
    assert "AT901" not in {f.code for f in (*plan.left, *plan.fixed)}


OWN_CLASS = (
    "import asyncio\n\nimport pytest\n\n\nclass Loop(asyncio.SelectorEventLoop):\n"
    "    open = 0\n\n\n@pytest.fixture\ndef event_loop():\n    loop = Loop()\n"
    "    yield loop\n    loop.close()\n"
)
MORE = {
    "a class of its own": (OWN_CLASS, Tier.UNSAFE),
    "another kind of loop": (
        OVERRIDE.replace("import pytest", "import pytest\nimport uvloop").replace(
            "asyncio.new_event_loop()", "uvloop.new_event_loop()"
        ),
        Tier.UNSAFE,
    ),
    "something else is prepared": (
        OVERRIDE.replace("    yield", "    start_server(loop)\n    yield"),
        Tier.UNSAFE,
    ),
    "another fixture comes along": (
        OVERRIDE.replace("event_loop()", "event_loop(db)", 1),
        Tier.UNSAFE,
    ),
    "it is set up for the tests": (
        OVERRIDE.replace("    yield", "    loop.answer = 1\n    yield"),
        Tier.UNSAFE,
    ),
    "it comes in variants": (
        OVERRIDE.replace("pytest.fixture", "pytest.fixture(params=[1, 2])"),
        Tier.UNSAFE,
    ),
    "it hands out more than a loop": (
        OVERRIDE.replace("yield loop", "yield (loop, 1)"),
        Tier.UNSAFE,
    ),
    "a plain loop": (OVERRIDE, Tier.SAFE),
}


@pytest.mark.parametrize(("override", "tier"), MORE.values(), ids=MORE)
def test_the_safe_tier_leaves_the_users_of_an_override_that_does_more(
    override: str, tier: Tier, tmp_path: Path
) -> None:
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "conftest.py": override,
        "test_it.py": "async def test_it(event_loop):\n    event_loop.time()\n",
    }
    found = [f for f in look(tmp_path, files).left if f.code == "AT501"]
    assert [f.tier for f in found] == [tier]


@pytest.mark.parametrize("body", ["pass", "event_loop.open += 1"])
def test_no_tier_takes_an_override_from_a_test_that_passes_by_it(body: str, tmp_path: Path) -> None:
    test = f"async def test_it(event_loop):\n    {body}\n"
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "conftest.py": OWN_CLASS,
        "test_it.py": test,
    }
    plan = look(tmp_path, files, *Tier)
    assert "test_it.py" not in plan.after
    assert "AT501" in {f.code for f in plan.left}


def test_the_safe_tier_keeps_an_override_that_every_test_gets(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "conftest.py": OVERRIDE.replace("pytest.fixture", "pytest.fixture(autouse=True)"),
        "test_it.py": "def test_it(): pass\n\n\nasync def test_other(): pass\n",
    }
    assert "conftest.py" not in look(tmp_path, files, Tier.SAFE).after
    bridge = look(tmp_path, files, *Tier).after["conftest.py"]
    assert b"autouse=True" in bridge


def test_a_test_that_another_file_calls_keeps_its_parameters(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "test_base.py": (
            "class TestBase:\n    async def test_it(self, event_loop):\n        event_loop.time()\n"
        ),
        "test_sub.py": (
            "from test_base import TestBase\n\n\nclass TestSub(TestBase):\n"
            "    async def test_it(self, event_loop):\n"
            "        await super().test_it(event_loop)\n"
        ),
    }
    plan = look(tmp_path, files, Tier.SAFE)
    assert not {"test_base.py", "test_sub.py"} & set(plan.after)


PACKAGES = {
    "": '[project]\nname = "sub"\noptional-dependencies.test = ["pytest"]\n',
    "of poetry": (
        '[tool.poetry]\nname = "sub"\n[tool.poetry.group.dev.dependencies]\npytest-cov = "*"\n'
    ),
}


@pytest.mark.parametrize("text", PACKAGES.values(), ids=PACKAGES)
@pytest.mark.parametrize("workspace", ["", '[tool.uv.workspace]\nmembers = ["sub"]\n'])
def test_a_package_below_is_mended_from_above_only_in_a_workspace(
    text: str, workspace: str, tmp_path: Path
) -> None:
    files = {
        "pytest.ini": "[pytest]\n",
        "pyproject.toml": workspace,
        "requirements.txt": "pytest\npytest-asyncio\n",
        "tests/test_top.py": MARKED["test_it.py"],
        "sub/tests/test_it.py": MARKED["test_it.py"],
        "sub/pyproject.toml": text,
    }
    plan = look(tmp_path, files, *Tier)
    assert "tests/test_top.py" in plan.after
    assert ("sub/tests/test_it.py" in plan.after) is bool(workspace)
    hint = "the tests are those of sub, which has its own dependencies"
    assert any(f.hint == hint for f in plan.left) is not bool(workspace)


@pytest.mark.parametrize(
    ("declared", "besides", "is_mended"),
    [
        ("pytest\npytest-asyncio\n", {}, True),
        ("pytest-asyncio\n", {}, False),
        ("pytest\n", {}, False),
        ("pytest\npytest-asyncio\n", {"sub/requirements-test.txt": "pytest\n"}, False),
        ("pytest\npytest-asyncio\n", {"sub/noxfile.py": ""}, False),
        ("pytest\npytest-asyncio\n", {"sub/setup.cfg": "[options\n"}, False),
    ],
)
def test_a_package_below_that_declares_no_tests_is_mended_with_what_the_root_declares(
    declared: str, besides: dict[str, str], tmp_path: Path, *, is_mended: bool
) -> None:
    files = {
        "pytest.ini": "[pytest]\n",
        "requirements.txt": declared,
        "sub/tests/test_it.py": MARKED["test_it.py"],
        "sub/setup.py": "from setuptools import setup\n\nsetup(install_requires=['anyio'])\n",
        **besides,
    }
    plan = look(tmp_path, files, *Tier)
    assert ("sub/tests/test_it.py" in plan.after) is is_mended


COMMENTS = {
    "# one loop for all, since the server is shared": True,
    "; signals are taken by the reactor": True,
    "# timeouts": False,
    "# timeout_method = signal": False,
    "# ----- timeouts -----": False,
}


@pytest.mark.parametrize(("comment", "holds"), COMMENTS.items())
def test_a_comment_right_above_a_setting_keeps_it(
    comment: str, tmp_path: Path, *, holds: bool
) -> None:
    ini = f"[pytest]\nasyncio_mode = auto\n{comment}\ntimeout_method = thread\ntimeout = 9\n"
    plan = look(tmp_path, {"pytest.ini": ini, "requirements.txt": "pytest-timeout\n"}, *Tier)
    kept = b"timeout_method = thread" in plan.after.get("pytest.ini", ini.encode())
    assert kept is holds
    assert ("AT303" in {f.code for f in plan.left}) is holds


def test_the_safe_tier_leaves_what_an_old_pytest_aiohttp_runs(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest\npytest-aiohttp==0.3.0\n",
        "test_it.py": "async def test_it(loop):\n    assert loop.is_running()\n",
    }
    assert "test_it.py" not in look(tmp_path, files, Tier.SAFE).after
    assert "test_it.py" in look(tmp_path, files, *Tier).after


ASKS_FOR_LOOP = (
    "import pytest\n\n\n@pytest.fixture\ndef server(loop):\n"
    "    return loop.run_until_complete(serve())\n\n\n"
    "async def test_it(server):\n    assert server\n"
)
OLD_AIOHTTP = {
    "pytest-aiohttp==0.3.0\n": (True, "pytest-aiohttp>=1.0\n"),
    "pytest-aiohttp>=0.3\n": (True, "pytest-aiohttp>=1.0\n"),
    "pytest-aiohttp==0.3.0  # 1.0 wants a mode\n": (False, None),
    "pytest-aiohttp==0.3.0; sys_platform != 'win32'\n": (False, None),
}


@pytest.mark.parametrize("line", OLD_AIOHTTP)
def test_a_bridge_for_loop_comes_with_a_pytest_aiohttp_that_brings_its_plugin(
    line: str, tmp_path: Path
) -> None:
    """The old one does not install pytest-asyncio, so a file that imports it is not collected."""
    is_bridged, raised = OLD_AIOHTTP[line]
    files = {"requirements.txt": line, "test_it.py": ASKS_FOR_LOOP, "pytest.ini": "[pytest]\n"}
    after = look(tmp_path, files, *Tier).after
    assert (b"import pytest_asyncio" in after.get("test_it.py", b"")) is is_bridged
    assert after.get("requirements.txt") == (raised and raised.encode())
    assert (b"asyncio_mode = auto" in after.get("pytest.ini", b"")) is is_bridged


def test_where_pytest_is_raised_too_the_warning_is_not_filtered(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest==7.1.2\npytest-asyncio==0.18.3\n",
        "pytest.ini": "[pytest]\nfilterwarnings = error\nasyncio_mode = auto\n",
        "test_it.py": "async def test_it():\n    pass\n",
    }
    after = look(tmp_path, files, *Tier).after
    assert after["requirements.txt"] == b"pytest>=8.4\npytest-asyncio>=1.5\n"
    assert b"ignore:" not in after["pytest.ini"]
    assert b"asyncio_default_fixture_loop_scope" in after["pytest.ini"]


SYNC = "@pytest.mark.asyncio\ndef test_it(request):\n    pass\n"
READERS = {
    "a hook asks for it": ('item.get_closest_marker("asyncio")', True),
    "a hook asks for a mark that it names elsewhere": ("item.get_closest_marker(MARK)", True),
    "a hook goes through all": ("list(item.iter_markers())", True),
    "a hook looks at a node's words": ('"asyncio" in item.keywords', True),
    "a hook looks at what a function has": ("item.function.pytestmark", True),
    "a hook asks for another": ('item.get_closest_marker("slow")', False),
    "a hook goes through another": ('list(item.iter_markers(name="slow"))', False),
}


@pytest.mark.parametrize(("asked", "holds"), READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "mark", [SYNC, SYNC.replace("asyncio\ndef", "asyncio(forbid_global_loop=True)\nasync def")]
)
def test_a_mark_that_the_repository_looks_at_is_only_reported(
    mark: str, asked: str, tmp_path: Path, *, holds: bool
) -> None:
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "test_it.py": f"import pytest\n\n\n{mark}",
        "conftest.py": f"def pytest_runtest_setup(item):\n    item.known = {asked}\n",
    }
    plan = look(tmp_path, files, *Tier)
    assert ("test_it.py" not in plan.after) is holds
    assert any(f.hint.startswith("conftest.py may read the mark") for f in plan.left) is holds


def test_arguments_of_parametrize_that_the_repository_looks_at_keep_their_places(
    tmp_path: Path,
) -> None:
    files = {
        "test_it.py": (
            'import pytest\n\n\n@pytest.mark.parametrize("a", [1], False)\n'
            "def test_it(a):\n    pass\n"
        ),
        "conftest.py": (
            "def pytest_runtest_setup(item):\n"
            '    (mark,) = item.iter_markers("parametrize")\n    assert mark.args[2] is False\n'
        ),
    }
    assert "test_it.py" not in look(tmp_path, files, *Tier).after


SELECTIONS = {
    "-m asyncio": True,
    "-masyncio": True,
    "-m 'not asyncio'": True,
    "-m slow": False,
    "-k asyncio": False,
}


@pytest.mark.parametrize(("addopts", "holds"), SELECTIONS.items())
def test_a_mark_that_chooses_the_tests_stays(addopts: str, tmp_path: Path, *, holds: bool) -> None:
    files = {
        "pytest.ini": f"[pytest]\naddopts = {addopts}\n",
        "requirements.txt": "pytest\npytest-asyncio\n",
        "test_it.py": f"import pytest\n\n\n{SYNC}",
    }
    assert ("test_it.py" not in look(tmp_path, files, *Tier).after) is holds


RETURNS = {
    "return work()": True,
    "def inner():\n        return work()\n    inner()": False,
    "return": False,
}


@pytest.mark.parametrize(("body", "holds"), RETURNS.items())
def test_a_mark_that_may_have_a_coroutine_awaited_stays(
    body: str, tmp_path: Path, *, holds: bool
) -> None:
    files = {
        "requirements.txt": "pytest\npytest-asyncio\n",
        "test_it.py": (
            "import pytest\n\n\nasync def work():\n    pass\n\n\n"
            f"@pytest.mark.asyncio\ndef test_it():\n    {body}\n"
        ),
    }
    assert ("test_it.py" not in look(tmp_path, files, *Tier).after) is holds


LOOKS_AT_FUNCTIONS = {
    "a hook gets it off a function": ("getattr(item.function, 'pytestmark', [])", True),
    "a hook unpacks it": ("get_unpacked_marks(item.obj)", True),
    "a hook gives another": ("setattr(item, 'marks', 1)\n    item.obj.pytestmark = []", False),
    "a hook asks the test": ("item.get_closest_marker('slow')", False),
}


@pytest.mark.parametrize(("asked", "holds"), LOOKS_AT_FUNCTIONS.values(), ids=LOOKS_AT_FUNCTIONS)
def test_a_fixture_keeps_its_mark_where_somebody_looks_at_marks_of_functions(
    asked: str, tmp_path: Path, *, holds: bool
) -> None:
    files = {
        "test_it.py": "import pytest\n\n\n@pytest.mark.slow\n@pytest.fixture\ndef a():\n    pass\n",
        "conftest.py": f"def pytest_itemcollected(item):\n    {asked}\n",
    }
    plan = look(tmp_path, files, *Tier)
    assert ("test_it.py" not in plan.after) is holds


@pytest.mark.parametrize(
    "around",
    [
        "def test_it(recwarn):\n    {}\n    assert recwarn.list\n",
        (
            "def test_it():\n    with warnings.catch_warnings(record=True) as seen:\n"
            "        {}\n    assert seen\n"
        ),
        (
            "def made():\n    {}\n\n\ndef test_it(recwarn):\n    made()\n"
            "    assert len(recwarn) == 1\n"
        ),
    ],
)
def test_a_warning_that_a_test_records_is_left(around: str, tmp_path: Path) -> None:
    call = "pytest.yield_fixture(int)"
    files = {"test_it.py": f"import warnings\n\nimport pytest\n\n\n{around.format(call)}"}
    plan = look(tmp_path, files, *Tier)
    assert "test_it.py" not in plan.after
    assert "AT704" in {f.code for f in plan.left}


@pytest.mark.parametrize("action", ["ignore", "error"])
def test_a_warning_that_is_only_let_pass_is_mended(action: str, tmp_path: Path) -> None:
    files = {
        "test_it.py": (
            "import warnings\n\nimport pytest\n\nwith warnings.catch_warnings():\n"
            f"    warnings.simplefilter({action!r})\n    DO = pytest.yield_fixture(int)\n"
        )
    }
    assert b"pytest.fixture(int)" in look(tmp_path, files, Tier.SAFE).after["test_it.py"]


def test_a_decorator_right_below_try_is_tried_as_well(tmp_path: Path) -> None:
    text = (
        "import pytest\n\n\ndef test_it():\n    try:\n\n        @pytest.fixture('module')\n"
        "        def one():\n            pass\n    except Exception as error:\n"
        "        assert error\n    else:\n        raise AssertionError\n"
    )
    assert "AT705" not in {f.code for f in look(tmp_path, {"test_it.py": text}).left}


LOOPS = {
    "an old plugin, and get_event_loop": (">=0.21", "loop = asyncio.get_event_loop()", False),
    "no bound, and a future": ("", "it = asyncio.Future()", False),
    "a new plugin": (">=1.0", "loop = asyncio.get_event_loop()", True),
    "what is awaited": (">=0.21", "async def go(): await asyncio.gather(a())", True),
    "nothing of the kind": (">=0.21", "print(asyncio.run)", True),
}


@pytest.mark.parametrize(("bound", "line", "is_mended"), LOOPS.values(), ids=LOOPS)
def test_a_mark_that_may_set_up_the_loop_stays_on_a_sync_test(
    bound: str, line: str, tmp_path: Path, *, is_mended: bool
) -> None:
    files = {
        "requirements.txt": f"pytest-asyncio{bound}\n",
        "helpers.py": f"import asyncio\n\n{line}\n",
        "test_it.py": f"import pytest\n\n\n{SYNC}",
    }
    assert ("test_it.py" in look(tmp_path, files, *Tier).after) is is_mended
