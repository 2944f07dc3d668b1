"""Whether a suite used the fixtures of aiohttp's own pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.rules.which_loop import has_aiohttps_plugin

if TYPE_CHECKING:
    from async_test_template.project import Project

#: Plugins that provide their own `loop`.
_OTHERS = (
    "aiomisc",
    "aiomisc-pytest",
    "pytest-sanic",
    "pytest-tornado",
    "pytest-tornasync",
    "pytest-toolbox",
)


def is_aiohttps(project: Project) -> bool:
    """Tell whether `loop` and similar fixtures came from aiohttp's plugin, which is not loaded."""
    imports = {module for m in project.code.modules for module in m.imports}
    return (
        not has_aiohttps_plugin(project)
        and not any(project.dependencies.has(other) for other in _OTHERS)
        and (
            project.dependencies.has("pytest-aiohttp")
            or project.dependencies.has("aiohttp")
            or any(module.partition(".")[0] == "aiohttp" for module in imports)
        )
    )
