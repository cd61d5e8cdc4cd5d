#!/usr/bin/env python3
"""A store opened from Python: pictures by path and as bytes, objects, addresses, values, errors, the end."""
import errno
import gc
import http.server
import io
import json
import logging
import os
import pickle
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, PACKAGE, SLOW, SRC, closings, picture, raises, read, run  # noqa: E402
import larder  # noqa: E402

WHEN = datetime(2026, 11, 25, 23, 30)
DUNES, LAKE = picture("dunes.png"), picture("lake-turned.jpg")


def test_python_store_a_path_and_its_bytes_are_one_picture():
    with larder.open() as store:
        first = store.upload_image(DUNES, "u1", "j1", created_at=WHEN)
        assert dict(first) == {"s3_bucket": "pingvas-studio-images", "s3_key": "u1/2026/11/j1.png",
                               "thumbnail_key": "u1/2026/11/thumbnails/j1.webp", "file_size": store.stat("images:u1/2026/11/j1.png").length}
        assert (first.s3_bucket, first.s3_key, first.thumbnail_key, first.file_size) == tuple(first.values())
        assert json.loads(json.dumps(first)) == first and first.stored == "new"
        copy = pickle.loads(pickle.dumps(first))
        assert copy == first and vars(copy) == vars(first) and type(copy) is larder.Uploaded
        data = read(DUNES)
        for again in (data, bytearray(data), memoryview(data), io.BytesIO(data), open(DUNES, "rb")):
            assert store.upload_image(again, user_id="u1", job_id="j1", created_at=WHEN).stored == "already", type(again)
        spread = memoryview(bytes(byte for one in data for byte in (one, 0)))[::2]
        assert store.upload_image(spread, "u1", "j1", created_at=WHEN).stored == "already"


def test_python_store_what_became_of_a_picture_is_told():
    with larder.open() as store:
        got = store.upload_image(read(DUNES) + b"more", "told", "j", created_at=WHEN)
        assert (got.url, got.thumbnail_url) == (store.image_url(got.s3_key), store.thumbnail_url(got.s3_key))
        assert (got.width, got.height, got.content_type, got.note) == (768, 512, "image/png", "bytes follow the end of the picture"), vars(got)
        small = store.stat("thumbnails:" + got.thumbnail_key)
        assert (got.thumbnail_bucket, got.thumbnail_size, small.storage_class) == (got.s3_bucket, small.length, "INTELLIGENT_TIERING"), (vars(got), small)
        assert 0 < got.seconds < 60 * SLOW, got.seconds


def test_python_store_other_pipelines_and_caches():
    """What a call names goes before what is named image and models."""
    top = os.path.join(HOME, "others")
    shutil.copytree(os.path.join(SRC, "etc/profiles"), os.path.join(top, "profiles"))
    with open(os.path.join(top, "larder.ini"), "wb") as file:
        file.write(read(os.environ["LARDER_CONFIG"]) + b"""
[pipeline "avatar"]
store = uploads
key = {user}/{kind}/{job}.{ext}
values = kind
thumbnail-store = backups
thumbnail-key = small/{user}/{kind}/{job}.webp
max-file-size = 100KiB

[cache "others"]
source = models
lock = models
root = %s/cache
pattern = {name}
key = sdxl/{name}
""" % top.encode())
    with larder.open(os.path.join(top, "larder.ini")) as store:
        got = store.upload_image(DUNES, "u", "j", pipeline="avatar", values={"kind": "round"})
        assert (got.s3_key, got.thumbnail_key) == ("u/round/j.png", "small/u/round/j.webp") and store.stat("uploads:" + got.s3_key)
        assert store.thumbnail_key(got.s3_key, "avatar") == got.thumbnail_key
        assert store.thumbnail_url(got.s3_key, "avatar") == got.thumbnail_url and "pingvas-studio-backups/small/" in got.thumbnail_url, got.thumbnail_url
        raises(larder.Limit, lambda: store.thumbnail(bytes(200 << 10), (9, 9), pipeline="avatar"), "'the picture' has 204800 bytes")
        store.put("models:sdxl/m", b"weights")
        model = store.load_model("m", cache="others")
        assert model == os.path.join(top, "cache/m") and model.etag == store.stat("models:sdxl/m").etag, vars(model)
        for key in (got.s3_key, "u/round"):
            store.remove("uploads:" + key)


def test_python_store_dates_are_utc():
    with larder.open() as store:
        for when, key in ((WHEN, "2026/11"), (datetime(2026, 12, 1, 8, 0, tzinfo=timezone(timedelta(hours=9))), "2026/11"),
                          (datetime(1969, 12, 31, 23, 59, 59, 999999), "1969/12")):
            got = store.upload_image(DUNES, "when", "j", created_at=when, dry_run=True)
            assert got.s3_key == "when/%s/j.png" % key and got.stored == "would", (when, got)


def test_python_store_errors_are_exceptions_by_kind():
    with larder.open() as store:
        store.upload_image(DUNES, "u2", "j", created_at=WHEN)
        other = raises(larder.Conflict, lambda: store.upload_image(LAKE, "u2", "j", format="png", created_at=WHEN), "another picture of this job")
        assert other.code == "CONFLICT" and other.next_step and isinstance(other, larder.LarderError)
        assert store.upload_image(LAKE, "u2", "j", format="png", created_at=WHEN, overwrite=True).stored == "replaced"
        raises(larder.Integrity, lambda: store.upload_image(read(DUNES)[:20000], "u2", "cut", created_at=WHEN))
        raises(larder.Unsupported, lambda: store.upload_image(b"no picture at all", "u2", "text", created_at=WHEN))
        raises(larder.Invalid, lambda: store.upload_image(DUNES, "u2", "j", format="gif"), "png", "webp", "jpeg")
        assert raises(larder.NotFound, lambda: store.upload_image("not-there.png", "u2", "j"), "not-there.png").errno == errno.ENOENT
        raises(larder.NotFound, lambda: store.stat("images:not/there"))
        raises(larder.Invalid, lambda: store.get("dunes.png"), "STORE:KEY")
        raises(larder.Invalid, lambda: store.list("imagse:"), "did you mean 'images'")
        raises(larder.Invalid, lambda: store.upload_image(object(), "u2", "j"), "object", "a path")
        raises(ValueError, lambda: store.upload_image(DUNES, "u2", "j\0k"), "NUL")
        raises(larder.Invalid, lambda: store.upload_image(io.StringIO("text"), "u2", "j"), "binary mode")
        assert isinstance(raises(larder.Invalid, lambda: store.upload_image(DUNES, "u2", "a/b"), "job"), ValueError)


def test_python_store_errors_go_whole_through_a_pool_of_processes():
    with larder.open() as store:
        error = raises(larder.NotFound, lambda: store.stat("images:not/there"))
    error.request_id, error.status = "R1", 404
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is larder.NotFound and vars(again) == vars(error) and str(again) == str(error)


def test_python_store_configuration_that_is_wrong_says_where():
    path = os.path.join(HOME, "wrong.ini")
    shutil.copytree(os.path.join(SRC, "etc/profiles"), os.path.join(HOME, "profiles"))
    with open(path, "w") as file:
        file.write("[larder]\nenvironment = x\n\n[store \"images\"]\nbukcet = b\n")
    error = raises(larder.Invalid, lambda: larder.open(path, profile="mock"), "wrong.ini:5", "bukcet")
    assert (error.file, error.line) == (path, 5)
    raises(larder.Invalid, lambda: larder.open(os.path.join(HOME, "missing.ini"), profile="mock"), "missing.ini")


def test_python_store_objects():
    def tell(done, _whole):
        seen.append(done)
    with larder.open() as store:
        put = store.put("uploads:a/한국 b.txt", b"one\0two", content_type="text/plain", metadata={"note": "kept"})
        assert (put.key, put.length) == ("a/한국 b.txt", 7)
        stat = store.stat("uploads:a/한국 b.txt")
        assert (stat.length, stat.content_type, stat.metadata["note"], stat.etag) == (7, "text/plain", "kept", put.etag)
        assert abs(stat.modified - datetime.now(timezone.utc)) < timedelta(minutes=5)
        assert store.get("uploads:a/한국 b.txt") == b"one\0two"
        raises(larder.Conflict, lambda: store.put("uploads:a/한국 b.txt", b"other", create_only=True))
        target, seen = os.path.join(HOME, "copy"), []
        assert store.get("uploads:a/한국 b.txt", target) == b"" and read(target) == b"one\0two"
        store.put("uploads:a/from-file", target, content_type="text/csv", metadata={"from": "a file"})
        facts = store.stat("uploads:a/from-file")
        assert (facts.content_type, facts.metadata["from"]) == ("text/csv", "a file"), facts
        raises(larder.Conflict, lambda: store.put("uploads:a/from-file", DUNES, create_only=True))
        store.put("uploads:progress", b"bytes", progress=lambda done, whole: seen.append((done, whole)))
        store.remove("uploads:progress")
        assert seen == [(5, 5)], seen
        seen = []
        assert store.get("uploads:a/from-file", progress=lambda done, whole: seen.append((done, whole))) == b"one\0two" and seen == [(7, 7)]
        big = os.path.join(HOME, "big")
        with open(big, "wb") as file:
            file.write(os.urandom(20 << 20))
        for move in (lambda: store.put("uploads:big", big, progress=tell), lambda: store.get("uploads:big", target, progress=tell)):
            seen = []
            move()
            assert len(seen) > 1 and seen == sorted(seen) and seen[-1] == 20 << 20, seen
        assert read(target) == read(big)
        store.remove("uploads:big")
        store.put("uploads:c", b"")
        assert store.get("uploads:c") == b""
        store.put("uploads:spread", memoryview(b"e-v-e-r-y-")[::2])
        assert store.get("uploads:spread") == b"every"
        store.remove("uploads:spread")
        assert [one.key for one in store.list("uploads:")] == ["a/from-file", "a/한국 b.txt", "c"]
        assert [(one.key, one.is_prefix) for one in store.list("uploads:", recursive=False)] == [("a/", True), ("c", False)]
        store.put("uploads:c", b"second")
        old = [one for one in store.list("uploads:c", versions=True) if one.length == 0]
        assert len(old) == 1 and store.get("uploads:c", version=old[0].version) == b"" and store.stat("uploads:c", version=old[0].version).length == 0 and store.get("uploads:c") == b"second"
        store.get("uploads:c", target, version=old[0].version)
        assert read(target) == b""
        store.get("uploads:big", target, version=store.list("uploads:big", versions=True)[-1].version)
        store.remove("uploads:c")
        store.remove("uploads:c")
        raises(larder.NotFound, lambda: store.get("uploads:c"))
        assert any(one.is_deleted for one in store.list("uploads:c", versions=True))
        raises(larder.NotFound, lambda: store.get("uploads:c", target), "no object 'c'")
        assert read(target) == read(big)


def test_python_store_a_copy_in_a_share_is_no_older_than_what_it_is_of():
    """The kernel gives a file the time of its last tick, which lies milliseconds before: a sync would copy it once more."""
    with larder.open() as store:
        for turn in range(100):
            first = store.put("models:sd15/first", b"%d" % turn)
            second = store.put("model-cache:sd15/second", b"%d" % turn)
            assert second.modified >= first.modified, (turn, first, second)


def test_python_store_a_path_is_a_file_whatever_its_name():
    os.makedirs("uploads:folder")
    shutil.copyfile(DUNES, "-")
    with larder.open() as store:
        assert store.upload_image("-", "u", "dash").stored == "new"
        store.put("uploads:paths/a", b"one")
        for name in ("plain", "uploads:name", "uploads:folder/name", os.path.join(HOME, "uploads:absolute")):
            assert store.get("uploads:paths/a", name) == b"" and read(name) == b"one", name
            store.put("uploads:paths/b", name)
            assert store.get("uploads:paths/b") == b"one", name
            store.remove("uploads:paths/b")
        assert [one.key for one in store.list("uploads:") if one.key.endswith("name")] == []
        for key in ("a", "b"):
            store.remove("uploads:paths/" + key)


def test_python_store_what_a_callback_raises_comes_out():
    class Mine(Exception):
        pass

    def stop(_done, _whole):
        raise Mine("enough")
    with larder.open() as store:
        store.put("uploads:callback", b"x" * 100000)
        raises(Mine, lambda: store.get("uploads:callback", progress=stop), "enough")
        assert len(store.get("uploads:callback")) == 100000


def test_python_store_addresses_need_no_network():
    with larder.open(profile="aws") as store:
        assert store.image_url("u/2026/11/a b.jpeg") == "https://d1234567890abc.cloudfront.net/u/2026/11/a%20b.jpeg"
        assert store.thumbnail_url("u/2026/11/a.b.jpeg") == "https://d1234567890abc.cloudfront.net/u/2026/11/thumbnails/a.b.webp"
        assert store.thumbnail_key("u/2026/11/j.png") == "u/2026/11/thumbnails/j.webp"
        raises(larder.Invalid, lambda: store.thumbnail_url("not-ours"))
        assert store.setting("cdn.images.domain") == "d1234567890abc.cloudfront.net"
        assert store.setting("store.images.bucket") == "pingvas-studio-images" and store.setting("cache.models.root") == "/models"
        assert store.setting("store.images.class") is None


def test_python_store_read_only_and_closed():
    with larder.open(read_only=True) as store:
        raises(larder.Denied, lambda: store.put("uploads:x", b"x"))
    raises(larder.Invalid, lambda: store.list("uploads:"), "closed")
    store.close()


def test_python_store_the_replica():
    """By the same keys, and read-only; a store that has none says so."""
    with larder.open() as store:
        store.put("images:replica/x", b"here")
        store.put("images-replica:replica/x", b"there")
    with larder.open(replica=True) as store:
        assert store.get("images:replica/x") == b"there"
        raises(larder.Conflict, lambda: store.put("images:replica/x", b"x"), "is read from its replica 'images-replica'")
        raises(larder.Invalid, lambda: store.get("uploads:x"), "has no replication")


def test_python_store_one_that_nobody_closed_is_closed():
    store = larder.open()
    handles = list(store._handles._idle)
    with closings(larder) as closed:
        del store
        gc.collect()
    assert closed == handles and len(closed) == 1, (closed, handles)


def test_python_store_threads_share_one():
    results, errors = [], []
    with larder.open() as store:
        def one(number):
            try:
                results.append(store.upload_image(DUNES, "threads", "j%d" % (number % 4), created_at=WHEN).stored)
            except Exception as error:
                errors.append(error)
        threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors and sorted(results) == ["already"] * 8 + ["new"] * 4, (errors, results)


class Refusing(http.server.BaseHTTPRequestHandler):
    """A service that lets nobody in."""

    def do_GET(self):
        body = b"<Error><Code>AccessDenied</Code><RequestId>REQUEST77</RequestId></Error>"
        self.close_connection = True
        self.send_response(403)
        self.send_header("x-amz-request-id", "REQUEST77")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def test_python_store_what_a_service_says_is_in_the_error_and_messages_go_to_logging():
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = logging.getLogger("larder")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ.update(LARDER_MINIO="http://127.0.0.1:%d" % server.server_port, MINIO_ROOT_USER="user", MINIO_ROOT_PASSWORD="very-secret")
    try:
        with larder.open(profile="minio") as store:
            error = raises(larder.Denied, lambda: store.stat("images:key"))
        assert (error.status, error.request_id, error.provider) == (403, "REQUEST77", "AccessDenied") and error.next_step, vars(error)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        server.shutdown()
        server.server_close()
    said = [record.getMessage() for record in records if record.levelno == logging.DEBUG]
    assert any("HEAD" in line for line in said) and "very-secret" not in "".join(said), said


def test_python_store_a_library_that_is_not_there_is_named():
    def said(library):
        program = "import sys; sys.path.insert(0, %r); import larder\ntry: larder.version()\nexcept larder.LarderError as e: print(type(e).__name__, e)"
        return subprocess.run([sys.executable, "-c", program % PACKAGE], env={**os.environ, "LARDER_LIBRARY": library}, check=True,
                              stdout=subprocess.PIPE, text=True).stdout
    assert said("/nowhere/liblarder.so.0").startswith("NotFound cannot load liblarder: /nowhere/"), said("/nowhere/liblarder.so.0")
    old = said("libc.so.6")
    assert old.startswith("Unsupported 'libc.so.6' is too old for this module: it has no larder_version"), old


run(sys.modules[__name__])
