"""pixels.py: whatever a caller has for a picture, as the library takes it: a path, encoded bytes, or pixels where they lie.

    path                    str or os.PathLike
    encoded bytes           bytes, bytearray, a flat buffer of bytes, or a file open for reading
    pixels                  anything with the buffer protocol of 2 or 3 dimensions (a numpy array), larder.Pixels, PIL.Image

Pixels of a buffer are read where they lie. A PIL image keeps RGB in four bytes a pixel and gives nobody its memory, so its rows are
packed once, by its own tobytes. The caller's picture is never changed."""
from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import Any, Iterator, Optional, Tuple

from . import _structs as s, errors
from ._buffer import View, contiguous
from ._calls import logger

# What the library calls them (codec.h), by bytes a sample and samples a pixel.
FORMATS = {(1, 1): 1, (1, 2): 2, (1, 3): 3, (1, 4): 4, (2, 1): 5, (2, 2): 6, (2, 3): 7, (2, 4): 8}
MODES = {"L": (1, 1), "LA": (1, 2), "RGB": (1, 3), "RGBA": (1, 4), "L;16": (2, 1), "LA;16": (2, 2), "RGB;16": (2, 3), "RGBA;16": (2, 4)}
NATIVE = {"B": 1, "H": 2, "@B": 1, "@H": 2, "=B": 1, "=H": 2, "<B": 1, ">B": 1, ("<H" if sys.byteorder == "little" else ">H"): 2}

KINDS = "a path, encoded bytes, an array of uint8 or uint16, larder.Pixels or a PIL image"


class Pixels:
    """Raw pixels: rows from top to bottom, `mode` "L", "LA", "RGB", "RGBA", or one of these with ";16" for 16 bits a sample in the
    machine's byte order; alpha is straight. `icc` is the colour profile, None for sRGB."""

    def __init__(self, data: Any, width: int, height: int, mode: str = "RGB", stride: Optional[int] = None, icc: Optional[bytes] = None) -> None:
        if mode not in MODES:
            raise errors.Invalid("pixels of mode '%s' are none that larder knows" % mode, "take one of " + ", ".join(MODES))
        size, samples = MODES[mode]
        self.data = contiguous(data)
        self.width, self.height, self.mode, self.icc = width, height, mode, icc
        self.stride = width * size * samples if stride is None else stride
        needed = (height - 1) * self.stride + width * size * samples
        with View(self.data) as view:
            if width < 1 or height < 1 or self.stride < width * size * samples or view.length < needed:
                raise errors.Invalid("%d bytes are no %dx%d pixels of mode '%s'" % (view.length, width, height, mode), "give the whole rows")

    @property
    def __array_interface__(self) -> Any:
        """As numpy.asarray takes it, without a copy."""
        size, samples = MODES[self.mode]
        kind = ("<" if sys.byteorder == "little" else ">") + "u2" if size == 2 else "|u1"
        shape = (self.height, self.width) + ((samples,) if samples > 1 else ())
        strides = (self.stride, size * samples) + ((size,) if samples > 1 else ())
        return {"version": 3, "typestr": kind, "shape": shape, "strides": strides, "data": self.data}


def is_image(picture: Any) -> bool:
    """Of PIL? Without importing it: who has one has imported it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(picture, module.Image)


def is_encoded(picture: Any) -> bool:
    """A file's bytes, rather than pixels."""
    if isinstance(picture, (str, os.PathLike)) or hasattr(picture, "read") and not is_image(picture):
        return True
    if isinstance(picture, Pixels) or is_image(picture):
        return False
    with _view(picture) as view:
        return view.dimensions == 1


def _view(picture: Any) -> View:
    try:
        return View(picture)
    except (TypeError, BufferError):
        more = ": of a tensor, give .cpu().numpy()" if hasattr(picture, "__array__") else ""
        raise errors.Invalid("a picture cannot be a %s" % type(picture).__name__, "give %s%s" % (KINDS, more)) from None


@contextmanager
def into(picture: Any, request: s.ingest) -> Iterator[None]:
    """The picture in a request, which holds for the `with`."""
    if is_image(picture):
        picture = of_image(picture)
    elif hasattr(picture, "read"):
        picture = picture.read()
        if isinstance(picture, str):
            raise errors.Invalid("a picture cannot be text", "open its file in binary mode: open(path, 'rb')")
    if isinstance(picture, (str, os.PathLike)):
        request.file = os.fsencode(picture)
        if request.file == b"-":
            request.file = b"./-"        # a file of that name; standard input belongs to the program
        yield
    else:
        with _as_raster(picture) as (raster, source):
            if source is not None:
                request.source = ctypes.pointer(source)
            else:
                request.raster = ctypes.pointer(raster)
            yield


@contextmanager
def _as_raster(picture: Any) -> Iterator[Tuple[Optional[s.raster], Optional[s.source]]]:
    """Of what is in memory: pixels, or encoded bytes as a source."""
    if isinstance(picture, Pixels):
        size, samples = MODES[picture.mode]
        with View(picture.data) as view:
            yield _raster(view.address, picture.width, picture.height, FORMATS[size, samples], picture.stride, picture.icc), None
        return
    with _view(picture) as view:
        if view.dimensions == 1:
            if view.itemsize != 1:
                raise errors.Invalid("a flat array of '%s' is no picture" % view.format, "give %s" % KINDS)
            with View(contiguous(picture)) as whole:
                yield None, whole.source()
            return
        geometry = _geometry(view)
        if geometry is not None:
            yield _raster(view.address, *geometry, None), None
            return
        copy = memoryview(picture).tobytes()   # rows that lie otherwise: turned around, or every second column
        size, samples = _sample(view)
        with View(copy) as packed:
            yield _raster(packed.address, view.shape[1], view.shape[0], FORMATS[size, samples], view.shape[1] * size * samples, None), None


def _raster(address: int, width: int, height: int, pixels: int, stride: int, icc: Optional[bytes]) -> s.raster:
    return s.raster(rows=address, width=width, height=height, pixels=pixels, stride=stride, icc=icc, icc_length=len(icc) if icc else 0)


def _sample(view: View) -> Tuple[int, int]:
    """Bytes a sample, samples a pixel."""
    size = NATIVE.get(view.format)
    samples = view.shape[2] if view.dimensions == 3 else 1
    if size is None:
        raise errors.Unsupported("an array of '%s' is no picture: samples are uint8, or uint16 in the machine's byte order" % view.format,
                                 "convert it: of numbers from 0 to 1, (array * 255).round().astype('uint8')")
    if view.dimensions > 3 or samples not in (1, 2, 3, 4):
        raise errors.Unsupported("an array of shape %s is no picture" % (view.shape,), "its shape is (height, width) or (height, width, "
                                 "1 to 4): grey, grey with alpha, RGB, RGBA")
    return size, samples


def _geometry(view: View) -> Optional[Tuple[int, int, int, int]]:
    """Width, height, format and stride, if rows lie as the library reads them; else None."""
    size, samples = _sample(view)
    height, width = view.shape[0], view.shape[1]
    if not width or not height:
        raise errors.Invalid("an array of shape %s has no pixels" % (view.shape,), "give a picture")
    row = view.strides[0] if height > 1 else width * size * samples
    whole = (width == 1 or view.strides[1] == size * samples) and (view.dimensions == 2 or samples == 1 or view.strides[2] == size)
    return (width, height, FORMATS[size, samples], row) if whole and row >= width * size * samples else None


def like(picture: Any, small: s.raster) -> Any:
    """What the library made of a picture, as that was given."""
    mode = next(mode for mode, kind in MODES.items() if FORMATS[kind] == small.pixels)
    made = Pixels(ctypes.string_at(small.rows, small.stride * small.height), small.width, small.height, mode, small.stride)
    if is_image(picture):
        return sys.modules["PIL.Image"].frombytes(mode, (made.width, made.height), made.data)
    numpy = sys.modules.get("numpy")
    return numpy.array(made) if numpy and isinstance(picture, numpy.ndarray) else made


# ---- PIL ----------------------------------------------------------------------------------------

# The mode in which each is taken; and of one with a transparent colour.
TAKEN = {"L": "L", "LA": "LA", "RGB": "RGB", "RGBA": "RGBA", "1": "L", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB",
         "RGBa": "RGBA", "La": "LA"}
CLEAR = {"L": "LA", "RGB": "RGBA", "1": "LA", "P": "RGBA"}


def of_image(image: Any) -> Pixels:
    """The pixels of a PIL image: those it holds, or the same in a mode that we know. `image` itself stays as it is."""
    mode = TAKEN.get(image.mode)
    if "transparency" in image.info:
        mode = CLEAR.get(image.mode, mode)
    if mode:
        rows = image if mode == image.mode else image.convert(mode)
        return Pixels(rows.tobytes(), image.width, image.height, mode, icc=_profile(image, mode))
    if image.mode.startswith("I"):
        return _wide(image)
    raise errors.Unsupported("a PIL image of mode '%s' is none that larder takes" % image.mode,
                             "convert it first, as you mean it: image.convert('RGB')")


def _wide(image: Any) -> Pixels:
    """16 bits; those of mode I that fit into them."""
    if image.mode == "I":
        low, high = image.getextrema()
        if low < 0 or high > 65535:
            raise errors.Unsupported("a PIL image of mode 'I' with values from %d to %d does not fit into 16 bits" % (low, high),
                                     "scale it to 0 … 65535 first")
    data = bytearray(image.convert("I").tobytes())   # 32 bits of the machine's order, whatever order it had
    half = 0 if sys.byteorder == "little" else 1
    samples = memoryview(data).cast("H")[half::2].tobytes()
    return Pixels(samples, image.width, image.height, "L;16", icc=_profile(image, "L"))


def _profile(image: Any, mode: str) -> Optional[bytes]:
    """Its colour profile. Pillow keeps that of the former mode when a picture is converted: such a one says nothing about it now."""
    icc = image.info.get("icc_profile")
    space = b"GRAY" if mode.startswith("L") else b"RGB "
    if icc and icc[16:20] != space:
        logger.warning("a colour profile of %r does not fit a picture of mode '%s': left out", icc[16:20], mode)
        return None
    return icc or None
