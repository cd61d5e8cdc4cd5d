#!/usr/bin/env python3
"""The module on a real MinIO: the example worker, pictures read back by boto3, threads, awaitables and forked workers at once."""
import asyncio
import hashlib
import io
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, SRC, picture, raises, run  # noqa: E402
import servers  # noqa: E402
import workers  # noqa: E402
import larder  # noqa: E402
import larder.aio  # noqa: E402
import numpy  # noqa: E402
from PIL import Image  # noqa: E402

IMAGES, MODELS = workers.IMAGES, workers.MODELS
NOISE = Image.fromarray(numpy.random.default_rng(5).integers(0, 256, (600, 800, 3), dtype="uint8"))

SERVER = servers.start("minio")
SERVER.make_bucket(IMAGES, versioning=True)
SERVER.make_bucket(MODELS)
CLIENT = SERVER.client()
CONFIG = workers.use(SERVER, os.path.join(HOME, "live"))
PROFILE = os.path.join(HOME, "live/profiles/minio.ini")
with open(PROFILE) as file:
    text = file.read()
with open(PROFILE, "w") as file:         # leases as objects of the store itself
    file.write(re.sub(r'\[lock "models"\][^[]*', '[lock "models"]\ndriver = store\nstore = models\n\n', text))


def there(key, bucket=IMAGES):
    """Bytes and facts as boto3 reads them."""
    got = CLIENT.get_object(Bucket=bucket, Key=key)
    return got["Body"].read(), got


def test_python_live_a_picture_is_there_as_other_clients_read_it():
    with larder.open() as store:
        result = store.upload_image(NOISE, "live", "j1")
        assert (result.stored, result.s3_bucket) == ("new", IMAGES)
        data, facts = there(result.s3_key)
        assert len(data) == result.file_size and facts["ContentType"] == "image/png", facts
        assert (numpy.asarray(Image.open(io.BytesIO(data))) == numpy.asarray(NOISE)).all()
        assert {"user_id", "job_id", "uploaded_at"} <= set(facts["Metadata"]) and "CacheControl" not in facts, facts
        small, facts = there(result.thumbnail_key)
        assert Image.open(io.BytesIO(small)).size == (256, 192) and facts["ContentType"] == "image/webp" and "user_id" not in facts["Metadata"]
        assert store.upload_image(NOISE, "live", "j1").stored == "already"
        raises(larder.Conflict, lambda: store.upload_image(picture("dunes.png"), "live", "j1"))
        big = os.urandom(11 << 20)
        store.put("uploads:big", big)
        assert hashlib.sha256(store.get("uploads:big")).digest() == hashlib.sha256(big).digest()
    kept = os.environ["AWS_SECRET_ACCESS_KEY"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = "not-the-secret-key"
    try:
        with larder.open() as store:
            error = raises(larder.Denied, lambda: store.put("images:x", b"x"))
        assert error.request_id and error.status == 403, vars(error)
    finally:
        os.environ["AWS_SECRET_ACCESS_KEY"] = kept


def test_python_live_threads_awaitables_and_forked_workers_at_once():
    """Each child opens connections of its own; the parent's go on."""
    async def gather():
        async with larder.aio.open() as ours:
            return await asyncio.gather(*[ours.upload_image(picture("dunes.png"), "many", "a%d" % job) for job in range(8)])
    with larder.open() as store:
        store.upload_image(picture("dunes.png"), "many", "first")   # a connection lies idle when they fork
        children = []
        for number in range(3):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    code = 0 if all(store.upload_image(picture("dunes.png"), "many", "f%d-%d" % (number, job)).stored == "new" for job in range(6)) else 2
                finally:
                    os._exit(code)
            children.append(child)
        failed = []

        def work(number):
            try:
                store.upload_image(picture("dunes.png"), "many", "t%d" % number)
            except Exception as error:
                failed.append(error)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        results = asyncio.run(gather())
        for thread in threads:
            thread.join()
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
        assert not failed and [one.stored for one in results] == ["new"] * 8, failed
        stored = {one.key.split("/")[-1] for one in store.list("images:many/") if "/thumbnails/" not in one.key}
    assert len(stored) == 1 + 18 + 6 + 8, stored


def test_python_live_the_example_worker():
    """c-C14: four workers, one cold model, eight jobs each, leases in the store; nobody fills twice."""
    workers.check(CLIENT, os.path.join(HOME, "live/root"))


def code_lines(path, begin):
    with open(path) as file:
        text = file.read()
    return len([line for line in text[text.index(begin):].splitlines() if line.strip()])


def test_python_live_the_example_has_a_quarter_of_the_lines():
    then = code_lines(os.path.join(SRC, "tests/bench/strategy.py"), "def load_model_from_efs")
    now = code_lines(workers.WORKER, "import json")
    assert then > 60 and 4 * now <= then, (now, then)


try:
    run(sys.modules[__name__])
finally:
    SERVER.stop()
