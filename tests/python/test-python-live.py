#!/usr/bin/env python3
"""The module on a real MinIO: the example worker, pictures read back by boto3, threads, awaitables and forked workers at once."""
import asyncio
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, PACKAGE, SRC, picture, raises, read, run  # noqa: E402
import servers  # noqa: E402
import larder  # noqa: E402
import larder.aio  # noqa: E402
import numpy  # noqa: E402
from PIL import Image  # noqa: E402

WORKER = os.path.join(SRC, "doc/examples/worker/worker.py")
IMAGES, MODELS = "pingvas-studio-images", "pingvas-studio-models"
NOISE = Image.fromarray(numpy.random.default_rng(5).integers(0, 256, (600, 800, 3), dtype="uint8"))

SERVER = servers.start("minio")
SERVER.make_bucket(IMAGES, versioning=True)
SERVER.make_bucket(MODELS)
CLIENT = SERVER.client()
CONFIG = servers.pipeline(os.path.join(HOME, "live"))
PROFILE = os.path.join(HOME, "live/profiles/minio.ini")
with open(PROFILE) as file:
    text = file.read()
with open(PROFILE, "w") as file:         # leases as objects of the store itself
    file.write(re.sub(r'\[lock "models"\][^[]*', '[lock "models"]\ndriver = store\nstore = models\n\n', text))
os.environ.update({name: value for name, value in SERVER.environment().items() if name.startswith(("AWS_", "MINIO_")) or name == "LARDER_MINIO"})
os.environ.update(LARDER_CONFIG=CONFIG, LARDER_PROFILE="minio", LARDER_ROOT=os.path.join(HOME, "live/root"))


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
        assert {"user_id", "job_id", "uploaded_at"} <= set(facts["Metadata"]), facts["Metadata"]
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
    """Four workers, one cold model, eight jobs each; nobody fills twice."""
    weights = os.urandom(12 << 20)
    CLIENT.put_object(Bucket=MODELS, Key="sdxl/sdxl-base.safetensors", Body=weights)
    environment = {**os.environ, "PYTHONPATH": PACKAGE, "PYTHONDONTWRITEBYTECODE": "1"}
    workers = [subprocess.Popen([sys.executable, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    for number, worker in enumerate(workers):
        worker.stdin.writelines(json.dumps({"job": "w%d-%d" % (number, job), "user": "worker", "base": "sdxl", "model": "sdxl-base"}) + "\n"
                                for job in range(8))
        worker.stdin.flush()
    said = [[json.loads(line) for line in worker.communicate()[0].splitlines()] for worker in workers]
    assert [len(lines) for lines in said] == [8] * 4 and not any(worker.returncode for worker in workers), said
    everything = [line for lines in said for line in lines]
    assert [line["model"] for line in everything].count("filled") == 1 and all(line["model"] == "hit" for lines in said for line in lines[1:]), everything
    assert read(os.path.join(HOME, "live/root/models/sdxl/sdxl-base.safetensors")) == weights
    for line in everything:
        pixels = numpy.asarray(Image.open(io.BytesIO(there(line["s3_key"])[0])))
        assert pixels.tobytes() == weights[:512 * 512] and line["url"].endswith("/" + line["s3_key"]), line["s3_key"]
        assert line["thumbnail_url"].endswith("/" + line["thumbnail_key"]) and there(line["thumbnail_key"])[1]["ContentType"] == "image/webp"


def code_lines(path, begin):
    with open(path) as file:
        text = file.read()
    return len([line for line in text[text.index(begin):].splitlines() if line.strip()])


def test_python_live_the_example_has_a_quarter_of_the_lines():
    then = code_lines(os.path.join(SRC, "tests/bench/strategy.py"), "def load_model_from_efs")
    now = code_lines(WORKER, "import json")
    assert then > 60 and 4 * now <= then, (now, then)


try:
    run(sys.modules[__name__])
finally:
    SERVER.stop()
