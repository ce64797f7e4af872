"""What gunicorn reads from its working directory; workers and time-outs are the task definition's."""

from __future__ import annotations

from typing import Any

from config import contract
from runtime.logs import configuration

# In the master: a task which lacks something ends with one sentence instead of starting workers for ever.
_env = contract.start()

logconfig_dict = {**configuration(_env.text("LOG_LEVEL"))}
# The load balancer is the only client, and its addresses are not known beforehand.
forwarded_allow_ips = "*"


def post_worker_init(worker: Any) -> None:
    """Do what the first request would wait for."""
    from django.urls import get_resolver

    from gallery import links

    get_resolver().url_patterns  # noqa: B018 - reading it imports the views
    links.media_bucket()
