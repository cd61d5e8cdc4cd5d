#!/usr/bin/env python3
"""The example worker on a real MinIO with its lock in a real Redis, as the profile that we ship has it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, run  # noqa: E402
import servers  # noqa: E402
import workers  # noqa: E402
import larder  # noqa: E402


def test_python_redis_the_example_worker():
    """c-C14: one download for all of them; the lock has the name that former workers take, and is given back."""
    with servers.start("minio") as server, servers.start("redis") as redis:
        for bucket in (workers.IMAGES, workers.MODELS):
            server.make_bucket(bucket)
        client = server.client()         # which forgets every account of the environment
        workers.use(server, os.path.join(HOME, "redis"))
        os.environ.update(LARDER_REDIS=redis.address, LARDER_REDIS_PASSWORD=redis.password)
        workers.check(client, os.path.join(HOME, "redis/root"))
        with redis.talk() as talk:
            assert talk.ask("EXISTS", "model:download:lock:sdxl-base") == 0
            assert talk.ask("SET", "model:download:lock:other", "a former worker", "NX", "PX", "600000") == "OK"
        client.put_object(Bucket=workers.MODELS, Key="sdxl/other.safetensors", Body=b"weights")
        with larder.open() as store:
            try:
                store.load_model("other", "sdxl", wait=1)
                raise AssertionError("loaded under a lock that somebody has")
            except larder.Conflict as error:
                assert "other" in str(error), error
            with redis.talk() as talk:
                talk.ask("DEL", "model:download:lock:other")
            assert store.load_model("other", "sdxl", wait=30).how == "filled"


run(sys.modules[__name__])
