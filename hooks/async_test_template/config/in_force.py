"""Which configuration file is in force, as pytest 9.2 decides it.

After `_pytest/config/findpaths.py` of pytest 9.2: from the directory upwards, the first file, in
the order of `_LOADERS`, that holds pytest configuration wins. Files of pytest's own name win even
when they are empty; the others need their table. A pyproject.toml without one still marks the
root where nothing else was found.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from async_test_template import seen
from async_test_template.config import files, ini
from async_test_template.config.toml import read as toml_read
from async_test_template.errors import ParseError, UserError
from async_test_template.faults import looking_at
from async_test_template.paths import is_file, place_of

Reader = Callable[[Path], bytes | None]
Loader = Callable[[Path, str], "Configuration"]

Holder = Literal["native", "ini_options", "ini"]
Refusal = Literal[
    "both tables", "[pytest] in setup.cfg", "options outside a table", "byte order mark"
]


class Configuration(NamedTuple):
    """The pytest configuration in one file.

    Attributes:
        path: the file.
        holder: how values are typed: `native` TOML (`[tool.pytest]`, pytest.toml), `ini_options`
            (TOML read as INI) or `ini`; None where the file holds no pytest configuration.
        table: path of the table, or the one name of the INI section, that a new option goes to.
        options: what the file sets, as written.
        refusal: why pytest stops with an error over this file, or None.

    """

    path: Path
    holder: Holder | None
    table: tuple[str, ...]
    options: Mapping[str, Any] = MappingProxyType({})
    refusal: Refusal | None = None


class InForce(NamedTuple):
    """The outcome of pytest's search.

    Attributes:
        rootdir: pytest's root directory.
        configuration: the file in force, or None where there is no file.
        shadowed: files beside it that hold pytest configuration which pytest ignores.

    """

    rootdir: Path
    configuration: Configuration | None
    shadowed: tuple[Configuration, ...] = ()

    @property
    def overrides(self) -> dict[str, str]:
        """Options that `-o name=value` in the file's own `addopts` sets, over the file's."""
        if self.configuration is None:
            return {}
        arguments = words_of(self.configuration.options.get("addopts"))
        found = {}
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
            if argument in {"-o", "--override-ini"}:
                name, equals, value = following.partition("=")
            elif argument.startswith(("-o", "--override-ini=")):
                given = argument.removeprefix("--override-ini=").removeprefix("-o")
                name, equals, value = given.partition("=")
            else:
                continue
            if equals:
                found[name] = value
        return found


def read_or_none(path: Path) -> bytes | None:
    """Read a regular file; None where there is none."""
    return seen.followed(str(path)) if is_file(path) else None


def find(
    directory: Path, config_file: Path | None = None, *, read: Reader = read_or_none
) -> InForce:
    """Search as `pytest [-c config_file]` does when it is started in `directory`.

    `read` gives the bytes of a file, or None where there is none.

    Raises:
        ParseError: a file that pytest would read on the way is not TOML, INI or UTF-8.
        UserError: `config_file` does not exist, or pytest does not accept such a file.

    """
    directory = place_of(directory)  # as the working directory of a process is
    if config_file is not None:
        path = Path(os.path.abspath(directory / config_file))  # noqa: PTH100 - links stay
        return InForce(path.parent, _given(path, read))
    bases = (directory, *directory.parents)
    marker: Configuration | None = None
    for base in bases:
        there = _in_directory(base, read)
        found = _for_pytest(there)
        if found:
            return InForce(base, found[0], tuple(found[1:]))
        marker = marker or next((file for file in there if file.path.suffix == ".toml"), None)
    if marker is not None:
        return InForce(marker.path.parent, marker)
    root = next((base for base in bases if read(base / "setup.py") is not None), directory)
    return InForce(root, None)


def for_pytest(directory: Path, read: Reader) -> list[Configuration]:
    """Return the files directly in a directory that hold configuration of pytest's.

    Raises:
        ParseError: one of them is not TOML, INI or UTF-8.

    """
    return _for_pytest(_in_directory(directory, read))


def _for_pytest(there: list[Configuration]) -> list[Configuration]:
    return [file for file in there if file.holder or file.refusal]


def _in_directory(base: Path, read: Reader) -> list[Configuration]:
    return [
        _load(loader, base / name, data)
        for name, loader in _LOADERS.items()
        if (data := read(base / name)) is not None
    ]


_NATIVE = ("tool", "pytest")
_INI_OPTIONS = (*_NATIVE, "ini_options")


def words_of(addopts: object) -> list[str]:
    """Return the words of `addopts`; none if pytest cannot split them either."""
    if isinstance(addopts, list):
        return [str(argument) for argument in addopts]
    if not addopts:
        return []
    # Imported here: many repositories have no such option.
    from shlex import split

    try:
        return split(str(addopts))
    except ValueError:  # pytest stops over it, with its own words
        return []


def _given(path: Path, read: Reader) -> Configuration:
    """Load a file named by `-c`, which may have any name."""
    data = read(path)
    if data is None:
        raise UserError("no such configuration file", path=path)
    loader = _LOADERS.get(path.name) or _LOADERS_BY_SUFFIX.get(path.suffix)
    if loader is None:
        supported = ", ".join(sorted(_LOADERS_BY_SUFFIX))
        raise UserError(f"pytest takes only {supported} as configuration file", path=path)
    return _load(loader, path, data)


def _load(loader: Loader, path: Path, data: bytes) -> Configuration:
    try:
        with looking_at(path.name):
            file = files.decode(data)
            _require_utf8(file)
            configuration = loader(path, file.text)
    except ParseError as error:
        error.path = path
        raise
    if file.mark and path.suffix == ".toml" and configuration.refusal is None:
        return configuration._replace(refusal="byte order mark")
    return configuration


def _require_utf8(file: files.TextFile) -> None:
    if file.encoding != "utf-8":
        raise ParseError("not UTF-8 text")


def _table(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ParseError(f"{name} is not a table")
    return value


def _own_toml(path: Path, text: str) -> Configuration:
    return _pytest_table(path, toml_read.parse(text))._replace(holder="native")


def _pytest_table(path: Path, document: dict[str, Any]) -> Configuration:
    if "pytest" in document:
        options = _table(document["pytest"], "[pytest]")
        return Configuration(path, "native", ("pytest",), options)
    if any(not isinstance(value, dict) for value in document.values()):
        return Configuration(path, None, ("pytest",), refusal="options outside a table")
    return Configuration(path, None, ("pytest",))


def _pyproject(path: Path, text: str) -> Configuration:
    return _tool_pytest(path, toml_read.parse(text))


def _tool_pytest(path: Path, document: dict[str, Any]) -> Configuration:
    tool = _table(document.get("tool", {}), "[tool]")
    table = _table(tool.get("pytest", {}), "[tool.pytest]")
    native = {name: value for name, value in table.items() if name != "ini_options"}
    if "ini_options" not in table:
        if native:
            return Configuration(path, "native", _NATIVE, native)
        return Configuration(path, None, _INI_OPTIONS)
    ini_options = _table(table["ini_options"], "[tool.pytest.ini_options]")
    if native and ini_options:
        # pytest 9 refuses the file. Older ones, which know only this table, read it.
        return Configuration(path, "ini_options", _INI_OPTIONS, ini_options, "both tables")
    if native:
        return Configuration(path, "native", _NATIVE, native)
    return Configuration(path, "ini_options", _INI_OPTIONS, ini_options)


def _any_toml(path: Path, text: str) -> Configuration:
    document = toml_read.parse(text)
    configuration = _tool_pytest(path, document)
    if configuration.holder is None:
        return _pytest_table(path, document)
    if "pytest" in document:
        return configuration._replace(refusal=configuration.refusal or "both tables")
    return configuration


def _own_ini(path: Path, text: str) -> Configuration:
    return Configuration(path, "ini", ("pytest",), ini.parse(text).get("pytest", {}))


def _any_ini(path: Path, text: str) -> Configuration:
    sections = ini.parse(text)
    if "pytest" in sections:
        return Configuration(path, "ini", ("pytest",), sections["pytest"])
    return Configuration(path, None, ("pytest",))


def _cfg(path: Path, text: str) -> Configuration:
    sections = ini.parse(text)
    if "tool:pytest" in sections:
        return Configuration(path, "ini", ("tool:pytest",), sections["tool:pytest"])
    if "pytest" in sections:
        options = sections["pytest"]
        return Configuration(path, "ini", ("pytest",), options, "[pytest] in setup.cfg")
    return Configuration(path, None, ("tool:pytest",))


_LOADERS: dict[str, Loader] = {
    "pytest.toml": _own_toml,
    ".pytest.toml": _own_toml,
    "pytest.ini": _own_ini,
    ".pytest.ini": _own_ini,
    "pyproject.toml": _pyproject,
    "tox.ini": _any_ini,
    "setup.cfg": _cfg,
}
_LOADERS_BY_SUFFIX: dict[str, Loader] = {".ini": _any_ini, ".cfg": _cfg, ".toml": _any_toml}
