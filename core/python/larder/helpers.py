"""helpers.py: the functions and constants of a worker's former helpers, by their names, over a store that is opened at the first
use: larder.open(), so LARDER_CONFIG and LARDER_PROFILE, or the one that use() was given.

    upload_image_to_s3      takes a picture in, gives a dict
    load_model_from_efs     the path of a model, filled once by one of all workers
    create_thumbnail        a picture made small; the one given stays as it is
    get_image_url, get_thumbnail_url
    BUCKET_NAME, CLOUDFRONT_DOMAIN, EFS_MODELS_PATH, S3_MODELS_BUCKET    of the configuration, looked up when they are asked for
"""
from __future__ import annotations

import pathlib
import threading
from datetime import datetime
from typing import Any, Callable, Dict, Optional, Tuple

from . import errors, pixels
from .store import Store

BUCKET_NAME: str
CLOUDFRONT_DOMAIN: str
EFS_MODELS_PATH: pathlib.Path
S3_MODELS_BUCKET: str

_lock = threading.Lock()
_store: Optional[Store] = None


def use(store: Optional[Store]) -> None:
    """The store of all helpers from now on; None: opened anew at the next use. Close the former yourself."""
    global _store
    _store = store


def _opened() -> Store:
    global _store
    with _lock:
        if _store is None:
            _store = Store()
        return _store


def upload_image_to_s3(image: Any, user_id: str, job_id: str, format: str = "png", *, created_at: Optional[datetime] = None,
                       overwrite: bool = False) -> Dict[str, Any]:
    """{"s3_bucket", "s3_key", "thumbnail_key", "file_size"}. Pixels become `format`; a file or its bytes keep theirs, unless another
    one than "png" is asked for."""
    keeps = format.lower() == "png" and pixels.is_encoded(image)
    return dict(_opened().upload_image(image, user_id, job_id, None if keeps else format, created_at=created_at, overwrite=overwrite))


def create_thumbnail(image: Any, size: Tuple[int, int]) -> Any:
    """A new picture of the same kind that fits into `size`."""
    return _opened().thumbnail(image, size)


def load_model_from_efs(model_name: str, base_model: str) -> str:
    """The path of a model that is whole; filled from the source if it is not there."""
    return str(_opened().load_model(model_name, base_model))


def get_image_url(s3_key: str) -> str:
    return _opened().image_url(s3_key)


def get_thumbnail_url(s3_key: str) -> str:
    return _opened().thumbnail_url(s3_key)


def _setting(key: str) -> str:
    value = _opened().setting(key)
    if value is None:
        raise errors.NotFound("'%s' is not set" % key, "set it in the pipeline file or its profile")
    return value


CONSTANTS: Dict[str, Callable[[], Any]] = {
    "BUCKET_NAME": lambda: _setting("store.%s.bucket" % _setting("pipeline.image.store")),
    "CLOUDFRONT_DOMAIN": lambda: _setting("cdn.%s.domain" % _setting("store.%s.cdn" % _setting("pipeline.image.store"))),
    "EFS_MODELS_PATH": lambda: pathlib.Path(_setting("cache.models.root")),
    "S3_MODELS_BUCKET": lambda: _setting("store.%s.bucket" % _setting("cache.models.source")),
}


def __getattr__(name: str) -> Any:
    if name in CONSTANTS:
        return CONSTANTS[name]()
    raise AttributeError("module 'larder.helpers' has no attribute '%s'" % name)
