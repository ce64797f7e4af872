"""Run Terraform: the only module that knows python-terraform, and the only one that starts a Terraform process.

python-terraform builds the command lines and nothing else. Its process handling loses work (a SIGTERM to Python orphans
Terraform; failures come back as tuples), so a process here is our own:

- Terraform writes to a file that we follow, never to a pipe: if this process is killed, Terraform goes on, finishes and
  saves its state instead of dying of a broken pipe.
- It runs in a session of its own. SIGINT, SIGTERM and SIGHUP are passed on to it as one SIGINT, on which it stops taking
  up new resources, waits for those under way and saves its state; we wait for that.
- Values travel as TF_VAR_ variables, never as arguments.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as CommandLines

from scripts import toolchain
from scripts.errors import OperatorError

Event = dict[str, Any]
"""One line of Terraform's machine-readable output: `type`, `@message`, and what belongs to the type.

See https://developer.hashicorp.com/terraform/internals/machine-readable-ui.
"""
Listener = Callable[[Event], None]

_POLL_SECONDS = 0.05
_LOGS_KEPT = 10
_GARBAGE_PERCENT = "400"
"""Go's collector runs when the heap has grown by this: a quarter less CPU for a plan, for 40 % more memory (measured)."""
_SECOND_SIGNAL_SECONDS = 2.0


class TerraformError(OperatorError):
    """Report that Terraform failed: one sentence, and its own diagnostics for whoever wants more."""

    def __init__(self, message: str, *, diagnostics: Sequence[Event] = (), log: Path | None = None) -> None:
        super().__init__(message)
        self.diagnostics = list(diagnostics)
        self.log = log


class InterruptedTerraformError(TerraformError):
    """Report that the operator stopped Terraform, which ended by itself and saved its state."""

    exit_code = 130


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a finished Terraform left: exit code, seconds, its events (with -json) or its text, and the log file."""

    code: int
    seconds: float
    events: list[Event]
    text: str
    log: Path

    @property
    def diagnostics(self) -> list[Event]:
        """Return the errors and warnings among the events."""
        return [event["diagnostic"] for event in self.events if event.get("type") == "diagnostic"]


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform at work in one folder.

    `environment` is added to this process's own (None removes a name); `logs` keeps what each command printed;
    `lock_timeout` is how long a command waits for a state that another run has locked; `parallelism` is how many resources
    it works on at once (None: Terraform's own 10).
    """

    folder: Path
    logs: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)
    lock_timeout: str = "15s"
    parallelism: int | None = None

    def init(self, *, on_event: Listener | None = None, **options: Any) -> None:
        """Install modules and provider and connect the backend; keep the committed lock file as it is."""
        options.setdefault("lockfile", "readonly")
        machine_readable = None if options.get("migrate_state") else IsFlagged  # Terraform does not do both
        self._run("init", on_event=on_event, json=machine_readable, input=False, **options)

    def validate(self) -> list[Event]:
        """Return the diagnostics of `terraform validate`; an empty list is a valid configuration."""
        return list(_document(self._start("validate", json=IsFlagged))["diagnostics"])

    def plan(self, out: Path, *, on_event: Listener | None = None, **options: Any) -> bool:
        """Save a plan at `out`; say whether it changes anything (resources, outputs or moved addresses)."""
        ran = self._run(
            "plan",
            on_event=on_event,
            good=(0, 2),
            json=IsFlagged,
            input=False,
            detailed_exitcode=IsFlagged,
            lock_timeout=self.lock_timeout,
            parallelism=self.parallelism,
            out=out,
            **options,
        )
        return ran.code == 2

    def apply(self, plan: Path, *, on_event: Listener | None = None, **options: Any) -> None:
        """Apply a saved plan."""
        self._run(
            "apply",
            str(plan),
            on_event=on_event,
            json=IsFlagged,
            input=False,
            lock_timeout=self.lock_timeout,
            **options,
        )

    def show(self, plan: Path) -> dict[str, Any]:
        """Return a saved plan as Terraform's JSON document (format 1.x)."""
        ran = self._run("show", str(plan), json=IsFlagged)
        return _document(ran)

    def output(self) -> dict[str, Any]:
        """Return the outputs by name; sensitive ones are left out."""
        ran = self._run("output", json=IsFlagged)
        return {name: item["value"] for name, item in _document(ran).items() if not item["sensitive"]}

    def state(self) -> dict[str, Any] | None:
        """Return the whole state as its backend holds it; None where there is none yet."""
        ran = self._run("state pull")
        state: dict[str, Any] = json.loads(ran.text) if ran.text.strip() else {}
        return state if state.get("lineage") else None  # before the first apply a backend makes up an empty one

    def import_(self, address: str, identity: str) -> None:
        """Take an existing resource into the state."""
        self._run("import", address, identity, input=False, lock_timeout=self.lock_timeout)

    def _run(
        self,
        command: str,
        *arguments: str,
        good: tuple[int, ...] = (0,),
        on_event: Listener | None = None,
        **options: Any,
    ) -> Ran:
        ran = self._start(command, *arguments, on_event=on_event, **options)
        if ran.code not in good:
            raise explained(command, ran)
        return ran

    def _start(self, command: str, *arguments: str, on_event: Listener | None = None, **options: Any) -> Ran:
        argv = self._command_line(command, *arguments, **options)
        variables = {**_own_variables(), **toolchain.environment(), **self.environment}
        log = self._new_log(command)
        events: list[Event] = []
        started = time.monotonic()
        with log.open("w") as stdout:
            process = subprocess.Popen(
                argv,
                cwd=self.folder,
                env={name: value for name, value in variables.items() if value is not None},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with _passing_on_signals(process) as interrupted:
            for event in _follow(log, process):
                events.append(event)
                if on_event is not None:
                    on_event(event)
        ran = Ran(
            code=process.wait(),
            seconds=time.monotonic() - started,
            events=events,
            text=log.read_text(),
            log=log,
        )
        if interrupted and ran.code != 0:  # with 0 it had finished before the signal reached it
            raise InterruptedTerraformError(
                f"Stopped at your request: terraform {command} ended by itself and saved what it had done;"
                " the next plan shows what is left.",
                diagnostics=ran.diagnostics,
                log=log,
            )
        return ran

    def _command_line(self, command: str, *arguments: str, **options: Any) -> list[str]:
        texts = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
        builder = CommandLines(terraform_bin_path=str(toolchain.terraform()))
        line: list[str] = builder.generate_cmd_string(command, *arguments, **texts)
        return line

    def _new_log(self, command: str) -> Path:
        """Make an empty log that only its owner reads, and forget all but the last of its kind."""
        self.logs.mkdir(parents=True, exist_ok=True)
        name = command.replace(" ", "-")
        for old in sorted(self.logs.glob(f"{name}-*.log"))[:-_LOGS_KEPT]:
            old.unlink(missing_ok=True)
        log = self.logs / f"{name}-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{time.monotonic_ns() % 10**6:06}.log"
        log.touch(mode=0o600)
        return log


def _own_variables() -> dict[str, str | None]:
    """Return this process's variables but those that make Terraform work elsewhere or with other arguments than ours."""
    others = ("TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {"GOGC": _GARBAGE_PERCENT, **kept}


def _follow(log: Path, process: subprocess.Popen[bytes]) -> Iterator[Event]:
    """Yield the JSON lines of a growing file until the process that writes it has ended."""
    with log.open(errors="replace") as lines:
        kept = ""
        while True:
            ended = process.poll() is not None
            kept += lines.read()
            *whole, kept = kept.split("\n")
            for line in whole:
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict):
                        yield event
            if ended:
                return
            time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _passing_on_signals(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Turn SIGINT, SIGTERM and SIGHUP into one SIGINT for Terraform, and go on waiting for it.

    Terraform takes a second SIGINT as "stop at once", which can lose state: a second one is passed on only when the
    operator's second Ctrl-C comes two seconds or more after the first.
    """
    received: list[int] = []
    first = 0.0

    def pass_on(number: int, _frame: FrameType | None) -> None:
        nonlocal first
        received.append(number)
        now = time.monotonic()
        if len(received) == 1 or now - first >= _SECOND_SIGNAL_SECONDS:
            first = first or now
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _document(ran: Ran) -> dict[str, Any]:
    """Parse the one JSON document that a command printed."""
    try:
        document: dict[str, Any] = json.loads(ran.text[ran.text.index("{") :])
    except ValueError as error:
        raise TerraformError(f"Terraform printed no JSON document; see {ran.log}.", log=ran.log) from error
    return document


def explained(command: str, ran: Ran) -> TerraformError:
    """Say in one sentence why a Terraform command failed: its first error, or our words for the causes we know."""
    errors = [item for item in ran.diagnostics if item.get("severity") == "error"]
    text = "\n".join(f"{item.get('summary', '')}\n{item.get('detail', '')}" for item in errors) or ran.text
    flat = " ".join(text.replace("│", " ").split())
    for cause in _CAUSES:
        found = re.search(cause.pattern, flat, re.IGNORECASE)
        if found:
            return TerraformError(cause.sentence.format(*found.groups()), diagnostics=errors, log=ran.log)
    if errors:
        first = errors[0]
        if first["summary"] in _OUR_OWN_WORDS:
            told = str(first.get("detail", "")).split("\n\nThis was checked by", 1)[0]
            more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
            sentence = f"The configuration is refused: {' '.join(told.split())}{more}"
            return TerraformError(sentence, diagnostics=errors, log=ran.log)
        place = f" ({first['address']})" if first.get("address") else ""
        detail = " ".join(str(first.get("detail", "")).split())
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        return TerraformError(
            f"terraform {command} failed: {first['summary']}{place}. {detail}{more}".strip(),
            diagnostics=errors,
            log=ran.log,
        )
    return TerraformError(
        f"terraform {command} ended with exit code {ran.code}: {flat[-400:]} (log: {ran.log})", log=ran.log
    )


@dataclass(frozen=True, kw_only=True)
class _Cause:
    """A pattern in Terraform's own words, and what to tell the operator instead."""

    pattern: str
    sentence: str


_OUR_OWN_WORDS = frozenset(
    {"Invalid value for variable", "Module output value precondition failed", "Resource precondition failed"}
)
"""Summaries of diagnostics whose detail is a sentence of ours: a validation's or a precondition's."""

_CAUSES = (
    _Cause(
        pattern=r"Error acquiring the state lock.*?Lock Info: ID:\s+(\S+).*?Who:\s+(\S+).*?Created:\s+(\S+ \S+)",
        sentence="Another run holds the lock of this state: {1}, since {2} UTC. Wait for it to end; if you know that it is dead,"
        " run `terraform force-unlock {0}` in the environment's folder.",
    ),
    _Cause(
        pattern=r"saved plan is stale",
        sentence="Something else was applied since this plan was made, so it was not applied: make a new plan and look at it.",
    ),
    _Cause(
        pattern=r"no space left on device",
        sentence="The disk is full, so Terraform could not save: free some space and run the same command again.",
    ),
    _Cause(
        pattern=r"AWS account ID not allowed: (\d+)",
        sentence="The credentials in use belong to account {0}, which this environment's root does not allow: switch to a profile"
        " of the account that allowed_account_ids names.",
    ),
    _Cause(
        pattern=r"S3 bucket \"?([a-z0-9.-]+)\"? does not exist",
        sentence="The state bucket {0} does not exist yet: run `invoke bootstrap --env=…` for this environment first.",
    ),
    _Cause(
        pattern=r"No valid credential sources found|NoCredentialProviders|failed to refresh cached credentials",
        sentence="No AWS credentials were found: log in (for example `aws sso login` and AWS_PROFILE), or run `invoke rehearse --env=…`,"
        " which needs no account.",
    ),
    _Cause(
        pattern=r"ExpiredToken|token included in the request is expired",
        sentence="The AWS credentials have expired: log in again and repeat the command; nothing was lost.",
    ),
    _Cause(
        pattern=r"Failed to query available provider packages|could not connect to registry|Failed to install provider",
        sentence="The AWS provider could not be installed: reach registry.terraform.io, or name a folder that holds"
        " registry.terraform.io/hashicorp/aws in DJANGO_AWS_PROVIDER_MIRROR (see `invoke doctor`).",
    ),
    _Cause(
        pattern=r"connection refused",
        sentence="The embedded AWS stopped answering in the middle: run the same command again, it starts a new one and heals the state.",
    ),
)
