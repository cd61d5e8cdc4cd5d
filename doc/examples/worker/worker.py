#!/usr/bin/env python3
"""worker.py: what a GPU worker asks of storage: a model that is whole, a place for the picture that it made, and its addresses.

    LARDER_CONFIG=larder.ini LARDER_PROFILE=minio ./worker.py <jobs.jsonl

A job is a line of JSON: {"job": "j1", "user": "u1", "base": "sdxl", "model": "sdxl-base"}; so is what became of it."""
import json
import sys

import larder


def make_picture(model):
    """Stands for the model's work: grey pixels made of its first bytes."""
    with open(model, "rb") as weights:
        return larder.Pixels(weights.read(512 * 512).ljust(512 * 512, b"\0"), 512, 512, "L")


with larder.open() as store:
    for line in sys.stdin:
        job = json.loads(line)
        model = store.load_model(job["model"], base_model=job["base"])
        stored = store.upload_image(make_picture(model), user_id=job["user"], job_id=job["job"])
        print(json.dumps({**stored, "model": model.how, "url": store.image_url(stored.s3_key),
                          "thumbnail_url": store.thumbnail_url(stored.s3_key)}), flush=True)
