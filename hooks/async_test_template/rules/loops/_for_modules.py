"""A test module makes its loops by a function, which a hook in conftest.py looks for.

pytest calls hooks only in conftest.py, for the tests of all modules below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Change
from async_test_template.rules.home import source_of
from async_test_template.rules.loops._loop_factories import HOOK
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.rules.loops._loop_factories import Factory
    from async_test_template.source.source import Source

#: What a test module calls the function that makes its loops.
CHOSEN = "loop_factory"
_LAMBDA = "lambda: "


def named_in_module(
    project: Project, source: Source, factory: Factory
) -> tuple[str, tuple[Edit, ...]]:
    """Return the function that makes the loops of a module, and the edits around it.

    Raises:
        EditError: the name has another meaning, or there is another hook.

    """
    if factory.condition:
        raise EditError("the loop depends on a condition")
    if CHOSEN in source.names.bound or CHOSEN in source.names.imported:
        raise EditError(f"the file already uses the name {CHOSEN}")
    call = factory.call
    imports: tuple[Edit, ...] = ()
    if factory.module:
        module, imports = new_imports.bind_module(source, factory.module)
        call = f"{module}.{call}"
    made = call.removeprefix(_LAMBDA) if call.startswith(_LAMBDA) else f"{call}()"
    text = (
        f"{factory.extra}def {CHOSEN}():\n"
        '    """Make a loop for a test of this module."""\n'
        f"    return {made}\n"
    )
    return text, (*imports, *_hook(project, source.file))


def _hook(project: Project, test_file: str) -> tuple[Edit, ...]:
    """Return the edits that add the hook to the conftest.py in the folder of a file."""
    file = f"{test_file.rpartition('/')[0]}/conftest.py".lstrip("/")
    if project.tree.read(file) is None:
        return (Change(file, "create", (), f"import asyncio\n\n\n{_text('asyncio')}"),)
    conftest = source_of(project, file)
    if any(function.name == HOOK for function in conftest.functions.values()):
        if CHOSEN.encode() in conftest.data:
            return ()
        raise EditError(f"{file} already has such a hook")
    asyncio, imports = new_imports.bind_module(conftest, "asyncio")
    return (*imports, changes.append(conftest, _text(asyncio)))


def _text(asyncio: str) -> str:
    return (
        f"def {HOOK}(config, item):\n"
        '    """Return the type of loop that the module of a test chooses."""\n'
        f'    return {{"chosen": getattr(item.module, "{CHOSEN}", {asyncio}.new_event_loop)}}\n'
    )
