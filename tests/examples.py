"""The example in each module's README, and a root that calls them all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from scripts import workspace
from scripts.environments import REPOSITORY

TERRAFORM = REPOSITORY / "terraform"
MODULES = sorted(folder.parent.name for folder in (TERRAFORM / "modules").glob("*/variables.tf"))

_FENCED = re.compile(r"^```hcl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ALIASED = re.compile(r"aws\.(us_east_1)\b")


class ExampleError(Exception):
    """Report a module without an example that can be planned."""


def example(module: str) -> str:
    """Return the one example in a module's README: a call of it, by its own name and with its own source."""
    readme = TERRAFORM / "modules" / module / "README.md"
    found = _FENCED.findall(readme.read_text()) if readme.exists() else []
    if len(found) != 1:
        raise ExampleError(
            f"terraform/modules/{module}/README.md must hold one ```hcl example, and holds {len(found)}."
        )
    text: str = found[0]
    for wanted in (f'module "{module}" {{', f'"../../terraform/modules/{module}"'):
        if wanted not in text:
            raise ExampleError(f"The example of terraform/modules/{module}/README.md must contain {wanted}.")
    return text


def write_root(into: Path) -> Path:
    """Write a root that calls every module as its README does, with the outputs of each as one output."""
    workspace.bootstrap_copy(into)
    root = into / "tests" / "examples"
    root.mkdir(parents=True)
    texts = {module: example(module) for module in MODULES}
    for module, text in texts.items():
        # Some outputs are sensitive; in the plan's document their values can be read all the same.
        output = f'output "{module}" {{\n  value     = module.{module}\n  sensitive = true\n}}\n'
        (root / f"{module}.tf").write_text(f"{text}\n{output}")
    aliases = sorted({alias for text in texts.values() for alias in _ALIASED.findall(text)})
    providers = [workspace.offline_provider(region="eu-west-1")]
    providers += [workspace.offline_provider(alias, region=alias.replace("_", "-")) for alias in aliases]
    (root / "providers.tf").write_text("\n".join(providers))
    copy_lock(root)
    return root


def copy_lock(root: Path) -> None:
    """Give a generated root the provider that the environments are locked to."""
    lock = TERRAFORM / "envs" / "local" / ".terraform.lock.hcl"
    if lock.exists():
        shutil.copyfile(lock, root / lock.name)
