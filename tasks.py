"""The operator's verbs. `invoke --list` names them, `invoke --help VERB` teaches one.

They compose the library in `scripts/`, print, ask and exit; nothing else. Exit codes: 0 done, 1 failed, 2 a wrong argument,
3 refused by a gate, 4 no AWS credentials, 130 stopped by the operator.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from scripts.errors import OperatorError, RefusedError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from scripts.app_tests import Outcome
    from scripts.dead_letters import Letter
    from scripts.environments import Environment
    from scripts.laptop.site import Site
    from scripts.operations import Planned, Workplace
    from scripts.plan import Plan
    from scripts.progress import Progress
    from scripts.seal import SavedPlan

_ENV_HELP = "The environment: a folder of terraform/envs/ (local, shared, staging, prod)."
_JSON_HELP = "Print one JSON document on standard output instead of text."
_YES_HELP = "Don't ask; for machines."
_SECONDS_BETWEEN_LINES = 10.0
_NO_TESTS = 5
"""What pytest exits with when nothing was chosen."""


# ------------------------------------------------------------------------------------------------ how verbs speak


def verb(**options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a task whose arguments are all named, and whose expected errors become a sentence and an exit code."""

    def wrap(body: Callable[..., None]) -> Any:
        @functools.wraps(body)
        def guarded(context: Context, *arguments: Any, **named: Any) -> None:
            try:
                body(context, *arguments, **named)
            except OperatorError as error:
                raise Exit(_red(f"✗ {error}"), code=error.exit_code) from error
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise Exit(code=0) from None
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                where = f" ({error.filename})" if error.filename else ""
                raise Exit(
                    _red(f"✗ The disk is full{where}: free some space and repeat the command."), code=1
                ) from error
            except KeyboardInterrupt:
                raise Exit("Stopped at your request.", code=130) from None

        return task(positional=[], **options)(guarded)

    return wrap


def _red(text: str) -> str:
    return f"\033[31m{text}\033[0m" if _coloured(sys.stderr) else text


def _coloured(stream: Any) -> bool:
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    """Tell the operator what is going on: on standard error, so that standard output is the result alone."""
    print(text, file=sys.stderr, flush=True)


def show(text: str = "") -> None:
    """Print a result."""
    print(text, flush=True)


def show_json(document: Any) -> None:
    """Print a result for a machine."""
    print(json.dumps(document, indent=2, default=str), flush=True)


def paint(text: str, style: str) -> str:
    """Colour a line of a result, on a terminal only."""
    codes = {
        "green": "32",
        "yellow": "33",
        "red": "31",
        "bold red": "1;31",
        "cyan": "36",
        "bold": "1",
        "dim": "2",
    }
    return f"\033[{codes[style]}m{text}\033[0m" if _coloured(sys.stdout) else text


@contextlib.contextmanager
def progress(what: str) -> Iterator[tuple[Progress, Callable[[dict[str, Any]], None]]]:
    """Show a running Terraform: a status line that is rewritten on a terminal, else a line every ten seconds."""
    import threading

    from scripts.progress import Progress

    state = Progress()
    on_terminal = sys.stderr.isatty()
    finished = threading.Event()
    lock = threading.Lock()

    def clear() -> None:
        if on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def draw() -> None:
        while not finished.wait(0.5 if on_terminal else _SECONDS_BETWEEN_LINES):
            with lock:
                if on_terminal:
                    width = os.get_terminal_size(sys.stderr.fileno()).columns
                    print(
                        f"\r\033[K{f'{what}: {state.status()}'[: width - 1]}",
                        end="",
                        file=sys.stderr,
                        flush=True,
                    )
                else:
                    say(f"{what}: {state.status()}")

    def listen(event: dict[str, Any]) -> None:
        with lock:
            line = state.take(event)
            if line is not None and on_terminal:
                clear()
                say(f"  {line}")

    drawer = threading.Thread(target=draw, daemon=True)
    drawer.start()
    try:
        yield state, listen
    finally:
        finished.set()
        drawer.join(timeout=2)
        clear()


def _find(env: str | None) -> Environment:
    from scripts import environments

    return environments.find(env)


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirm(environment: Environment, question: str) -> bool:
    """Ask on the terminal; a protected environment wants its name typed."""
    if environment.protected:
        answer = input(f"{question} Type {environment.name} to go on: ")
        return answer.strip() == environment.name
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _agree_to_apply(environment: Environment) -> None:
    """Go on only if somebody agrees; without a terminal the saved plan, which somebody read, is the agreement.

    A protected environment wants its name typed all the same, or --yes.
    """
    if _is_interactive():
        if not _confirm(environment, f"Apply this to {environment.name}?"):
            raise Exit("Nothing was changed.", code=1)
    elif environment.protected:
        raise RefusedError(f"{environment.name} is protected and there is no terminal to type its name on: say --yes.")


def _show_plan(plan: Plan, *, every: bool = False) -> None:
    from scripts import report

    for action, line in report.lines(plan, all_creations=every):
        show(paint(line, report.STYLES[action]))
    if not plan.is_empty:
        show()
    show(paint(report.headline(plan), "bold"))


def _show_outputs(environment: Environment, outputs: dict[str, Any]) -> None:
    from scripts import overview

    for label, text in overview.lines(environment, outputs):
        show(f"{label + ':' if label else '':<14} {text}")


# ------------------------------------------------------------------------------------------------ plan and apply


@verb(
    help={
        "env": _ENV_HELP,
        "destroy": "Plan the destruction of everything in it.",
        "offline": "Plan from an empty state although there are credentials.",
        "every": "List every resource to create, not only how many a module makes.",
        "image-digest": "Digest (sha256:…) of the back end's image; without it the root's default.",
        "markdown": "Also write the report as Markdown to this file, for a pull request.",
        "json": _JSON_HELP,
    }
)
def plan(
    _context: Context,
    env: str | None = None,
    destroy: bool = False,
    offline: bool = False,
    every: bool = False,
    image_digest: str | None = None,
    markdown: str | None = None,
    json: bool = False,
) -> None:
    """Show what an apply would change, and save that plan under a seal for `invoke apply`.

    Without AWS credentials the plan is made offline, from an empty state: it shows everything the environment consists
    of, and it can't be applied. `invoke rehearse` goes further without an account.

    Examples: invoke plan --env=staging · invoke plan --env=prod --markdown=plan.md · invoke plan --env=prod --json
    """
    from scripts import operations, report

    environment = _find(env)
    workplace = operations.open_workplace(
        environment, say=lambda text: say(f"{text} …"), offline=_is_offline(environment, offline)
    )
    planned = _make_plan(workplace, destroy=destroy, image_digest=image_digest)
    full = planned.plan
    if json or markdown or _needs_attributes(planned.plan):
        full = operations.read_plan(workplace)
    reasons = operations.refusals(workplace, full, planned.saved)
    if markdown:
        _write(
            markdown,
            report.markdown(full, title=f"Plan for {environment.name}" + (" (offline)" if planned.offline else "")),
        )
    if json:
        show_json(report.document(full, environment=environment.name, offline=planned.offline, refusals=reasons))
        return
    _show_plan(full, every=every)
    for reason in reasons:
        show(paint(f"! {reason}", "yellow"))
    if planned.offline:
        show(f"This plan can't be applied. To see it work without an account: invoke rehearse --env={environment.name}")
    elif not planned.plan.is_empty:
        show(f"Saved and sealed. To apply exactly this: invoke apply --env={environment.name}")


@verb(
    help={
        "env": _ENV_HELP,
        "allow": "Address of a stateful resource whose loss is meant (can be repeated).",
        "reason": "Why the losses named by --allow are meant; recorded beside the state.",
        "image-digest": "Digest (sha256:…) of the back end's image, where a plan has to be made.",
        "yes": "Don't ask, and make the plan if none is saved; for machines.",
        "json": _JSON_HELP,
    },
    iterable=["allow"],
)
def apply(
    _context: Context,
    env: str | None = None,
    allow: list[str] | None = None,
    reason: str | None = None,
    image_digest: str | None = None,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Apply the saved plan, or make one, show it, ask, and apply that.

    A saved plan is applied only while its seal holds: same configuration, same state, same image, less than a day old.
    Replacing or destroying anything that holds data is refused unless --allow names it with a --reason. A protected
    environment wants its name typed. `local` needs no account: it lives in an embedded AWS that this starts.

    Examples: invoke apply --env=local · invoke apply --env=prod · invoke apply --env=staging --yes
    """
    from scripts import operations, secret_values

    environment = _find(env)
    started = time.monotonic()
    operations.refuse_unless_applicable(environment)
    workplace = operations.open_workplace(environment, say=lambda text: say(f"{text} …"))
    saved = _plan_to_apply(workplace, yes=yes, image_digest=image_digest)
    allowed = allow or []
    full = operations.read_plan(workplace)
    reasons = operations.refusals(workplace, full, saved, allowed=allowed, reason=reason)
    _show_plan_to_confirm(full, to_stdout=not json)
    if reasons:
        raise RefusedError("This plan is not applied. " + " ".join(reasons))
    if not full.is_empty and not yes and not environment.is_local:
        _agree_to_apply(environment)
    if not full.is_empty:
        with progress(f"applying {environment.name}") as (state, listen):
            operations.apply(workplace, saved, full, allowed=allowed, reason=reason, on_event=listen)
        slow = ", ".join(
            f"{address.removeprefix('module.stack.')} {seconds:.0f} s" for address, seconds in state.slowest(3)
        )
        say(f"Applied {state.done} changes in {time.monotonic() - started:.0f} s (longest: {slow}).")
    outputs = workplace.terraform.output()
    if outputs.get("secrets"):
        client = operations.secrets_client(workplace)
        made = secret_values.generate_missing(client, outputs["secrets"])
        if made:
            say(f"Generated a value for: {', '.join(made)}.")
        empty = secret_values.without_value(client, outputs["secrets"])
        if empty:
            say(f"Still without a value, and tasks will not start without it: {', '.join(empty)} (invoke secrets.set).")
    if json:
        show_json(outputs)
    else:
        _show_outputs(environment, outputs)


@verb(help={"env": _ENV_HELP, "yes": _YES_HELP})
def destroy(_context: Context, env: str | None = None, yes: bool = False) -> None:
    """Destroy everything in an environment that is not protected.

    A protected environment is refused: lift the protection in its root, apply that, and come back. For `local`,
    `invoke emulator.stop` is the quick way: the embedded AWS forgets everything at once.

    Example: invoke destroy --env=staging
    """
    from scripts import gates, operations

    environment = _find(env)
    reasons = gates.destroy_refusals(environment)
    if reasons:
        raise RefusedError(" ".join(reasons))
    operations.refuse_unless_applicable(environment, "destroy")
    operations.refuse_unless_running(environment, "destroy")
    workplace = operations.open_workplace(environment, say=lambda text: say(f"{text} …"))
    planned = _make_plan(workplace, destroy=True)
    full = operations.read_plan(workplace)
    _show_plan(full)
    if full.is_empty:
        return
    if not yes:
        if not _is_interactive():
            raise RefusedError("destroy asks before it acts, and there is no terminal: say --yes if that is meant.")
        answer = input(f"Destroy all of this? Type {environment.name} to go on: ")
        if answer.strip() != environment.name:
            raise Exit("Nothing was destroyed.", code=1)
    with progress(f"destroying {environment.name}") as (state, listen):
        operations.apply(workplace, planned.saved, full, on_event=listen)
    for revision in operations.forget_task_definitions(workplace.access, environment):
        say(f"  deregistered {revision}")
    show(f"Destroyed {state.done} resources.")


@verb(
    help={
        "env": _ENV_HELP,
        "name": "Only this output.",
        "json": _JSON_HELP,
    }
)
def output(_context: Context, env: str | None = None, name: str | None = None, json: bool = False) -> None:
    """Show what an applied environment tells: URLs, names, queues, buckets, secrets to fill.

    Examples: invoke output --env=staging · invoke output --env=prod --name=buckets --json
    """
    from scripts import operations
    from scripts.errors import UsageError

    environment = _find(env)
    operations.refuse_unless_running(environment, "output")
    outputs = operations.open_workplace(environment).terraform.output()
    if not outputs:
        raise OperatorError(f"Nothing is applied to {environment.name} yet: invoke apply --env={environment.name}")
    if name is not None:
        if name not in outputs:
            raise UsageError(f"{environment.name} has no output {name!r}; there are: {', '.join(sorted(outputs))}.")
        show_json(outputs[name])
    elif json:
        show_json(outputs)
    else:
        _show_outputs(environment, outputs)


@verb(
    help={
        "env": _ENV_HELP,
        "upgrade": "Look for a newer provider within the constraint and write the lock file.",
    }
)
def init(_context: Context, env: str | None = None, upgrade: bool = False) -> None:
    """Prepare an environment's root: modules, provider, backend. The other verbs do it when it is needed.

    Example: invoke init --env=staging
    """
    from scripts import operations

    environment = _find(env)
    options: dict[str, Any] = {"upgrade": True, "lockfile": None} if upgrade else {}
    workplace = operations.open_workplace(environment, say=lambda text: say(f"{text} …"))
    operations.initialise(workplace.terraform, always=True, **options)
    show(f"{environment.name} is initialised in {workplace.terraform.folder}.")


def _is_offline(environment: Environment, wanted: bool) -> bool:
    from scripts import operations

    offline = wanted or operations.plans_offline(environment)
    if offline:
        why = "as asked" if wanted else "no AWS credentials were found"
        say(
            f"OFFLINE plan of {environment.name}, from an empty state ({why}): it shows everything, and can't be applied."
        )
    return offline


def _make_plan(workplace: Workplace, *, destroy: bool = False, image_digest: str | None = None) -> Planned:
    from scripts import operations

    with progress(f"planning {workplace.environment.name}") as (_, listen):
        return operations.make_plan(
            workplace,
            on_event=listen,
            image_digest=image_digest,
            destroy=destroy,
            say=lambda text: say(f"{text} …"),
        )


def _needs_attributes(plan: Plan) -> bool:
    """Say whether the report has attributes to show, which Terraform takes seconds to tell: changes and replacements."""
    from scripts.plan import Action

    return bool({Action.UPDATE, Action.REPLACE} & set(plan.counts()))


def _plan_to_apply(workplace: Workplace, *, yes: bool, image_digest: str | None) -> SavedPlan:
    """Return the saved plan if its seal holds; else make one where somebody can look at it."""
    from scripts import operations, seal

    environment = workplace.environment
    saved = seal.load(workplace.plan_file)
    if saved is not None and saved.seal.destroys:
        saved = None
    reasons = operations.breaches(workplace, saved, image_digest=image_digest) if saved is not None else []
    if saved is not None and not reasons:
        say("Applying the saved plan: its seal holds.")
        return saved
    if environment.is_local:
        return _make_plan(workplace, image_digest=image_digest).saved
    if not _is_interactive() and (reasons or not yes):
        why = (
            "The saved plan can't be applied. " + " ".join(reasons)
            if reasons
            else "There is no saved plan, and no terminal to show one."
        )
        raise RefusedError(
            f"{why} Run `invoke plan --env={environment.name}` first" + ("." if reasons else ", or say --yes.")
        )
    for reason in reasons:
        say(f"The saved plan is put aside. {reason}")
    return _make_plan(workplace, image_digest=image_digest).saved


def _show_plan_to_confirm(plan: Plan, *, to_stdout: bool) -> None:
    from scripts import report

    if to_stdout:
        _show_plan(plan)
    else:
        say(report.headline(plan))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text)
    except OSError as error:
        raise OperatorError(f"{path} can't be written: {error.strerror}.") from error
    say(f"Wrote {path}.")


# ------------------------------------------------------------------------------------------------ without an account


@verb(
    help={
        "env": _ENV_HELP,
        "base": "Apply this git ref first, and show what the present tree changes on top of it.",
        "json": _JSON_HELP,
    }
)
def rehearse(_context: Context, env: str | None = None, base: str | None = None, json: bool = False) -> None:
    """Apply an environment's own root, unchanged, to a private embedded AWS; one verdict, no account.

    It applies, plans again and must find nothing to do, destroys, and must find nothing left. With --base it applies that
    git ref first and shows what your change would replace or destroy on top. Takes some minutes: the waiting is the
    provider's own.

    Examples: invoke rehearse --env=prod · invoke rehearse --env=prod --base=origin/main
    """
    from scripts import rehearsal

    environment = _find(env)
    with progress(f"rehearsing {environment.name}") as (state, listen):

        def on_step(name: str) -> None:
            state.restart()
            say(f"→ {name}")

        result = rehearsal.rehearse(environment, base=base, on_step=on_step, on_event=listen)
    if json:
        show_json(
            {
                "environment": environment.name,
                "base": base,
                "good": result.good,
                "steps": [vars(step) for step in result.steps],
            }
        )
    else:
        if result.change is not None:
            _show_plan(result.change)
            show()
        for step in result.steps:
            show(
                paint(
                    f"{'✓' if step.good else '✗'} {step.name:<28} {step.seconds:>5.0f} s  {step.detail}",
                    "green" if step.good else "bold red",
                )
            )
    if not result.good:
        raise Exit(_red(f"✗ The rehearsal of {environment.name} failed; its logs are in {result.home}."), code=1)
    if not json:
        show(paint(f"The rehearsal of {environment.name} went as it must.", "bold"))


@verb(help={"env": _ENV_HELP, "yes": _YES_HELP, "json": _JSON_HELP})
def bootstrap(_context: Context, env: str | None = None, yes: bool = False, json: bool = False) -> None:
    """Make what must exist before the first apply: the state bucket, and the hosted zone of the domain.

    Safe to run again: what is as it should be stays, and a run that was cut short is finished. It says what it did, and
    which name servers to give to the registrar of the domain (or to the parent zone).

    Example: invoke bootstrap --env=staging
    """
    from scripts import bootstrap as library
    from scripts import operations

    environment = _find(env)
    library.refuse_unless_possible(environment)
    access = operations.reach(environment)
    if not yes:
        if not _is_interactive():
            raise RefusedError("bootstrap asks before it acts, and there is no terminal: say --yes if that is meant.")
        if not _confirm(
            environment, f"Make the state bucket of {environment.name} in account {environment.account_id}?"
        ):
            raise Exit("Nothing was made.", code=1)
    with progress(f"bootstrapping {environment.name}") as (_, listen):
        done = library.run(environment, access, say=lambda text: say(f"{text} …"), on_event=listen)
    if json:
        show_json(vars(done))
        return
    show(f"State bucket {done.bucket}: {'was there' if done.existed else 'made'}.")
    for change in done.changes:
        show(f"  {change}")
    if not done.changes:
        show("  Everything is as it should be.")
    if done.hosted_zone:
        show(f"Hosted zone of {environment.domain}: {done.hosted_zone['zone_id']}")
        if environment.zone_id != done.hosted_zone["zone_id"]:
            show(f"  Put this id into terraform/envs/{environment.name}/main.tf as domain.zone_id.")
        show("  Name servers, for the registrar of the domain or its parent zone:")
        for server in done.hosted_zone["name_servers"]:
            show(f"    {server}")


# ------------------------------------------------------------------------------------------------ the site, here


@verb(
    help={
        "detach": "Return when the site answers and leave it running; `invoke down` stops it.",
        "port": "The loopback port that plays load balancer and CDN; without, 8080 or the next free one.",
        "keep-emulator": "Leave the embedded AWS running after Ctrl-C: the next `up` need not apply.",
        "json": "With --detach: print one JSON document on standard output instead of text.",
    }
)
def up(_context: Context, detach: bool = False, port: int = 0, keep_emulator: bool = False, json: bool = False) -> None:
    """Run the whole application on this machine, from what is applied to the embedded AWS.

    Applies `local` where needed, then starts the applied task definitions as processes, with the environment and the
    secrets that ECS would give them and no permission that their roles lack, against a PostgreSQL of its own. One
    loopback port plays load balancer and CDN. Follows the logs until Ctrl-C, which stops everything.

    Examples: invoke up · invoke up --detach · invoke up --port=9000 --keep-emulator
    """
    from scripts.errors import UsageError
    from scripts.laptop import site as library

    if json and not detach:
        raise UsageError("up follows the logs: --json goes with --detach.")
    environment = _find("local")
    running = library.home_of(environment).get_summary() if library.home_of(environment).inhabited() else None
    if running is not None:
        _show_site(running, json=json)
        if not json:
            show("It was running already.")
        return
    started = time.monotonic()
    try:
        with _interrupted_by_any_signal():
            outputs = _bring_local_up_to_date()
            site = library.up(environment, outputs, say=lambda text: say(f"{text} …"), port=port or None)
            say(f"Up after {time.monotonic() - started:.0f} s.")
            if detach:
                site.detach()
                _show_site(site.summary, json=json)
                return
            try:
                with contextlib.suppress(KeyboardInterrupt):
                    _show_site(site.summary, json=False)
                    _follow(site)
            finally:
                say("stopping …")
                site.stop()
    finally:
        if not detach and not keep_emulator:
            library.down(environment)
    say("Nothing is left running." if not keep_emulator else "Only the embedded AWS is left running.")


@verb(
    help={
        "keep-emulator": "Leave the embedded AWS running: the next `up` need not apply, and keeps its data.",
        "json": _JSON_HELP,
    }
)
def down(_context: Context, keep_emulator: bool = False, json: bool = False) -> None:
    """Stop what `invoke up` started, whoever called it: the tasks, PostgreSQL, and the embedded AWS with all it holds.

    Example: invoke down
    """
    from scripts.laptop import site as library

    stopped = library.down(_find("local"), keep_emulator=keep_emulator)
    if json:
        show_json({"stopped": stopped})
    else:
        show(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")


def _bring_local_up_to_date() -> dict[str, Any]:
    """Apply `local` unless the embedded AWS holds it as the files describe it; return its outputs."""
    from scripts import operations, report, secret_values
    from scripts.laptop import site

    environment = _find("local")
    is_applied = site.is_applied(environment)
    workplace = operations.open_workplace(environment, say=lambda text: say(f"{text} …"))
    if not is_applied:
        planned = _make_plan(workplace)
        if not planned.plan.is_empty:
            full = operations.read_plan(workplace)
            say(f"{report.headline(full)} It takes about two minutes.")
            with progress("applying local") as (_, listen):
                operations.apply(workplace, planned.saved, full, on_event=listen)
    outputs = workplace.terraform.output()
    secret_values.generate_missing(operations.secrets_client(workplace), outputs["secrets"])
    site.remember_applied(environment)
    return outputs


@contextlib.contextmanager
def _interrupted_by_any_signal() -> Iterator[None]:
    """Take a closed terminal and SIGTERM for Ctrl-C: what was started ends with whoever started it."""
    import signal

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_site(summary: Mapping[str, Any], *, json: bool) -> None:
    if json:
        show_json(summary)
        return
    urls, account = summary["urls"], summary["account"]
    show()
    show(f"  {'The gallery':<14} {paint(urls['site'], 'bold')}")
    show(f"  {'Log in as':<14} {account['username']} / {account['password']}")
    show(f"  {'API':<14} {urls['docs']}")
    show(f"  {'Admin':<14} {urls['admin']}")
    show(f"  {'Logs':<14} {summary['logs']}")
    show(f"  {'To stop it':<14} Ctrl-C, or invoke down")
    show()


def _follow(site: Site) -> None:
    """Show the logs until the site ends or somebody stops it."""
    from scripts.laptop.following import follow

    colours = ("cyan", "green", "yellow", "dim")
    names: dict[str, str] = {}
    with contextlib.suppress(KeyboardInterrupt):
        for line in follow(site.home.folder, until=site.ended, skip=("build", "migrate", "seed")):
            colour = names.setdefault(line.name, colours[len(names) % len(colours)])
            grave = line.level in ("ERROR", "CRITICAL")
            show(f"{paint(f'{line.name:<10} │', colour)} {paint(line.text, 'red') if grave else line.text}")
        say("Something else has stopped the site.")


# ------------------------------------------------------------------------------------------------ the embedded AWS


@verb(name="start", help={"env": "Whose embedded AWS (local)."})
def emulator_start(_context: Context, env: str = "local") -> None:
    """Start the embedded AWS on a free loopback port, or find the one that runs."""
    from scripts import operations

    environment = _find(env)
    _require_local(environment)
    access = operations.reach(environment, say=lambda text: say(f"{text} …"))
    show(f"The embedded AWS answers at {access.endpoint}.")


@verb(name="stop", help={"env": "Whose embedded AWS (local)."})
def emulator_stop(_context: Context, env: str = "local") -> None:
    """Stop the embedded AWS; it forgets everything, and the next apply starts afresh."""
    from scripts import operations
    from scripts.emulator import control

    environment = _find(env)
    _require_local(environment)
    stopped = control.stop(operations.emulator_home(environment))
    show("Stopped." if stopped else "It was not running.")


@verb(name="status", help={"env": "Whose embedded AWS (local).", "json": _JSON_HELP})
def emulator_status(_context: Context, env: str = "local", json: bool = False) -> None:
    """Say whether the embedded AWS runs, where, and what exists in it."""
    from collections import Counter

    from scripts import operations
    from scripts.emulator import control

    environment = _find(env)
    _require_local(environment)
    found = control.find(operations.emulator_home(environment))
    resources = found.resources() if found else []
    if json:
        show_json(
            {
                "running": found is not None,
                "endpoint": found.endpoint if found else None,
                "pid": found.pid if found else None,
                "resources": resources,
            }
        )
        return
    if found is None:
        show("The embedded AWS is not running; invoke apply --env=local starts it.")
        return
    show(f"The embedded AWS answers at {found.endpoint} (process {found.pid}) and holds {len(resources)} resources:")
    for kind, number in sorted(Counter(item.split(" ", 1)[0] for item in resources).items()):
        show(f"  {kind:<28} {number:>4}")


def _require_local(environment: Environment) -> None:
    from scripts.errors import UsageError

    if not environment.is_local:
        raise UsageError(f"{environment.name} lives in AWS; only local has an embedded one (rehearse starts its own).")


# ------------------------------------------------------------------------------------------------ secrets


@verb(name="list", help={"env": _ENV_HELP, "json": _JSON_HELP})
def secrets_list(_context: Context, env: str | None = None, json: bool = False) -> None:
    """List the environment's secrets and whether each has a value. Values are never shown."""
    from scripts import operations, secret_values

    client, declared = operations.open_secrets(_find(env))
    rows = {
        key: {**secret, "has_value": secret_values.has_value(client, secret["arn"])} for key, secret in declared.items()
    }
    if json:
        show_json(rows)
        return
    for key, row in sorted(rows.items()):
        show(f"{'✓' if row['has_value'] else '✗'} {key:<32} {'generated' if row['generated'] else 'set by the team'}")


@verb(name="set", help={"env": _ENV_HELP, "key": "Which secret, as `invoke secrets.list` names it."})
def secrets_set(_context: Context, env: str | None = None, key: str = "") -> None:
    """Give a secret its value, read from standard input (never from an argument, which every process can read).

    Example: pass show stripe | invoke secrets.set --env=prod --key=stripe-api-key
    """
    import getpass

    from scripts import operations, secret_values

    environment = _find(env)
    client, declared = operations.open_secrets(environment)
    value = getpass.getpass(f"Value of {key}: ") if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    secret_values.put(client, declared, key, value)
    show(f"{key} of {environment.name} has a new value; running tasks take it up when they start again.")


# ------------------------------------------------------------------------------------------------ dead letters

_LIMIT_HELP = "At most so many letters; 0: all."
_TASK_HELP = "Only jobs of this task, by its full name."


@verb(name="list", help={"env": _ENV_HELP, "limit": _LIMIT_HELP, "task": _TASK_HELP, "json": _JSON_HELP})
def dlq_list(
    _context: Context, env: str | None = None, limit: int = 100, task: str | None = None, json: bool = False
) -> None:
    """List the jobs that failed too often: when they were sent, which task, with what.

    Examples: invoke dlq.list --env=prod · invoke dlq.list --env=prod --task=gallery.tasks.develop_picture
    """
    from collections import Counter

    from scripts import dead_letters

    queues = dead_letters.open_queues(_find(env))
    depth = dead_letters.depth(queues.client, queues.dead_url)
    letters = dead_letters.look(queues, limit=limit, task=task)
    if json:
        show_json({"queue": queues.dead_name, "letters": [letter.document() for letter in letters], **vars(depth)})
        return
    for letter in letters:
        show(_letter_line(letter))
    if letters:
        show()
    for name, number in Counter(letter.task for letter in letters).most_common():
        show(f"{number:>6}  {name}")
    show(f"{queues.dead_name} holds {depth.total} of them" + (f", {depth.hidden} hidden" if depth.hidden else "") + ".")


@verb(name="peek", help={"env": _ENV_HELP, "limit": _LIMIT_HELP, "task": _TASK_HELP, "json": _JSON_HELP})
def dlq_peek(
    _context: Context, env: str | None = None, limit: int = 1, task: str | None = None, json: bool = False
) -> None:
    """Show dead letters in full, and leave them where they are.

    Example: invoke dlq.peek --env=prod --limit=3
    """
    from json import dumps

    from scripts import dead_letters

    letters = dead_letters.look(dead_letters.open_queues(_find(env)), limit=limit, task=task)
    if json:
        show_json([letter.document() for letter in letters])
        return
    for letter in letters:
        show(paint(_letter_line(letter), "bold"))
        if letter.job and letter.job.arguments is not None:
            show(f"  args:    {_printable(dumps(letter.job.arguments, ensure_ascii=False))}")
            show(f"  kwargs:  {_printable(dumps(letter.job.keywords, ensure_ascii=False))}")
            show(f"  job:     {_printable(letter.job.id)}")
        else:
            show(f"  {_printable(letter.body)}")
    if not letters:
        show("There is no such dead letter.")


@verb(
    name="redrive",
    help={"env": _ENV_HELP, "limit": _LIMIT_HELP, "task": _TASK_HELP, "yes": _YES_HELP, "json": _JSON_HELP},
)
def dlq_redrive(
    _context: Context,
    env: str | None = None,
    limit: int = 0,
    task: str | None = None,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Give dead letters back to the workers, once what made them fail is mended.

    Each is sent before it is deleted: stopped half-way, a job may be in both queues and run twice, but none is lost.

    Examples: invoke dlq.redrive --env=prod --limit=1 · invoke dlq.redrive --env=prod --yes
    """
    from scripts import dead_letters

    _act_on_letters(dead_letters.redrive, "give back to the workers", env, limit, task, yes, json)


@verb(
    name="purge",
    help={"env": _ENV_HELP, "limit": _LIMIT_HELP, "task": _TASK_HELP, "yes": _YES_HELP, "json": _JSON_HELP},
)
def dlq_purge(
    _context: Context,
    env: str | None = None,
    limit: int = 0,
    task: str | None = None,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Delete dead letters for good; with --json they are printed, which is all that is left of them.

    Example: invoke dlq.purge --env=prod --task=gallery.tasks.sweep --json > purged.json
    """
    from scripts import dead_letters

    _act_on_letters(dead_letters.purge, "delete for good", env, limit, task, yes, json)


def _act_on_letters(
    act: Callable[..., list[Letter]],
    what: str,
    env: str | None,
    limit: int,
    task: str | None,
    yes: bool,
    json: bool,
) -> None:
    from scripts import dead_letters

    environment = _find(env)
    queues = dead_letters.open_queues(environment)
    depth = dead_letters.depth(queues.client, queues.dead_url)
    if not depth.total:
        say(f"{queues.dead_name} is empty.")
    elif not yes:
        if not _is_interactive():
            raise RefusedError(
                "This asks before it acts on dead letters, and there is no terminal: say --yes if that is meant."
            )
        most = min(limit or depth.total, depth.total)
        chosen = f"Letters of {task}" if task else "Letters"
        if not _confirm(
            environment, f"{chosen} to {what}: {most} at most, of {depth.total} in {environment.name}. Go on?"
        ):
            raise Exit("Nothing was changed.", code=1)
    done = (
        act(queues, limit=limit, task=task, on_letter=lambda letter: say(f"  {_letter_line(letter)}"))
        if depth.total
        else []
    )
    left = dead_letters.depth(queues.client, queues.dead_url)
    if json:
        show_json({"queue": queues.dead_name, "letters": [letter.document() for letter in done], "left": left.total})
    else:
        show(f"{len(done)} done; {queues.dead_name} holds {left.total}.")


def _letter_line(letter: Letter) -> str:
    what = letter.job.described if letter.job else letter.body[:80]
    expired = "  (expired: a worker would discard it)" if letter.job and letter.job.has_expired else ""
    return _printable(f"{letter.sent_at:%Y-%m-%d %H:%M:%S}  {letter.task}  {what}{expired}")


def _printable(text: str) -> str:
    """Show what strangers wrote without letting it command the terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


# ------------------------------------------------------------------------------------------------ images


@verb(
    name="build",
    help={
        "tag": "What to call it; without, gallery/backend: and the commit.",
        "platform": "linux/amd64 or linux/arm64; without, what this machine runs.",
        "base-image": "Another base than the Dockerfile names, with Python and its venv module.",
        "builder": "docker, podman or buildah; without, the first that works.",
        "json": _JSON_HELP,
    },
)
def images_build(
    _context: Context,
    tag: str | None = None,
    platform: str | None = None,
    base_image: str | None = None,
    builder: str | None = None,
    json: bool = False,
) -> None:
    """Build the back end's image with Docker, Podman or Buildah, whichever works here.

    Examples: invoke images.build · invoke images.build --platform=linux/arm64 --tag=gallery/backend:try
    """
    from scripts import images

    image = images.build(tag=tag, platform_name=platform, base_image=base_image, builder=builder, on_line=say)
    if json:
        show_json(image.document())
        return
    show(f"{image.tag} for {image.platform}, built by {image.builder}")
    show(f"  id      {image.id}")
    if image.digest:
        show(f"  digest  {image.digest}")
    if image.platform != images.FARGATE:
        show(f"The tasks run {images.FARGATE}: build for AWS with --platform={images.FARGATE}.")


# ------------------------------------------------------------------------------------------------ a project of your own


@verb(
    help={
        "path": "The folder of the Django project, with its manage.py.",
        "write": "Add a settings module, the contract, a Dockerfile and a checklist; no file that exists is touched.",
        "json": _JSON_HELP,
    }
)
def adopt(_context: Context, path: str | None = None, write: bool = False, json: bool = False) -> None:
    """Read a Django project of your own and say what fits, what has to change and why, and what its root says.

    Its code is read, never run. docs/bring-your-own-app.md has the whole way.

    Examples: invoke adopt --path=../shop · invoke adopt --path=../shop --write
    """
    from scripts.adoption import judging, project, writing
    from scripts.errors import UsageError

    if path is None:
        raise UsageError("adopt needs --path=FOLDER: the folder of a Django project, with its manage.py.")
    found = project.read(Path(path))
    findings = judging.findings(found)
    written = writing.write(found) if write else None
    if json:
        document: dict[str, Any] = {
            "settings": found.settings_module,
            "wsgi": found.wsgi,
            "celery": found.celery.app if found.celery else None,
            "findings": [finding.document() for finding in findings],
            "root": judging.root_values(found),
            "stack": [{"before": before, "after": after} for before, after in judging.stack_values(found)],
            "written": vars(written) if written else None,
        }
        show_json(document)
        return
    signs = {
        judging.Verdict.FITS: ("✓", "green"),
        judging.Verdict.CHANGE: ("✗", "yellow"),
        judging.Verdict.LOOK: ("?", "cyan"),
    }
    for finding in findings:
        sign, style = signs[finding.verdict]
        show(paint(_printable(f"{sign} {finding.subject}: {finding.seen}"), style) + _printable(f"  {finding.where}"))
        if finding.why:
            show(_printable(f"    {finding.why};"))
        if finding.do:
            show(_printable(f"    → {finding.do}" + (" (--write does it)" if finding.shim and not write else "")))
    show("\nInto the environment's root, in the place of what is there:\n")
    show("\n".join(f"  {_printable(line)}" for line in judging.root_values(found).splitlines()))
    show("\nIn terraform/stack/services.tf:\n")
    for before, after in judging.stack_values(found):
        show(_printable(f"  {before}  →  {after}"))
    if written:
        show(f"\nAdded {len(written.added)} files: {', '.join(written.added) or 'none'}.")
        if written.kept:
            show(f"Left as they are, because they exist: {', '.join(written.kept)}.")


# ------------------------------------------------------------------------------------------------ this checkout


@verb(help={"json": _JSON_HELP})
def doctor(_context: Context, json: bool = False) -> None:
    """Examine this machine: tools, provider, disk, embedded AWS, credentials; each finding with what mends it.

    Exits 1 if something is wrong, 0 if there are at most warnings.
    """
    from scripts import doctor as library

    styles = {
        library.Status.FINE: ("✓", "green"),
        library.Status.WARNING: ("!", "yellow"),
        library.Status.WRONG: ("✗", "bold red"),
    }
    findings = []
    for finding in library.examine():
        findings.append(finding)
        if not json:
            sign, style = styles[finding.status]
            show(paint(f"{sign} {finding.name}: {finding.detail}", style))
            if finding.mend and finding.status is not library.Status.FINE:
                show(f"    {finding.mend}")
    if json:
        show_json([finding.document() for finding in findings])
    if any(finding.status is library.Status.WRONG for finding in findings):
        raise Exit(code=1)


@verb(help={"json": _JSON_HELP})
def check(_context: Context, json: bool = False) -> None:
    """Check what can be checked without running anything: formats, lint, types, and that every root is valid.

    Exits 1 if a check fails, with what it printed and what mends it.
    """
    from scripts import checks

    def on_result(result: checks.Result) -> None:
        if not json:
            sign, style = ("✓", "green") if result.passed else ("✗", "bold red")
            show(paint(f"{sign} {result.check.name} ({result.seconds:.0f} s)", style))

    checks.prepare()
    results = checks.run_all(checks.checks(), on_result=on_result)
    failed = [result for result in results if not result.passed]
    if json:
        show_json([{"name": item.check.name, "passed": item.passed, "output": item.output} for item in results])
    else:
        for result in failed:
            show(f"\n{result.check.name}:\n{result.output.rstrip()}\n  To mend it: {result.check.mend}")
    if failed:
        raise Exit(code=1)


@verb(
    help={
        "all": "Also the end-to-end tests: whole environments applied to the embedded AWS (some minutes).",
        "only": "Only tests whose name matches this expression (pytest -k).",
    }
)
def test(_context: Context, all: bool = False, only: str | None = None) -> None:
    """Run the tests: plans, inventories, invariants, rejections, units; with --all end to end as well.

    Examples: invoke test · invoke test --only=queue · invoke test --all
    """
    import subprocess

    command = [sys.executable, "-m", "pytest", *(["-k", only] if only else [])]
    codes = [subprocess.run([*command, "-m", "not e2e"], cwd=Path(__file__).parent, check=False).returncode]
    if all:
        # They wait for the provider's waits most of the time: four go on at once, and the application's beside them.
        with contextlib.ExitStack() as stack:
            outcomes = [] if only else _begin_app_tests(stack)
            slow = [*command, "-m", "e2e", "--numprocesses=4", "--dist=loadgroup"]
            codes.append(subprocess.run(slow, cwd=Path(__file__).parent, check=False).returncode)
        codes += [_show_app_test(outcome.result()) for outcome in outcomes]
    if only:
        codes = [code for code in codes if code != _NO_TESTS] or [_NO_TESTS]
    raise Exit(code=max(codes))


def _begin_app_tests(stack: contextlib.ExitStack) -> list[Future[Outcome]]:
    from concurrent.futures import ThreadPoolExecutor

    from scripts import app_tests

    found = app_tests.suites()
    say(f"Testing the application beside them: {', '.join(suite.name for suite in found)}.")
    pool = stack.enter_context(ThreadPoolExecutor(1))
    return [pool.submit(app_tests.run, suite) for suite in found]


def _show_app_test(outcome: Outcome) -> int:
    text = outcome.log.read_text(errors="replace").rstrip()
    show(f"\n{outcome.suite.name}: {outcome.log}")
    show(text if outcome.code else "\n".join(text.splitlines()[-12:]))
    return outcome.code


@verb(
    help={
        "apply": "Also measure one apply of local (two minutes).",
        "suite": "Also measure the offline tests.",
        "runs": "How many pairs of plans.",
        "json": _JSON_HELP,
    }
)
def bench(_context: Context, apply: bool = False, suite: bool = False, runs: int = 5, json: bool = False) -> None:
    """Measure the verbs beside bare Terraform, in one run: ratios first, since seconds depend on the machine.

    Examples: invoke bench · invoke bench --apply --suite
    """
    from scripts import bench as library

    def tell(text: str) -> None:
        say(f"measuring {text} …")

    ratios = [library.plan_against_terraform(_find("prod"), runs=runs, say=tell), library.second_set_up()]
    measured = library.start_up()
    waits: list[tuple[str, float]] = []
    if apply:
        one, waits = library.apply_alone(_find("local"), say=tell)
        measured.append(one)
    if suite:
        measured.append(library.suite(say=tell))
    if json:
        show_json(
            {
                "ratios": [{**vars(ratio), "median": ratio.median} for ratio in ratios],
                "seconds": {item.name: item.median for item in measured},
                "waits": dict(waits),
            }
        )
        return
    for ratio in ratios:
        goal = f" (goal ≤ {ratio.goal})" if ratio.goal else ""
        show(
            f"{ratio.median:6.3f} x  {ratio.measured.name} ÷ {ratio.baseline.name}{goal}"
            f"   [{ratio.measured.median:.2f} s ÷ {ratio.baseline.median:.2f} s, medians of {len(ratio.measured.seconds)}]"
        )
    for item in measured:
        show(f"{item.median:6.2f} s  {item.name}")
    for kind, seconds in waits:
        show(f"{seconds:10.0f} s  {kind}: the longest one, waiting included")


namespace = Collection(
    up, down, plan, apply, destroy, output, init, rehearse, bootstrap, doctor, check, test, bench, adopt
)
namespace.add_collection(Collection("emulator", emulator_start, emulator_stop, emulator_status))
namespace.add_collection(Collection("secrets", secrets_list, secrets_set))
namespace.add_collection(Collection("dlq", dlq_list, dlq_peek, dlq_redrive, dlq_purge))
namespace.add_collection(Collection("images", images_build))
