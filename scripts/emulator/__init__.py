"""The embedded AWS: moto on loopback with its gaps mended, started, found and stopped per folder.

`control` is the door for the rest of the library and imports nothing heavy; `server` runs in its own process.
"""
