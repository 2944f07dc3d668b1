"""A file four times as long takes four times the time to be checked, and to be migrated."""

from __future__ import annotations

import gc
import json
import shutil
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template import spread, verify
from async_test_template.desired import Desired
from async_test_template.errors import UserError
from async_test_template.findings import Tier
from async_test_template.observe import observe
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from made_rules import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from async_test_template.rules.pages import Example
    from async_test_template.rules.rule import Rule

#: How much longer the whole is than its part. What grows with the square of that takes 16 times as
#: long, which no noise of a machine hides.
TIMES = 4
#: The allowed factor, including that noise.
GROWTH = 6
#: Below this nobody can measure (seconds).
NOTHING = 0.05
#: The part of the whole size that is tried in each run, and the whole one: what grows with the
#: square of a length shows in a small one, too, where it is most of the time.
SIZES = [pytest.param(0.25, id="quarter"), pytest.param(1, id="whole", marks=pytest.mark.full)]
#: How often both are measured before the result counts: a busy machine only makes times longer.
TRIES = 10
HEAD = "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
OLD = "pytest-asyncio==0.20\nhttpx==0.24\naiohttp\nfastapi\n"
SETTINGS = "[pytest]\nasyncio_mode = auto\n"

#: The name of the repeated thing: the files with so many of it, and how many.
SHAPES: dict[str, tuple[Callable[[int], dict[str, str]], int]] = {
    "tests": (lambda n: code("async def test_{0}(event_loop):\n    pass\n\n\n", n), 200),
    "tests of one name": (lambda n: code("async def test(event_loop):\n    pass\n\n\n", n), 200),
    "fixtures": (lambda n: code("@pytest.fixture\nasync def f{0}():\n    yield\n\n\n", n), 200),
    "a chain of fixtures": (
        lambda n: code("@pytest.fixture\nasync def f{0}(f{1}):\n    yield\n\n\n", n),
        100,
    ),
    "overrides": (
        lambda n: code(
            "@pytest.fixture\ndef event_loop():\n    loop = asyncio.new_event_loop()\n"
            "    yield loop\n    loop.close()\n\n\n",
            n,
        ),
        100,
    ),
    "classes": (
        lambda n: code(
            "@pytest.mark.asyncio(scope='class')\nclass Test{0}:\n"
            "    async def test_it(self, event_loop):\n        pass\n\n\n",
            n,
        ),
        150,
    ),
    "classes one from another": (
        lambda n: code(
            "class Test{1}(Test{0}):\n    async def test_it(self, event_loop):\n        pass\n\n\n",
            n,
            "class Test0:\n    pass\n\n\n",
        ),
        100,
    ),
    "comprehensions": (
        lambda n: code(
            "    a = [x async for x in y()]\n    await asyncio.gather(*[f() for f in a])\n",
            n,
            "async def test_it(event_loop):\n",
        ),
        200,
    ),
    "loops taken in sync code": (
        lambda n: code("def test_{0}():\n    asyncio.gather(f{0}('a{0}'))\n\n\n", n),
        200,
    ),
    "files of fixtures, one below another": (
        lambda n: (
            code("", 0)
            | {
                "d/" * depth + "conftest.py": HEAD + "@pytest.fixture\ndef event_loop():\n"
                "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
                for depth in range(n)
            }
        ),
        20,
    ),
    "tests of a class": (
        lambda n: code(
            "    @pytest.mark.asyncio\n    async def test_{0}(self, event_loop):\n        pass\n\n",
            n,
            "class TestIt:\n",
        ),
        200,
    ),
    "calls": (
        lambda n: code(
            "    asyncio.get_event_loop().run_until_complete(go({0}))\n",
            n,
            "async def go(n):\n    pass\n\n\ndef test_it():\n",
        ),
        300,
    ),
    "calls in a line": (
        lambda n: code(
            "asyncio.get_event_loop().run_until_complete(go({0})); ",
            n,
            "async def go(n):\n    pass\n\n\ndef test_it():\n    ",
        ),
        200,
    ),
    # Calls are followed to a depth that is given; the chain has to be longer than that.
    "helpers": (
        lambda n: code(
            "def h{0}():\n    h{1}()\n    h{1}()\n    asyncio.get_event_loop()\n\n\n", n
        ),
        1200,
    ),
    "decorators": (
        lambda n: (
            code("@pytest.mark.m{0}\n", n) | {"end": "async def test_it(event_loop):\n    pass\n"}
        ),
        500,
    ),
    "parameters": (
        lambda n: code("p{0}, ", n, "async def test_it(event_loop, ") | {"end": "):\n    pass\n"},
        1000,
    ),
    "parametrized values": (
        lambda n: (
            code("({0}, 'a'),\n", n, "@pytest.mark.parametrize('a,b', [\n")
            | {"end": "])\nasync def test_it(a, b, event_loop):\n    pass\n"}
        ),
        1000,
    ),
    "imports": (
        lambda n: (
            code("import m{0}\n", n) | {"end": "\n\nasync def test_it(event_loop):\n    pass\n"}
        ),
        500,
    ),
    "branches": (
        lambda n: code(
            "    elif a == {0}:\n        asyncio.get_event_loop()\n",
            n,
            "def test_it(a):\n    if 0:\n        pass\n",
        ),
        100,
    ),
    "handlers": (
        lambda n: code("    except Unknown: pass\n", n, "def test_it():\n    try: pass\n"),
        500,
    ),
    "tests that expect an error": (
        lambda n: code(
            "@pytest.mark.xfail\nasync def test_{0}(event_loop):\n    wanted = pytest.raises(Own)\n"
            "    with wanted:\n        helper()\n\n\n",
            n,
            "def helper():\n    asyncio.get_event_loop()\n\n\n",
        ),
        300,
    ),
    "nesting": (
        lambda n: (
            code("[", n, "async def test_it(event_loop):\n    a = ") | {"end": "]" * n + "\n"}
        ),
        40,
    ),
    "comments": (
        lambda n: (
            code("# {0} parametrize((\n", n)
            | {"end": "@pytest.yield_fixture\ndef it():\n    yield\n"}
        ),
        3000,
    ),
    "silenced lines": (
        lambda n: code(
            "async def test_{0}(event_loop):  # att: ignore[AT501] so\n    pass\n\n\n", n
        ),
        150,
    ),
    "patterns": (
        lambda n: (
            code("async def test_{0}(event_loop):\n    pass\n\n\n", n)
            | {
                "pyproject.toml": "[tool.async-test-template]\nexclude = ["
                + "".join(f"'a{i}/*', " for i in range(n))
                + "]\n[tool.async-test-template.per-file-ignores]\n"
                + "".join(f"'b{i}/*' = {{ AT501 = 'so' }}\n" for i in range(n))
            }
        ),
        400,
    ),
    "requirements": (lambda n: {"requirements.txt": "pytest-asyncio<0.24\n" * n}, 50),
    "requirements of others": (
        lambda n: {"requirements.txt": "".join(f"package-{i}==1.{i}\n" for i in range(n))},
        2000,
    ),
    "included files": (
        lambda n: (
            {"requirements.txt": "".join(f"-r r{i}.txt\n" for i in range(n))}
            | {f"r{i}.txt": "pytest-asyncio\n" for i in range(n)}
        ),
        100,
    ),
    "sections": (
        lambda n: {
            "tox.ini": SETTINGS + "".join(f"[testenv:e{i}]\ndeps = pytest<9\n" for i in range(n))
        },
        100,
    ),
    "commands": (
        lambda n: {
            "tox.ini": SETTINGS
            + "[testenv]\ncommands =\n"
            + "    pytest --asyncio-mode=legacy -c ci.ini tests\n" * n
        },
        200,
    ),
    "keys": (lambda n: {"pytest.ini": SETTINGS + "".join(f"k{i} = {i}\n" for i in range(n))}, 2000),
    "lines of a value": (
        lambda n: {
            "pytest.ini": SETTINGS
            + "filterwarnings =\n"
            + "    ignore::pytest.PytestRemovedIn8Warning\n" * n
        },
        100,
    ),
    "options": (
        lambda n: {"pytest.ini": f"[pytest]\naddopts = {'--asyncio-mode=legacy ' * n}\n"},
        200,
    ),
    "tables": (
        lambda n: {
            "pyproject.toml": "[tool.pytest.ini_options]\nasyncio_mode = 'legacy'\n"
            + "".join(f"[tool.t{i}]\na = 1\n" for i in range(n))
        },
        200,
    ),
    "entries": (
        lambda n: {
            "pyproject.toml": "[project]\nname = 'a'\nversion = '1'\ndependencies = [\n"
            + "".join(f"    'pytest-asyncio<0.{i}',\n" for i in range(n))
            + "]\n"
        },
        40,
    ),
    "groups": (
        lambda n: {
            "pyproject.toml": "[dependency-groups]\n"
            + "".join(f"g{i} = ['pytest', 'pytest-asyncio<0.24']\n" for i in range(n))
        },
        40,
    ),
    "locked packages": (
        lambda n: {
            "pyproject.toml": "[project]\nname = 'a'\nversion = '1'\ndependencies = ['pytest']\n",
            "uv.lock": "".join(f"[[package]]\nname = 'p{i}'\nversion = '1'\n" for i in range(n)),
        },
        1000,
    ),
    "lines of dependencies": (
        lambda n: {
            "tox.ini": SETTINGS
            + "[testenv]\ndeps =\n"
            + "    pytest<9\n" * n
            + "[testenv:b]\ndeps =\n"
            + "    py3{9,10}: pytest-asyncio<0.24  # no\n" * n
        },
        200,
    ),
    "lines that stay and go": (
        lambda n: {
            "requirements.txt": "pytest>=9\n",
            "pytest.ini": SETTINGS
            + "filterwarnings =\n"
            + "".join(
                f"    ignore::m{i}.W\n    ignore::pytest.PytestRemovedIn8Warning\n"
                for i in range(n)
            ),
        },
        200,
    ),
    "entries that stay and go": (
        lambda n: {
            "requirements.txt": "pytest>=9\n",
            "pyproject.toml": "[tool.pytest.ini_options]\nfilterwarnings = [\n"
            + "".join(
                f"    'ignore::m{i}.W',\n    'ignore::pytest.PytestRemovedIn8Warning',\n"
                for i in range(n)
            )
            + "]\n",
        },
        200,
    ),
    "groups of poetry": (
        lambda n: {
            "pyproject.toml": "".join(
                f"[tool.poetry.group.g{i}.dependencies]\n"
                "pytest = '<9'\npytest-asyncio = {version = '^0.23', optional = true}\n"
                for i in range(n)
            )
        },
        60,
    ),
    "environments of hatch": (
        lambda n: {
            "pyproject.toml": "".join(
                f"[tool.hatch.envs.e{i}]\ndependencies = ['pytest-asyncio<0.24']\n"
                for i in range(n)
            )
        },
        60,
    ),
    "extras of setup.cfg": (
        lambda n: {
            "setup.cfg": "[options.extras_require]\n"
            + "".join(f"e{i} =\n    pytest<9\n    pytest-asyncio<0.24\n" for i in range(n))
        },
        60,
    ),
    "options of two tables": (
        lambda n: {
            "requirements.txt": "pytest>=9\n",
            "pyproject.toml": "[tool.pytest.ini_options]\ntimeout = 1\n[tool.pytest]\n"
            + "".join(f"o{i} = {i}\n" for i in range(n)),
        },
        60,
    ),
    "options in a list": (
        lambda n: {
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = [\n"
            + "    '--asyncio-mode=legacy',\n" * n
            + "]\n"
        },
        200,
    ),
    "comments above dependencies": (
        lambda n: {"requirements.txt": "# so\n" * n + "pytest-asyncio<0.24\n" * (n // 10)},
        500,
    ),
    "continued lines": (
        lambda n: {"requirements.txt": ("pytest-asyncio<0.24 \\\n" + " \\\n" * 9 + "\n") * n},
        60,
    ),
    "requirements with hashes": (
        lambda n: {
            "requirements.txt": "".join(
                f"p{i}==1 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
                for i in range(n)
            )
        },
        500,
    ),
    "calls of a setup.py": (
        lambda n: {
            "setup.py": "from setuptools import setup\n"
            + "setup(tests_require=['pytest', 'pytest-asyncio<0.24'])\n" * n
        },
        200,
    ),
    "brackets of a setup.py": (
        lambda n: {"setup.py": f"a = {'[' * n}\nsetup(tests_require=['pytest<{'9,' * n}'])\n"},
        2000,
    ),
    "sessions of a noxfile.py": (
        lambda n: {
            "noxfile.py": "".join(
                "@nox.session\n"
                f"def s{i}(session):\n"
                "    session.install('pytest-asyncio<0.24')\n"
                "    session.run('pytest', '--asyncio-mode=legacy', 'tests/test_it.py')\n"
                for i in range(n)
            )
        },
        200,
    ),
    "lines of a Makefile": (
        lambda n: {
            "Makefile": "".join(f"t{i}:\n\tpytest --asyncio-mode=legacy\n" for i in range(n)),
            "Pipfile": "".join(f"pytest-asyncio = '<0.{i}'\n" for i in range(n)),
        },
        300,
    ),
    "workflows": (
        lambda n: {
            f".github/workflows/w{i}.yml": "run: pytest --asyncio-mode=legacy 'pytest-asyncio<1'\n"
            for i in range(n)
        },
        100,
    ),
    "long lines": (
        lambda n: {
            "pytest.ini": f"[pytest]\nasyncio_mode = legacy {'x' * n}\n",
            "requirements.txt": f"pytest-asyncio{' ' * n}<0.24{',' * n}\n",
            **code("a = '{0}" + "#'; b = \"(", n, "async def test_it(event_loop):\n    x = '("),
            "end": "')\n",
        },
        2000,
    ),
    "parts of a key": (
        lambda n: {"pyproject.toml": f"[tool.pytest.ini_options]\n{'a.' * n}a = 1\n"},
        1000,
    ),
    "parts of a header": (
        lambda n: {"pyproject.toml": f"[{'a.' * n}a]\n"},
        1000,
    ),
    "files with a wrong fix": (
        lambda n: {
            "requirements.txt": OLD,
            **{f"test_{i}.py": HEAD + "@pytest.yield_fixture\ndef it(): yield\n" for i in range(n)},
        },
        60,
    ),
}

#: `migrate` includes everything that `check` does.
CASES = [
    pytest.param(shape, tiers, factor, id=f"{name} {shape}", marks=marks)
    for shape in SHAPES
    for name, tiers, factor, marks in (
        ("check", frozenset(), 3, pytest.mark.full),
        ("migrate", frozenset(Tier), 1, ()),
    )
]


def code(unit: str, count: int, before: str = "") -> dict[str, str]:
    """Return a file of tests with something many times; {0} is its number, {1} the next one's."""
    text = "".join(unit.format(number, number + 1) for number in range(count))
    return {"requirements.txt": OLD, "pytest.ini": SETTINGS, "test_it.py": HEAD + before + text}


@cache
def rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in map(load, CODES) if not rule.optional)


def lay_out(root: Path, files: dict[str, str]) -> Path:
    end = files.pop("end", "")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + (end if name.endswith(".py") else ""))
    return root


def seconds(work: Callable[[], object]) -> float:
    # The collector is off in the command line too.
    gc.collect()
    gc.disable()
    begin = time.process_time()
    try:
        work()
    except UserError:
        pass
    finally:
        took = time.process_time() - begin
        gc.enable()
    return took


def require_growth(whole: Callable[[], float], part: Callable[[], float]) -> None:
    took = whole()
    if took <= NOTHING:
        return
    part_took = part()
    for _ in range(TRIES):
        if took <= max(part_took * GROWTH, NOTHING):
            return
        part_took = min(part_took, part())
        took = min(took, whole())
    if took > max(part_took * GROWTH, NOTHING):
        pytest.fail(f"a quarter of it takes {part_took:.2f} s, all of it {took:.2f} s")


@pytest.fixture(autouse=True)
def _in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_cores", lambda: 1)


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("shape", "tiers", "factor"), CASES)
def test_the_time_grows_with_the_length_alone(
    shape: str, tiers: frozenset[Tier], factor: int, size: float, tmp_path: Path
) -> None:
    make, count = SHAPES[shape]
    # Finding takes less time than fixing.
    count = int(factor * count * size)
    root = lay_out(tmp_path / "root", make(2 * count))
    part = lay_out(tmp_path / "part", make(2 * count // TIMES))
    require_growth(planned(root, Desired(), tiers), planned(part, Desired(), tiers))


def size_of(example: Example) -> int:
    """Return the length of the code of an example."""
    return sum(len(text) for name, text in example.before.items() if name.endswith(".py"))


ON_CODE = [code for code in CODES if code >= "AT5"]


@pytest.mark.slow
@pytest.mark.one_in(5)
@pytest.mark.parametrize("length", SIZES)
@pytest.mark.parametrize("code", ON_CODE)
def test_the_time_grows_with_the_number_of_examples_alone(
    code: str, length: float, tmp_path: Path
) -> None:
    examples = sorted(read_page(page_of(code)).invalid, key=size_of, reverse=True)
    # Most examples of a rule are read by the same lines: the longest goes through most of them.
    for example in examples if length == 1 else examples[:1]:
        files = dict(example.before)
        size = size_of(example)
        if not size:
            continue

        def times(count: int, files: dict[str, str] = files) -> dict[str, str]:
            return {
                name: f"{text.rstrip()}\n\n\n" * count if name.endswith(".py") else text
                for name, text in files.items()
            }

        count = max(int(length * 4500 / size), 1)
        root = lay_out(tmp_path / "root", times(TIMES * count))
        part = lay_out(tmp_path / "part", times(count))
        asked = frozenset(example.answers)
        desired = Desired()._replace(**example.answers, insisted=asked)
        tiers = frozenset(Tier)
        require_growth(planned(root, desired, tiers), planned(part, desired, tiers))


def planned(root: Path, desired: Desired, tiers: frozenset[Tier]) -> Callable[[], float]:
    return lambda: seconds(lambda: make_plan(root, desired, rules(), tiers))


def report(count: int) -> str:
    cases = (f'<testcase classname="a" name="{n}"><failure/></testcase>' for n in range(count))
    return f"<?xml version='1.0'?><a>{''.join(cases)}</a>" * 2


def reports(count: int) -> str:
    return "<?xml version='1.0'?><a><testcase name='b'/></a>\n" * count


def record(count: int) -> str:
    notes: list[dict[str, object]] = []
    for number in range(count):
        test = f"test_{number}"
        place = {"file": "/test_it.py", "line": number, "module": "/test_it.py", "is_async": True}
        notes.append({"what": "collected", "test": test, **place})
        notes += [{"what": what, "test": test} for what in ("started", "watched", "passed")]
        fixtures = [["it", "/conftest.py", 1, 2]] * 5
        notes.append({"what": "awaited", "test": test, "loop": 1, "fixtures": fixtures})
        places = [["/test_it.py", number]] * 5
        notes.append({"what": "forgotten", "test": test, "name": "it", "places": places})
    return "\n".join(map(json.dumps, notes)).replace('"/', '"{root}/')


WRITTEN: dict[str, tuple[Callable[[int], str], Callable[[str, Path], object], int]] = {
    "report": (report, verify.run_tests, 5000),
    "reports": (reports, verify.run_tests, 5000),
    "record": (record, observe, 2000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_tests_wrote_is_read_in_time_that_grows_with_its_length(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, read, count = WRITTEN[name]

    def run(command: str, root: Path, environment: Mapping[str, str]) -> int:
        options = environment["PYTEST_ADDOPTS"]
        path = environment.get("ASYNC_TEST_TEMPLATE_RECORD", options.partition("=")[2])
        with Path(path).open("w") as opened:
            opened.write(texts[command].replace("{root}", str(root)))
        return 1

    monkeypatch.setattr("async_test_template.shell.run", run)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    texts = {"part": make(2 * count // TIMES), "whole": make(2 * count)}
    require_growth(
        lambda: seconds(lambda: read("whole", tmp_path)),
        lambda: seconds(lambda: read("part", tmp_path)),
    )
