"""What the reader of Python files sees, and what must not mislead it."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.errors import EditError
from async_test_template.project import Project
from async_test_template.source.mentions import Mentions
from async_test_template.source.nodes import Nodes
from async_test_template.source.source import read_source
from async_test_template.source.splices import splice
from async_test_template.walk import python_files

if TYPE_CHECKING:
    from async_test_template.source.index import Index

#: Operators and contexts, which are not walked.
WITHOUT_PLACE = (
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
    ast.operator,
    ast.type_ignore,
    ast.unaryop,
)
#: Every kind of node with fields that this Python has, but for those that no parser makes any more.
KINDS = [
    kind
    for kind in vars(ast).values()
    if isinstance(kind, type)
    and issubclass(kind, ast.AST)
    and not issubclass(kind, WITHOUT_PLACE)
    and kind._fields
    and not (kind.__doc__ or "").startswith("Deprecated")
]


def index(root: Path, files: dict[str, str]) -> Index:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return Project(root, Desired(), {}).code


@pytest.mark.parametrize(
    "text",
    [
        "import pytest_asyncio\n@pytest_asyncio.fixture(scope='session')\nasync def a(): ...\n",
        "import pytest_asyncio as pa\n@pa.fixture(scope='session')\nasync def a(): ...\n",
        "from pytest_asyncio import fixture\n@fixture(scope='session')\nasync def a(): ...\n",
        "from pytest_asyncio import fixture as f\n@f('session', name='a')\nasync def x(): ...\n",
        "from pytest_asyncio.plugin import fixture\n@fixture('session')\nasync def a(): ...\n",
        (
            "import pytest_asyncio\nclass TestA:\n"
            "  @pytest_asyncio.fixture(scope='session')\n  async def a(self): ...\n"
        ),
        (
            "import pytest_asyncio\ntry:\n"
            "  @pytest_asyncio.fixture(scope='session')\n  async def a(): ...\nexcept: pass\n"
        ),
    ],
)
def test_a_fixture_is_found_by_any_name(text: str, tmp_path: Path) -> None:
    (fixture,) = index(tmp_path, {"conftest.py": text}).fixtures
    assert (fixture.name, fixture.scope) == ("a", "session")
    assert fixture.decorator == "pytest_asyncio.fixture"
    assert fixture.is_async


@pytest.mark.parametrize(
    "text",
    [
        "def fixture(f): return f\n@fixture\nasync def a(): ...\n",
        "from factory import fixture\n@fixture\nasync def a(): ...\n",
        "class A:\n  def event_loop(self): ...\n",
        "# @pytest.fixture\nX = '''\n@pytest.fixture\nasync def a(): ...\n'''\n",
    ],
)
def test_what_only_looks_like_a_fixture_is_none(text: str, tmp_path: Path) -> None:
    assert index(tmp_path, {"conftest.py": text}).fixtures == ()


def test_a_computed_scope_is_unknown_and_a_called_decorator_counts(tmp_path: Path) -> None:
    text = (
        "import pytest_asyncio\nS = 'session'\n"
        "@pytest_asyncio.fixture(scope=S)\nasync def a(): ...\n"
        "b = pytest_asyncio.fixture(scope='module')(make)\n"
        "@pytest_asyncio.fixture(**options)\nasync def c(): ...\n"
    )
    scopes = [fixture.scope for fixture in index(tmp_path, {"conftest.py": text}).fixtures]
    assert sorted(scopes) == ["?", "?", "module"]


def test_marks_come_from_the_test_its_class_and_its_module(tmp_path: Path) -> None:
    text = (
        "import pytest as pt\nfrom pytest import mark\n"
        "pytestmark: list = [pt.mark.anyio, mark.slow]\n"
        "class TestA:\n  pytestmark = mark.asyncio(loop_scope='class')\n"
        "  @mark.asyncio(scope='module')\n  async def test_a(self): ...\n"
        "  async def test_b(self): ...\n"
    )
    first, second = index(tmp_path, {"test_a.py": text}).tests
    assert [mark.name for mark in first.marks] == ["asyncio", "asyncio", "anyio", "slow"]
    mark = first.mark("asyncio")
    assert mark is not None
    assert mark.loop_scope == "module"
    inherited = second.mark("asyncio")
    assert inherited is not None
    assert inherited.loop_scope == "class"


def test_a_function_behind_a_test_case_is_none_of_its_methods(tmp_path: Path) -> None:
    text = "import unittest\nclass TestA(unittest.TestCase): ...\nasync def test_a(): ...\n"
    (found,) = index(tmp_path, {"test_a.py": text}).tests
    assert not found.in_unittest


def test_pytest_collects_no_class_with_a_constructor(tmp_path: Path) -> None:
    text = (
        "import unittest\nfrom base import Base\n"
        "class TestA:\n  def __init__(self): ...\n  async def test_a(self): ...\n"
        "class TestB(TestA):\n  async def test_b(self): ...\n"
        "class TestC(unittest.TestCase):\n  def __init__(self): ...\n"
        "  async def test_c(self): ...\n"
        "class TestD(Base):\n  def __init__(self): ...\n  async def test_d(self): ...\n"
    )
    found = index(tmp_path, {"test_a.py": text}).tests
    assert [test.name for test in found] == ["test_c", "test_d"]


def test_only_what_pytest_collects_is_a_test(tmp_path: Path) -> None:
    text = (
        "import unittest\n"
        "class Base(unittest.TestCase): ...\n"
        "class CheckA(Base):\n  async def test_in_unittest(self): ...\n"
        "class Helper:\n  async def test_no(self): ...\n"
        "async def test_yes(): ...\nasync def helper_test(): ...\n"
    )
    found = index(tmp_path, {"test_a.py": text, "helpers.py": text})
    assert [(test.name, test.in_unittest) for test in found.tests] == [
        ("test_in_unittest", True),
        ("test_yes", False),
    ]
    assert [test.name for test in found.async_tests] == ["test_yes"]


def test_the_closest_fixture_is_the_one_a_test_gets(tmp_path: Path) -> None:
    fixture = "import pytest\n@pytest.fixture{}\nasync def a({}): ...\n"
    files = {
        "conftest.py": fixture.format("", "") + "@pytest.fixture(autouse=True)\ndef auto(): ...\n",
        "sub/conftest.py": fixture.format("(scope='module')", "a"),
        "sub/test_it.py": "async def test_it(a): ...\n",
        "test_top.py": "async def test_top(a): ...\n",
        "other/conftest.py": fixture.format("", ""),
    }
    found = index(tmp_path, files)
    below, top = found.tests
    used = [(fixture.name, fixture.file) for fixture in found.used_by(below)]
    assert used == [("a", "sub/conftest.py"), ("auto", "conftest.py"), ("a", "conftest.py")]
    assert [f.file for f in found.used_by(top)] == ["conftest.py", "conftest.py"]


def test_what_cannot_be_parsed_is_told_and_spoils_the_proof(tmp_path: Path) -> None:
    found = index(tmp_path, {"conftest.py": "import pytest_asyncio\ndef (:\n"})
    assert [(file, line) for file, line, _ in found.unreadable] == [("conftest.py", 2)]
    assert not found.complete
    starred = index(tmp_path, {"conftest.py": "from pytest_asyncio import *\n"})
    assert not starred.complete


@pytest.mark.parametrize("data", [b"event_loop\0", b"\xef\xbb\xbfimport pytest_asyncio\n", b""])
def test_odd_bytes_are_no_crash(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_bytes(data)
    assert Project(tmp_path, Desired(), {}).code is not None


def test_folders_that_are_not_the_repositorys_own_are_left_out(tmp_path: Path) -> None:
    for name in ("a/test_a.py", ".git/x.py", "env/x.py", "node_modules/x.py", "build/x.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert list(python_files(tmp_path)) == ["a/test_a.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import it\n\nprint(it=1)\n",
        "import it\n\nprint('about it!')\n",
        "import it\n\nprint()  # it\n",
        "from fixtures import it\n\n\ndef test_one(it): ...\n",
        "from fixtures import it\n\n\ndef test_one(it):\n    it()\n\n\ndef test_two(it): ...\n",
    ],
)
def test_an_import_stays_that_no_removed_code_used_or_that_a_parameter_asks_for(text: str) -> None:
    start = text.index("(", text.index("import it") + 1)
    end = text.find("\n\n\ndef test_two") if "two" in text else len(text) - 1
    _, new = splice(
        "test_it.py", text.encode(), [(start, end, b"(): pass" if ":" in text else b"()")]
    )
    assert new.startswith(text[: text.index("\n") + 1].encode())


def test_an_import_goes_with_its_last_use() -> None:
    text = b"import it\n\nprint(it)\n"
    assert splice("test_it.py", text, [(16, 20, b"()")])[1] == b"print()\n"


@pytest.mark.parametrize(
    ("names", "left"),
    [("a, b, it", "it"), ("it, a, b", "it"), ("a, it, b", "it"), ("(a, b, it)", "(a, b, it)")],
)
def test_several_imports_of_a_statement_go_with_their_last_use(names: str, left: str) -> None:
    text = f"from x import {names}\n\nit(a, b)\n"
    start = text.rindex("a, b")
    _, new = splice("test_it.py", text.encode(), [(start, start + 4, b"")])
    assert new.decode() == f"from x import {left}\n\nit()\n"


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("print(sep='')\n", "sep=''", "sep='', sep=''"),
        ("async def it():\n    await it()\n", "async ", ""),
        ("def it(a, b): ...\n", "b", "a"),
    ],
)
def test_what_compiled_goes_on_to_compile(text: str, old: str, new: str) -> None:
    start = text.index(old)
    change = start, start + len(old), new.encode()
    with pytest.raises(EditError, match="compile"):
        splice("test_it.py", text.encode(), [change])
    # One that was wrong before may stay so.
    broken = f"{text}\n\nreturn\n".encode()
    assert splice("test_it.py", broken, [change])[1] == broken.replace(
        old.encode(), new.encode(), 1
    )


@pytest.mark.skipif(sys.version_info < (3, 14), reason="templates of strings are new")
def test_a_template_of_a_string_is_read(tmp_path: Path) -> None:
    text = "async def test_it():\n    name = 1\n    t'{name!r:>{name}}'\n"
    assert [test.name for test in index(tmp_path, {"test_it.py": text}).tests] == ["test_it"]


BLOCKS = {"body", "handlers", "orelse", "finalbody", "cases"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_of_every_kind_of_node_the_nodes_are_walked_and_nothing_else(kind: type[ast.AST]) -> None:
    class Child(ast.AST):
        pass

    # As the grammar has it: "ImportFrom(identifier? module, alias* names, int? level)".
    fields = re.findall(r"(\w+)([?*]*) (\w+)", kind.__doc__ or "")
    assert [name for *_, name in fields] == [*kind._fields]
    values, children, places = {}, [], {}
    for of, many, name in fields:
        # Text and numbers have no class in `ast`.
        is_node = isinstance(of_class := getattr(ast, of, None), type)
        value: object = 0
        if is_node and of_class not in WITHOUT_PLACE:
            value = Child()
            children.append(value)
            places[value] = name
        values[name] = [value] if "*" in many else value
    node = kind(**values)
    walked = Nodes(node)
    assert walked.parents == dict.fromkeys(children, node)
    # Statements within come after what is in the lines of the statement itself.
    assert [*walked.of(Child)] == sorted(children, key=lambda child: places[child] in BLOCKS)


def test_a_field_that_a_new_python_adds_is_walked_only_where_it_holds_nodes() -> None:
    types = {
        "names": list[ast.alias],
        "later": ast.expr | None,
        "is_new": int | None,
        "table": dict,
        "words": list[str],
    }
    kind = type("Import", (ast.stmt,), {"_fields": tuple(types), "_field_types": types})
    alias, name = ast.alias("it", None), ast.Name("it", ast.Load())
    node = kind(names=[alias], later=name, is_new=1, table={}, words=["it"])
    assert Nodes(node).parents == {alias: node, name: node}


@pytest.mark.slow
def test_real_code_is_walked_as_by_the_standard_library() -> None:
    for path in Path(asyncio.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_bytes())
        parents = Nodes(tree).parents
        found = {node for node in ast.walk(tree) if not isinstance(node, WITHOUT_PLACE)}
        assert parents.keys() == found - {tree}
        assert all(child in ast.iter_child_nodes(node) for child, node in parents.items())


@pytest.mark.slow
def test_a_walk_of_some_statements_finds_what_a_whole_walk_finds() -> None:
    for path in sorted(Path(asyncio.__file__).parent.glob("*.py")):
        data = path.read_bytes()
        tree = ast.parse(data)
        lines = [0, *accumulate(map(len, data.splitlines(keepends=True)))]
        whole = Nodes(tree)
        every = Mentions(whole)
        names = {node.id for node in whole.of(ast.Name)} | {"close", "loop", "absent"}
        for name in sorted(names)[::5]:
            nodes = Nodes(tree, data, lines)
            found = Mentions(nodes).get(name)
            assert [*found] == [*every.get(name)]
            assert all(nodes.parents[node] is whole.parents[node] for node in found)
        statements = Nodes(tree, data, lines)
        assert [*statements.of(ast.AsyncFunctionDef)] == [*whole.of(ast.AsyncFunctionDef)]
        assert not statements.is_whole


@pytest.mark.parametrize(
    ("written", "name"), [("\ufb01xture", "fixture"), ("a\u030angstrom", "\u00e5ngstrom")]
)
def test_a_name_in_other_letters_is_found_as_python_reads_it(written: str, name: str) -> None:
    source = read_source("a.py", f"{written} = 1\nprint({name})\n".encode() * 20)
    assert len(source.mentions.get(name)) == 40


@pytest.mark.parametrize(
    ("text", "is_certain"),
    [
        ('client = pytest.importorskip("aiohttp.client")\n', True),
        ('client = importorskip("aiohttp.client", minversion="3")\n', True),
        ('client = pytest.importorskip("aiohttp.client")\nclient = None\n', False),
        ('client = pytest.importorskip("aiohttp.client")\nfrom app import client\n', False),
        ("client = pytest.importorskip(NAME)\n", False),
    ],
)
def test_importorskip_is_an_import(text: str, *, is_certain: bool) -> None:
    source = read_source("test_it.py", f"{text}client.get()\n".encode())
    (call,) = (node for node in source.nodes.of(ast.Call) if ast.unparse(node) == "client.get()")
    assert source.names.is_certain(call.func) is is_certain
    assert not is_certain or source.names.resolve(call.func) == "aiohttp.client.get"


@pytest.mark.parametrize(
    ("handler", "is_certain"),
    [
        ("except ImportError:\n    aiohttp = None\n", True),
        ("except (ImportError, OSError):\n    aiohttp = other = None\n", True),
        ("except ImportError:\n    aiohttp = fake()\n", False),
        ("except ImportError:\n    pass\naiohttp = None\n", False),
    ],
)
def test_a_name_without_a_package_is_no_other_one(handler: str, *, is_certain: bool) -> None:
    text = f"try:\n    import aiohttp\n{handler}aiohttp.get()\n"
    source = read_source("test_it.py", text.encode())
    (call,) = (node for node in source.nodes.of(ast.Call) if ast.unparse(node) == "aiohttp.get()")
    assert source.names.is_certain(call.func) is is_certain
    assert ("aiohttp" in source.names.bound) is not is_certain


@pytest.mark.parametrize(
    ("tried", "fallback", "used"),
    [
        ("inspect.run", "asyncio.run", "inspect.run"),
        ("pytest_asyncio.run", "pytest.run", "pytest_asyncio.run"),
        ("contextlib.run", "async_generator.run", "contextlib.run"),
        ("asynctest.run", "unittest.run", "unittest.run"),
        ("asyncio.coroutine", "types.coroutine", "types.coroutine"),
    ],
)
def test_a_fallback_counts_where_python_alone_has_it(tried: str, fallback: str, used: str) -> None:
    first, other = ("from {} import {}".format(*name.split(".")) for name in (tried, fallback))
    text = f"try:\n    {first}\nexcept ImportError:\n    {other}\n"
    names = read_source("test_it.py", text.encode()).names
    assert [*names.targets.values()] == [used]


def test_a_module_beside_the_file_is_no_other_than_one_above() -> None:
    text = b"from . import helpers\nfrom .. import conftest\nhelpers.a, conftest.b\n"
    names = read_source("tests/test_it.py", text).names
    assert names.targets == {"helpers": ".helpers", "conftest": "..conftest"}


def test_a_file_without_async_code_is_not_parsed_for_a_plain_fixture(tmp_path: Path) -> None:
    text = (
        "import pytest\n\n@pytest.fixture(scope='module')\ndef it(): ...\n\n\n"
        "@pytest.mark.slow\ndef test_it(it): ...\n"
    )
    assert index(tmp_path, {"test_it.py": text}).modules == ()
