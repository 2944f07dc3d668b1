"""Trees of test files for the benchmarks, the same on every machine and in every run.

The files are about as long as those of public repositories (a median of 250 lines), and use what
those use: fixtures, parametrize, classes, mocks, helpers. Only the async part differs.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = '''\
"""Tests of part {number}."""

{imports}

DEFAULTS = {{"name": "part-{number}", "size": {number}, "tags": ["a", "b"], "nested": {{"x": 1.5}}}}


def make_{number}(**changes):
    """Build the record that most tests start from."""
    record = dict(DEFAULTS, **changes)
    record.setdefault("created", "2020-01-{number:02d}")
    return record


class Part{number}(object):
    def label(self):
        return "{{}}-{{}}".format(type(self).__name__, {number})


@pytest.fixture
def record_{number}(tmp_path):
    path = tmp_path / "record-{number}.txt"
    path.write_text("size={number}\\n")
    yield make_{number}(path=path)
    path.unlink()

'''

_PLAIN = (
    """
def test_size_is_kept_{index}(record_{number}):
    record = make_{number}(size={index})
    assert record["size"] == {index}
    assert record["name"].startswith("part")
    assert record_{number}["path"].exists(), "the fixture writes the file"
""",
    """
@pytest.mark.parametrize(
    ("text", "expected"),
    [("{index}", {index}), ("-{index}", -{index}), (" {index} ", {index})],
)
def test_number_is_read_{index}(text, expected):
    number = int(text)
    assert number == expected
    with pytest.raises(ValueError, match="invalid literal"):
        int(text + "x")
""",
    """
class TestRecords{index}:
    LIMIT = {index} + 10

    def test_limit(self, record_{number}):
        sizes = [make_{number}(size=size)["size"] for size in range(self.LIMIT)]
        assert sum(sizes) == sum(range(self.LIMIT))
        assert max(sizes, default=0) <= self.LIMIT

    def test_names(self):
        names = {{key: value for key, value in DEFAULTS.items() if isinstance(value, str)}}
        assert names == {{"name": "part-{number}"}}
""",
    """
def test_calls_are_counted_{index}(monkeypatch):
    backend = mock.Mock(return_value={index})
    monkeypatch.setattr(os, "getpid", backend)
    for _ in range(3):
        assert os.getpid() == {index}
    assert backend.call_count == 3
    backend.assert_called_with()
""",
    """
def test_lines_are_sorted_{index}(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\\n".join(str(number) for number in range({index}, 0, -1)))
    lines = sorted(path.read_text().splitlines(), key=int)
    if lines:
        assert lines[0] == "1" and lines[-1] == str({index})
    else:
        assert {index} == 0
""",
)

_ASYNC = (
    """
@pytest.mark.asyncio(scope="module")
async def test_answer_{index}(record_{number}):
    await asyncio.sleep(0)
    assert record_{number}["size"] == {number}
""",
    """
@pytest.mark.asyncio
@pytest.fixture
def prepared_{index}(record_{number}):
    record_{number}["size"] = {index}
    return record_{number}
""",
    """
@pytest.mark.asyncio
async def test_request_{index}():
    async with httpx.AsyncClient(app=application, base_url="http://test") as client:
        response = await client.get("/items/{index}", params={{"limit": 10}})
    assert response.status_code == 200
    assert response.json() == {{"id": {index}, "tags": []}}
""",
    """
@pytest.yield_fixture
def opened_{index}(tmp_path):
    with open(tmp_path / "file-{index}", "w") as file:
        yield file
""",
)


def write_tree(folder: Path, files: int, *, relevant: int, lines: int = 300) -> None:
    """Write a repository of test files.

    Args:
        folder: where; it must not exist.
        files: how many.
        relevant: one in so many files has an outdated async set-up, 1 for all.
        lines: about how long each file is.

    """
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "tree"\nversion = "1"\ndependencies = ["httpx>=0.28"]\n\n'
        '[dependency-groups]\ntest = ["pytest>=9", "pytest-asyncio>=1.5"]\n\n'
        '[tool.pytest.ini_options]\nasyncio_mode = "strict"\n'
        'asyncio_default_fixture_loop_scope = "fixture-scope"\n'
    )
    for number in range(files):
        package = folder / "tests" / f"part_{number // 100:02d}"
        package.mkdir(parents=True, exist_ok=True)
        text = _file(number, is_async=number % relevant == 0, lines=lines)
        (package / f"test_part_{number}.py").write_text(text)


def _file(number: int, *, is_async: bool, lines: int) -> str:
    # The same number always gives the same file.
    chance = random.Random(number)  # noqa: S311 - nothing secret
    modules = ["os", "from unittest import mock", "pytest"]
    if is_async:
        modules += ["asyncio", "httpx", "from service import application"]
    imports = "\n".join(
        module if module.startswith("from") else f"import {module}" for module in sorted(modules)
    )
    wanted = round(lines * chance.uniform(0.5, 1.5))
    parts = [_HEAD.format(number=number, imports=imports)]
    if is_async:
        parts += [part.format(number=number, index=index) for index, part in enumerate(_ASYNC)]
    length = sum(part.count("\n") for part in parts)
    index = len(parts)
    while length < wanted:
        part = chance.choice(_PLAIN).format(number=number, index=index)
        length += part.count("\n") + 1
        index += 1
        parts.append(part)
    return "\n".join(parts)
