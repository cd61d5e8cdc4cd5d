"""larder: pictures, models and objects in the stores of a pipeline file, from Python.

    import larder
    with larder.open("larder.ini", profile="minio") as store:
        r = store.upload_image(image, user_id="u1", job_id="j1")    # PIL.Image, numpy array, bytes, path
        r.s3_bucket, r.s3_key, r.thumbnail_key, r.file_size         # also a dict

A call leaves the GIL to other threads and ends within a second of Ctrl-C. Messages go to logging.getLogger("larder"). larder.aio has the
awaitable forms, larder.helpers (and this module) the functions by their former names."""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import _library, _structs, helpers
from ._objects import Info
from .errors import (Cancelled, Conflict, Denied, Integrity, Invalid, LarderError, Limit, NoSpace, NotFound, NotReady, Unavailable,
                     Unsupported)
from .helpers import create_thumbnail, get_image_url, get_thumbnail_url, load_model_from_efs, upload_image_to_s3
from .pixels import Pixels
from .store import Model, Store, Uploaded, open

if TYPE_CHECKING:
    from . import aio

__all__ = [
    "Cancelled", "Conflict", "Denied", "Info", "Integrity", "Invalid", "LarderError", "Limit", "Model", "NoSpace", "NotFound", "NotReady",
    "Pixels", "Store", "Unavailable", "Unsupported", "Uploaded", "aio", "create_thumbnail", "get_image_url",
    "get_thumbnail_url", "helpers", "load_model_from_efs", "open", "upload_image_to_s3", "version"]


def version() -> str:
    """Of the library."""
    return _structs.known(_library.load().larder_version())


def __getattr__(name: str) -> Any:
    """The constants of larder.helpers; larder.aio, for asyncio is a large thing to import for those who do without."""
    if name == "aio":
        return importlib.import_module("larder.aio")
    if name in helpers.CONSTANTS:
        return getattr(helpers, name)
    raise AttributeError("module 'larder' has no attribute '%s'" % name)
