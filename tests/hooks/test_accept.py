"""Findings of today are accepted by comments or in a baseline, and new ones are reported."""

from __future__ import annotations

import ast
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from async_test_template.accept import by_comments, in_baseline
from async_test_template.cli import main
from async_test_template.desired import Desired
from async_test_template.faults import Fault
from async_test_template.findings import Finding, Tier
from async_test_template.ignores import add_ignores
from async_test_template.plan import Plan
from async_test_template.planner import Finder
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from async_test_template.tree import Tree
from helpers import commit, git
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rules import always, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.rules.pages import Example

TODO = "TODO: give the reason"
NOTE = f"# att: ignore[AT501] {TODO}"


def commented(root: Path, file: str, old: bytes, *places: tuple[str, int]) -> bytes | None:
    """Return a file with comments for some findings, None if one of them is refused."""
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_bytes(old)
    findings = [Finding(code, "wrong", file, line) for code, line in places]
    done = add_ignores(Tree(root, {}), findings)
    assert done.silenced + len(done.refused) == len(findings)
    assert done.before == ({file: old} if done.silenced else {})
    return None if done.refused else done.after[file]


@pytest.mark.parametrize(
    ("file", "old", "line", "new"),
    [
        ("a.py", "a = 1\n", 1, f"{NOTE}\na = 1\n"),
        ("a.py", "a = 1", 1, f"{NOTE}\na = 1"),
        ("a.py", "if a:\n\tb()\n", 2, f"if a:\n\t{NOTE}\n\tb()\n"),
        ("a.py", "@a\ndef b(): ...\n", 2, f"@a\n{NOTE}\ndef b(): ...\n"),
        ("a.py", "a(\r\n  b,\r\n)\r\n", 2, f"a(\r\n  {NOTE}\r\n  b,\r\n)\r\n"),
        ("a.py", "\ufeffa = 1\n", 1, f"\ufeff{NOTE}\na = 1\n"),
        (
            "a.py",
            "a = 1\n\x0c\nb = 'ü\x1c\u2028'\nc\n",
            4,
            f"a = 1\n\x0c\nb = 'ü\x1c\u2028'\n{NOTE}\nc\n",
        ),
        # The line above is in a string, or continued.
        ("a.py", "a = '''\nb'''.c()\n", 2, f"a = '''\nb'''.c()  {NOTE}\n"),
        ("a.py", "a = f'''\n{b}'''.c()", 2, f"a = f'''\n{{b}}'''.c()  {NOTE}"),
        ("a.py", "a = \\\n  b()  # x\n", 2, f"a = \\\n  b()  # x  {NOTE}\n"),
        # Neither place is free.
        ("a.py", "a = '''\nb'''.c('''\n''')\n", 2, None),
        ("a.py", "a = \\\n  b + \\\n  c\n", 2, None),
        ("a.py", "'''\na\n'''\n", 2, None),
        ("a.py", "#!/usr/bin/python\na = 1\n", 1, None),
        ("a.py", "a = (\n", 1, None),
        ("a.py", "a = 1\n", 9, None),
        # What is there already is extended.
        ("a.py", "a = 1  # att: ignore[AT101] so\n", 1, "a = 1  # att: ignore[AT101, AT501] so\n"),
        ("a.py", "# att:ignore[ ]\na = 1\n", 2, "# att:ignore[AT501]\na = 1\n"),
        ("a.py", "b  # att: ignore[AT1]\na = 1\n", 2, f"b  # att: ignore[AT1]\n{NOTE}\na = 1\n"),
        ("a.py", "a = '# att: ignore[AT1]'\n", 1, None),
        ("pytest.ini", "[pytest]\na = 1\n", 2, f"[pytest]\n{NOTE}\na = 1\n"),
        ("pytest.ini", "[pytest]\n", 1, f"{NOTE}\n[pytest]\n"),
        ("tox.ini", "[a]\nb =\n    c\n    d\n", 4, f"[a]\nb =\n    c\n    {NOTE}\n    d\n"),
        ("tox.ini", "[a]\nb =\n    c \\\n    d\n", 4, None),
        (
            "setup.cfg",
            "[a]\n; att: ignore[AT1]\nb = 1\n",
            3,
            "[a]\n; att: ignore[AT1, AT501]\nb = 1\n",
        ),
        ("a.toml", "[a]\nb = [\n  1,\n]\n", 3, f"[a]\nb = [\n  {NOTE}\n  1,\n]\n"),
        ("a.toml", "a = '''\nb'''\n", 2, f"a = '''\nb'''  {NOTE}\n"),
        ("a.toml", "a = '''\nb\n'''\n", 2, None),
        ("a.toml", "a = nan\n", 1, f"{NOTE}\na = nan\n"),
        ("r.txt", "a\nb==1\n", 2, f"a\n{NOTE}\nb==1\n"),
        ("r.txt", "a \\\n  --hash=sha256:0\n", 1, f"{NOTE}\na \\\n  --hash=sha256:0\n"),
        ("r.txt", "a \\\n  --hash=sha256:0\n", 2, f"a \\\n  --hash=sha256:0  {NOTE}\n"),
        (".gitlab-ci.yml", "a:\n  - pytest\n", 2, None),
        ("uv.lock", "a = 1\n", 1, None),
        ("pytest.ini", "", 1, f"{NOTE}\n"),
    ],
)
def test_a_comment_is_added_and_nothing_else(
    file: str, old: str, line: int, new: str | None, tmp_path: Path
) -> None:
    done = commented(tmp_path, file, old.encode(), ("AT501", line))
    assert done == (None if new is None else new.encode())


def test_the_bytes_of_another_encoding_stay(tmp_path: Path) -> None:
    old = b"# coding: latin-1\n\na = '\xe9'\n"
    note = NOTE.encode()
    assert commented(tmp_path, "a.py", old, ("AT501", 3)) == old.replace(b"a =", note + b"\na =")
    # In the third line nobody would read the declaration.
    assert commented(tmp_path, "a.py", b"\n" + old[:-2], ("AT501", 2)) is None
    utf_16 = "\ufeff[pytest]\na = 1\n".encode("utf-16-le")
    new = f"\ufeff[pytest]\n{NOTE}\na = 1\n".encode("utf-16-le")
    assert commented(tmp_path, "pytest.ini", utf_16, ("AT501", 2)) == new


def test_findings_of_a_line_share_a_comment_and_one_that_has_no_place_is_alone(
    tmp_path: Path,
) -> None:
    old = b"a = 1\nb = 2\nc = '''\nd\n'''\n"
    places = [("AT501", 2), ("AT502", 2), ("AT501", 2), ("AT501", 1)]
    first = f"{NOTE}\na = 1\n# att: ignore[AT501, AT502] {TODO}\nb = 2\n".encode()
    assert commented(tmp_path, "a.py", old, *places) == first + old[12:]
    findings = [Finding(code, "wrong", "a.py", line) for code, line in [*places, ("AT503", 4)]]
    done = add_ignores(Tree(tmp_path, {}), [*findings, Finding("AT405", "wrong", "none.toml")])
    assert done.after == {"a.py": first + old[12:]}
    assert [finding.code for finding in done.refused] == ["AT503", "AT405"]
    assert all("pyproject.toml" in finding.hint for finding in done.refused)


#: Lines with everything that a comment could break, or that could break a comment.
LINES = [
    "a = 1",
    "b = 'c'",
    "d = (",
    ")",
    "e = f'''",
    "'''",
    "'''.g()",
    "h = 1 + \\",
    "    2",
    "if i:",
    "    pass",
    "\tj",
    "# k",
    "# att: ignore[AT1] l",
    "m  # att: ignore[]",
    "",
    "\x0c",
    "[",
    "]",
    "n = 'ü' # \\",
    "#!/o",
    "# coding: latin-1",
    "@p",
    "def q(): ...",
    "; # att: ignore",
    "",
]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=9),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    wanted=st.sets(st.integers(1, 10), min_size=1),
    file=st.sampled_from(["a.py", "a.toml", "a.ini", "a.txt"]),
)
def test_comments_leave_everything_else_as_it_was(
    lines: list[str], end: str, wanted: set[int], file: str
) -> None:
    with TemporaryDirectory() as folder:
        old = end.join(lines).encode("latin-1" if "# coding: latin-1" in lines[:2] else "utf-8")
        root = Path(folder)
        (root / file).write_bytes(old)
        # Nothing is found in an empty line.
        places = sorted(line for line in wanted if "".join(lines[line - 1 : line]).strip())
        findings = [Finding("AT501", "wrong", file, line) for line in places]
        done = add_ignores(Tree(root, {}), findings)
        assert done.silenced + len(done.refused) == len(findings)
        new = done.after.get(file, old)
        there = iter(old.splitlines(keepends=True))
        for line in new.splitlines(keepends=True):
            if line.strip() != NOTE.encode():
                kept = line.replace(b"  " + NOTE.encode(), b"").replace(b"AT1, AT501", b"AT1")
                assert kept.replace(b"[AT501]", b"[]") == next(there)
        assert list(there) == []
        if file == "a.py" and done.after:
            assert ast.dump(ast.parse(new)) == ast.dump(ast.parse(old))
        assert new.count(b"AT501") <= done.silenced


def examples(code: str) -> Iterator[Example]:
    yield from read_page(page_of(code)).invalid


@pytest.mark.parametrize(
    ("code", "number"),
    [
        pytest.param(code, number, marks=[pytest.mark.full] if number else [])
        for code in CODES
        for number, _ in enumerate(examples(code))
    ],
)
def test_each_rule_is_silenced_by_the_comments(code: str, number: int, tmp_path: Path) -> None:
    example = [*examples(code)][number]
    for file, text in example.before.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    desired = Desired()._replace(**example.answers, insisted=frozenset(example.answers))
    found = make_plan(tmp_path, desired, [load(code)], frozenset())
    done = add_ignores(Tree(tmp_path, {}), found.left)
    for file, data in done.after.items():
        (tmp_path / file).write_bytes(data)
        kept = [line for line in data.splitlines(keepends=True) if TODO.encode() not in line]
        assert b"".join(kept) == example.before[file].encode()
    again = make_plan(tmp_path, desired, [load(code)], frozenset(Tier))
    assert len(again.left) == len(done.refused)
    # AT112 leaves out the tests themselves that have such a comment.
    assert len(again.silenced) == done.silenced or code == "AT112"
    if done.silenced and not done.refused:
        assert again.after == {}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """AT101 and AT103 in pytest.ini, AT501 twice, and advice."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    body = "async def test_it(event_loop):\n    event_loop.time()\n\n\n"
    (tmp_path / "test_it.py").write_text(body + body.replace("_it", "_that"))
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def test_add_ignores_silences_what_is_shown_and_a_second_run_changes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--add-ignores"]) == 0
    told = capsys.readouterr().err
    assert told.startswith(f"4 findings silenced by comments in 2 files: look for `{TODO}`.\n")
    assert "Nothing to do." in told
    text = (project / "test_it.py").read_text()
    assert text.count(NOTE) == 2
    assert main(["check", "--add-ignores"]) == 0
    assert capsys.readouterr().err.startswith("No comment was written.\n")
    assert (project / "test_it.py").read_text() == text
    assert main(["migrate", "--unsafe", "--allow-dirty"]) == 0
    assert (project / "test_it.py").read_text() == text
    assert "AT306" not in (project / "pytest.ini").read_text()
    assert main(["check", "--add-ignores", "--advice", "--allow-dirty"]) == 0
    assert "AT306" in (project / "pytest.ini").read_text()


def test_add_ignores_takes_the_chosen_rules_only(project: Path) -> None:
    assert main(["check", "--add-ignores", "--select", "AT1"]) == 0
    assert "AT101" in (project / "pytest.ini").read_text()
    assert NOTE not in (project / "test_it.py").read_text()


def test_add_ignores_silences_what_another_comment_uncovers(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pytest.ini").unlink()
    test = "async def test_{}():\n    pass\n\n\n"
    (project / "test_it.py").write_text("".join(map(test.format, range(5))))
    commit(project)
    options = ["--select", "AT112"]
    assert main(["check", *options]) == 1
    assert "test_0 (test_it.py:1) and 4 more" in capsys.readouterr().out
    assert main(["check", *options, "--add-ignores"]) == 0
    assert capsys.readouterr().err.startswith("5 findings silenced by comments in 1 file")
    assert (project / "test_it.py").read_text().count("# att: ignore[AT112] ") == 5
    assert main(["check", *options]) == 0


def test_add_ignores_reports_what_no_comment_can_silence(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".gitlab-ci.yml").write_text("test:\n  script: pytest --asyncio-mode=legacy\n")
    commit(project)
    assert main(["check", "--add-ignores"]) == 1
    output, errors = capsys.readouterr()
    assert output.startswith(".gitlab-ci.yml:2:")
    assert "What to do: no comment can silence it there" in output
    assert "1 finding left." in errors
    assert NOTE in (project / "test_it.py").read_text()


def test_add_ignores_writes_all_files_or_none(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (project / "pytest.ini").read_bytes()
    with (project / "test_it.py").open("a") as file:
        file.write("# changed\n")
    assert main(["check", "--add-ignores"]) == 2
    assert "uncommitted changes in test_it.py" in capsys.readouterr().err
    assert (project / "pytest.ini").read_bytes() == before
    assert main(["check", "--add-ignores", "--allow-dirty"]) == 0
    assert (project / "pytest.ini").read_bytes() != before


def test_a_baseline_knows_what_has_moved_and_reports_what_is_new(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--write-baseline", "baseline.json"]) == 0
    assert "findings written to baseline.json.\n" in capsys.readouterr().err
    assert main(["check", "--baseline", "baseline.json", "--advice"]) == 0
    output, errors = capsys.readouterr()
    assert output == ""
    assert "known findings in baseline.json.\nNothing to do.\n" in errors
    test = project / "test_it.py"
    test.write_text(f"import time\n\n\n{test.read_text()}")
    assert main(["check", "--baseline", "baseline.json"]) == 0
    text = test.read_text()
    # One more of the same line, and one of another file.
    test.write_text(text + text[text.index("async") : text.index("async def test_that")])
    (project / "test_new.py").write_text("async def test_it(event_loop):\n    pass\n")
    capsys.readouterr()
    assert main(["check", "--baseline", "baseline.json", "--format", "concise"]) == 1
    places = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert places == ["test_it.py", "test_new.py"]


def test_a_baseline_is_the_same_from_every_folder_and_holds_no_credentials(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "test_it.py").write_text(
        "async def test_sub(event_loop):  # https://a:S3CRET@host\n    pass\n"
    )
    (project / "sub" / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    main(["check", "--write-baseline", "one.json"])
    monkeypatch.chdir(project / "sub")
    main(["check", str(project), "--write-baseline", "../two.json"])
    one = (project / "one.json").read_text()
    assert one == (project / "two.json").read_text()
    assert "sub/test_it.py" in one
    assert "https://host" in one
    assert "S3CRET" not in one
    for paths in ([], [".."], ["test_it.py"], [str(project)]):
        capsys.readouterr()
        assert main(["check", *paths, "--baseline", "../two.json", "--advice"]) == 0
        assert capsys.readouterr().out == ""
    (project / "sub" / "test_it.py").write_text("async def test_more(event_loop):\n    pass\n")
    assert main(["check", "test_it.py", "--baseline", "../two.json"]) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{\n  x", "base.json:2: is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no baseline"),
        ('{"version": 2, "findings": []}', "is a baseline of version 2"),
        ('{"version": 1}', "is no baseline"),
        ('{"version": 1, "findings": [{"file": "a"}]}', "is no baseline"),
        (
            '{"version": 1, "findings": [{"file": "", "code": "", "text": "", "count": []}]}',
            "is no",
        ),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_baseline_is_refused(
    text: str | None, sentence: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (project / "base.json").write_text(text)
    assert main(["check", "--baseline", "base.json"]) == 2
    assert sentence in capsys.readouterr().err


def test_nothing_is_accepted_after_a_fault(project: Path) -> None:
    plan = Plan()
    plan.left = [Finding("AT101", "wrong", "pytest.ini", 2)]
    plan.faults = [Fault(("AT103",), "", "ValueError", "", "")]
    before = (project / "pytest.ini").read_bytes()
    finder = Finder(project, Desired(), always([]))
    told = by_comments(plan, finder.find, project, advice=True, allow_dirty=True)
    assert told == "No comment was written."
    assert in_baseline(plan, project, project / "base.json") == "No baseline was written."
    assert (project / "pytest.ini").read_bytes() == before
    assert not (project / "base.json").exists()
    assert len(plan.left) == 1
