#!/usr/bin/env python3
"""Pictures from memory: PIL images of every mode, arrays, buffers, profiles; what is stored is read back by Pillow."""
import ctypes
import io
import os
import sys
import tracemalloc
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import picture, raises, run  # noqa: E402
import larder  # noqa: E402
import numpy  # noqa: E402
from PIL import Image, ImageCms, ImageFilter  # noqa: E402

WHEN = datetime(2026, 11, 25)
store = larder.open()


def scene(mode="RGB", width=300, height=200):
    """Smooth, with an edge."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [(x * 255 // width), (y * 255 // height), ((x + y) * 3 % 256), numpy.where(x > y, 255, 40)]
    return Image.fromarray(numpy.dstack(planes).astype("uint8"), "RGBA").convert(mode)


def stored(image, job, **more):
    """What a reader finds: the picture, and its thumbnail."""
    result = store.upload_image(image, "pictures", job, created_at=WHEN, **more)
    assert result.stored == "new", result.stored
    first = Image.open(io.BytesIO(store.get("images:" + result.s3_key)))
    small = Image.open(io.BytesIO(store.get("thumbnails:" + result.thumbnail_key)))
    first.load()
    small.load()
    return first, small


def same(one, other):
    one, other = numpy.asarray(one), numpy.asarray(other)
    return one.shape == other.shape and one.dtype == other.dtype and (one == other).all()


def apart(one, other):
    """The largest difference."""
    return int(abs(numpy.asarray(one).astype(int) - numpy.asarray(other).astype(int)).max())


def test_python_pictures_modes_of_pil_that_are_kept():
    for mode in ("L", "LA", "RGB", "RGBA"):
        image = scene(mode)
        before = (image.tobytes(), image.size, image.mode, dict(image.info))
        first, small = stored(image, "kept-" + mode)
        assert first.mode == mode and same(first, image), mode
        assert small.size == (256, 171) and small.mode == ("RGBA" if "A" in mode else "RGB"), (mode, small)
        assert (image.tobytes(), image.size, image.mode, dict(image.info)) == before, mode


def test_python_pictures_modes_of_pil_that_are_converted():
    """c-D04: as Pillow itself expands them, alpha too."""
    palette = scene("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=60)
    clear = palette.copy()
    clear.info["transparency"] = 7
    key = scene("RGB")
    key.info["transparency"] = key.getpixel((0, 0))
    clear_bits = scene("1")
    clear_bits.info["transparency"] = 0
    for name, image, mode, expected in (
            ("palette", palette, "RGB", palette.convert("RGB")), ("clear", clear, "RGBA", clear.convert("RGBA")),
            ("key", key, "RGBA", key.convert("RGBA")), ("bits", scene("1"), "L", scene("1").convert("L")),
            ("ycbcr", scene("YCbCr"), "RGB", scene("YCbCr").convert("RGB")), ("hsv", scene("HSV"), "RGB", scene("HSV").convert("RGB")),
            ("rgbx", scene("RGB").convert("RGBX"), "RGB", scene("RGB")),
            ("alpha-palette", scene("RGBA").convert("PA"), "RGBA", scene("RGBA").convert("PA").convert("RGBA")),
            ("clear-bits", clear_bits, "LA", clear_bits.convert("LA")),
            ("premultiplied-grey", scene("LA").convert("La"), "LA", scene("LA").convert("La").convert("LA")),
            ("premultiplied", scene("RGBA").convert("RGBa"), "RGBA", scene("RGBA").convert("RGBa").convert("RGBA"))):
        before = (image.mode, image.tobytes(), dict(image.info))
        first, _ = stored(image, name)
        assert first.mode == mode and same(first, expected), (name, first.mode)
        assert (image.mode, image.tobytes(), dict(image.info)) == before, name
    assert numpy.asarray(stored(clear, "clear-again")[0])[..., 3].min() == 0


def test_python_pictures_sixteen_bits():
    """Depth is kept, in the order of the machine whichever order the image had; the thumbnail has 8 bits."""
    values = (numpy.arange(120 * 90).reshape(90, 120) * 6).astype("uint16")
    for name, image in (("native", Image.fromarray(values)), ("big", Image.frombytes("I;16B", (120, 90), values.astype(">u2").tobytes())),
                        ("wide", Image.fromarray(values.astype("int32"), "I"))):
        first, small = stored(image, "deep-" + name)
        assert (numpy.asarray(first) == values).all(), (name, image.mode, first.mode)
        assert small.mode == "RGB", small.mode
    rgb = numpy.dstack([values, values[::-1], 65535 - values])
    result = store.upload_image(rgb, "pictures", "deep-rgb", created_at=WHEN)
    data = store.get("images:" + result.s3_key)
    assert (data[24], data[25]) == (16, 2), data[24:26]
    assert store.upload_image(rgb.copy(), "pictures", "deep-rgb", created_at=WHEN).stored == "already"
    for name, given, kind in (("grey-alpha", rgb[..., :2], 4), ("rgba", numpy.dstack([rgb, values]), 6)):
        data = store.get("images:" + store.upload_image(given, "pictures", "deep-" + name, created_at=WHEN).s3_key)
        assert (data[24], data[25]) == (16, kind), (name, data[24:26])
    raises(larder.Unsupported, lambda: store.upload_image(Image.fromarray(numpy.array([[70000]], "int32"), "I"), "u", "j"), "70000", "16 bits")


def test_python_pictures_modes_of_pil_that_are_refused():
    for mode in ("CMYK", "LAB", "F"):
        image = Image.new(mode, (4, 4))
        raises(larder.Unsupported, lambda: store.upload_image(image, "u", "j"), "'%s'" % mode, "convert")


def test_python_pictures_arrays():
    image = scene("RGBA")
    array = numpy.asarray(image)
    grey = numpy.asarray(image.convert("L"))
    for name, given, expected in (
            ("rgba", array, array), ("rgb", array[..., :3], array[..., :3]), ("grey", grey, grey), ("grey-3d", grey[..., None], grey),
            ("grey-alpha", numpy.dstack([grey, array[..., 3]]), numpy.dstack([grey, array[..., 3]])),
            ("rows", array[10:90:2], array[10:90:2]), ("window", array[20:100, 30:130], array[20:100, 30:130]),
            ("mirrored", array[:, ::-1], array[:, ::-1]), ("upside-down", array[::-1], array[::-1]),
            ("turned", array.transpose(1, 0, 2), array.transpose(1, 0, 2)), ("bgr", array[..., 2::-1], array[..., 2::-1]),
            ("column", array[:, :1], array[:, :1]), ("row", array[:1], array[:1]), ("fortran", numpy.asfortranarray(array), array)):
        before = given.copy()
        first, _ = stored(given, "array-" + name)
        assert same(first, expected), name
        assert same(given, before), name
    locked = array.copy()
    locked.setflags(write=False)
    assert same(stored(locked, "array-locked")[0], locked)


def test_python_pictures_what_is_no_array_of_a_picture():
    for given, said in ((numpy.zeros((4, 4)), "uint8"), (numpy.zeros((4, 4, 3), "float32"), "* 255"), (numpy.zeros((4, 4), ">u2"), "byte order"),
                        (numpy.zeros((4, 4, 5), "uint8"), "shape (4, 4, 5)"), (numpy.zeros((2, 4, 4, 3), "uint8"), "shape"),
                        (numpy.zeros((4, 4), "int64"), "uint16"), (numpy.zeros((4, 4), bool), "uint8")):
        raises(larder.Unsupported, lambda: store.upload_image(given, "u", "j"), said)
    raises(larder.Invalid, lambda: store.upload_image(numpy.zeros(16, "uint16"), "u", "j"), "flat")
    raises(larder.Invalid, lambda: store.upload_image(numpy.zeros((0, 4), "uint8"), "u", "j"), "no pixels")

    class Tensor:
        def __array__(self):
            return numpy.zeros((4, 4), "uint8")
    raises(larder.Invalid, lambda: store.upload_image(Tensor(), "u", "j"), ".numpy()")


def test_python_pictures_buffers_of_any_owner():
    image = scene("RGB", 40, 30)
    raw = image.tobytes()
    owned = (ctypes.c_ubyte * len(raw)).from_buffer_copy(raw)
    for name, given in (("bytes", larder.Pixels(raw, 40, 30)), ("ctypes", larder.Pixels(owned, 40, 30, "RGB")),
                        ("spread", larder.Pixels(memoryview(bytes(byte for one in raw for byte in (one, 0)))[::2], 40, 30)),
                        ("view", memoryview(raw).cast("B", (30, 40, 3))),
                        ("stride", larder.Pixels(b"".join(raw[y * 120:y * 120 + 120] + b"padding!" for y in range(30)), 40, 30, stride=128))):
        assert same(stored(given, "buffer-" + name)[0], image), name
    raises(larder.Invalid, lambda: larder.Pixels(raw[:-1], 40, 30), "3599 bytes")
    raises(larder.Invalid, lambda: larder.Pixels(raw, 40, 30, "CMYK"), "CMYK", "RGBA")
    raises(larder.Invalid, lambda: larder.Pixels(raw, 40, 30, stride=100))
    assert same(numpy.asarray(larder.Pixels(raw, 40, 30)), numpy.asarray(image))


def test_python_pictures_pixels_of_an_array_are_not_copied():
    array = numpy.zeros((1000, 1000, 4), "uint8")
    store.upload_image(array, "pictures", "warm", created_at=WHEN)
    tracemalloc.start()
    try:
        store.upload_image(array, "pictures", "flat", created_at=WHEN)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200000, "%d bytes of Python's for 4000000 of pixels" % peak


def wide_gamut():
    """A profile under which half red is another colour than in sRGB: sRGB's red and green exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    tags = {bytes(data[132 + 12 * i:136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red + 4:red + 12], data[green + 4:green + 12] = data[green + 4:green + 12], data[red + 4:red + 12]
    return bytes(data)


def test_python_pictures_a_profile_is_passed_on_and_the_thumbnail_is_srgb():
    profile = wide_gamut()
    image = Image.new("RGB", (64, 48), (200, 60, 30))
    image.info["icc_profile"] = profile
    for name, given in (("pil", image), ("pixels", larder.Pixels(image.tobytes(), 64, 48, icc=profile))):
        first, small = stored(given, "profile-" + name)
        assert first.info.get("icc_profile") == profile and first.getpixel((0, 0)) == (200, 60, 30), name
        seen = small.getpixel((32, 24))
        assert abs(seen[0] - 60) < 8 and abs(seen[1] - 200) < 8, (name, seen)
    assert abs(store.thumbnail(image, (10, 10)).getpixel((5, 5))[1] - 200) < 3
    grey = image.convert("L")                # Pillow keeps the profile of the colours that were
    grey.info["icc_profile"] = profile
    first, _ = stored(grey, "profile-grey")
    assert "icc_profile" not in first.info and same(first, grey)


def test_python_pictures_formats_of_pixels():
    image = scene("RGB").filter(ImageFilter.GaussianBlur(3))
    for form, kind in (("webp", "WEBP"), ("jpeg", "JPEG"), ("PNG", "PNG"), ("JPG", "JPEG")):
        first, _ = stored(image, "form-" + form, format=form)
        assert first.format == kind and apart(first, image) <= (0 if kind == "PNG" else 25), (form, apart(first, image))
    raises(larder.Unsupported, lambda: store.upload_image(scene("RGBA"), "u", "clear", "jpeg", created_at=WHEN), "transparency", "background")


def test_python_pictures_thumbnails_for_the_caller():
    image = scene("RGBA", 301, 200)
    solid = image.convert("RGB").filter(ImageFilter.GaussianBlur(2))
    for given in (solid, solid.convert("L")):
        before = given.tobytes()
        small = store.thumbnail(given, (100, 100))
        assert isinstance(small, Image.Image) and small is not given and given.tobytes() == before and given.size == (301, 200)
        right = given.copy()
        right.thumbnail((100, 100), Image.Resampling.LANCZOS, reducing_gap=None)
        assert small.size == right.size and small.mode == given.mode and apart(small, right) <= 1, (small, right, apart(small, right))
    assert store.thumbnail(solid, (900, 900)).size == (301, 200)
    array = store.thumbnail(numpy.asarray(image), (50, 50))
    assert isinstance(array, numpy.ndarray) and array.shape == (33, 50, 4) and array.dtype == numpy.uint8
    turned = store.thumbnail(picture("lake-turned.jpg"), (60, 60))
    upright = store.thumbnail(open(picture("lake-turned.jpg"), "rb").read(), (60, 60))
    assert (turned.width, turned.height) == (upright.width, upright.height) and bytes(turned.data) == bytes(upright.data)
    assert Image.open(picture("lake-turned.jpg")).getexif()[0x112] > 4 and turned.height != Image.open(picture("lake-turned.jpg")).size[1]
    assert store.thumbnail(Image.fromarray(numpy.full((20, 20), 65535, "uint16")), (5, 5)).getpixel((2, 2)) == 255
    raises(larder.Invalid, lambda: store.thumbnail(solid, (0, 5)), "0x5")
    raises(larder.Integrity, lambda: store.thumbnail(open(picture("dunes.png"), "rb").read()[:9000], (9, 9)))


run(sys.modules[__name__])
