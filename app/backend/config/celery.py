"""The Celery app: `celery --app=config worker` and `celery --app=config beat`."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from runtime.jobs import tracing, transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

transport.register()
tracing.connect()

app = Celery("gallery")
app.conf.update(
    # A job counts as done when it is done: a worker that dies, a job that raises, one that takes too long
    # leave the message in the queue, and after too many receives SQS moves it to the dead-letter queue.
    task_acks_late=True,
    task_acks_on_failure_or_timeout=False,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_time_limit=settings.CELERY_TIME_LIMIT_SECONDS,
    task_soft_time_limit=settings.CELERY_TIME_LIMIT_SECONDS
    and max(1, int(settings.CELERY_TIME_LIMIT_SECONDS * 0.9)),
    # What a worker holds beyond what it runs is hidden from the others.
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.CELERY_CONCURRENCY,
    # These would need queues of their own, made at run time.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    event_queue_expires=None,
    # Pillow's memory goes back to the system with the process.
    worker_max_tasks_per_child=500,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    # A request that can't publish says so at once: 503, and the site asks again.
    task_publish_retry=False,
    broker_pool_limit=4,
    timezone="UTC",
    beat_schedule={
        # Once a day, because each run wakes the database and a worker.
        "sweep": {
            "task": "gallery.tasks.sweep",
            "schedule": crontab(hour="3", minute="30"),
            "options": {"expires": 20 * 3600},
        },
    },
)

if settings.CELERY_QUEUE_URL is None:
    # An environment without workers: whoever asks for a job does it.
    app.conf.update(task_always_eager=True, broker_url="memory://")
else:
    _queue = settings.CELERY_QUEUE_URL.rsplit("/", 1)[-1]
    app.conf.update(
        broker_url="sqs://",
        task_default_queue=_queue,
        broker_transport_options={
            "region": settings.AWS_REGION,
            # Named here, so that no task needs the right to list or make queues.
            "predefined_queues": {_queue: {"url": settings.CELERY_QUEUE_URL}},
            "polling_interval": 0.1,
            "wait_time_seconds": 10,
            # Readable for whoever looks at a dead letter.
            "sqs_base64_encoding": False,
            "client-config": {
                "connect_timeout": 2,
                "read_timeout": 5,
                "retries": {"total_max_attempts": 2, "mode": "standard"},
            },
        },
    )

if settings.ECS_AGENT_URI is not None:
    from runtime.jobs.protection import ScaleInProtection

    app.steps["worker"].add(ScaleInProtection)

app.autodiscover_tasks(["gallery"])
