"""Put the site together and take it apart: `up` and `down`, without a word to the terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import assets, operations, toolchain
from scripts.emulator import control
from scripts.environments import Environment
from scripts.errors import OperatorError
from scripts.laptop import builds, differences, ports, postgresql, world
from scripts.laptop.definitions import Task
from scripts.laptop.differences import LOOPBACK, Laptop
from scripts.laptop.front import Configuration
from scripts.laptop.home import Home, end
from scripts.laptop.supervisor import Spec
from scripts.laptop.world import World

Say = Callable[[str], None]
DEMO_USER, DEMO_PASSWORD = "demo", "a-gallery-on-loopback"
"""They open nothing but a laptop's own site."""

_MIGRATE, _WEB = "migrate", "web"
_STAGES = {"postgresql": 0, "front": 1}
_TASK_STAGE = 2
_START_SECONDS = 20.0
_HEALTHY_SECONDS = 90.0
_LEFTOVER_SECONDS = 10.0
_HEARTBEAT_SECONDS = 10.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never reached through a proxy, whatever the environment says."""


class SiteError(OperatorError):
    """Report that the site could not be started or stopped."""


# ---------------------------------------------------------------------------------------------- is it applied?


def is_applied(environment: Environment) -> bool:
    """Say, without asking Terraform, whether the embedded AWS holds what the files describe."""
    found, mark = control.find(operations.emulator_home(environment)), _applied_mark(environment)
    return found is not None and mark.exists() and mark.read_text() == _applied_from(environment, found)


def remember_applied(environment: Environment) -> None:
    """Note that the embedded AWS holds what the files describe: a plan has said so, or it was just applied."""
    found = control.find(operations.emulator_home(environment))
    if found is not None:
        _applied_mark(environment).write_text(_applied_from(environment, found))


def _applied_mark(environment: Environment) -> Path:
    return environment.work / "applied-from"


def _applied_from(environment: Environment, emulator: control.Emulator) -> str:
    from scripts import seal

    return f"{emulator.identity} {seal.configuration_hash(environment)}"


# ---------------------------------------------------------------------------------------------- up and down


def home_of(environment: Environment) -> Home:
    """Return the folder of an environment's run."""
    return Home(environment.work / "site")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site that this process has started, and that ends with it unless `detach` is called."""

    home: Home
    summary: Mapping[str, Any]
    _supervisor: Supervised = field(repr=False)

    def detach(self) -> None:
        """Let the site live on without this process."""
        self._supervisor.order({"do": "detach"})

    def ended(self) -> bool:
        """Say whether something else has ended the site."""
        return not self._supervisor.lives()

    def stop(self) -> None:
        """Stop it, in order, and wait for that."""
        self._supervisor.end()
        clear(self.home)


def up(environment: Environment, outputs: Mapping[str, Any], *, say: Say, port: int | None = None) -> Site:
    """Start the site from what is applied; raise OperatorError, with nothing left running, where that can't be."""
    home = home_of(environment)
    if home.inhabited():
        raise SiteError("The site runs already: `invoke down` stops it.")
    emulator = control.find(operations.emulator_home(environment))
    if emulator is None:
        raise SiteError(f"The embedded AWS is not running: run `invoke apply --env={environment.name}`.")
    clear(home)
    home.make()
    for log in home.folder.glob("*.log"):
        log.unlink()

    say("reading the applied tasks back")
    aws = world.clients(environment, emulator)
    found = world.tasks(aws, environment, outputs)
    master = world.master(aws, outputs)
    cluster = postgresql.Cluster(environment.work / "postgres", postgresql.provide(say), ports.any_free())
    laptop = _laptop(outputs, environment, home, database_port=cluster.port, port=ports.for_browsers(port))
    applied = world.read(aws, laptop, environment=environment, outputs=outputs, emulator=emulator, found=found)
    builds.environment(say, log=home.log("build"))
    if cluster.prepare(master, life=emulator.identity):
        say("made a database cluster")
    supervisor = Supervised(home)
    try:
        run = _Run(applied, home, supervisor, say)
        run.start_database(cluster)
        run.start_front()
        run.release()
        run.publish()
        run.start_tasks()
        run.wait_for_health()
        run.seed()
        summary = run.summary(master)
        home.write_summary(summary)
    except BaseException:
        supervisor.end()
        raise
    return Site(home=home, summary=summary, _supervisor=supervisor)


def down(environment: Environment, *, keep_emulator: bool = False) -> list[str]:
    """Stop everything of the site, whoever started it; return the names of what was stopped."""
    home, stopped = home_of(environment), []
    if home.inhabited():
        status = home.get_status()
        stopped += [item.name for item in status.processes] if status is not None else []
        _end_supervisor(home)
    stopped += clear(home)
    if not keep_emulator and control.stop(operations.emulator_home(environment)):
        stopped.append("the embedded AWS")
    return stopped


def clear(home: Home) -> list[str]:
    """End what a supervisor that was killed has left running; return the names."""
    leftovers = sorted(home.leftovers(), key=lambda item: _STAGES.get(item.name, _TASK_STAGE), reverse=True)
    for item in leftovers:
        end(item, seconds=_LEFTOVER_SECONDS)
    if not home.inhabited():
        home.forget()
    return [item.name for item in leftovers]


def _end_supervisor(home: Home) -> None:
    """End somebody else's supervisor: it holds the lock, and wrote its number while it did."""
    deadline = time.monotonic() + _START_SECONDS
    while (status := home.get_status()) is None and home.inhabited() and time.monotonic() < deadline:
        time.sleep(0.05)
    if status is None or not home.inhabited():
        return
    os.kill(status.supervisor, signal.SIGTERM)
    while home.inhabited():
        time.sleep(0.05)


def _laptop(
    outputs: Mapping[str, Any], environment: Environment, home: Home, *, database_port: int, port: int
) -> Laptop:
    database = outputs["database"]
    return Laptop(
        hosts=tuple(url.removeprefix("https://").rstrip("/") for url in outputs["urls"].values()),
        port=port,
        media_hosts=(f"{outputs['buckets']['media']}.s3.{environment.region}.amazonaws.com",),
        database_hosts=(database["endpoint"], database["reader_endpoint"]),
        database_port=database_port,
        task_port=ports.any_free(),
        tmp=home.folder / "tmp",
    )


# ---------------------------------------------------------------------------------------------- the supervisor


class Supervised:
    """A supervisor of our own: it lives as long as this process does, unless told to detach."""

    def __init__(self, home: Home) -> None:
        self._home = home
        with home.log("supervisor").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "scripts.laptop.supervisor", f"--home={home.folder}"],
                cwd=toolchain.REPOSITORY,
                env=_own_environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.lives():
            status = home.get_status()
            if status is not None and status.supervisor == self._process.pid:
                return
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        raise SiteError(f"The supervisor does not start; {home.log('supervisor')} says why.")

    def lives(self) -> bool:
        """Say whether it still runs."""
        return self._process.poll() is None

    def start(self, spec: Spec) -> None:
        """Have a process started, and kept."""
        self.order(spec.order())

    def order(self, order: Mapping[str, Any]) -> None:
        """Tell it something."""
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.write(json.dumps(order).encode() + b"\n")
                stdin.flush()
        except BrokenPipeError as error:
            raise SiteError(f"The supervisor has ended; {self._home.log('supervisor')} says why.") from error

    def keeps(self, name: str) -> bool:
        """Say whether a process runs or is about to; one that has ended once does not start at all."""
        status = self._home.get_status()
        found = next((item for item in status.processes if item.name == name), None) if status is not None else None
        return self.lives() and (found is None or (found.state == "running" and found.restarts == 0))

    def end(self) -> None:
        """End it and with it everything it keeps; until it is waited for, its number can't be another's."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


# ---------------------------------------------------------------------------------------------- a start, step by step


class _Run:
    """The steps of a start, in the order in which `up` takes them."""

    def __init__(self, applied: World, home: Home, supervisor: Supervised, say: Say) -> None:
        self._world = applied
        self._home = home
        self._supervisor = supervisor
        self._say = say

    def start_database(self, cluster: postgresql.Cluster) -> None:
        """Start PostgreSQL and wait for it."""
        self._say("starting PostgreSQL")
        self._supervisor.start(cluster.spec(stage=_STAGES["postgresql"]))
        cluster.wait(lambda: self._supervisor.keeps("postgresql"), log=self._home.log("postgresql"))

    def start_front(self) -> None:
        """Start what plays load balancer, CDN and the door to AWS: every task, the release among them, goes through it."""
        ready, port = self._home.folder / "front.ready", self._world.laptop.port
        ready.unlink(missing_ok=True)
        configuration = Configuration(
            port=port,
            ready_file=ready,
            aws=self._world.emulator.endpoint,
            home=self._world.at("site") + "/",
            edge=self._world.edge,
            door=self._world.door,
        )
        spec = Spec(
            name="front",
            command=(sys.executable, "-m", "scripts.laptop.front"),
            environment=_own_environment(),
            folder=str(toolchain.REPOSITORY),
            stage=_STAGES["front"],
            stop_seconds=10,
            feed=configuration.document(),
        )
        self._supervisor.start(spec)
        deadline = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if time.monotonic() > deadline or not self._supervisor.keeps("front"):
                why = _last_line(self._home.log("front"))
                raise SiteError(f"The edge does not start on port {port}: {why}")
            time.sleep(0.05)

    def release(self) -> None:
        """Run the migrate task as a release does: before anything serves, and its exit code decides."""
        self._say("releasing: migrations and roles")
        task = self._world.tasks[_MIGRATE]
        self._once(differences.command(self._world.laptop_of(task), task.command), task, log=_MIGRATE)

    def publish(self) -> None:
        """Put static files and the site into their buckets."""
        s3, buckets, log = self._world.clients.s3, self._world.outputs["buckets"], self._home.log("build")
        static = builds.static_files(self._say, log=log)
        put = assets.upload(s3, buckets["static"], assets.static(static))
        dist = builds.front_end(self._say, log=log)
        if dist is None:
            self._say("there is no Node.js >= 20.19 with npm: the site is not built, the API runs all the same")
        else:
            put += assets.upload(s3, buckets["site"], assets.site(dist, api_origin=self._world.at("api")))
        if put:
            self._say(f"uploaded {put} files to the buckets")

    def start_tasks(self) -> None:
        """Start one task of each service."""
        services = sorted(self._world.outputs["cluster"]["services"])
        self._say(f"starting {', '.join(services)}")
        for role in services:
            task = self._world.tasks[role]
            program, *arguments = differences.command(self._world.laptop_of(task), task.command)
            spec = Spec(
                name=role,
                command=(_program(program), *arguments),
                environment=self._environment(task),
                folder=str(builds.BACKEND),
                stage=_TASK_STAGE,
                stop_seconds=task.stop_seconds,
            )
            self._supervisor.start(spec)

    def wait_for_health(self) -> None:
        """Wait until the load balancer lets visitors through to the web task."""
        host, balancer = next(iter(self._world.edge.load_balancers.items()))
        url = f"http://{LOOPBACK}:{self._world.laptop.port}{balancer.health.path}"
        began = told = time.monotonic()
        while time.monotonic() < began + _HEALTHY_SECONDS and self._supervisor.keeps(_WEB):
            try:
                with _DIRECT.open(urllib.request.Request(url, headers={"Host": host}), timeout=5) as answer:
                    answer.read()
                    return
            except OSError:
                time.sleep(0.1)
            if time.monotonic() - told > _HEARTBEAT_SECONDS:
                told = time.monotonic()
                self._say("  waiting for the web task")
        log = self._home.log(_WEB)
        raise SiteError(f"The web task does not become healthy: {_last_line(log)} (all of it: {log}).")

    def seed(self) -> None:
        """Make the demo account and its pictures with the web task's environment, if the application knows how to."""
        if not list(builds.BACKEND.glob("*/management/commands/seed_gallery.py")):
            return
        self._say("seeding the demo account and its pictures")
        task = self._world.tasks[_WEB]
        account = {
            "DJANGO_SUPERUSER_USERNAME": DEMO_USER,
            "DJANGO_SUPERUSER_PASSWORD": DEMO_PASSWORD,
            "DJANGO_SUPERUSER_EMAIL": f"{DEMO_USER}@{self._world.environment.domain}",
        }
        try:
            self._once(["python", "manage.py", "createsuperuser", "--noinput"], task, log="seed", extra=account)
        except SiteError as error:
            if "already taken" not in str(error):
                raise
        self._once(["python", "manage.py", "seed_gallery"], task, log="seed")

    def summary(self, master: postgresql.Master) -> dict[str, Any]:
        """Say where everything is."""
        site, api = self._world.at("site"), self._world.at("api")
        return {
            "environment": self._world.environment.name,
            "urls": {
                "site": f"{site}/",
                "api": f"{api}/",
                "docs": f"{api}/api/docs",
                "admin": f"{api}/admin/",
                "static": f"{self._world.at('static')}/",
            },
            "account": {"username": DEMO_USER, "password": DEMO_PASSWORD},
            "database": {"host": LOOPBACK, "port": self._world.laptop.database_port, "name": master.database},
            "aws": self._world.emulator.endpoint,
            "logs": str(self._home.folder),
        }

    def _environment(self, task: Task) -> dict[str, str]:
        """Return a task's whole environment: what was applied, its secrets, and what a laptop adds."""
        laptop = self._world.laptop_of(task)
        credentials = self._world.credentials[task.role]
        return {
            **differences.surroundings(laptop, programs=builds.programs(), credentials=credentials),
            **differences.environment(laptop, task.environment),
            **self._world.secrets(task),
        }

    def _once(self, command: Sequence[str], task: Task, *, log: str, extra: Mapping[str, str] | None = None) -> None:
        """Run a command once in a task's environment; raise SiteError with its last words where it fails."""
        program, *arguments = command
        builds.run(
            [_program(program), *arguments],
            folder=builds.BACKEND,
            variables={**self._environment(task), **(extra or {})},
            log=self._home.log(log),
            say=self._say,
            failure=SiteError,
        )


def _program(name: str) -> str:
    """Return the application's own program of that name; the operator's PATH has others."""
    path = builds.programs() / name
    return str(path) if path.exists() else name


def _last_line(log: Path) -> str:
    """Return what a process said last; the supervisor writes into the same file."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if '"logger": "supervisor"' not in line]
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "it said nothing"
