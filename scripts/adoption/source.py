"""The files of a foreign project: found and parsed, never imported or run, and never followed out of its folder."""

from __future__ import annotations

import ast
import os
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from scripts.errors import UsageError

LARGEST_BYTES = 1_000_000
"""No settings module is as long; a generated file that is would take the parser minutes."""
MOST_FILES = 20_000
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "dist", "build", "htmlcov"})


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a settings module assigns to a name, and where."""

    name: str
    node: ast.expr
    where: str

    @property
    def value(self) -> Any:
        """Return the value where it is written out, else None."""
        try:
            return ast.literal_eval(self.node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None

    @property
    def is_literal(self) -> bool:
        """Say whether the value is written out."""
        return self.value is not None

    @property
    def text(self) -> str:
        """Return the source of the value."""
        return ast.unparse(self.node)


@dataclass(kw_only=True)
class Source:
    """The files of a project by their path within it, and what could not be read."""

    root: Path
    files: list[PurePosixPath] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    _trees: dict[PurePosixPath, ast.Module | None] = field(default_factory=dict)

    def text(self, path: PurePosixPath) -> str | None:
        """Return a file's text, or None (and remember why) if it is too large, binary, or no plain file of the project."""
        try:
            # Opened without following a last link, and asked what it is once it is open: a pipe would never end.
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self.unread[str(path)] = f"can't be opened ({error.strerror})"
            return None
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode):
                self.unread[str(path)] = "is no plain file"
                return None
            if about.st_size > LARGEST_BYTES:
                self.unread[str(path)] = f"is larger than {LARGEST_BYTES:,} bytes"
                return None
            content = file.read(LARGEST_BYTES)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.unread[str(path)] = "is not UTF-8"
            return None
        if "\0" in text:
            self.unread[str(path)] = "is binary"
            return None
        return text

    def tree(self, path: PurePosixPath) -> ast.Module | None:
        """Return a Python file's syntax tree, or None (and remember why) if there is none."""
        if path not in self._trees:
            self._trees[path] = self._parse(path)
        return self._trees[path]

    def _parse(self, path: PurePosixPath) -> ast.Module | None:
        text = self.text(path)
        if text is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except SyntaxError as error:
            self.unread[str(path)] = f"is no Python 3: {error.msg} in line {error.lineno}"
        except (ValueError, RecursionError, MemoryError) as error:
            self.unread[str(path)] = f"can't be parsed ({type(error).__name__})"
        return None

    def named(self, name: str) -> list[PurePosixPath]:
        """List the files of that name, the outermost first."""
        return sorted((path for path in self.files if path.name == name), key=lambda path: (len(path.parts), path))

    def has(self, path: PurePosixPath) -> bool:
        """Say whether the project has that file."""
        return path in self.files

    def module(self, base: PurePosixPath, dotted: str) -> PurePosixPath | None:
        """Return the file of a module that is imported from a folder, if the project has it."""
        if not all(part.isidentifier() for part in dotted.split(".")):
            return None
        path = base.joinpath(*dotted.split("."))
        for candidate in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if self.has(candidate):
                return candidate
        return None

    def settings(self, base: PurePosixPath, dotted: str) -> dict[str, Setting]:
        """Collect what a settings module and all that it star-imports from the project assign; the last one counts."""
        found: dict[str, Setting] = {}
        self._collect(base, dotted, found, set())
        return found

    def settings_files(self, base: PurePosixPath, dotted: str) -> set[PurePosixPath]:
        """Return the files that `settings` reads."""
        seen: set[PurePosixPath] = set()
        self._collect(base, dotted, {}, seen)
        return seen

    def _collect(self, base: PurePosixPath, dotted: str, found: dict[str, Setting], seen: set[PurePosixPath]) -> None:
        path = self.module(base, dotted)
        if path is None or path in seen:
            return
        seen.add(path)
        tree = self.tree(path)
        package = dotted.split(".") if path.name == "__init__.py" else dotted.split(".")[:-1]
        for statement in _statements(tree.body if tree else []):
            if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
                if statement.level > len(package):
                    continue
                above = package[: len(package) - statement.level + 1] if statement.level else []
                self._collect(base, ".".join([*above, *filter(None, [statement.module])]), found, seen)
            for target, value in _assignments(statement):
                found[target] = Setting(name=target, node=value, where=f"{path}:{statement.lineno}")


def read(folder: Path) -> Source:
    """List the files of a project; raise UsageError if there is no such folder, or far too much in it."""
    if not folder.is_dir():
        raise UsageError(f"--path={folder} is no folder: give the one that holds the project's manage.py.")
    source = Source(root=folder.resolve())
    for path in _walk(source.root):
        source.files.append(path)
        if len(source.files) > MOST_FILES:
            raise UsageError(
                f"--path={folder} holds more than {MOST_FILES:,} files: give the folder of the Django project alone."
            )
    return source


def _walk(root: Path) -> Iterator[PurePosixPath]:
    for folder, folders, names in os.walk(root, followlinks=False):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in _LEFT_OUT and not name.startswith(".") and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if stat.S_ISREG((here / name).lstat().st_mode):
                yield PurePosixPath((here / name).relative_to(root).as_posix())


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, and those under `if`, `try` and `with`: any of them may run."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.With):
                yield from _statements(getattr(statement, name, []))
        if isinstance(statement, ast.Try):
            for handler in statement.handlers:
                yield from _statements(handler.body)


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value
