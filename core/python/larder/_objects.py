"""_objects.py: objects by address, "images:a/b.png": read, written, listed, looked at, removed."""
from __future__ import annotations

import ctypes
import os
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

from . import _structs as s, errors
from ._buffer import View, contiguous
from ._calls import Call, T

Progress = Callable[[int, Optional[int]], Any]   # bytes so far, of how many where that is known


class Info(NamedTuple):
    """What a store says of an object; None where it says nothing."""
    key: str
    length: int
    modified: Optional[datetime]
    etag: Optional[str]
    content_type: Optional[str]
    storage_class: Optional[str]
    version: Optional[str]
    metadata: Dict[str, str]
    is_prefix: bool              # of a listing that is not recursive: everything below a "folder"
    is_deleted: bool             # a delete marker among versions


def _info(found: s.info) -> Info:
    modified = datetime.fromtimestamp(found.mtime / 1e9, timezone.utc) if found.mtime else None
    return Info(s.known(found.key), int(found.length), modified, s.word(found.etag), s.word(found.content_type), s.word(found.storage_class),
                s.word(found.version), s.dictionary(found.metadata), bool(found.flags & s.IS_PREFIX), bool(found.flags & s.IS_DELETED))


def _parse(call: Call, address: str) -> Tuple[bytes, bytes]:
    """Store and key."""
    found = s.address()
    call.check(call.library.larder_address_parse(call.handle, call.arena, s.text(address), found, call.error))
    if not found.store:
        raise errors.Invalid("'%s' is no address of an object" % address, "write STORE:KEY, as images:a/b.png")
    return found.store, found.path or b""


class Objects:
    """Of a Store, whose calls they are."""

    def _run(self, work: Callable[[Call], T]) -> T:
        raise NotImplementedError

    def get(self, address: str, to: Optional[Union[str, "os.PathLike[str]"]] = None, *, version: Optional[str] = None,
            progress: Optional[Progress] = None) -> bytes:
        """The bytes of an object, compared with its checksum. With `to`, into that file, whole or not at all, and b"" is given."""
        if to is not None:
            target = _file(to)
            self._run(lambda call: _transfer(call, address, target, version, progress))
            return b""

        def work(call: Call) -> bytes:
            name, key = _parse(call, address)
            into = bytearray()
            whole: Optional[int] = None

            def begin(_context: Any, info: Any, _error: Any) -> int:
                nonlocal whole
                whole = info.contents.length
                return 0

            def write(_context: Any, at: int, count: int, _error: Any) -> int:
                into.extend(ctypes.string_at(at, count))
                if progress:
                    progress(len(into), whole)
                return 0
            sink = s.sink(begin=s.begin_fn(call.guard(begin)), write=s.write_fn(call.guard(write)))
            request = s.get(key=key, version=s.text(version), length=s.ALL)
            with call.store(name) as store:
                call.check(call.library.larder_get(store, request, sink, call.error))
            return bytes(into)
        return self._run(work)

    def put(self, address: str, data: Any, *, content_type: Optional[str] = None, metadata: Optional[Dict[str, str]] = None,
            create_only: bool = False, progress: Optional[Progress] = None) -> Info:
        """Writes an object, whole or not at all: of a path (str or PathLike) the file, else the bytes themselves."""
        def work(call: Call) -> Info:
            name, key = _parse(call, address)
            given = s.Pairs(metadata or {})
            attributes = s.attributes(content_type=s.text(content_type), metadata=given.view, metadata_given=metadata is not None)
            if isinstance(data, (str, os.PathLike)):
                _transfer(call, _file(data), address, None, progress, attributes, s.CREATE_ONLY if create_only else 0)
                return _stat(call, name, key, None)
            found = s.info()
            request = s.put(key=key, attributes=attributes, create_only=create_only)
            with View(contiguous(data)) as view, call.store(name) as store:
                source = view.source()
                call.check(call.library.larder_put(store, call.arena, request, source, found, call.error))
                if progress:
                    progress(view.length, view.length)
                return _info(found)
        return self._run(work)

    def stat(self, address: str, *, version: Optional[str] = None) -> Info:
        """Facts without bytes; NotFound when it is not there."""
        return self._run(lambda call: _stat(call, *_parse(call, address), s.text(version)))

    def list(self, address: str, *, recursive: bool = True, versions: bool = False) -> List[Info]:
        """What is below an address, "images:", "images:a/", in byte order."""
        def work(call: Call) -> List[Info]:
            name, prefix = _parse(call, address)
            found: List[Info] = []

            def each(_context: Any, info: Any) -> int:
                found.append(_info(info.contents))
                return 0
            request = s.listing(prefix=prefix, delimiter=b"" if recursive else b"/", versions=versions)
            with call.store(name) as store:
                call.check(call.library.larder_list(store, request, s.info_fn(call.guard(each)), None, call.error))
            return found
        return self._run(work)

    def remove(self, address: str) -> None:
        """One object; fine when nothing was there. A store that keeps versions keeps what it was."""
        def work(call: Call) -> None:
            name, key = _parse(call, address)
            keys = (ctypes.c_char_p * 1)(key)
            with call.store(name) as store:
                call.check(call.library.larder_remove(store, keys, 1, s.removed_cb(), None, call.error))
        self._run(work)


def _stat(call: Call, name: bytes, key: bytes, version: Optional[bytes]) -> Info:
    found = s.info()
    with call.store(name) as store:
        call.check(call.library.larder_stat(store, call.arena, key, version, found, call.error))
    return _info(found)


def _file(path: Union[str, "os.PathLike[str]"]) -> str:
    """A path that no address can be: one that begins with "images:" is a file too."""
    return os.path.join(".", os.fspath(path))


def _transfer(call: Call, origin: str, to: str, version: Optional[str], progress: Optional[Progress],
              attributes: Optional[s.attributes] = None, flags: int = 0) -> None:
    """One file or object, in parallel parts where it is large."""
    sources = (ctypes.c_char_p * 1)(s.text(origin))
    request = s.transfer(flags=flags, count=1, to=s.text(to), attributes=attributes or s.attributes(), version=s.text(version))
    setattr(request, "from", sources)
    failure: List[errors.LarderError] = []
    moved = 0

    def each(_context: Any, event: Any) -> int:
        nonlocal moved
        one = event.contents
        if one.action == b"failed" and one.error:
            failure[:] = [errors.of(one.error.contents.code, one.error.contents)]
        if one.action == b"progress" and progress:
            moved += one.bytes
            progress(moved, one.total if one.total and not one.growing else None)
        return 0
    summary = s.summary()
    code = call.library.larder_transfer(call.handle, request, s.event_fn(call.guard(each)), None, summary, call.error)
    if failure and call.raised is None:
        raise failure[0]
    call.check(code)
