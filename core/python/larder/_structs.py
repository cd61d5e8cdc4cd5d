"""_structs.py: the structs of <larder/larder.h> and <larder/types.h> as ctypes sees them, each by its name there without
"larder_". tests/python compares every size and offset with the headers."""
from __future__ import annotations

import ctypes
from ctypes import (CFUNCTYPE, POINTER, c_bool, c_char, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64,
                    c_void_p)
from typing import Any

NO_TIME = -2**63                 # LARDER_NO_TIME
ALL = 2**64 - 1                  # length of a whole object
REVALIDATE = 1                   # LARDER_MODEL_REVALIDATE
READ_ONLY, REPLICA, CREATE_ONLY, IS_PREFIX, IS_DELETED = 2, 4, 8, 4, 2   # LARDER_READ_ONLY, _REPLICA, _CREATE_ONLY, _INFO_PREFIX, _INFO_DELETE_MARKER


class Sized(ctypes.Structure):
    """Begins with its own size, by which the library knows how much of it there is."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.size = ctypes.sizeof(self)


class pair(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("value", c_char_p)]


class pairs(ctypes.Structure):
    _fields_ = [("at", POINTER(pair)), ("count", c_size_t), ("stride", c_size_t)]


class error(Sized):
    _fields_ = [
        ("size", c_size_t), ("code", c_int32), ("status", c_int32), ("errnum", c_int32), ("line", c_uint32), ("offset", c_uint64),
        ("message", c_char * 512), ("next", c_char * 256), ("provider", c_char * 64), ("request", c_char * 128), ("file", c_char * 256)]


log_fn = CFUNCTYPE(None, c_void_p, c_int, c_char_p)


class settings(Sized):
    _fields_ = [
        ("size", c_size_t), ("flags", c_uint32), ("config", c_char_p), ("profile", c_char_p), ("larder_keys", pairs),
        ("module_dir", c_char_p), ("log", log_fn), ("log_context", c_void_p), ("log_level", c_int), ("problem", c_void_p),
        ("problem_context", c_void_p), ("state", c_char_p), ("backend", c_char_p)]


class setting(Sized):
    _fields_ = [
        ("size", c_size_t), ("kind", c_char_p), ("name", c_char_p), ("key", c_char_p), ("value", c_char_p), ("help", c_char_p),
        ("file", c_char_p), ("line", c_uint32), ("origin", c_uint32), ("winner", c_bool)]


setting_fn = CFUNCTYPE(c_int, c_void_p, POINTER(setting))


class info(Sized):
    _fields_ = [
        ("size", c_size_t), ("flags", c_uint32), ("checksum_type", c_uint32), ("checksum_composite", c_bool), ("restore_state", c_uint32),
        ("length", c_uint64), ("mtime", c_int64), ("restore_expiry", c_int64), ("key", c_char_p), ("version", c_char_p),
        ("etag", c_char_p), ("storage_class", c_char_p), ("checksum", c_char_p), ("content_type", c_char_p),
        ("content_encoding", c_char_p), ("cache_control", c_char_p), ("content_disposition", c_char_p), ("replication", c_char_p),
        ("encryption", c_char_p), ("metadata", pairs), ("archive", c_char_p)]


info_fn = CFUNCTYPE(c_int, c_void_p, POINTER(info))


class attributes(Sized):
    _fields_ = [
        ("size", c_size_t), ("content_type", c_char_p), ("content_encoding", c_char_p), ("cache_control", c_char_p),
        ("content_disposition", c_char_p), ("storage_class", c_char_p), ("encryption", c_char_p), ("metadata_given", c_bool),
        ("metadata", pairs)]


pread_fn = CFUNCTYPE(c_int64, c_void_p, c_void_p, c_size_t, c_uint64, POINTER(error))
write_fn = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t, POINTER(error))
begin_fn = CFUNCTYPE(c_int, c_void_p, POINTER(info), POINTER(error))


class source(Sized):
    _fields_ = [("size", c_size_t), ("context", c_void_p), ("length", c_uint64), ("pread", pread_fn), ("read", c_void_p),
                ("rewind", c_void_p)]


class sink(Sized):
    _fields_ = [("size", c_size_t), ("context", c_void_p), ("begin", begin_fn), ("write", write_fn)]


class address(Sized):
    _fields_ = [("size", c_size_t), ("store", c_char_p), ("path", c_char_p)]


class get(Sized):
    _fields_ = [("size", c_size_t), ("key", c_char_p), ("version", c_char_p), ("offset", c_uint64), ("length", c_uint64),
                ("if_match", c_char_p)]


class put(Sized):
    _fields_ = [("size", c_size_t), ("key", c_char_p), ("attributes", attributes), ("create_only", c_bool), ("if_match", c_char_p)]


class listing(Sized):
    _fields_ = [("size", c_size_t), ("prefix", c_char_p), ("delimiter", c_char_p), ("start_after", c_char_p), ("versions", c_bool)]


COOKIES, BELOW, CUSTOM, WAIT = 1, 2, 4, 8


class cdn_sign(Sized):
    _fields_ = [("size", c_size_t), ("key", c_char_p), ("expires", c_int64), ("starts", c_int64), ("viewer", c_char_p), ("query", pairs), ("flags", c_uint32), ("ret_warning", POINTER(c_char_p))]


class cdn_invalidate(Sized):
    _fields_ = [("size", c_size_t), ("addresses", POINTER(c_char_p)), ("count", c_size_t), ("flags", c_uint32), ("wait", c_int64)]


class event(Sized):
    _fields_ = [
        ("size", c_size_t), ("action", c_char_p), ("from", c_char_p), ("to", c_char_p), ("reason", c_char_p), ("bytes", c_uint64),
        ("error", POINTER(error)), ("version", c_char_p), ("total", c_uint64), ("spent", c_int64), ("growing", c_bool),
        ("storage_class", c_char_p), ("length", c_uint64), ("written", c_int64)]


event_fn = CFUNCTYPE(c_int, c_void_p, POINTER(event))
removed_cb = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, POINTER(error))


class summary(Sized):
    _fields_ = [
        ("size", c_size_t), ("scanned", c_uint64), ("done", c_uint64), ("skipped", c_uint64), ("refused", c_uint64), ("failed", c_uint64),
        ("bytes", c_uint64), ("code", c_int), ("ended", c_int), ("again", c_uint64)]


class transfer(Sized):
    _fields_ = [
        ("size", c_size_t), ("flags", c_uint32), ("from", POINTER(c_char_p)), ("count", c_size_t), ("to", c_char_p),
        ("attributes", attributes), ("version", c_char_p), ("expected", c_uint64)]


class model_name(Sized):
    _fields_ = [("size", c_size_t), ("cache", c_char_p), ("base", c_char_p), ("name", c_char_p)]


class model_load(Sized):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("model", model_name), ("wait", c_int64), ("hold", c_int64)]


class model(Sized):
    _fields_ = [
        ("size", c_size_t), ("how", c_uint32), ("path", c_char_p), ("key", c_char_p), ("etag", c_char_p), ("checksum", c_char_p),
        ("length", c_uint64), ("files", c_uint64), ("generation", c_uint64), ("filled", c_int64), ("used", c_int64), ("pinned", c_bool),
        ("current", c_bool), ("held", c_int64), ("state", c_uint32), ("warning", c_char_p)]


class raster(Sized):
    _fields_ = [
        ("size", c_size_t), ("rows", c_void_p), ("width", c_uint32), ("height", c_uint32), ("pixels", c_uint32), ("stride", c_size_t),
        ("icc", c_char_p), ("icc_length", c_size_t)]


class ingest(Sized):
    _fields_ = [
        ("size", c_size_t), ("pipeline", c_char_p), ("user", c_char_p), ("job", c_char_p), ("values", pairs), ("format", c_char_p),
        ("at", c_int64), ("overwrite", c_bool), ("dry_run", c_bool), ("name", c_char_p), ("file", c_char_p),
        ("source", POINTER(source)), ("raster", POINTER(raster))]


class ingested(Sized):
    _fields_ = [
        ("size", c_size_t), ("stored", c_uint32), ("bucket", c_char_p), ("key", c_char_p), ("thumbnail_bucket", c_char_p),
        ("thumbnail_key", c_char_p), ("url", c_char_p), ("thumbnail_url", c_char_p), ("content_type", c_char_p), ("note", c_char_p),
        ("length", c_uint64), ("thumbnail_length", c_uint64), ("width", c_uint32), ("height", c_uint32),
        ("thumbnail_width", c_uint32), ("thumbnail_height", c_uint32), ("elapsed", c_int64)]


class Pairs:
    """A dict as the library reads it; lives as long as this does."""

    def __init__(self, values: "dict[str, str]") -> None:
        self.array = (pair * len(values))(*[pair(text(k), text(v)) for k, v in values.items()])
        self.view = pairs(ctypes.cast(self.array, POINTER(pair)), len(values), ctypes.sizeof(pair))


def text(value: "str | None") -> "bytes | None":
    """As C wants it; a text with a NUL inside would be cut short there, so it is refused here."""
    if value is None:
        return None
    if "\0" in value:
        raise ValueError("text %r holds a NUL" % value)
    return value.encode("utf-8", "surrogateescape")


def word(value: "bytes | None") -> "str | None":
    return None if value is None else value.decode("utf-8", "surrogateescape")


def known(value: "bytes | None") -> str:
    return word(value) or ""


def dictionary(found: pairs) -> "dict[str, str]":
    base = ctypes.cast(found.at, c_void_p).value or 0
    at = [pair.from_address(base + i * found.stride) for i in range(found.count)]
    return {known(one.name): known(one.value) for one in at}
