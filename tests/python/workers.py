"""workers.py: the example worker on a real MinIO, several at once on one cold model."""
import io
import json
import os
import subprocess
import sys

import numpy
import servers
from PIL import Image
from session import PACKAGE, SRC, read

WORKER = os.path.join(SRC, "doc/examples/worker/worker.py")
IMAGES, MODELS = "pingvas-studio-images", "pingvas-studio-models"


def use(server, folder):
    """This process and its children talk to that server, by the pipeline that we ship, in a folder of the test's; its path."""
    os.environ.update({name: value for name, value in server.environment().items() if name.startswith(("AWS_", "MINIO_")) or name == "LARDER_MINIO"})
    config = servers.pipeline(folder)
    os.environ.update(LARDER_CONFIG=config, LARDER_PROFILE="minio", LARDER_ROOT=os.path.join(folder, "root"))
    return config


def check(client, root, count=4, jobs=8):
    """One fills, the others wait or come late; every picture is there, as it was made."""
    weights = os.urandom(12 << 20)
    client.put_object(Bucket=MODELS, Key="sdxl/sdxl-base.safetensors", Body=weights)
    environment = {**os.environ, "PYTHONPATH": PACKAGE, "PYTHONDONTWRITEBYTECODE": "1"}
    workers = [subprocess.Popen([sys.executable, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(count)]
    for number, worker in enumerate(workers):
        worker.stdin.writelines(json.dumps({"job": "w%d-%d" % (number, job), "user": "worker", "base": "sdxl", "model": "sdxl-base"}) + "\n"
                                for job in range(jobs))
        worker.stdin.flush()
    said = [[json.loads(line) for line in worker.communicate()[0].splitlines()] for worker in workers]
    assert [len(lines) for lines in said] == [jobs] * count and not any(worker.returncode for worker in workers), said
    everything = [line for lines in said for line in lines]
    assert [line["model"] for line in everything].count("filled") == 1 and all(line["model"] == "hit" for lines in said for line in lines[1:]), everything
    assert read(os.path.join(root, "models/sdxl/sdxl-base.safetensors")) == weights
    for line in everything:
        picture = client.get_object(Bucket=IMAGES, Key=line["s3_key"])["Body"].read()
        assert numpy.asarray(Image.open(io.BytesIO(picture))).tobytes() == weights[:512 * 512], line["s3_key"]
        assert line["url"].endswith("/" + line["s3_key"]) and line["thumbnail_url"].endswith("/" + line["thumbnail_key"]), line
        assert client.head_object(Bucket=IMAGES, Key=line["thumbnail_key"])["ContentType"] == "image/webp", line
