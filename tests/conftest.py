"""Fixtures that every test can ask for."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import compiled
import pytest
from environments import Environment
from filelock import FileLock
from fleets import Prototypes
from helpers import EVERYTHING, ROOT, compile_imports, copy_template
from pythons import CACHE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Give each core one worker and a half: many slow tests wait for the programs they start."""
    cores = os.cpu_count() or 1
    return cores if "not slow" in config.option.markexpr else cores * 3 // 2


#: Files in memory, on Linux.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest and tempfile make folders there that are ours
#: The gate needs less than two.
ROOM = 6 * 2**30
#: The variable that names a folder beside the cache of uv.
ON_DISK = "ASYNC_TESTS_ON_DISK"


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory where there is room, unless `TMPDIR` says where.

    The tests make and remove hundreds of thousands, and git alone spends half of its time on that.
    """
    if "TMPDIR" in os.environ or config.option.basetemp or not is_roomy(MEMORY):
        return
    folder = tempfile.mkdtemp()
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # Without a word about it, uv copies what it cannot link.
    os.environ |= {ON_DISK: folder, "TMPDIR": str(MEMORY), "UV_LINK_MODE": "copy"}
    tempfile.tempdir = None


def is_roomy(folder: Path) -> bool:
    """Tell whether a folder has room for the tests, and programs in it may be started."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize > ROOM and not found.f_flag & os.ST_NOEXEC


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the full run what the gate need not try, and let that be slow.

    Of a test with the mark `one_in(n)`, the gate takes one of n cases, and the first one always.
    Choose an n without a common factor with the number of values of a parameter.
    """
    cases: Counter[str] = Counter()
    for item in items:
        part = item.get_closest_marker("one_in")
        if part and not item.get_closest_marker("full"):
            test = item.nodeid.partition("[")[0]
            if cases[test] % part.args[0]:
                item.add_marker(pytest.mark.full)
            cases[test] += 1
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Keep thousands of tests out of what is searched for garbage: it took a third of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def on_disk(shared_folder: Path) -> Path:
    """Return a folder that all workers share, for environments: uv links their files, if it can."""
    return Path(os.environ.get(ON_DISK, shared_folder))


@pytest.fixture(scope="session", autouse=True)
def _compiled(request: pytest.FixtureRequest, shared_folder: Path) -> Iterator[None]:
    """Keep bytecode in a folder of this run, with what this interpreter's programs import.

    A few tests are over before that is worth its two seconds, and quick ones start no programs.
    """
    folder = shared_folder / "bytecode"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPYCACHEPREFIX", str(folder))
        with FileLock(f"{folder}.lock"):
            slow = [item for item in request.session.items if item.get_closest_marker("slow")]
            if len(slow) > 20 and not folder.exists():
                compile_imports(sys.executable, shared_folder, PYTHONPATH=str(ROOT / "hooks"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _listen_to_signals() -> None:
    """Make sure that programs started by tests can be interrupted, whatever this run ignores.

    What a script starts in the background ignores Ctrl-C, what `nohup` starts the end of its
    terminal, and both pass that on.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _copier_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep Copier's copies of templates out of the cache of the user, and those of workers apart.

    Copier finds a copy by its URL, and a test may have git look elsewhere for that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_CACHE_DIR", str(tmp_path_factory.mktemp("copier")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep results of checks out of the cache of the user; what others have there is used."""
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in {"UV_CACHE_DIR": "uv", "PIP_CACHE_DIR": "pip"}.items():
            patch.setenv(name, os.environ.get(name) or str(CACHE / folder))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        # Git would copy a dozen examples of hooks into each of hundreds of repositories.
        folders = tmp_path_factory.mktemp("git")
        for name in ("hooks", "info"):
            (folders / name).mkdir()
        patch.setenv("GIT_TEMPLATE_DIR", str(folders))
        yield


@pytest.fixture(scope="session", autouse=True)
def _templates_once(shared_folder: Path) -> Iterator[None]:
    """Let the copies of all tests share what Jinja has compiled."""
    folder = shared_folder / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, compiled.compiled_once():
        patch.setenv(compiled.SHARED, str(folder))
        yield


@pytest.fixture(scope="session")
def environment_of(on_disk: Path) -> Callable[..., Environment]:
    """Return a function that builds an environment of some requirements, once a run."""

    def build(*requirements: str) -> Environment:
        name = re.sub(r"[^\w.]+", "-", "-".join(requirements))
        folder = on_disk / f"environment{name}"
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                Environment.build(folder, sys.executable, *requirements)
        return Environment(folder)

    return build


@pytest.fixture(scope="session")
def environment(environment_of: Callable[..., Environment]) -> Environment:
    """Build, once a run, an environment with the newest of all that a project can ask for."""
    return environment_of(*EVERYTHING)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the template in the work tree, outside git: rendering it needs no clone."""
    return copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def prototypes(shared_folder: Path) -> Prototypes:
    """Make, once a run, the template's releases and a checkout for each outcome of an update."""
    folder = shared_folder / "prototypes"
    with FileLock(f"{folder}.lock"):
        return Prototypes(folder) if folder.exists() else Prototypes.make(folder)
