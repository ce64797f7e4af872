"""Values that a module or the stack must refuse, each with the sentence that it must say.

All cases are calls in one generated root, planned once. Validations are judged before any resource, so the copies of the
modules hold nothing but their variables and the locals that validations read: that needs no provider and takes a second.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.environments import REPOSITORY
from tests.examples import MODULES, TERRAFORM, example

STACK = "stack"
DATA = REPOSITORY / "tests"

_VALIDATION = re.compile(r"^  validation \{$", re.MULTILINE)
_LOCALS = re.compile(r"^locals \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"^  ([A-Za-z_][\w-]*)\s*=", re.MULTILINE)
_LOCAL = re.compile(r"\blocal\.([A-Za-z_][\w-]*)")
_RULE = re.compile(r"\s*This was checked by the validation rule at (\S+):(\d+),[\d-]+\.$")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One `validation` block: the file's module, and the line where the block begins."""

    module: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Case:
    """A call that must be refused: variables replaced (`set`) or merged into the example's value (`merge`)."""

    module: str
    name: str
    set: Mapping[str, Any]
    merge: Mapping[str, Mapping[str, Any]]
    sentences: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the name of the generated call."""
        return f"{self.module}__{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What Terraform said to each call, by its label, and which rules spoke."""

    sentences: Mapping[str, list[str]]
    rules: frozenset[Rule]


def data_file(module: str) -> Path:
    """Return where the cases of a module, or of the stack, are written."""
    return DATA / STACK / "rejections.yaml" if module == STACK else DATA / "modules" / module / "rejections.yaml"


def cases(module: str) -> list[Case]:
    """Read the cases of a module, or of the stack."""
    file = data_file(module)
    found = yaml.safe_load(file.read_text()) if file.exists() else []
    return [
        Case(
            module=module,
            name=str(item["name"]),
            set=item.get("set", {}),
            merge=item.get("merge", {}),
            sentences=(item["sentence"],) if isinstance(item["sentence"], str) else tuple(item["sentence"]),
        )
        for item in found or []
    ]


def all_cases() -> list[Case]:
    """Read the cases of every module and of the stack."""
    return [case for module in (*MODULES, STACK) for case in cases(module)]


def rules(module: str) -> list[Rule]:
    """List the validations of a module's variables, or of the stack's."""
    text = (_source(module) / "variables.tf").read_text()
    return [Rule(module=module, line=text[: match.start()].count("\n") + 1) for match in _VALIDATION.finditer(text)]


def refused(into: Path, terraform: Callable[..., str]) -> Refused:
    """Write a root with every case and every unchanged example, plan it, and sort what Terraform says by call.

    Terraform first judges the validations that read one variable, and those that read several only if all of the first
    hold: so the calls that were refused are taken out and the rest is planned again, until none is refused.
    """
    root = _write_root(into)
    terraform(root, "init", "-input=false", "-no-color")
    sentences: dict[str, list[str]] = {}
    rules: set[Rule] = set()
    while True:
        said = _sorted(terraform(root, "plan", "-json", "-input=false", "-lock=false").splitlines())
        sentences |= said.sentences
        rules |= said.rules
        files = [root / f"{label}{end}" for label in said.sentences for end in (".tf", "_override.tf")]
        present = [file for file in files if file.exists()]
        if not present:
            return Refused(sentences=sentences, rules=frozenset(rules))
        for file in present:
            file.unlink()


def overcommitted(root: Path, terraform: Callable[..., str]) -> Refused:
    """Let the root of staging, copied, have more web tasks than its database has connections, and plan it."""
    call = _stack_call()
    web = f"merge({_argument(call, 'web')}, {_hcl({'max': 200})})"
    (root / "overcommitted_override.tf").write_text(f'module "stack" {{\n  web = {web}\n}}\n')
    terraform(root, "init", "-input=false", "-no-color")
    return _sorted(terraform(root, "plan", "-json", "-input=false", "-lock=false").splitlines())


def _write_root(into: Path) -> Path:
    into.mkdir(parents=True)
    shutil.copyfile(TERRAFORM / "envs" / "staging" / "variables.tf", into / "variables.tf")
    for module in (*MODULES, STACK):
        source = _source(module)
        folder = into / "modules" / module
        folder.mkdir(parents=True)
        shutil.copyfile(source / "variables.tf", folder / "variables.tf")
        (folder / "locals.tf").write_text(_locals(source))
        (into / f"{module}.tf").write_text(_call(module, module))
        for case in cases(module):
            text = _call(module, case.label)
            changed = {name: _hcl(value) for name, value in case.set.items()}
            changed |= {name: f"merge({_argument(text, name)}, {_hcl(value)})" for name, value in case.merge.items()}
            lines = [f"  {name} = {expression}\n" for name, expression in changed.items()]
            (into / f"{case.label}.tf").write_text(text)
            (into / f"{case.label}_override.tf").write_text(f'module "{case.label}" {{\n{"".join(lines)}}}\n')
    return into


def _source(module: str) -> Path:
    return TERRAFORM / STACK if module == STACK else TERRAFORM / "modules" / module


def _call(module: str, label: str) -> str:
    """Return the example with another label, calling the copy that has variables alone."""
    text = _stack_call() if module == STACK else example(module)
    text = re.sub(r'^module "[^"]+" \{', f'module "{label}" {{', text, flags=re.MULTILINE)
    text = re.sub(r"^  source\s*=.*$", f'  source = "./modules/{module}"', text, flags=re.MULTILINE)
    return re.sub(r"^  providers\s*=.*\n", "", text, flags=re.MULTILINE)


def _stack_call() -> str:
    """Return the stack's example: how the root of staging calls it."""
    text = (TERRAFORM / "envs" / "staging" / "main.tf").read_text()
    found = re.search(r'^module "stack" \{.*?^\}$', text, re.MULTILINE | re.DOTALL)
    if found is None:
        message = "terraform/envs/staging/main.tf does not call the stack."
        raise AssertionError(message)
    return found.group(0)


def _argument(call: str, name: str) -> str:
    """Cut the expression of one argument out of a formatted call, where names stand two spaces in."""
    found = re.search(rf"^  {name}\s*=\s*(.*?)(?=^  \w+\s*=|^}})", call, re.MULTILINE | re.DOTALL)
    if found is None:
        message = f"The example gives no {name} to merge into."
        raise AssertionError(message)
    return found.group(1).strip()


def _locals(source: Path) -> str:
    """Return the locals that the validations of a module read, and those that these read."""
    text = (source / "variables.tf").read_text()
    known = dict(_assignments("\n".join(file.read_text() for file in sorted(source.glob("*.tf")))))
    wanted: dict[str, None] = {}
    names = _LOCAL.findall(text)
    while names:
        name = names.pop()
        if name not in wanted:
            wanted[name] = None
            names += _LOCAL.findall(known[name])
    return "locals {\n" + "".join(known[name] for name in wanted) + "}\n"


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each local in formatted HCL: names stand two spaces in, their values further."""
    for block in _LOCALS.findall(text):
        starts = [*_ASSIGNMENT.finditer(block)]
        ends = [*(start.start() for start in starts[1:]), len(block)]
        for start, end in zip(starts, ends, strict=True):
            yield start.group(1), block[start.start() : end]


def _sorted(lines: list[str]) -> Refused:
    """Sort Terraform's diagnostics by the file of the call that they are about."""
    sentences: dict[str, list[str]] = {}
    spoken: set[Rule] = set()
    for line in lines:
        event = json.loads(line)
        if event.get("type") != "diagnostic" or event["diagnostic"]["severity"] != "error":
            continue
        diagnostic = event["diagnostic"]
        detail = " ".join(str(diagnostic.get("detail", "")).split())
        rule = _RULE.search(detail)
        if rule:
            spoken.add(Rule(module=Path(rule.group(1)).parent.name, line=int(rule.group(2))))
            said = detail[: rule.start()]
        else:
            said = f"{diagnostic['summary']}: {detail}"
        file = diagnostic.get("range", {}).get("filename", "")
        label = Path(file).name.removesuffix(".tf").removesuffix("_override")
        sentences.setdefault(label, []).append(said)
    return Refused(sentences=sentences, rules=frozenset(spoken))


def _hcl(value: Any) -> str:
    """Write a value as an HCL expression: JSON is one, but for the templates that a string may hold."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
