"""The project: what it reads (contract), how it is set up (settings), and where it starts (wsgi, celery)."""
