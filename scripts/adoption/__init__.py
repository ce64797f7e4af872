"""Read a Django project that was made elsewhere, and say what it takes to run it here."""
