"""Every notation is read where it is, and edited there and nowhere else."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from async_test_template.apply import apply
from async_test_template.dependencies import bounds
from async_test_template.dependencies.gather import read_dependencies
from async_test_template.dependencies.install import how_to_install
from async_test_template.errors import EditError
from async_test_template.tree import Tree
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.dependencies.model import Dependencies

# file, what it holds with {} for the specifier, and a specifier that is too old
NOTATIONS = {
    "PEP 621": (
        "pyproject.toml",
        "[project]\ndependencies = [\n  'a',  # x\n  'Pytest_Asyncio[docs]{}',\n]\n",
        "<0.22",
    ),
    "PEP 621 extra": (
        "pyproject.toml",
        "[project.optional-dependencies]\ntest = ['pytest-asyncio {}']\n",
        "~=0.21",
    ),
    "PEP 735": (
        "pyproject.toml",
        "[dependency-groups]\ntest = ['pytest-asyncio{}']\ndev = [{{include-group = 'test'}}]\n",
        "==0.21.*",
    ),
    "poetry, new": (
        "pyproject.toml",
        '[tool.poetry.group.dev.dependencies]\npytest-asyncio = "{}"  # x\n',
        "^0.25",
    ),
    "poetry, old, a table": (
        "pyproject.toml",
        '[tool.poetry.dev-dependencies]\npytest-asyncio = {{version = "{}", optional = true}}\n',
        "~0.21.1",
    ),
    "pdm": (
        "pyproject.toml",
        "[tool.pdm.dev-dependencies]\ntest = ['pytest-asyncio{}']\n",
        "==0.21.1",
    ),
    "hatch": (
        "pyproject.toml",
        "[tool.hatch.envs.default]\ndependencies = ['pytest-asyncio{}']\n",
        ">=0.20,<1",
    ),
    "hatch.toml": ("hatch.toml", "[envs.test]\nextra-dependencies=['pytest-asyncio{}']\n", "<1"),
    "flit": (
        "pyproject.toml",
        "[tool.flit.metadata.requires-extra]\ntest = ['pytest-asyncio{}']\n",
        "<1",
    ),
    "uv": ("pyproject.toml", "[tool.uv]\ndev-dependencies = ['pytest-asyncio{}']\n", "<1"),
    "setup.cfg": (
        "setup.cfg",
        "[options.extras_require]\ntest =\n  # x\n  pytest\n  pytest-asyncio{}\n",
        "==0.10",
    ),
    "setup.py": (
        "setup.py",
        (
            "from setuptools import setup\n\nsetup(\n    tests_require=[\n        'é',\n"
            "        'pytest-asyncio{}',\n        'pytest',\n    ],\n)\n"
        ),
        ">=0.10.0,<0.11",
    ),
    "setup.py, by names": (
        "setup.py",
        (
            "test = ['pytest-asyncio{}'] + lint\nextras['test'] = sorted(test)\n"
            "setup(name='it', **{{'extras_require': extras}})\n"
        ),
        "==0.16.0",
    ),
    "setup.py, a function": (
        "setup.py",
        (
            "def listed():\r\n    return dict(test=['pytest-asyncio[docs]{}'])\r\n\r\n"
            "setup(extras_require=listed())\r\n"
        ),
        "~=0.21",
    ),
    "setup.py, a list that grows": (
        "setup.py",
        (
            "test = ['pytest']\ntest.append('pytest-asyncio{}')\n"
            "setup(extras_require={{'test': test}})\n"
        ),
        "<1",
    ),
    "tox.ini": (
        "tox.ini",
        "[testenv:x]\ndeps =\n    -r base.txt\n    py3{{10,11}}: pytest-asyncio{}  # old\n",
        "==0.11.0",
    ),
    "requirements": (
        "requirements-dev.txt",
        "-r base.txt\n\npytest-asyncio {}  # loops\n-e .\n",
        "<0.22",
    ),
    "requirements.in": ("requirements/test.in", "pytest-asyncio{}\r\npytest\r\n", "<0.22"),
}


def read(root: Path, files: dict[str, str]) -> Dependencies:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return read_dependencies(Tree(root, {}))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_notation_is_read_and_edited_in_its_place(notation: str, tmp_path: Path) -> None:
    file, text, old = NOTATIONS[notation]
    dependencies = read(tmp_path, {file: text.format(old)})
    (declaration,) = dependencies.of("pytest-asyncio")
    assert (declaration.file, declaration.specifier) == (file, old)
    line = text.format(old).splitlines()[declaration.line - 1]
    assert "asyncio" in line.lower()
    edits = dependencies.raised("pytest-asyncio", "1.5")
    assert edits is not None
    changed = apply(dependencies.tree, edits)
    assert {name: data.decode() for name, data in changed.items()} == {file: text.format(">=1.5")}


@pytest.mark.parametrize("notation", [name for name in NOTATIONS if "requirements" not in name])
def test_a_package_joins_the_list_where_pytest_stands(notation: str, tmp_path: Path) -> None:
    file, text, _ = NOTATIONS[notation]
    dependencies = read(tmp_path, {file: text.format(">=1.5")})
    edits = dependencies.added("pytest-timeout", "2.4")
    after = apply(dependencies.tree, edits)[file].decode()
    old, new = text.format(">=1.5").splitlines(), after.splitlines()
    assert "pytest-timeout" in after
    again = read(tmp_path, {file: after})
    assert again.at_least("pytest-timeout", "2.4")
    assert [d.text for d in again.of("pytest-asyncio")] == [
        d.text for d in dependencies.of("pytest-asyncio")
    ]
    assert len(new) - len(old) in {0, 1}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("requirements.txt", "pytest==9.1.0\nmock == 5.2\n", "pytest-timeout==2.4.0\n"),
        ("requirements.txt", "pytest==9.1.0\nmock>=5\n", "pytest-timeout>=2.4\n"),
        (
            "pyproject.toml",
            '[tool.poetry.group.dev.dependencies]\npytest = "9.1.0"\nruff = "0.1.2"\n',
            'pytest-timeout = "2.4.0"\n',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.group.dev.dependencies]\npytest = "9.1.0"\nruff = "^0.1.2"\n',
            'pytest-timeout = ">=2.4"\n',
        ),
    ],
)
def test_a_package_is_pinned_where_all_others_are(
    file: str, text: str, expected: str, tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {file: text})
    after = apply(dependencies.tree, dependencies.added("pytest-timeout", "2.4"))[file].decode()
    assert after == text + expected


def test_compiled_files_and_constraints_are_read_and_never_edited(tmp_path: Path) -> None:
    compiled = (
        "#\n# This file is autogenerated by pip-compile with Python 3.11\n"
        "# by the following command:\n#\n#    pip-compile --output-file=requirements.txt x.in\n#\n"
        "pytest-asyncio==0.21.1\n    # via x\n"
    )
    dependencies = read(
        tmp_path,
        {
            "requirements.txt": compiled,
            "requirements-dev.txt": "-c limits.txt\npytest\n",
            "limits.txt": "pytest-asyncio==0.20\n",
        },
    )
    assert {d.file for d in dependencies.of("pytest-asyncio")} == {"requirements.txt", "limits.txt"}
    assert dependencies.written("pytest-asyncio") == []
    assert not dependencies.raised("pytest-asyncio", "1.5")
    command = {d.home.compiled_by for d in dependencies.of("pytest-asyncio")} - {""}
    assert command == {"pip-compile --output-file=requirements.txt x.in"}


def test_an_age_in_the_command_of_a_compiled_file_is_one_word_for_the_shell(
    tmp_path: Path,
) -> None:
    compiled = (
        "# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile --exclude-newer 7 days test.in -o requirements-test.txt\n"
        "pytest==9.2.0\n"
    )
    dependencies = read(tmp_path, {"requirements-test.txt": compiled})
    (command,) = {d.home.compiled_by for d in dependencies.of("pytest")}
    assert shlex.split(command)[3:6] == ["--exclude-newer", "7 days", "test.in"]


def test_a_compiled_file_without_its_header_is_known_by_the_lines_below_its_entries(
    tmp_path: Path,
) -> None:
    compiled = "pytest==7.4.4\n    # via -r test.in\npytest-timeout==1.4\n    # via -r test.in\n"
    dependencies = read(
        tmp_path,
        {"requirements/test.in": "pytest-timeout<2\n", "requirements/test.txt": compiled},
    )
    edits = dependencies.raised("pytest-timeout", "2.4")
    assert {edit.file for edit in edits} == {"requirements/test.in"}
    (home,) = {d.home for d in dependencies.of("pytest")}
    assert home.compiled_by == "pip-compile requirements/test.in"


def test_texts_of_a_setup_py_that_are_no_requirements_are_not_read(tmp_path: Path) -> None:
    text = (
        "from setuptools import setup\n\nplugins = ['pytest-asyncio<0.20']\nsetup(\n"
        "    keywords=['pytest', 'pytest-asyncio<0.21'],\n    install_requires=['aiohttp>=3'],\n)\n"
    )
    dependencies = read(tmp_path, {"setup.py": text})
    assert [d.text for _, held in dependencies.lists for d in held] == ["aiohttp>=3"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("'pytest-' 'asyncio<1'", "not written as it is"),
        ("'pytest\\x2dasyncio<1'", "not written as it is"),
    ],
)
def test_a_requirement_of_a_setup_py_is_edited_only_as_it_is_written(
    entry: str, why: str, tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {"setup.py": f"setup(tests_require=[{entry}])\n"})
    with pytest.raises(EditError, match=why):
        apply(dependencies.tree, dependencies.raised("pytest-asyncio", "1.5"))


def test_a_package_joins_behind_one_of_a_setup_py_that_is_raised(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"setup.py": "setup(tests_require=['pytest-asyncio<1'])\n"})
    edits = (
        *dependencies.raised("pytest-asyncio", "1.5", with_pytest=False),
        *dependencies.added("pytest-timeout", "2.4"),
    )
    texts = apply(dependencies.tree, edits)
    assert "['pytest-asyncio>=1.5', 'pytest-timeout>=2.4']" in str(texts)


def test_two_packages_join_a_list_of_a_setup_py_at_once(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"setup.py": "setup(tests_require=['pytest'])\n"})
    edits = (
        *dependencies.added("pytest-asyncio", "1.5"),
        *dependencies.added("pytest-timeout", "2.4"),
    )
    texts = apply(dependencies.tree, edits)
    assert "['pytest', 'pytest-asyncio>=1.5', 'pytest-timeout>=2.4']" in str(texts)


@pytest.mark.parametrize(
    "grows",
    [
        "test.append('pytest-aiohttp')",
        "test.insert(0, 'pytest-aiohttp')",
        "test.extend(['pytest-aiohttp'])",
        "test += ['pytest-aiohttp']",
        "more = ['pytest-aiohttp']\ntest.extend(more)",
        "extras['test'].append('pytest-aiohttp')",
        "extras.update({'test': ['pytest-aiohttp']})",
    ],
)
def test_what_a_list_of_a_setup_py_gets_later_counts(grows: str, tmp_path: Path) -> None:
    text = (
        "test = ['pytest']\nextras = {'test': test}\n"
        f"{grows}\nother.append('trio')\ntest.remove('anyio')\nsetup(extras_require=extras)\n"
    )
    dependencies = read(tmp_path, {"setup.py": text})
    names = {d.name for home, held in dependencies.lists for d in held if home.at[-1] == "test"}
    assert names == {"pytest", "pytest-aiohttp"}
    texts = apply(dependencies.tree, dependencies.added("pytest-timeout", "2.4"))
    assert b"test = ['pytest', 'pytest-timeout>=2.4']" in texts["setup.py"]


def test_a_setup_py_is_read_in_silence_and_however_deep_it_is(tmp_path: Path) -> None:
    deep, long = " + ".join(["['aiohttp']"] * 1200), ".it()" * 1200
    text = f"pattern = '\\d'\nwanted = {deep}\nit = it{long}\nsetup(install_requires=wanted)\n"
    dependencies = read(tmp_path, {"setup.py": text})
    assert len([d for _, held in dependencies.lists for d in held]) == 1200
    with pytest.raises(EditError, match="nested"):
        apply(dependencies.tree, dependencies.raised("aiohttp", "3.14"))


def test_a_marker_in_the_name_of_an_extra_counts(tmp_path: Path) -> None:
    text = """setup(extras_require={':python_version < "3.8"': ['pytest-asyncio==0.16']})\n"""
    dependencies = read(tmp_path, {"setup.py": text})
    assert not dependencies.of("pytest-asyncio")


def test_a_package_joins_a_setup_py_unless_a_comment_would_move(tmp_path: Path) -> None:
    text = "setup(tests_require=[\n    'pytest',  # runs them\n])\n"
    dependencies = read(tmp_path, {"setup.py": text})
    with pytest.raises(EditError, match="a comment"):
        apply(dependencies.tree, dependencies.added("pytest-timeout", "2.4"))


def test_no_package_joins_the_call_that_adds_another(tmp_path: Path) -> None:
    text = "test = []\ntest.append('pytest')\nsetup(tests_require=test)\n"
    dependencies = read(tmp_path, {"setup.py": text})
    with pytest.raises(EditError, match=r"line 2 of setup\.py has a requirement outside"):
        apply(dependencies.tree, dependencies.added("pytest-timeout", "2.4"))


def test_hashes_and_urls_are_left_alone(tmp_path: Path) -> None:
    text = (
        "pytest-asyncio==0.21 --hash=sha256:abc\n"
        "pytest-timeout @ https://example.org/pytest_timeout.whl\n"
    )
    dependencies = read(tmp_path, {"requirements.txt": text})
    assert not dependencies.raised("pytest-asyncio", "1.5")
    assert not dependencies.raised("pytest-timeout", "2.4")


@pytest.mark.parametrize("file", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_the_lock_file_decides_where_there_is_one(file: str, tmp_path: Path) -> None:
    dependencies = read(
        tmp_path,
        {
            "pyproject.toml": "[dependency-groups]\ntest = ['pytest-asyncio>=0.23']\n",
            file: '[[package]]\nname = "pytest-asyncio"\nversion = "1.5.0"\n',
        },
    )
    assert dependencies.at_least("pytest-asyncio", "1.5")
    assert not dependencies.may_be_below("pytest-asyncio", "1.5")


def test_the_lock_file_of_pipenv_is_one(tmp_path: Path) -> None:
    lock = '{"default": {}, "develop": {"pytest-asyncio": {"version": "==1.5.0"}, "pytest": {}}}'
    pipfile = '[dev-packages]\npytest-asyncio = "*"\n'
    dependencies = read(tmp_path, {"Pipfile": pipfile, "Pipfile.lock": lock})
    assert dependencies.at_least("pytest-asyncio", "1.5")
    assert dependencies.lock_of("pytest") is None
    broken = read(tmp_path, {"Pipfile": pipfile, "Pipfile.lock": "<<<<<<< HEAD\n"})
    assert broken.lock_of("pytest-asyncio") is None


@pytest.mark.parametrize(
    ("python", "marker", "is_raised"),
    [
        (">=3.11", "python_version >= '3.8'", True),
        (">=3.11", "python_version >= '3'", True),
        (">=3.11", "python_version >= '3.12'", False),
        (">=3.11", "python_version >= '3.8' and sys_platform == 'linux'", False),
        (">=3.11", "python_version < '3.14'", False),
        ("", "python_version >= '3.8'", False),
    ],
)
def test_a_marker_that_holds_for_each_python_is_no_condition(
    python: str, marker: str, tmp_path: Path, *, is_raised: bool
) -> None:
    asked = f'requires-python = "{python}"\n' if python else ""
    project = f'[project]\nname = "x"\n{asked}'
    line = f"pytest-asyncio<0.22; {marker}\n"
    dependencies = read(tmp_path, {"pyproject.toml": project, "requirements.txt": line})
    assert bool(dependencies.raised("pytest-asyncio", "1.5")) == is_raised


@pytest.mark.parametrize(
    ("condition", "is_raised"),
    [
        ('python = ">=3.8"', True),
        ('python = "^3.8.0"', True),
        ('python = "^3.12"', False),
        ('python = ">=3.8,<3.13"', False),
        ('python = ">=3.8", platform = "linux"', False),
    ],
)
def test_poetrys_condition_that_holds_for_each_python_is_none(
    condition: str, tmp_path: Path, *, is_raised: bool
) -> None:
    text = (
        '[tool.poetry.dependencies]\npython = "^3.11"\n[tool.poetry.group.dev.dependencies]\n'
        f'pytest-asyncio = {{ version = "^0.21", {condition} }}\n'
    )
    dependencies = read(tmp_path, {"pyproject.toml": text})
    assert bool(dependencies.raised("pytest-asyncio", "1.5")) == is_raised


@pytest.mark.parametrize("file", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_a_lock_file_older_than_what_is_declared_decides_nothing(file: str, tmp_path: Path) -> None:
    dependencies = read(
        tmp_path,
        {
            "pyproject.toml": "[dependency-groups]\ntest = ['pytest-asyncio>=1.5']\n",
            file: '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n',
        },
    )
    assert dependencies.at_least("pytest-asyncio", "1.5")
    assert not dependencies.may_be_below("pytest-asyncio", "0.26")


def test_a_compiled_file_older_than_what_is_declared_decides_nothing(tmp_path: Path) -> None:
    dependencies = read(
        tmp_path,
        {
            "requirements.in": "pytest-asyncio>=1.5\n",
            "requirements.txt": (
                "#\n# This file is autogenerated by pip-compile with Python 3.11\n"
                "# by the following command:\n#\n#    pip-compile requirements.in\n#\n"
                "pytest-asyncio==0.21.1\n    # via -r requirements.in\n"
            ),
        },
    )
    assert dependencies.at_least("pytest-asyncio", "1.5")
    assert not dependencies.may_be_below("pytest-asyncio", "0.26")
    assert dependencies.may_reach("pytest-asyncio", "1.5")


def test_a_missing_bound_is_neither_certain_nor_known_to_be_old(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"requirements.txt": "pytest-asyncio\n"})
    assert not dependencies.at_least("pytest-asyncio", "1.5")
    assert not dependencies.may_be_below("pytest-asyncio", "1.5")


@pytest.mark.parametrize(
    ("specifier", "below"),
    [
        ("<0.24", True),
        ("<=0.23.8", True),
        ("<0.22", True),
        ("!=0.24,<=0.24", True),
        ("<0.24.1", False),
        ("<1", False),
        ("!=0.24.0", False),
        ("!=0.24.*", False),
        (">=0.24,<0.25", False),
        (">=0.23,<0.25", True),
    ],
)
def test_an_upper_bound_alone_says_that_a_package_is_old(
    specifier: str, below: object, tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {"requirements.txt": f"pytest-asyncio{specifier}\n"})
    assert dependencies.may_be_below("pytest-asyncio", "0.24") is below


POETRY = '[tool.poetry.group.dev.dependencies]\npytest = "^9"\n'


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            (
                f"{POETRY}pytest-asyncio = [\n"
                '  { version = "^0.21", python = "<3.12" },\n'
                '  { version = "^0.23", python = ">=3.12" },\n]\n'
            ),
            [4, 5],
        ),
        (
            (
                f"{POETRY}\n[[tool.poetry.group.dev.dependencies.pytest-asyncio]]\n"
                'version = "^0.21"\npython = "<3.12"\n\n'
                "[[tool.poetry.group.dev.dependencies.pytest-asyncio]]\n"
                'version = "^0.23"\npython = ">=3.12"\n'
            ),
            [4, 8],
        ),
    ],
    ids=["array", "tables"],
)
def test_each_of_poetrys_several_constraints_is_read_and_none_edited(
    text: str, lines: list[int], tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {"pyproject.toml": text})
    declared = dependencies.of("pytest-asyncio")
    assert [d.text for d in declared] == ["pytest-asyncio ^0.21", "pytest-asyncio ^0.23"]
    assert [d.line for d in declared] == lines
    assert dependencies.may_be_below("pytest-asyncio", "0.24")
    assert not dependencies.may_be_below("pytest-asyncio", "0.21")
    assert not dependencies.raised("pytest-asyncio", "1.5")
    assert all(d.fixed for d in declared)


def test_a_utf_16_requirements_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("pytest-asyncio<1\n".encode("utf-16"))
    assert read(tmp_path, {}).of("pytest-asyncio")


VERSIONS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
OPERATORS = st.sampled_from(["==", "!=", "<=", ">=", "<", ">"])


@st.composite
def specifiers(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        version = ".".join(map(str, draw(VERSIONS)))
        kind = draw(st.sampled_from(["plain", "wildcard", "compatible"]))
        if kind == "wildcard":
            parts.append(f"{draw(st.sampled_from(['==', '!=']))}{version}.*")
        elif kind == "compatible":
            parts.append(f"~={version}.{draw(st.integers(0, 3))}")
        else:
            parts.append(f"{draw(OPERATORS)} {version}")
    return ", ".join(parts)


@given(specifiers(), VERSIONS)
def test_bounds_agree_with_packaging(specifier: str, version: tuple[int, ...]) -> None:
    text = ".".join(map(str, version))
    assert bounds.admits(specifier, version) == SpecifierSet(specifier).contains(text)


@given(specifiers(), VERSIONS)
def test_nothing_below_the_lowest_bound_is_admitted(
    specifier: str, version: tuple[int, ...]
) -> None:
    lowest = bounds.lowest(specifier)
    if lowest is not None and Version(".".join(map(str, version))) < Version(
        ".".join(map(str, lowest))
    ):
        assert not bounds.admits(specifier, version)


@given(specifiers(), VERSIONS, VERSIONS)
def test_a_specifier_reaches_what_it_admits(
    specifier: str, version: tuple[int, ...], later: tuple[int, ...]
) -> None:
    text = ".".join(map(str, later))
    if SpecifierSet(specifier).contains(text) and later >= version:
        assert bounds.reaches(specifier, version)


@given(specifiers())
def test_a_raised_specifier_admits_the_version_and_nothing_older(specifier: str) -> None:
    raised = bounds.raised(specifier, "2.5")
    assert bounds.lowest(raised) == (2, 5)
    assert SpecifierSet(raised).contains("2.5")
    assert bounds.raised(raised, "2.5") == raised


@pytest.mark.parametrize(
    ("specifier", "inside", "outside"),
    [
        ("~=1.4", (1, 9), (2,)),
        ("~=1.4.2", (1, 4, 9), (1, 5)),
        ("^1.2.3", (1, 9), (2,)),
        ("^0.25", (0, 25, 9), (0, 26)),
        ("^0.0.3", (0, 0, 3), (0, 0, 4)),
        ("~1.2", (1, 2, 9), (1, 3)),
        ("~1", (1, 9), (2,)),
        ("1.2.*", (1, 2, 7), (1, 3)),
        ("1.2.3", (1, 2, 3), (1, 2, 4)),
        ("*", (9,), ()),
    ],
)
def test_compatible_releases_and_poetrys_own_language(
    specifier: str, inside: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    assert bounds.admits(specifier, inside)
    assert not outside or not bounds.admits(specifier, outside)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("pytest-asyncio<1; python_version < '3.10'", False),
        ('pytest-asyncio<1; python_version<="3.9"', False),
        ("pytest-asyncio<1; python_version == '3.8'", False),
        ("pytest-asyncio<1; python_full_version < '3.8.1'", False),
        ("pytest-asyncio<1; python_version < '3.12'", True),
        ("pytest-asyncio<1; python_version >= '3.8'", True),
        ("pytest-asyncio<1; python_version == '3.10'", True),
    ],
)
def test_what_is_for_old_pythons_does_not_count(line: str, counts: object, tmp_path: Path) -> None:
    assert bool(read(tmp_path, {"requirements.txt": line}).of("pytest-asyncio")) is counts


@pytest.mark.parametrize(
    ("factors", "counts"),
    [
        ("py38", False),
        ("py27,py35", False),
        ("py{37,38}", False),
        ("py{39,310}", True),
        ("py310", True),
        ("django4", True),
    ],
)
def test_nor_what_tox_has_for_them(factors: str, counts: object, tmp_path: Path) -> None:
    text = f"[testenv]\ndeps =\n    {factors}: pytest-asyncio<1\n"
    assert bool(read(tmp_path, {"tox.ini": text}).of("pytest-asyncio")) is counts


@pytest.mark.parametrize(
    ("constraint", "counts"),
    [
        ('version = "<1", python = "<3.10"', False),
        ('version = "<1", python = "~3.9"', False),
        ("version = '<1', markers = 'python_version < \"3.9\"'", False),
        ('version = "<1", python = ">=3.8"', True),
        ('version = "<1", python = "<3.12"', True),
    ],
)
def test_nor_what_poetry_has_for_them_beside_another(
    constraint: str, counts: object, tmp_path: Path
) -> None:
    text = f'{POETRY}pytest-asyncio = [{{ {constraint} }}, ">=1.5"]\n'
    dependencies = read(tmp_path, {"pyproject.toml": text})
    assert dependencies.may_be_below("pytest-asyncio", "1.5") is counts


def test_a_package_for_old_pythons_only_still_holds_its_name_in_poetrys_table(
    tmp_path: Path,
) -> None:
    text = f'{POETRY}pytest-asyncio = [{{ version = "<1", python = "<3.10" }}]\n'
    assert read(tmp_path, {"pyproject.toml": text}).has("pytest-asyncio")


def test_a_version_that_the_projects_python_cannot_have_is_not_asked_for(tmp_path: Path) -> None:
    text = '[project]\nrequires-python = ">={}"\ndependencies = ["pytest", "pytest-asyncio"]\n'
    old = read(tmp_path, {"pyproject.toml": text.format("3.8")})
    assert not old.raised("pytest-asyncio", "1.5")
    assert old.raised("pytest-asyncio", "0.24")
    new = read(tmp_path, {"pyproject.toml": text.format("3.10")})
    assert new.raised("pytest-asyncio", "1.5")


SETUP = "from setuptools import setup\n\nsetup(name='it', python_requires='>={}')\n"


def test_a_python_long_out_that_a_setup_py_names_holds_back_safe_fixes_only(tmp_path: Path) -> None:
    files = {"requirements.txt": "pytest==7.1.2\npytest-asyncio==0.18.3\n"}
    stale = read(tmp_path, {"setup.py": SETUP.format("3.6"), **files})
    assert stale.raised("pytest-asyncio", "1.5", with_pytest=False)
    assert stale.allows_below("httpx", "0.26")
    kept = read(tmp_path, {"setup.py": SETUP.format("3.9"), **files})
    assert not kept.raised("pytest-asyncio", "1.5", with_pytest=False)
    assert kept.raised("pytest-asyncio", "1.2", with_pytest=False)
    written = read(tmp_path, {"setup.cfg": "[options]\npython_requires = >=3.6\n", **files})
    assert not written.raised("pytest-asyncio", "1.5", with_pytest=False)


def test_a_cap_holds_for_all_lists_that_one_lock_file_resolves(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "it"\n[project.optional-dependencies]\ndev = ["pytest>=7.4,<8"]\n'
        '[dependency-groups]\ndev = ["pytest>=7.4.4"]\n'
    )
    lock = {"uv.lock": '[[package]]\nname = "pytest"\nversion = "7.4.4"\n'}
    conflicts = '[tool.uv]\nconflicts = [[{extra = "dev"}, {group = "dev"}]]\n'
    assert not read(tmp_path / "a", {"pyproject.toml": text}).stays_below("pytest", "8")
    assert read(tmp_path / "b", {"pyproject.toml": text, **lock}).stays_below("pytest", "8")
    apart = read(tmp_path / "c", {"pyproject.toml": text + conflicts, **lock})
    assert not apart.stays_below("pytest", "8")


def test_entries_on_one_line_of_setup_cfg_are_read_and_none_is_added(tmp_path: Path) -> None:
    text = "[options.extras_require]\ntest = pytest; pytest-asyncio<1; pytest-timeout\n"
    found = read(tmp_path, {"setup.cfg": text})
    assert found.has("pytest")
    assert found.may_be_below("pytest-asyncio", "1.0")
    assert found.raised("pytest-asyncio", "1.5") == ()
    assert found.added("anyio", "4") == ()


def test_a_pipfile_is_read_and_edited_like_poetrys_table(tmp_path: Path) -> None:
    text = (
        '[packages]\nhttpx = {version = "<0.28", extras = ["http2"]}\nanyio = "*"\n\n'
        '[dev-packages]\npytest = "==7.4.4"\npytest-asyncio = "~=0.21.1"\n'
    )
    found = read(tmp_path, {"Pipfile": text})
    assert found.stays_below("httpx", "0.28")
    assert found.has("anyio")
    assert not found.may_be_below("anyio", "4")
    assert found.may_be_below("pytest-asyncio", "0.24")
    assert not found.may_reach("pytest", "8")
    assert [one.line for one in found.of("pytest")] == [6]
    changed = apply(
        found.tree,
        [
            *found.raised("pytest", "8.4"),
            *found.raised("httpx", "0.28"),
            *found.added("pytest-timeout", "2.4"),
        ],
    )
    assert changed["Pipfile"].decode() == (
        '[packages]\nhttpx = {version = ">=0.28", extras = ["http2"]}\nanyio = "*"\n\n'
        '[dev-packages]\npytest = ">=8.4"\npytest-asyncio = "~=0.21.1"\n'
        'pytest-timeout = ">=2.4"\n'
    )
    assert how_to_install(found.tree, found.of("pytest")[0].home) == "pipenv install --dev"


@pytest.mark.parametrize(
    ("python", "is_raised"), [("3.8", True), ("3.9", False), ("3.13", True), ("3.11.4", True)]
)
def test_a_pipfile_names_the_python_of_its_environment(
    python: str, tmp_path: Path, *, is_raised: bool
) -> None:
    text = f'[dev-packages]\npytest-asyncio = "~=0.21"\n\n[requires]\npython_version = "{python}"\n'
    found = read(tmp_path, {"Pipfile": text})
    assert found.requires_python == ">=" + ".".join(python.split(".")[:2])
    assert bool(found.raised("pytest-asyncio", "1.5")) == is_raised


@pytest.mark.parametrize("text", ["[packages", "packages = 1\n", '[packages]\npytest = ["a"]\n'])
def test_a_pipfile_that_nobody_can_read_is_left_alone(tmp_path: Path, text: str) -> None:
    assert not read(tmp_path, {"Pipfile": text}).may_be_below("pytest", "8")


OLDER = {
    "a pin": {"requirements.txt": "starlette==0.20.4\n"},
    "a bound": {"requirements.txt": "starlette>=0.20\n"},
    "a caret": {"pyproject.toml": '[tool.poetry.dependencies]\nstarlette = "^0.20"\n'},
    "a constraint": {
        "requirements.txt": "-c limits.txt\nstarlette\n",
        "limits.txt": "starlette<0.21\n",
    },
    "uv's constraint": {
        "pyproject.toml": (
            '[project]\ndependencies = ["starlette"]\n\n'
            '[tool.uv]\nconstraint-dependencies = ["starlette<0.21"]\n'
        )
    },
    "what brings it": {"requirements.txt": "fastapi==0.80\n"},
    "a lock file": {"uv.lock": '[[package]]\nname = "starlette"\nversion = "0.20.4"\n'},
    "an old Python's": {
        "requirements.txt": (
            "starlette==0.20.4; python_version < '3.9'\nstarlette>=0.40; python_version >= '3.9'\n"
        )
    },
    "an old Python": {"pyproject.toml": '[project]\nrequires-python = ">=3.6"\n'},
    "an old Python in setup.py": {"setup.py": "setup(python_requires='>=3.6')\n"},
    "setup.py": {"setup.py": "setup(install_requires=['starlette[full]>=0.19,<0.21'])\n"},
    "Pipfile": {"Pipfile": '[packages]\nstarlette = "==0.20.4"\n'},
    "a workflow": {".github/workflows/ci.yml": 'run: pip install "starlette~=0.20.0"\n'},
}
NEWER = {
    "nothing": {"requirements.txt": "pytest\n"},
    "no bound": {"requirements.txt": "starlette\n"},
    "a bound": {"requirements.txt": "starlette>=0.21\n"},
    "what brings it": {"requirements.txt": "fastapi>=0.87\n"},
    "an old Python's that is not supported": {
        "requirements.txt": "starlette<0.21; python_version<'3.9'\n",
        "pyproject.toml": '[project]\nrequires-python = ">=3.10"\n',
    },
    "a bound in spite of an old Python": {
        "requirements.txt": "starlette>=0.21\n",
        "pyproject.toml": '[project]\nrequires-python = ">=3.6"\n',
    },
    "another package in setup.py": {"setup.py": "setup(install_requires=['my-starlette<0.21'])\n"},
}


@pytest.mark.parametrize("files", OLDER.values(), ids=OLDER)
def test_whatever_may_install_an_older_version_counts_for_a_fix(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert read(tmp_path, files).allows_below("starlette", "0.21")


@pytest.mark.parametrize("files", NEWER.values(), ids=NEWER)
def test_and_nothing_else_does(files: dict[str, str], tmp_path: Path) -> None:
    assert not read(tmp_path, files).allows_below("starlette", "0.21")


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("pytest-asyncio<0.22", False),
        ("pytest-asyncio<0.22  # loops", False),
        ("pytest-asyncio<0.22  # noqa", False),
        ("pytest-asyncio<0.22  # until then", True),
        ("pytest-asyncio<0.22  # see #12", True),
        ("# for tests\npytest-asyncio<0.22", False),
        ("# newer ones close the loop too early\npytest-asyncio<0.22", True),
        ("# pinned on purpose\npytest-asyncio<0.22", True),
        ("# pinned on purpose\n\npytest-asyncio<0.22", False),
        ("# pinned\npytest<8\npytest-asyncio<0.22", False),
        ("pytest-asyncio<0.22; python_version > '3'", True),
    ],
)
def test_a_reason_beside_a_dependency_keeps_it(
    line: str, explained: object, tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {"requirements.txt": f"{line}\n"})
    (declaration,) = dependencies.of("pytest-asyncio")
    assert bool(declaration.why_not) is explained
    assert (declaration.require(">=1.5") is None) is explained


@pytest.mark.parametrize(
    ("python", "pytest_", "added"),
    [
        (">=3.10", "pytest", "pytest-asyncio>=1.5"),
        (">=3.9", "pytest", "pytest-asyncio>=1.2"),
        (">=3.8", "pytest", "pytest-asyncio>=0.24"),
        (">=3.8", "pytest<8", "pytest-asyncio>=0.21"),
        (">=3.7", "pytest<7", "pytest-asyncio>=0.17"),
        (">=3.6", "pytest<6", None),
    ],
)
def test_a_package_is_added_as_old_as_the_project_needs_it(
    python: str, pytest_: str, added: str | None, tmp_path: Path
) -> None:
    project = f'[project]\nrequires-python = "{python}"\ndependencies = ["{pytest_}"]\n'
    edits = read(tmp_path, {"pyproject.toml": project}).added("pytest-asyncio", "1.5", "0.17")
    assert [edit.value for edit in edits] == ([added] if added else [])


def test_nothing_is_raised_to_what_the_declared_pytest_forbids(tmp_path: Path) -> None:
    dependencies = read(
        tmp_path,
        {
            "pyproject.toml": (
                '[tool.poetry.dependencies]\npython = "^3.8"\npytest = "^5"\n'
                'pytest-asyncio = "^0.12"\n'
            )
        },
    )
    assert not dependencies.raised("pytest-asyncio", "0.24")
    assert dependencies.raised("pytest-asyncio", "0.24", with_pytest=False)


@pytest.mark.parametrize(
    ("declared", "is_certain"),
    [
        ("pytest>=9\npytest-asyncio\n", True),
        ("pytest==9.1.0\npytest-asyncio\n", True),
        ("pytest>=9\npytest-asyncio>=0.20\n", False),
        ("pytest>=8.4\npytest-asyncio\n", False),
        ("pytest>=9\n", False),
    ],
)
def test_a_plugin_without_a_bound_is_as_new_as_pytest_asks_for(
    declared: str, is_certain: object, tmp_path: Path
) -> None:
    dependencies = read(tmp_path, {"requirements.txt": declared})
    assert dependencies.at_least("pytest-asyncio", "1.3") == is_certain
    assert not dependencies.at_least("pytest-asyncio", "1.4")


FORKS = """\
[[package]]
name = "pytest"
version = "7.4.4"
resolution-markers = [
    "python_full_version < '3.10'",
    "python_full_version < '3.9' and sys_platform == 'win32'",
]

[[package]]
name = "pytest"
version = "8.4.2"
resolution-markers = ["python_full_version == '3.10.*'"]

[[package]]
name = "pytest"
version = "9.2.0"
resolution-markers = ["python_full_version >= '3.11'"]
"""


def test_a_lock_file_may_hold_a_version_for_each_python(tmp_path: Path) -> None:
    dependencies = read(tmp_path, {"uv.lock": FORKS})
    # The one for Pythons that pytest 9 left behind does not count.
    assert dependencies.lock_of("pytest") == "8.4.2"
    assert dependencies.may_reach("pytest", "9.2")
    assert not dependencies.at_least("pytest", "9")


def test_what_poetry_locks_for_old_pythons_does_not_count(tmp_path: Path) -> None:
    entry = '[[package]]\nname = "pytest"\nversion = "{}"\nmarkers = "{}"\n\n'
    old = entry.format("8.3.5", 'python_version == \\"3.8\\"')
    new = entry.format("9.2.0", 'python_version >= \\"3.10\\"')
    assert read(tmp_path, {"poetry.lock": old + new}).lock_of("pytest") == "9.2.0"


TOX = "[testenv]\ndeps =\n    {}: pytest==8.4.2\n"


@pytest.mark.parametrize(
    "factors", ["py38", "py3.9-redis", "py{38,39}", "{py3.6,py3.7}-common", "py27"]
)
def test_what_tox_installs_for_old_pythons_does_not_count(factors: str, tmp_path: Path) -> None:
    assert not read(tmp_path, {"tox.ini": TOX.format(factors)}).of("pytest")


@pytest.mark.parametrize("factors", ["{py3.8,py3.12}-common", "py{39,310}", "py3", "redis-v4.6"])
def test_what_tox_installs_for_other_environments_counts(factors: str, tmp_path: Path) -> None:
    assert read(tmp_path, {"tox.ini": TOX.format(factors)}).of("pytest")


def test_a_bound_for_one_environment_of_several_keeps_nothing_back(tmp_path: Path) -> None:
    text = TOX.format("py310")
    assert read(tmp_path, {"tox.ini": text}).below("pytest", "9")
    assert not read(tmp_path, {"tox.ini": f"{text}    py311: pytest==9.1\n"}).below("pytest", "9")
