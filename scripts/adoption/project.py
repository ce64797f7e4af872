"""What a foreign Django project consists of, as far as its source tells."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.adoption import source as sources
from scripts.adoption.source import Setting, Source
from scripts.errors import OperatorError

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)")
_READERS = frozenset(
    {"getenv", "env", "config", "get", "str", "int", "bool", "list", "url", "db", "db_url", "json", "float"}
)
_OWNERS = frozenset({"environ", "env", "config", "os", "decouple"})
_SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE|CREDENTIAL|DSN|_KEY$")
_LOCAL = ("local", "dev", "development", "test", "tests", "testing", "ci")
_PRODUCTION = re.compile(r"prod(uction)?|live|aws")


class NoProjectError(OperatorError):
    """Report that a folder holds no Django project that can be recognised."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of the environment that the settings read."""

    name: str
    where: str
    required: bool

    @property
    def is_secret(self) -> bool:
        """Guess by its name whether its value must not be read by everybody."""
        return _SECRET.search(self.name) is not None


@dataclass(frozen=True, kw_only=True)
class CeleryApp:
    """Where the Celery app is made, what `celery --app` calls it, and the prefix of its settings (None: no settings)."""

    app: str
    where: str
    namespace: str | None


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Django project. Paths are relative to `source.root`; `base` is what its modules are imported from."""

    source: Source
    base: PurePosixPath
    settings_module: str
    settings: dict[str, Setting]
    wsgi: str | None
    celery: CeleryApp | None
    variables: tuple[Variable, ...]
    requirements: dict[str, str]
    requirements_file: str | None


def read(folder: Path) -> Project:
    """Read a project; raise NoProjectError where there is no manage.py or no settings module."""
    source = sources.read(folder)
    manage = [path for path in source.named("manage.py") if "DJANGO_SETTINGS_MODULE" in (source.text(path) or "")]
    if not manage:
        raise NoProjectError(
            f"{folder} holds no manage.py that names DJANGO_SETTINGS_MODULE: give the folder of a Django project with --path."
        )
    base = manage[0].parent
    named = dict(_named_settings(source, base))
    module = _settings_module(source, base, named)
    if module is None:
        raise NoProjectError(
            f"{manage[0]} names the settings {' and '.join(sorted(set(named.values()))) or 'in a way that only running it tells'},"
            f" and {folder} does not hold such a module: say DJANGO_SETTINGS_MODULE as a plain string in manage.py or wsgi.py."
        )
    settings = source.settings(base, module)
    requirements, file = _requirements(source, base)
    return Project(
        source=source,
        base=base,
        settings_module=module,
        settings=settings,
        wsgi=_wsgi(source, base, settings),
        celery=_celery(source, base),
        variables=tuple(_variables(source, source.settings_files(base, module))),
        requirements=requirements,
        requirements_file=file,
    )


def _named_settings(source: Source, base: PurePosixPath) -> Iterator[tuple[str, str]]:
    """Yield what manage.py, wsgi.py, asgi.py and celery.py take for the settings."""
    for path in source.files:
        if path.name in ("manage.py", "wsgi.py", "asgi.py", "celery.py") and path.is_relative_to(base):
            for node in _walk(source.tree(path)):
                if isinstance(node, ast.Call) and len(node.args) > 1:
                    name, module = _constant(node.args[0]), _constant(node.args[1])
                    if name == "DJANGO_SETTINGS_MODULE" and module:
                        yield path.name, module


def _settings_module(source: Source, base: PurePosixPath, named: dict[str, str]) -> str | None:
    """Choose what production would run: what wsgi.py names, or a sibling called production beside what manage.py names."""
    known = [named[name] for name in ("wsgi.py", "asgi.py", "celery.py", "manage.py") if name in named]
    existing = [module for module in known if source.module(base, module)]
    for module in existing:
        path = source.module(base, module)
        if path is not None and path.name == "__init__.py":
            return _production_in(source, path.parent, module) or module
        if module.rsplit(".", 1)[-1] not in _LOCAL:
            return module
    for module in existing:
        parent = ".".join(module.split(".")[:-1])
        if found := _production_in(source, base.joinpath(*parent.split(".")), parent):
            return found
    return existing[0] if existing else None


def _production_in(source: Source, folder: PurePosixPath, package: str) -> str | None:
    """Return the module of a package whose name says that production runs it."""
    names = [path.stem for path in source.files if path.parent == folder and path.suffix == ".py"]
    found = next((name for name in names if _PRODUCTION.fullmatch(name)), None)
    return f"{package}.{found}" if found else None


def _dotted(path: PurePosixPath, base: PurePosixPath) -> str:
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _wsgi(source: Source, base: PurePosixPath, settings: dict[str, Setting]) -> str | None:
    setting = settings.get("WSGI_APPLICATION")
    if setting and isinstance(setting.value, str) and "." in setting.value:
        module, name = setting.value.rsplit(".", 1)
        if source.module(base, module):
            return f"{module}:{name}"
    for path in source.named("wsgi.py"):
        if path.is_relative_to(base):
            for node in _walk(source.tree(path)):
                if isinstance(node, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == "application" for target in node.targets
                ):
                    return f"{_dotted(path, base)}:application"
    return None


def _celery(source: Source, base: PurePosixPath) -> CeleryApp | None:
    files = [path for path in source.files if path.suffix == ".py" and path.is_relative_to(base)]
    for path in sorted(
        files, key=lambda path: (path.name not in ("celery.py", "celery_app.py"), len(path.parts), path)
    ):
        if "Celery(" not in (source.text(path) or "")[: sources.LARGEST_BYTES] or "test" in path.name:
            continue
        tree = source.tree(path)
        for node in _walk(tree):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and _last_name(node.value.func) == "Celery"
                and isinstance(node.targets[0], ast.Name)
            ):
                # `celery --app=pkg` finds pkg.celery by itself.
                dotted = _dotted(path, base)
                app = (
                    dotted.removesuffix(".celery")
                    if node.targets[0].id in ("app", "celery")
                    else f"{dotted}:{node.targets[0].id}"
                )
                return CeleryApp(app=app, where=f"{path}:{node.lineno}", namespace=_namespace(tree))
    return None


def _namespace(tree: ast.Module | None) -> str | None:
    for node in _walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) == "config_from_object":
            for keyword in node.keywords:
                if keyword.arg == "namespace" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
            return ""
    return None


def _variables(source: Source, files: set[PurePosixPath]) -> list[Variable]:
    found: dict[str, Variable] = {}
    for path in sorted(files):
        for node in _walk(source.tree(path)):
            name, required = _read_variable(node)
            if name is None or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
                continue
            known = found.get(name)
            required = required or (known is not None and known.required)
            found[name] = Variable(name=name, where=f"{path}:{getattr(node, 'lineno', 0)}", required=required)
    return sorted(found.values(), key=lambda variable: variable.name)


def _read_variable(node: ast.AST) -> tuple[str | None, bool]:
    """Recognise os.environ["X"], os.environ.get, os.getenv, django-environ's env and python-decouple's config."""
    if isinstance(node, ast.Subscript) and _last_name(node.value) == "environ" and isinstance(node.ctx, ast.Load):
        return _constant(node.slice), True
    if not isinstance(node, ast.Call) or not node.args:
        return None, False
    function = node.func
    if isinstance(function, ast.Name):
        known = function.id in ("getenv", "env", "config")
    else:
        known = (
            isinstance(function, ast.Attribute) and function.attr in _READERS and _last_name(function.value) in _OWNERS
        )
    if not known:
        return None, False
    has_default = len(node.args) > 1 or any(keyword.arg == "default" for keyword in node.keywords)
    gives_none = _last_name(function) in ("get", "getenv")
    return _constant(node.args[0]), not has_default and not gives_none


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _last_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _walk(tree: ast.Module | None) -> Iterator[ast.AST]:
    return ast.walk(tree) if tree is not None else iter(())


def _requirements(source: Source, base: PurePosixPath) -> tuple[dict[str, str], str | None]:
    """Return the packages with their version specifiers, and the file that pip can install, if there is one."""
    found: dict[str, str] = {}
    installable: str | None = None
    for folder in dict.fromkeys((PurePosixPath(), base)):
        wanted = [folder / name for name in ("requirements.lock", "requirements.txt", "pyproject.toml", "Pipfile")]
        wanted += [path for path in source.files if path.parent == folder / "requirements" and path.suffix == ".txt"]
        for path in wanted:
            if not source.has(path) or path.stem in _LOCAL:
                continue
            text = source.text(path) or ""
            packages = (
                _from_toml(text, path, source) if path.name in ("pyproject.toml", "Pipfile") else _from_lines(text)
            )
            found = {**packages, **found}
            if path.suffix in (".lock", ".txt") and (installable is None or _PRODUCTION.fullmatch(path.stem)):
                installable = str(path)
    return found, installable


def _from_lines(text: str) -> dict[str, str]:
    packages = {}
    for line in text.splitlines():
        if not line.lstrip().startswith(("#", "-", "--")) and (match := _REQUIREMENT.match(line)):
            packages[_normal(match[1])] = match[2].strip().rstrip("\\").strip()
    return packages


def _from_toml(text: str, path: PurePosixPath, source: Source) -> dict[str, str]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        source.unread[str(path)] = f"is no TOML: {error}"
        return {}
    lines = document.get("project", {}).get("dependencies", []) if isinstance(document.get("project"), dict) else []
    packages = (
        _from_lines("\n".join(line for line in lines if isinstance(line, str))) if isinstance(lines, list) else {}
    )
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (poetry.get("dependencies") if isinstance(poetry, dict) else None, document.get("packages")):
        for name, wanted in table.items() if isinstance(table, dict) else ():
            packages[_normal(name)] = str(wanted.get("version", "") if isinstance(wanted, dict) else wanted)
    return packages


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
