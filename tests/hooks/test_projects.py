"""A repository as a set of projects, each with the configuration that pytest uses for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from async_test_template.cli import main
from async_test_template.repo_review import findings
from helpers import run

CLEAN = """
[project]
name = "{name}"
version = "1"
requires-python = ">=3.11"

[dependency-groups]
dev = ["pytest>=9", "pytest-asyncio>=1.4", "pytest-timeout>=2.4"]

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
asyncio_default_test_loop_scope = "function"
timeout = 30
"""
LEGACY = '[tool.pytest.ini_options]\nasyncio_mode = "legacy"\n'
TEST = "async def test_it():\n    pass\n"
MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it(event_loop):\n    pass\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def service(folder: str, test: str = TEST, settings: str = CLEAN) -> dict[str, str]:
    return {
        f"{folder}/pyproject.toml": settings.format(name=Path(folder).name),
        f"{folder}/tests/test_it.py": test,
    }


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[tuple[str, str]]:
    """Return the file and the rule of each finding."""
    main(["check", "--advice", "--format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    return {(finding["file"], finding["code"]) for finding in report["findings"]}


def test_two_clean_services_leave_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    write(service("services/billing") | service("services/mail") | {"package.json": "{}"})
    assert main(["check"]) == 0
    assert capsys.readouterr().err == (
        "Looked at 2 projects: services/billing, services/mail.\nNothing to do.\n"
    )


def test_folders_are_told_from_the_current_one(capsys: pytest.CaptureFixture[str]) -> None:
    write(service("libs/a") | service("libs/b", settings=LEGACY))
    assert main(["migrate", "libs/a", "libs/b", "--allow-dirty"]) in {0, 1}
    told = capsys.readouterr().err
    assert told.startswith("Looked at 2 projects: libs/a, libs/b.\n")
    assert not any(line.startswith(":") for line in told.splitlines())


@pytest.mark.parametrize("folder", [".", "libs/a"])
def test_what_to_install_is_told_with_the_folder_of_its_project(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write({f"{folder}/requirements.txt": "pytest\npytest-asyncio<0.20\n"})
    write({f"{folder}/pytest.ini": "[pytest]\n", f"{folder}/test_it.py": MARKED})
    main(["migrate", "--unsafe", "--allow-dirty", folder, "--select", "AT401"])
    where = "" if folder == "." else f"{folder}: "
    assert f"\n{where}To install pytest-asyncio, run: " in capsys.readouterr().err


@pytest.mark.parametrize("top", [{}, {"pytest.ini": "[pytest]\n", "tests/test_top.py": TEST}])
def test_the_root_reports_of_each_project_what_a_run_in_it_reports(
    top: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(top | service("a") | service("b", MARKED, LEGACY) | service("b/tests/c", MARKED))
    alone = {
        (f"{folder}/{file}", code)
        for folder in ("a", "b")
        for file, code in found(capsys, folder)
        for file in [file.removeprefix(f"{folder}/")]
    }
    assert {file for file, _ in alone} >= {"b/pyproject.toml", "b/tests/test_it.py"}
    below = {each for each in found(capsys) if each[0].startswith(("a/", "b/"))}
    assert below == alone


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a", "b"], {"a", "b"}),
        (["b", "c"], {"b", "c"}),
        (["?"], {"a", "b", "c"}),
        (["b/tests/test_it.py"], {"b/tests/test_it.py"}),
        (["b/tests"], {"b/tests/test_it.py"}),
        (["**/test_it.py"], {f"{each}/tests/test_it.py" for each in "abc"}),
        (["c/pyproject.toml", "a"], {"a", "c/pyproject.toml"}),
    ],
)
def test_arguments_are_folders_files_and_patterns(
    arguments: list[str], expected: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write({f: t for folder in "abc" for f, t in service(folder, MARKED, LEGACY).items()})
    Path(".git").mkdir()
    files = {file for file, _ in found(capsys, *arguments)}
    assert files
    assert {file for file in files if not file.startswith(tuple(expected))} == set()
    assert all(any(file.startswith(each) for file in files) for each in expected)


def test_a_file_is_judged_with_the_fixtures_of_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An override in conftest.py keeps the fixture `event_loop` of a test."""
    override = "import pytest\n\n@pytest.fixture\ndef event_loop():\n    return 1\n"
    write(service("a", MARKED) | {"a/tests/conftest.py": override})
    whole = {each for each in found(capsys, "a") if each[0] == "a/tests/test_it.py"}
    assert found(capsys, "a/tests/test_it.py") == whole


def test_one_of_many_is_not_clean(capsys: pytest.CaptureFixture[str]) -> None:
    write(service("a") | service("b", settings=LEGACY))
    assert main(["check", "a", "b"]) == 1
    assert "b/pyproject.toml:2:1 AT101" in capsys.readouterr().out


def test_repo_review_looks_at_each_project(root: Path) -> None:
    write(service("a") | service("b", settings=LEGACY))
    found = findings(root)
    assert found is not None
    assert any(line.startswith("`b/pyproject.toml:2:1` AT101 ") for line in found["1"])


def test_all_projects_are_written_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    write(service("a", settings=LEGACY) | service("b", settings=LEGACY))
    run("git", "init", "-q", ".", cwd=Path())
    assert main(["migrate", "a", "b"]) == 2
    assert "uncommitted" in capsys.readouterr().err
    assert {Path(each, "pyproject.toml").read_text() for each in "ab"} == {LEGACY}
    assert main(["migrate", "--allow-dirty"]) in {0, 1}
    assert all('"auto"' in Path(each, "pyproject.toml").read_text() for each in "ab")


@pytest.mark.parametrize(
    "folder", ["vendor/x", "libs/_vendor/x", "tests/data/x", "tests/fixtures/a/b", "{{name}}"]
)
def test_what_belongs_to_others_is_left_out_and_said(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(service("a") | service(folder, MARKED, LEGACY))
    assert main(["check"]) == 0
    told = "Left out, as code of others, data of a test or a template"
    assert f"{told}: {folder}." in capsys.readouterr().err
    # Nobody names a folder that is not meant.
    assert {file for file, _ in found(capsys, folder)} >= {f"{folder}/pyproject.toml"}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("build/lib/test_it.py", "a folder named build is not read, as it holds what tools write"),
        (".nox/tests", "hidden files and folders are not read"),
        ("tests/.test_it.py", "hidden files and folders are not read"),
        ("tests/env/test_it.py", "a virtual environment is not read"),
    ],
)
def test_what_is_asked_for_and_never_read_is_said(
    path: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = path if path.endswith(".py") else f"{path}/test_it.py"
    write({"pyproject.toml": CLEAN.format(name="a"), "tests/test_it.py": TEST, file: MARKED})
    write({"tests/env/pyvenv.cfg": ""})
    Path(".git").mkdir()
    assert main(["check", path, "tests/test_it.py"]) == 0
    told = f"{path} was left out: {why}.\nNothing to do in the other files.\n"
    assert capsys.readouterr().err == told
    assert main(["check", "."]) == 0
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".github", "build"])
def test_what_holds_no_code_is_not_said_to_be_left_out(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write({"pyproject.toml": CLEAN.format(name="a"), "build/notes.txt": ""})
    write({".github/workflows/ci.yml": "jobs: {}\n"})
    Path(".git").mkdir()
    assert main(["check", path]) == 0
    assert capsys.readouterr().err == "Nothing to do.\n"


def test_the_tests_of_a_template_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    write(service("a") | {"template/{{ cookiecutter.name }}/tests/test_it.py": MARKED})
    assert main(["check"]) == 0
    assert "a template: template/{{ cookiecutter.name }}." in capsys.readouterr().err


def test_a_module_that_is_called_setup_makes_no_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = "def basic_setup(name):\n    pass\n\n\nbasic_setup('it')\n"
    write({"pyproject.toml": CLEAN.format(name="it"), "bot/setup.py": module})
    write({"bot/__init__.py": "", "bot/tests/test_it.py": MARKED})
    main(["migrate"])
    capsys.readouterr()
    assert "event_loop" not in Path("bot/tests/test_it.py").read_text()


def test_a_folder_of_tests_with_a_configuration_is_a_project(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest_ini = "[pytest]\nasyncio_mode = legacy\n"
    write({"pyproject.toml": CLEAN.format(name="x"), "tests/pytest.ini": pytest_ini})
    write({"tests/test_it.py": TEST, "unit/test_it.py": TEST})
    assert ("tests/pytest.ini", "AT101") in found(capsys)
    # The dependencies are those of the folder above: nothing is undeclared.
    assert not {code for _, code in found(capsys)} & {"AT403"}


@pytest.mark.parametrize(
    ("member", "top", "is_declared"),
    [
        ("", "", True),
        ('[dependency-groups]\ndev = ["pytest>=9"]\n', "", False),
        ('[dependency-groups]\ndev = ["pytest>=9"]\n', "[tool.uv.workspace]\nmembers = []", True),
    ],
    ids=["without pytest", "with pytest", "of a workspace"],
)
def test_the_dependencies_above_count_for_a_workspace_and_where_no_pytest_is(
    member: str, top: str, capsys: pytest.CaptureFixture[str], *, is_declared: bool
) -> None:
    settings = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'
    project = '[project]\nname = "member"\nversion = "1"\n'
    Path(".git").mkdir()
    above = CLEAN.format(name="top").partition("[tool.pytest")[0]
    write(
        {"pyproject.toml": above + top, "libs/member/pyproject.toml": project + settings + member}
    )
    write({"libs/member/test_it.py": MARKED.replace("event_loop", "")})
    for arguments in ((), ("libs/member",)):
        codes = {code for file, code in found(capsys, *arguments) if file.startswith("libs/")}
        assert ("AT403" not in codes) is is_declared


@pytest.mark.parametrize(
    ("member", "is_told"), [("", True), ('[dependency-groups]\ndev = ["pytest>=9"]\n', False)]
)
def test_a_member_with_its_own_pytest_may_be_run_without_the_plugins_of_its_workspace(
    member: str, capsys: pytest.CaptureFixture[str], *, is_told: bool
) -> None:
    settings = '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n'
    project = '[project]\nname = "member"\nversion = "1"\n'
    Path(".git").mkdir()
    above = CLEAN.format(name="top").partition("[tool.pytest")[0]
    top = above + "[tool.uv.workspace]\nmembers = []"
    write({"pyproject.toml": top, "libs/member/pyproject.toml": project + settings + member})
    write({"libs/member/test_it.py": "def test_it():\n    pass\n"})
    codes = {code for _, code in found(capsys, "libs/member")}
    assert ("AT103" in codes) is is_told


def test_what_tox_installs_in_a_folder_above_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".git").mkdir()
    settings = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'
    write({"libs/a/pyproject.toml": settings, "libs/a/requirements-test.txt": "pytest\n"})
    assert ("libs/a/pyproject.toml", "AT121") in found(capsys)
    write({"tox.ini": "[testenv]\nchangedir = libs/a\ndeps = -r dev\n", "dev": "pytest-asyncio\n"})
    assert ("libs/a/pyproject.toml", "AT121") not in found(capsys)


PATHS = {
    "poetry": {"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nb = {path = "../b"}\n'},
    "poetry, one for each platform": {
        "pyproject.toml": (
            '[tool.poetry.dependencies]\nb = [{platform = "linux", path = "../b"}, "1"]\n'
        )
    },
    "uv": {"pyproject.toml": '[tool.uv.sources]\nb = { path = "../b", editable = true }\n'},
    "hatch": {"pyproject.toml": '[tool.hatch.envs.test]\ndependencies = ["b @ {root:uri}/../b"]\n'},
    "pdm": {"pyproject.toml": '[dependency-groups]\nt = ["b @ file:///${PROJECT_ROOT}/../b"]\n'},
    "requirements": {"pytest.ini": "[pytest]\n", "requirements/test.txt": "-e ../../b[x]\n"},
}


@pytest.mark.parametrize("far", [False, True], ids=["named", "named by what is named"])
@pytest.mark.parametrize("files", PATHS.values(), ids=PATHS)
def test_what_comes_with_a_package_counts_for_a_project_that_names_its_folder(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], *, far: bool
) -> None:
    Path(".git").mkdir()
    write({f"a/{name}": text for name, text in files.items()})
    write({"a/requirements.txt": "pytest>=9\n", "a/test_it.py": MARKED.replace("event_loop", "")})
    package = '[project]\nname = "{}"\ndependencies = ["{}"]\n'
    brings = "pytest-asyncio>=1.4"
    if far:
        write({"c/pyproject.toml": package.format("c", brings)})
        path = '[tool.uv.sources]\nc = { path = "../c" }\n'
        write({"b/pyproject.toml": package.format("b", "c") + path})
    else:
        write({"b/pyproject.toml": package.format("b", brings)})
    assert "AT403" not in {code for _, code in found(capsys, "a")}
    # What only the package's own tests need is not installed with it.
    last = Path("c" if far else "b", "pyproject.toml")
    last.write_text(package.format("b", "x") + f'[dependency-groups]\ndev = ["{brings}"]\n')
    assert "AT403" in {code for _, code in found(capsys, "a")}


@pytest.mark.parametrize("path", ["../a", "../b", "../nowhere", "../../outside", "."])
def test_packages_that_name_each_other_or_nothing_are_read_once(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".git").mkdir()
    settings = f'[tool.poetry.dependencies]\nb = {{ path = "{path}" }}\nc = {{ path = "../a" }}\n'
    write({f"{name}/pyproject.toml": settings for name in "ab"})
    write({"a/test_it.py": TEST})
    assert "AT112" in {code for _, code in found(capsys, "a")}


@pytest.mark.parametrize(
    "file",
    [
        "requirements.txt",
        "3rdparty/python/requirements.txt",
        "build/tools/pytest-requirements.txt",
    ],
)
def test_the_requirements_of_pants_count_for_all_projects(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".git").mkdir()
    locks = '[python.resolves]\npython-default = "python.lock"\npytest = "build/tools/a.lock"\n'
    write({"pants.toml": locks, file: "pytest>=9\npytest-asyncio>=1.4\n"})
    write({"src/a/pytest.ini": "[pytest]\n", "src/a/requirements.txt": "pytest>=9\n"})
    write({"src/a/test_it.py": MARKED.replace("event_loop", "")})
    assert "AT403" not in {code for _, code in found(capsys, "src/a")}
    Path("pants.toml").unlink()
    assert "AT403" in {code for _, code in found(capsys, "src/a")}


def test_a_project_obeys_the_policy_above_unless_it_has_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(service("a", settings=LEGACY) | service("b", settings=LEGACY))
    Path(".git").mkdir()
    table = '[tool.async-test-template]\nper-file-ignores."a/*" = { AT101 = "old" }\n'
    write({"pyproject.toml": table + 'ignore = { AT1 = "old" }\n'})
    assert not {code for _, code in found(capsys) if code.startswith("AT1")}
    write({"pyproject.toml": table})
    assert {file for file, code in found(capsys) if code == "AT101"} == {"b/pyproject.toml"}
    write({"a/pyproject.toml": LEGACY + "[tool.async-test-template]\n"})
    assert len([code for _, code in found(capsys) if code == "AT101"]) == 2


@pytest.mark.parametrize(("folder", "is_found"), [("examples/one", True), ("tests", False)])
def test_a_folder_that_is_asked_for_has_its_own_requirements(
    folder: str, root: Path, capsys: pytest.CaptureFixture[str], *, is_found: bool
) -> None:
    (root / ".git").mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "one"\ndependencies = ["pytest", "pytest-sanic"]\n'
    )
    (root / folder).mkdir(parents=True)
    (root / folder / "requirements.txt").write_text("pytest\npytest-asyncio\n")
    (root / folder / "test_it.py").write_text("async def test_it():\n    pass\n")
    main(["check", str(root / folder), "--select", "AT112"])
    assert ("AT112" in capsys.readouterr().out) is is_found
