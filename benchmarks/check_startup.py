"""How long it takes to check a small repository's configuration, against importing tomlkit alone.

    python benchmarks/check_startup.py

Whole processes, started in turn so that a busy machine slows all alike; medians. The exit status
says whether both promises hold: without the cache, and with what it knows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 25
LIMIT = 1.4
LIMIT_AGAIN = 0.5
HOOKS = Path(__file__).parents[1] / "hooks"
PYPROJECT = """\
[project]
name = "service"
version = "1"
dependencies = ["fastapi>=0.115", "httpx>=0.28"]

[dependency-groups]
test = ["pytest>=9.2", "pytest-asyncio>=1.5", "pytest-timeout>=2.4"]

[tool.pytest.ini_options]
minversion = "9.0"
asyncio_mode = "strict"
asyncio_default_fixture_loop_scope = "function"
asyncio_default_test_loop_scope = "function"
timeout = 30
"""


def main() -> int:
    """Print the medians and their ratios to the last; 1 if one is over its limit."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").write_text(PYPROJECT)
        # What the console script does.
        script = "import sys; from async_test_template.__main__ import main; sys.exit(main())"
        again = [sys.executable, "-c", script, "check", folder]
        commands = {
            "check of a configuration": [*again, "--no-cache"],
            "the same, again": again,
            "python -c 'import tomlkit'": [sys.executable, "-c", "import tomlkit"],
        }
        measured: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command)
        for _ in range(ROUNDS):
            for name, command in commands.items():
                measured[name].append(seconds(command))
    medians = {name: statistics.median(times) for name, times in measured.items()}
    for name, median in medians.items():
        print(f"{name:28}{median * 1000:4.0f} ms")
    first, second, baseline = medians.values()
    print(f"ratio {first / baseline:.2f}, at most {LIMIT}")
    print(f"again {second / baseline:.2f}, at most {LIMIT_AGAIN}")
    return int(first > LIMIT * baseline or second > LIMIT_AGAIN * baseline)


def seconds(command: list[str]) -> float:
    """Time one process, which must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(HOOKS)}
    # An installed package has its bytecode; the first run may write it and is not measured.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
