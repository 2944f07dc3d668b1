"""Stand-ins for other Copier templates: the layouts of three that many projects come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = '[project]\nname = "shop"\nversion = "1"\n\n'
_CONFTEST = '"""Fixtures of the parent."""\n'

#: The files that matter here, by the template.
PARENTS = {
    "copier-uv": {
        "pyproject.toml": f'{_PACKAGE}[dependency-groups]\nci = ["pytest", "pytest-cov"]\n',
        "config/pytest.ini": "[pytest]\ntestpaths = tests\naddopts = --strict-markers\n",
        "src/shop/__init__.py": "",
        "tests/__init__.py": "",
        "tests/conftest.py": _CONFTEST,
        ".github/workflows/ci.yml": "on: push\n",
    },
    "dls": {
        "pyproject.toml": f"{_PACKAGE}[tool.pytest.ini_options]\n"
        'addopts = "--tb=native -vv --doctest-modules"\ntestpaths = "docs src tests"\n',
        "src/shop/__main__.py": "",
        "tests/conftest.py": _CONFTEST,
        ".github/workflows/_test.yml": "on: workflow_call\n",
    },
    "simple-modern-uv": {
        "pyproject.toml": f"{_PACKAGE}[tool.pytest.ini_options]\n"
        'python_files = ["*.py"]\ntestpaths = ["src", "tests"]\nnorecursedirs = []\n',
        "src/shop/shop.py": "",
        "tests/test_placeholder.py": "def test_it() -> None: ...\n",
        ".github/workflows/ci.yml": "on: push\n",
    },
}


def lay_out(project: Path, parent: str) -> None:
    """Write the files of a parent and its answers, of which it says that they are its own."""
    answers = f"_commit: 1.0.0\n_src_path: https://example.com/{parent}.git\nname: shop\n"
    for name, text in {**PARENTS[parent], ".copier-answers.yml": answers}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
