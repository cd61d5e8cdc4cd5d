"""larder: pictures, models and objects in the stores of a pipeline file, from Python.

    import larder
    with larder.open("larder.ini", profile="minio") as store:
        r = store.upload_image(image, user_id="u1", job_id="j1")    # PIL.Image, numpy array, bytes, path
        r.s3_bucket, r.s3_key, r.thumbnail_key, r.file_size         # also a dict

A call leaves the GIL to other threads and ends within a second of Ctrl-C. Messages go to logging.getLogger("larder"). larder.aio has the
awaitable forms, larder.helpers the functions by their old names."""
from __future__ import annotations

from . import _library, _structs
from ._objects import Info
from .errors import (Cancelled, Conflict, Denied, Integrity, Invalid, LarderError, Limit, NoSpace, NotFound, NotReady, Unavailable,
                     Unsupported)
from .pixels import Pixels
from .store import Store, Uploaded, open

__all__ = [
    "Cancelled", "Conflict", "Denied", "Info", "Integrity", "Invalid", "LarderError", "Limit", "NoSpace", "NotFound", "NotReady",
    "Pixels", "Store", "Unavailable", "Unsupported", "Uploaded", "open", "version"]


def version() -> str:
    """Of the library."""
    return _structs.known(_library.load().larder_version())
