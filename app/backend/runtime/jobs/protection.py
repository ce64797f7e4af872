"""Ask ECS not to stop this task by scaling in while it runs a job.

The container agent's endpoint: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html.
Where there is no agent (a laptop), there is nothing to ask and nothing is said.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final

from celery import bootsteps
from celery.worker import state
from django.conf import settings

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0
# Protection lapses by itself, in case this process can't take it back; it is asked for anew well before.
_LAPSES_MINUTES: Final = 10
_RENEW_SECONDS: Final = 4 * 60
# Between two jobs of a busy queue protection stays: the endpoint is rate-limited.
_IDLE_SECONDS: Final = 15.0


class Protector:
    """Decide when to ask, from what the worker does; `ask` is called with whether protection is wanted."""

    def __init__(self, ask: Callable[[bool], bool]) -> None:
        self._ask = ask
        self._protected_at: float | None = None
        self._busy_at: float | None = None

    def look(self, *, busy: bool, now: float) -> None:
        """Take in whether jobs are held at a moment (monotonic seconds), and ask if something must change."""
        if busy:
            self._busy_at = now
            if self._protected_at is None or now - self._protected_at >= _RENEW_SECONDS:
                self._protected_at = now if self._ask(True) else None
            return
        idle = self._busy_at is None or now - self._busy_at >= _IDLE_SECONDS
        if self._protected_at is not None and idle and self._ask(False):
            self._protected_at = None


def ask_agent(agent_uri: str, *, protect: bool) -> bool:
    """Ask the container agent for protection, or for its end; say whether it agreed."""
    wanted: dict[str, Any] = {"ProtectionEnabled": protect}
    if protect:
        wanted["ExpiresInMinutes"] = _LAPSES_MINUTES
    request = urllib.request.Request(  # noqa: S310 - the address is the agent's, from the platform
        f"{agent_uri}/task-protection/v1/state",
        data=json.dumps(wanted).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            answer = json.load(response)
    except (OSError, ValueError) as error:
        _log.warning("Scale-in protection could not be set to %s: %s", protect, error)
        return False
    if "protection" not in answer:
        _log.warning("Scale-in protection could not be set to %s: %s", protect, answer)
        return False
    return True


class ScaleInProtection(bootsteps.StartStopStep):  # type: ignore[misc]
    """Watch the worker's jobs beside it, in a thread that blocks nothing."""

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self.enabled = settings.ECS_AGENT_URI is not None
        self._stopping = threading.Event()

    def start(self, parent: Any) -> None:
        """Begin to watch."""
        threading.Thread(
            target=self._watch, args=(settings.ECS_AGENT_URI,), name="protection", daemon=True
        ).start()

    def stop(self, parent: Any) -> None:
        """Stop watching; what is left of a protection lapses."""
        self._stopping.set()

    def _watch(self, agent_uri: str) -> None:
        protector = Protector(lambda protect: ask_agent(agent_uri, protect=protect))
        while not self._stopping.wait(_LOOK_SECONDS):
            protector.look(busy=bool(state.reserved_requests or state.active_requests), now=time.monotonic())
