"""_buffer.py: memory of a Python object, held where it lies by the buffer protocol, read-only objects too (ctypes' own from_buffer
wants a writable one)."""
from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_ssize_t, c_void_p
from typing import Any, Tuple

from . import _structs as s

RECORDS_RO = 0x18 | 0x04                 # PyBUF_STRIDES | PyBUF_FORMAT, read-only is enough


class Py_buffer(ctypes.Structure):
    """CPython's; of its stable ABI."""
    _fields_ = [
        ("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t), ("itemsize", c_ssize_t), ("readonly", c_int), ("ndim", c_int),
        ("format", c_char_p), ("shape", POINTER(c_ssize_t)), ("strides", POINTER(c_ssize_t)), ("suboffsets", c_void_p),
        ("internal", c_void_p)]


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.restype, _get.argtypes = c_int, [ctypes.py_object, POINTER(Py_buffer), c_int]
_release = ctypes.pythonapi.PyBuffer_Release
_release.restype, _release.argtypes = None, [POINTER(Py_buffer)]


def _packed(shape: Tuple[int, ...], itemsize: int) -> Tuple[int, ...]:
    """Strides of elements that lie side by side."""
    strides = [itemsize]
    for count in shape[:0:-1]:
        strides.insert(0, strides[0] * count)
    return tuple(strides[: len(shape)])


def contiguous(holder: Any) -> Any:
    """Itself where its bytes lie side by side, else a copy of them. Raises TypeError for an object without a buffer."""
    with memoryview(holder) as view:
        return holder if view.c_contiguous else view.tobytes()


class View:
    """Held until the end of its `with`. Raises TypeError for an object without a buffer."""

    def __init__(self, holder: Any) -> None:
        self._buffer = Py_buffer()
        _get(holder, self._buffer, RECORDS_RO)
        buffer = self._buffer
        self.address: int = buffer.buf or 0
        self.length: int = buffer.len
        self.itemsize: int = buffer.itemsize
        self.dimensions: int = buffer.ndim
        self.format: str = buffer.format.decode() if buffer.format else "B"
        self.shape: Tuple[int, ...] = tuple(buffer.shape[: buffer.ndim])
        # Whoever has plain rows may leave the strides out, as ctypes' own arrays do.
        self.strides: Tuple[int, ...] = tuple(buffer.strides[: buffer.ndim]) if buffer.strides else _packed(self.shape, self.itemsize)

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: Any) -> None:
        _release(self._buffer)

    def source(self) -> s.source:
        """Its bytes, in any order and from any thread; for as long as the view is held."""
        address, length = self.address, self.length

        def pread(_context: Any, into: int, count: int, offset: int, _error: Any) -> int:
            count = max(0, min(count, length - offset))
            ctypes.memmove(into, address + offset, count)
            return count
        return s.source(length=length, pread=s.pread_fn(pread))
