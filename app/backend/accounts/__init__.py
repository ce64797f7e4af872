"""Who uses the gallery."""
