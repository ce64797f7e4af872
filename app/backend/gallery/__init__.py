"""Pictures: uploaded straight to the media bucket, developed by workers."""
