"""Jobs: Celery over SQS, so that a job is neither lost nor stuck."""
