"""Django's PostgreSQL backend, with credentials that may be rotated at any time."""
