"""Which configuration file is in force, as pytest 9.2 decides it.

After `_pytest/config/findpaths.py` of pytest 9.2: from the directory upwards, the first file, in
the order of `_LOADERS`, that holds pytest configuration wins. Files of pytest's own name win even
when they are empty; the others need their table. A pyproject.toml without one still marks the
root where nothing else was found.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from async_test_template.config import files, ini, toml
from async_test_template.errors import ParseError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Holder = Literal["native", "ini_options", "ini"]
Refusal = Literal[
    "both tables", "[pytest] in setup.cfg", "options outside a table", "byte order mark"
]


@dataclass(frozen=True)
class Configuration:
    """What one file tells pytest.

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
    options: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True)
class InForce:
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
        arguments = _addopts(self.configuration)
        found = {}
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
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


def find(directory: Path, config_file: Path | None = None) -> InForce:
    """Search as `pytest [-c config_file]` does when it is started in `directory`.

    Raises:
        ParseError: a file that pytest would read on the way is not TOML, INI or UTF-8.
        UserError: `config_file` does not exist, or pytest does not take its kind.

    """
    directory = directory.absolute()
    if config_file is not None:
        path = directory / config_file
        return InForce(path.parent, _given(path))
    outermost: Path | None = None
    for base in (directory, *directory.parents):
        candidates = [base / name for name in _LOADERS]
        for index, path in enumerate(candidates):
            if not path.is_file():
                continue
            if path.name == "pyproject.toml" and outermost is None:
                outermost = path
            configuration = _LOADERS[path.name](path)
            if configuration.holder is not None or configuration.refusal is not None:
                others = [
                    _LOADERS[other.name](other)
                    for other in candidates[index + 1 :]
                    if other.is_file()
                ]
                shadowed = tuple(other for other in others if other.holder is not None)
                return InForce(base, configuration, shadowed)
    if outermost is not None:
        return InForce(outermost.parent, Configuration(outermost, None, _INI_OPTIONS))
    for base in (directory, *directory.parents):
        if (base / "setup.py").is_file():
            return InForce(base, None)
    return InForce(directory, None)


_INI_OPTIONS = ("tool", "pytest", "ini_options")


def _addopts(configuration: Configuration) -> list[str]:
    value = configuration.options.get("addopts", "")
    if isinstance(value, list):
        return [str(argument) for argument in value]
    try:
        return shlex.split(str(value))
    except ValueError:  # pytest stops over it, with its own words
        return []


def _given(path: Path) -> Configuration:
    """Load a file named by `-c`, which may have any name."""
    if not path.is_file():
        raise UserError("no such configuration file", path=path)
    loader = _LOADERS.get(path.name) or _LOADERS_BY_SUFFIX.get(path.suffix)
    if loader is None:
        supported = ", ".join(sorted(_LOADERS_BY_SUFFIX))
        raise UserError(f"pytest takes only {supported} as configuration file", path=path)
    return loader(path)


def _read(path: Path) -> files.TextFile:
    """Read a file the way pytest does, that is as UTF-8 only."""
    try:
        file = files.decode(path.read_bytes())
        if file.encoding != "utf-8":
            raise ParseError("not UTF-8 text")
    except ParseError as error:
        error.path = path
        raise
    return file


def _read_toml(path: Path) -> tuple[dict[str, Any], Refusal | None]:
    file = _read(path)
    try:
        document = toml.parse(file.text)
    except ParseError as error:
        error.path = path
        raise
    return document, "byte order mark" if file.mark else None


def _read_ini(path: Path) -> dict[str, dict[str, str]]:
    try:
        return ini.parse(_read(path).text)
    except ParseError as error:
        error.path = path
        raise


def _table(path: Path, value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ParseError(f"{name} is not a table", path=path)
    return value


def _own_toml(path: Path) -> Configuration:
    document, refusal = _read_toml(path)
    return replace(_pytest_table(path, document, refusal), holder="native")


def _pytest_table(path: Path, document: dict[str, Any], refusal: Refusal | None) -> Configuration:
    if "pytest" in document:
        options = _table(path, document["pytest"], "[pytest]")
        return Configuration(path, "native", ("pytest",), options, refusal)
    if any(not isinstance(value, dict) for value in document.values()):
        refusal = refusal or "options outside a table"
    return Configuration(path, None, ("pytest",), {}, refusal)


def _pyproject(path: Path) -> Configuration:
    document, refusal = _read_toml(path)
    return _tool_pytest(path, document, refusal)


def _tool_pytest(path: Path, document: dict[str, Any], refusal: Refusal | None) -> Configuration:
    tool = _table(path, document.get("tool", {}), "[tool]")
    table = _table(path, tool.get("pytest", {}), "[tool.pytest]")
    native = {name: value for name, value in table.items() if name != "ini_options"}
    ini_options = table.get("ini_options")
    if ini_options is not None:
        _table(path, ini_options, "[tool.pytest.ini_options]")
    if native and ini_options:
        refusal = refusal or "both tables"
    if native:
        return Configuration(path, "native", ("tool", "pytest"), native, refusal)
    if ini_options is not None:
        return Configuration(path, "ini_options", _INI_OPTIONS, ini_options, refusal)
    return Configuration(path, None, _INI_OPTIONS, {}, refusal)


def _any_toml(path: Path) -> Configuration:
    document, refusal = _read_toml(path)
    configuration = _tool_pytest(path, document, refusal)
    if configuration.holder is None:
        return _pytest_table(path, document, refusal)
    if "pytest" in document:
        return replace(configuration, refusal=refusal or "both tables")
    return configuration


def _own_ini(path: Path) -> Configuration:
    return Configuration(path, "ini", ("pytest",), _read_ini(path).get("pytest", {}))


def _any_ini(path: Path) -> Configuration:
    sections = _read_ini(path)
    if "pytest" in sections:
        return Configuration(path, "ini", ("pytest",), sections["pytest"])
    return Configuration(path, None, ("pytest",))


def _cfg(path: Path) -> Configuration:
    sections = _read_ini(path)
    if "tool:pytest" in sections:
        return Configuration(path, "ini", ("tool:pytest",), sections["tool:pytest"])
    if "pytest" in sections:
        options = sections["pytest"]
        return Configuration(path, "ini", ("pytest",), options, "[pytest] in setup.cfg")
    return Configuration(path, None, ("tool:pytest",))


_LOADERS: dict[str, Callable[[Path], Configuration]] = {
    "pytest.toml": _own_toml,
    ".pytest.toml": _own_toml,
    "pytest.ini": _own_ini,
    ".pytest.ini": _own_ini,
    "pyproject.toml": _pyproject,
    "tox.ini": _any_ini,
    "setup.cfg": _cfg,
}
_LOADERS_BY_SUFFIX: dict[str, Callable[[Path], Configuration]] = {
    ".ini": _any_ini,
    ".cfg": _cfg,
    ".toml": _any_toml,
}
