"""What the user asks for: flags before answers, and answers read without a YAML library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from async_test_template.desired import Desired, decide, read_answers
from async_test_template.errors import UserError
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path


def written(root: Path, text: str) -> dict[str, str]:
    file = root / ".copier-answers.yml"
    file.write_text(text, encoding="utf-8")
    return read_answers(root, file)


def test_answers_as_copier_writes_them(tmp_path: Path) -> None:
    text = (
        "# Changes here will be overwritten by Copier; NEVER EDIT MANUALLY\n"
        "_commit: v1.2.0\n_src_path: gh:org/async-test-template\n"
        "backend: asyncio\ndescription: ''\nextras:\n- one\n- two\nloop_scope: session\n"
        'mode: "auto"\nnested:\n    mode: strict\ntimeout: 30  # seconds\nwith_trio: false\n'
    )
    answers = written(tmp_path, text)
    assert answers["mode"] == "auto"
    assert answers["timeout"] == "30"
    assert answers["description"] == ""
    assert answers["extras"] == ""
    wanted = decide(mode=None, loop_scope=None, timeout=None, answers=answers)
    assert wanted == Desired("auto", "session", 30, "asyncio")


def test_flags_come_before_answers(tmp_path: Path) -> None:
    answers = written(tmp_path, "mode: auto\nloop_scope: session\ntimeout: 30\n")
    wanted = decide(mode="strict", loop_scope=None, timeout=0, answers=answers)
    assert wanted == Desired("strict", "session", 0, insisted=frozenset({"mode", "timeout"}))


def test_nobody_said_anything(tmp_path: Path) -> None:
    assert read_answers(tmp_path, None) == {}
    assert decide(mode=None, loop_scope=None, timeout=None, answers={}) == Desired()


@pytest.mark.parametrize(
    "text", ["mode auto\n", "mode: auto\nmode: strict\n", ": x\n", "<<<<<<< before\nmode: auto\n"]
)
def test_what_is_no_answers_file_is_said_with_its_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        written(tmp_path, text)
    assert raised.value.path == tmp_path / ".copier-answers.yml"
    assert raised.value.line in {1, 2}


@pytest.mark.slow
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=12)))
def test_plain_answers_read_as_yaml_reads_them(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    plain = {
        key: value
        for key, value in values.items()
        if value.isalnum() and value.isascii() and isinstance(yaml.safe_load(value), str)
        if isinstance(yaml.safe_load(key), str)
    }
    root = tmp_path_factory.mktemp("answers")
    assert written(root, yaml.safe_dump(plain) if plain else "") == plain


def test_the_answers_to_another_template_are_left_alone(tmp_path: Path) -> None:
    theirs = "_src_path: gh:other/template\nmode: strict\ntimeout: 2.5\nmy-key: 1\n"
    (tmp_path / ".copier-answers.yml").write_text(theirs)
    assert read_answers(tmp_path, None) == {}
    ours = "mode: auto\nloop_scope: session\n"
    (tmp_path / ".copier-answers.async-test.yml").write_text(ours)
    assert read_answers(tmp_path, None) == {"mode": "auto", "loop_scope": "session"}


def test_the_answers_to_this_template_are_found(tmp_path: Path) -> None:
    (tmp_path / ".copier-answers.yml").write_text("loop_scope: module\n")
    assert read_answers(tmp_path, None) == {"loop_scope": "module"}
