"""_library.py: finds and loads liblarder, and says what its functions take and give.

Looked for in this order: LARDER_LIBRARY (a path); beside this package, where a wheel has it; where `make install` put it;
wherever the system's loader finds it."""
from __future__ import annotations

import ctypes
import importlib
import os
import threading
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from typing import Any, List, Optional

from . import _needs, _structs as s, errors

SONAME = "liblarder.so.0"
HERE = os.path.dirname(os.path.abspath(__file__))
WHEEL = os.path.join(HERE, "lib")        # of a wheel: liblarder, modules/, modules/private/
E = POINTER(s.error)

# name: (result, parameters)
FUNCTIONS = {
    "larder_version": (c_char_p, []),
    "larder_arena_new": (c_void_p, []),
    "larder_arena_free": (None, [c_void_p]),
    "larder_open": (c_int, [POINTER(s.settings), POINTER(c_void_p), E]),
    "larder_close": (None, [c_void_p]),
    "larder_cancel": (None, [c_void_p]),
    "larder_uncancel": (None, [c_void_p]),
    "larder_late": (c_int, [c_void_p, c_int, E]),
    "larder_config_explain": (c_int, [c_void_p, c_char_p, s.setting_fn, c_void_p, E]),
    "larder_address_parse": (c_int, [c_void_p, c_void_p, c_char_p, POINTER(s.address), E]),
    "larder_store_open": (c_int, [c_void_p, c_char_p, POINTER(c_void_p), E]),
    "larder_store_close": (None, [c_void_p]),
    "larder_stat": (c_int, [c_void_p, c_void_p, c_char_p, c_char_p, POINTER(s.info), E]),
    "larder_get": (c_int, [c_void_p, POINTER(s.get), POINTER(s.sink), E]),
    "larder_put": (c_int, [c_void_p, c_void_p, POINTER(s.put), POINTER(s.source), POINTER(s.info), E]),
    "larder_list": (c_int, [c_void_p, POINTER(s.listing), s.info_fn, c_void_p, E]),
    "larder_remove": (c_int, [c_void_p, POINTER(c_char_p), c_size_t, s.removed_cb, c_void_p, E]),
    "larder_url": (c_int, [c_void_p, c_void_p, c_char_p, POINTER(c_char_p), E]),
    "larder_cdn_sign": (c_int, [c_void_p, c_void_p, POINTER(s.cdn_sign), POINTER(c_char_p), E]),
    "larder_cdn_invalidate": (c_int, [c_void_p, POINTER(s.cdn_invalidate), c_void_p, c_void_p, E]),
    "larder_transfer": (c_int, [c_void_p, POINTER(s.transfer), s.event_fn, c_void_p, POINTER(s.summary), E]),
    "larder_ingest": (c_int, [c_void_p, c_void_p, POINTER(s.ingest), POINTER(s.ingested), E]),
    "larder_model_load": (c_int, [c_void_p, c_void_p, POINTER(s.model_load), s.event_fn, c_void_p, POINTER(s.model), E]),
    "larder_thumbnail": (c_int, [c_void_p, c_void_p, POINTER(s.ingest), c_uint32, c_uint32, POINTER(s.raster), E]),
    "larder_thumbnail_key": (c_int, [c_void_p, c_void_p, c_char_p, c_char_p, POINTER(c_char_p), E]),
}

_lock = threading.Lock()
_loaded: Optional[ctypes.CDLL] = None


def candidates() -> List[str]:
    named = os.environ.get("LARDER_LIBRARY")
    if named:
        return [named]
    try:
        installed = importlib.import_module("larder._where").LIBRARY   # written by make install
    except ImportError:
        installed = None
    return [path for path in (os.path.join(WHEEL, SONAME), installed) if path and os.path.exists(path)] + [SONAME]


def _open(path: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        missing = _needs.MISSING.match(str(error))
        if missing and missing.group(1) not in (SONAME, os.path.basename(path)):
            raise errors.Unsupported("'%s' needs '%s', which this system does not have" % (path, missing.group(1)),
                                     _needs.advice(missing.group(1))) from None
        raise errors.NotFound("cannot load liblarder: %s" % error, "install larder, or let LARDER_LIBRARY name the path of liblarder.so.0") from None


def _declare(library: ctypes.CDLL, path: str) -> ctypes.CDLL:
    for name, (result, parameters) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise errors.Unsupported("'%s' is too old for this module: it has no %s" % (path, name), "install larder and its Python module "
                                     "of one release") from None
        function.restype, function.argtypes = result, parameters
    return library


def load() -> Any:
    """The library; loaded once, at its first use. Calls leave the GIL to others."""
    global _loaded
    with _lock:
        if _loaded is None:
            path = candidates()[0]
            _loaded = _declare(_open(path), path)
        return _loaded


def module_dir() -> Optional[str]:
    """Of a wheel, its own modules; else the library knows."""
    inside = os.path.join(WHEEL, "modules")
    if os.environ.get("LARDER_MODULE_DIR") or os.environ.get("LARDER_LIBRARY") or not os.path.isdir(inside):
        return None
    return inside
