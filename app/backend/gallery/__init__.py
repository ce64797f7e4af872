"""Pictures: uploaded straight to the media bucket, developed into thumbnails and an EXIF report by workers."""
