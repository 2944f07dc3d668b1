"""The update that crosses a major patches pyproject.toml, with trust; all others need none."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import tomllib
from helpers import (
    COPIER,
    ROOT,
    Command,
    assert_done,
    commit,
    copy_template,
    git,
    run,
    run_copier,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

UPDATE = ("update", "--defaults", "--skip-answered")
TABLE = "[tool.pytest.ini_options]"


def release(template: Path, version: str) -> None:
    """Release a change of a file that the template owns."""
    guard = template / "template" / "tests" / "async_guard.py.jinja"
    guard.write_text(f"{guard.read_text()}\n# {version}\n")
    commit(template, version)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template, with its hooks, as a repository with a first release."""
    folder = copy_template(tmp_path_factory.mktemp("original") / "template")
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "hooks", folder / "hooks", ignore=no_bytecode)
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


@pytest.fixture
def template_repository(original: Path, tmp_path: Path) -> Path:
    """Return a copy of the template, for a test to release more."""
    return shutil.copytree(original, tmp_path / "template")


@pytest.fixture
def project(template_repository: Path, tmp_path: Path) -> Path:
    """Generate a project that lost settings of the template, and has some of its own."""
    folder = tmp_path / "sample"
    source = f"git+file://{template_repository}"
    assert_done(run_copier("copy", "--defaults", source, folder, cwd=tmp_path))
    settings = folder / "pyproject.toml"
    lines = [
        line
        for line in settings.read_text().splitlines(keepends=True)
        if not line.startswith(("asyncio_default_", "timeout = "))
    ]
    text = "".join(lines).replace(TABLE, f'{TABLE}\nmarkers = ["own: mine"]  # ours')
    settings.write_text(text + '\n[tool.own]\nkey = "value"\n')
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def assert_patched(project: Path) -> None:
    """Require the managed settings beside those of the owner."""
    text = (project / "pyproject.toml").read_text()
    settings = tomllib.loads(text)["tool"]["pytest"]["ini_options"]
    assert settings["asyncio_default_fixture_loop_scope"] == "function"
    assert settings["asyncio_default_test_loop_scope"] == "function"
    assert settings["timeout"] == 30
    assert 'markers = ["own: mine"]  # ours\n' in text
    assert text.endswith('\n[tool.own]\nkey = "value"\n')
    assert "# 2.0.0" in (project / "tests" / "async_guard.py").read_text()


def test_crossing_a_major_needs_trust_and_patches_the_settings(
    template_repository: Path, project: Path
) -> None:
    release(template_repository, "2.0.0")
    done = run(*COPIER, *UPDATE, cwd=project)
    assert done.returncode == 4
    assert "--trust" in done.stdout
    assert git(project, "status", "--porcelain") == ""
    assert_done(run_copier(*UPDATE, "--trust", cwd=project))
    assert_patched(project)
    before = (project / "pyproject.toml").read_bytes()
    commit(project)
    # Another release needs no trust.
    release(template_repository, "2.0.1")
    assert_done(run_copier(*UPDATE, cwd=project))
    assert "# 2.0.1" in (project / "tests" / "async_guard.py").read_text()
    assert (project / "pyproject.toml").read_bytes() == before


# In the gate, test_update_one.py has a migration that fails.
@pytest.mark.full
def test_settings_that_cannot_be_read_stop_the_update(
    template_repository: Path, project: Path
) -> None:
    (project / "pyproject.toml").write_text("[tool.pytest\n")
    commit(project)
    release(template_repository, "2.0.0")
    done = run(*COPIER, *UPDATE, "--trust", cwd=project)
    assert done.returncode == 1
    assert "pyproject.toml:1" in done.stdout
    assert git(project, "status", "--porcelain") == ""


# The gate crosses the same major with a project as it was generated.
@pytest.mark.full
def test_the_table_is_not_written_twice(template_repository: Path, project: Path) -> None:
    """Copier's own merge would: the owner has the table at the end, the template in the middle."""
    settings = project / "pyproject.toml"
    before, _, rest = settings.read_text().partition(TABLE)
    table, _, after = rest.partition("\n[tool.coverage.run]")
    settings.write_text(f"{before}[tool.coverage.run]{after}\n{TABLE}{table}")
    commit(project)
    folder = template_repository / "template"
    source = folder / "pyproject.toml.jinja"
    source.write_text(source.read_text().replace(TABLE, f'{TABLE}\naddopts = ["-v"]'))
    release(template_repository, "2.0.0")
    assert_done(run_copier(*UPDATE, "--trust", cwd=project))
    assert settings.read_text().count(TABLE) == 1
    tomllib.loads(settings.read_text())


#: For the full run: tests/hooks/test_run.py has each way that the launcher goes.
WAYS = ["uvx", "uv tool install", "pipx", "pip", "no pip", "uv offline"]


@pytest.fixture(params=WAYS)
def installed_copier(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Install Copier in one of the ways that people do."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("UV_TOOL_DIR", str(tools / "uv"))
    monkeypatch.setenv("UV_TOOL_BIN_DIR", str(tools / "bin"))
    monkeypatch.setenv("PIPX_HOME", str(tools / "pipx"))
    monkeypatch.setenv("PIPX_BIN_DIR", str(tools / "bin"))
    venv = tools / "venv" / "bin"
    kind: str = request.param
    if kind == "uvx":
        return ("uvx", "--quiet", "copier")
    if kind == "uv tool install":
        assert_done(run("uv", "tool", "install", "--quiet", "copier", cwd=tools))
        return (tools / "bin" / "copier",)
    if kind == "pipx":
        assert_done(run("uvx", "--quiet", "pipx", "install", "copier", cwd=tools))
        return (tools / "bin" / "copier",)
    if kind == "no pip":
        assert_done(run("uv", "venv", "--quiet", "venv", cwd=tools))
        install = ("uv", "pip", "install", "--quiet", "--python", venv / "python", "copier")
        assert_done(run(*install, cwd=tools))
        return (venv / "copier",)
    assert_done(run(sys.executable, "-m", "venv", "venv", cwd=tools))
    assert_done(run(venv / "pip", "install", "--quiet", "copier", cwd=tools))
    if kind == "uv offline":
        monkeypatch.setenv("UV_OFFLINE", "1")
        monkeypatch.setenv("UV_CACHE_DIR", str(tools / "empty"))
    else:
        monkeypatch.setenv("PATH", f"{venv}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
    return (venv / "copier",)


@pytest.mark.full
def test_every_way_to_install_copier_can_patch(
    template_repository: Path, project: Path, installed_copier: Command
) -> None:
    release(template_repository, "2.0.0")
    assert_done(run(*installed_copier, *UPDATE, "--trust", cwd=project))
    assert_patched(project)
