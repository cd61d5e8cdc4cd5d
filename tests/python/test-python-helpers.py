#!/usr/bin/env python3
"""The drop-in helpers: what callers of the former ones rely on, rule by rule."""
import inspect
import io
import os
import pathlib
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, PACKAGE, SRC, picture, raises, read, run  # noqa: E402
import larder  # noqa: E402
from larder.helpers import create_thumbnail, get_image_url, get_thumbnail_url, upload_image_to_s3  # noqa: E402
import numpy  # noqa: E402
from PIL import Image, JpegImagePlugin, PngImagePlugin  # noqa: E402

WHEN = datetime(2025, 11, 7, 13, 5, 9)
NOISE = Image.fromarray(numpy.random.default_rng(7).integers(0, 256, (90, 130, 3), dtype="uint8"))
store = larder.open()


def bytes_of(key):
    return store.get("images:" + key)


def opened(key):
    image = Image.open(io.BytesIO(bytes_of(key)))
    image.load()
    return image


def test_python_helpers_names_and_keys():
    assert str(inspect.signature(upload_image_to_s3)).startswith("(image: 'Any', user_id: 'str', job_id: 'str', format: 'str' = 'png', *")
    got = upload_image_to_s3(NOISE, "u1", "j1")
    month = datetime.now(timezone.utc)
    key = "u1/%d/%02d/j1.png" % (month.year, month.month)
    assert got == {"s3_bucket": "pingvas-studio-images", "s3_key": key, "thumbnail_key": key.replace("/j1.png", "/thumbnails/j1.webp"),
                   "file_size": len(bytes_of(key))} and type(got) is dict and list(got) == ["s3_bucket", "s3_key", "thumbnail_key", "file_size"]
    assert upload_image_to_s3(image=NOISE, user_id="u1", job_id="j2", format="webp")["s3_key"] == key.replace("j1.png", "j2.webp")
    for name in ("upload_image_to_s3", "create_thumbnail", "get_image_url", "get_thumbnail_url"):
        assert getattr(larder, name) is getattr(larder.helpers, name)


def test_python_helpers_constants_come_from_the_configuration():
    assert larder.BUCKET_NAME == larder.helpers.BUCKET_NAME == "pingvas-studio-images"
    assert larder.S3_MODELS_BUCKET == "pingvas-studio-models"
    assert larder.EFS_MODELS_PATH == pathlib.Path(HOME, "demo/models") and larder.EFS_MODELS_PATH / "sdxl"
    raises(larder.NotFound, lambda: larder.CLOUDFRONT_DOMAIN, "cdn.images.domain")
    raises(AttributeError, lambda: larder.NO_SUCH_NAME, "NO_SUCH_NAME")
    program = ("import sys; sys.path.insert(0, %r)\nfrom larder.helpers import EFS_MODELS_PATH, CLOUDFRONT_DOMAIN, get_image_url, get_thumbnail_url\n"
               "print(EFS_MODELS_PATH, CLOUDFRONT_DOMAIN, get_image_url('u/2025/11/j.png'), get_thumbnail_url('u/2025/11/j.png'))" % PACKAGE)
    said = subprocess.run([sys.executable, "-c", program], env={**os.environ, "LARDER_PROFILE": "aws"}, stdout=subprocess.PIPE, check=True, text=True)
    domain = "d1234567890abc.cloudfront.net"
    assert said.stdout.split() == ["/models", domain, "https://%s/u/2025/11/j.png" % domain, "https://%s/u/2025/11/thumbnails/j.webp" % domain]


def test_python_helpers_formats():
    for asked, extension, kind in (("png", "png", "image/png"), ("PNG", "png", "image/png"), ("WebP", "webp", "image/webp"),
                                   ("jpeg", "jpeg", "image/jpeg"), ("jpg", "jpeg", "image/jpeg"), ("JPG", "jpeg", "image/jpeg")):
        key = upload_image_to_s3(NOISE, "formats", "of-" + asked, asked)["s3_key"]
        assert key.endswith("/of-%s.%s" % (asked, extension)) and store.stat("images:" + key).content_type == kind, (asked, key)
    raises(larder.Invalid, lambda: upload_image_to_s3(NOISE, "formats", "j", "gif"), "png, webp, jpeg")
    for job, given in (("path", picture("balloons-progressive.jpg")), ("bytes", read(picture("balloons-progressive.jpg")))):
        key = upload_image_to_s3(given, "formats", job)["s3_key"]
        assert key.endswith(".jpeg") and store.stat("images:" + key).content_type == "image/jpeg", key
    assert upload_image_to_s3(picture("pines.webp"), "formats", "to-jpeg", "jpeg")["s3_key"].endswith(".jpeg")


def test_python_helpers_quality():
    key = upload_image_to_s3(NOISE, "quality", "j", "jpeg")["s3_key"]
    mine, pillow = opened(key), io.BytesIO()
    NOISE.save(pillow, "JPEG", quality=95)
    right = Image.open(pillow)
    assert mine.quantization == right.quantization and JpegImagePlugin.get_sampling(mine) == JpegImagePlugin.get_sampling(right) == 2
    key = upload_image_to_s3(NOISE, "quality", "j2", "webp")["s3_key"]
    assert bytes_of(key)[12:16] == b"VP8 "
    key = upload_image_to_s3(NOISE, "quality", "j3", "png")["s3_key"]
    assert (numpy.asarray(opened(key)) == numpy.asarray(NOISE)).all()


def test_python_helpers_modes():
    grey = NOISE.convert("L")
    got = upload_image_to_s3(grey, "modes", "grey")
    assert opened(got["s3_key"]).mode == "L"
    deep = Image.fromarray(numpy.arange(6000, dtype="uint16").reshape(60, 100) * 10)
    assert bytes_of(upload_image_to_s3(deep, "modes", "deep")["s3_key"])[24] == 16
    clear = NOISE.convert("RGBA")
    raises(larder.Unsupported, lambda: upload_image_to_s3(clear, "modes", "clear", "jpeg"), "background")
    ini = os.path.join(HOME, "pipeline", "larder.ini")
    os.makedirs(os.path.dirname(ini), exist_ok=True)
    os.symlink(os.path.join(SRC, "etc/profiles"), os.path.join(HOME, "pipeline/profiles"))
    with open(ini, "w") as file:
        file.write(read(os.path.join(SRC, "etc/larder.ini")).decode().replace('[pipeline "image"]\n', '[pipeline "image"]\nbackground = \"#ff0000\"\n'))
    clear.putalpha(0)
    with larder.open(ini) as other:
        larder.helpers.use(other)
        try:
            key = upload_image_to_s3(clear, "modes", "clear", "jpeg")["s3_key"]
        finally:
            larder.helpers.use(None)
    assert all(abs(a - b) < 4 for a, b in zip(opened(key).getpixel((20, 20)), (255, 0, 0)))


def test_python_helpers_text_of_a_picture_is_not_published():
    text, file = PngImagePlugin.PngInfo(), io.BytesIO()
    text.add_text("parameters", "the prompt nobody may read")
    NOISE.save(file, "PNG", pnginfo=text)
    key = upload_image_to_s3(file.getvalue(), "text", "bytes")["s3_key"]
    assert b"parameters" in file.getvalue() and b"parameters" not in bytes_of(key)
    again = Image.open(io.BytesIO(file.getvalue()))
    assert again.info["parameters"]
    assert b"prompt" not in bytes_of(upload_image_to_s3(again, "text", "pil")["s3_key"])


def test_python_helpers_the_image_stays_as_it_is():
    image = NOISE.resize((700, 400))
    before = (image.size, image.tobytes(), image.mode, dict(image.info))
    upload_image_to_s3(image, "same", "j")
    small = create_thumbnail(image, size=(256, 256))
    assert small.size == (256, 146) and small is not image
    assert (image.size, image.tobytes(), image.mode, dict(image.info)) == before


def test_python_helpers_thumbnails_have_the_size_that_pillow_gives():
    for size in ((700, 400), (257, 256), (1, 900), (900, 1), (3, 4), (256, 256), (1000, 333), (333, 1000), (511, 510)):
        image, right = Image.new("L", size, 90), Image.new("L", size)
        right.thumbnail((256, 256), Image.Resampling.LANCZOS)
        assert create_thumbnail(image, (256, 256)).size == right.size, size
        got = upload_image_to_s3(image, "sizes", "%dx%d" % size)
        kept = Image.open(io.BytesIO(store.get("thumbnails:" + got["thumbnail_key"])))
        assert kept.size == right.size and kept.format == "WEBP", (size, kept.size)


def test_python_helpers_the_time_of_the_job():
    seoul = timezone(timedelta(hours=9))
    assert upload_image_to_s3(NOISE, "time", "j", created_at=datetime(2026, 1, 1, 3, 0, tzinfo=seoul))["s3_key"] == "time/2025/12/j.png"
    assert upload_image_to_s3(NOISE, "time", "j", created_at=WHEN)["s3_key"] == "time/2025/11/j.png"


def test_python_helpers_metadata_and_uploaded_at():
    before = datetime.now(timezone.utc).replace(tzinfo=None)
    got = upload_image_to_s3(NOISE, "사용자", "job 1", created_at=WHEN)
    facts = store.stat("images:" + got["s3_key"])
    theirs = {name: value for name, value in facts.metadata.items() if not name.startswith("larder-")}
    assert sorted(theirs) == ["job_id", "uploaded_at", "user_id"] and (theirs["user_id"], theirs["job_id"]) == ("사용자", "job 1"), theirs
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", theirs["uploaded_at"]), theirs
    assert timedelta(0) <= datetime.fromisoformat(theirs["uploaded_at"]) - before < timedelta(minutes=5)
    small = store.stat("thumbnails:" + got["thumbnail_key"])
    assert not [name for name in small.metadata if not name.startswith("larder-")] and small.content_type == "image/webp", small
    with larder.open(profile="mock") as other:
        assert other.setting("store.images.cache-control") is None


def test_python_helpers_ids():
    for user, job in (("", "j"), (".", "j"), ("..", "j"), ("a/b", "j"), ("u", ""), ("u", ".."), ("u", "a/b"), ("u", "a\nb")):
        raises(larder.Invalid, lambda: upload_image_to_s3(NOISE, user, job), "user" if job == "j" else "job")


def test_python_helpers_again():
    first = upload_image_to_s3(NOISE, "again", "j", created_at=WHEN)
    assert upload_image_to_s3(NOISE, "again", "j", created_at=WHEN) == first
    other = NOISE.transpose(Image.Transpose.ROTATE_180)
    raises(larder.Conflict, lambda: upload_image_to_s3(other, "again", "j", created_at=WHEN))
    raises(larder.Conflict, lambda: upload_image_to_s3(NOISE, "again", "j", "webp", created_at=WHEN))
    upload_image_to_s3(other, "again", "j", created_at=WHEN, overwrite=True)
    assert (numpy.asarray(opened(first["s3_key"])) == numpy.asarray(other)).all()


def test_python_helpers_addresses():
    assert get_image_url("u/2025/11/j.png").endswith("/pingvas-studio-images/u/2025/11/j.png")
    for key, small in (("u/2025/11/j.png", "j.webp"), ("u/2025/11/j.jpeg", "j.webp"), ("u/2025/11/a.png.b.webp", "a.png.b.webp")):
        assert get_thumbnail_url(key).endswith("/u/2025/11/thumbnails/" + small), get_thumbnail_url(key)


run(sys.modules[__name__])
