"""moving.py: MinIO, one large file and a tree of small ones, moved each way: what happens in the midst of it is the test's. Each way gives the words of the
command, what is to be there afterwards, and a look at what is."""
import os
import shutil

import servers
from folders import files
from scene import Scene

TREE = {"%d/%02d" % (number % 5, number): os.urandom(20000 + number) for number in range(40)}


class Place(Scene):
    def __init__(self, large, settings=()):
        super().__init__(servers.start("minio"), settings)
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        self.large = large
        self.put("large", large)
        for name, data in TREE.items():
            os.makedirs(os.path.dirname(self.path("tree", name)), exist_ok=True)
            self.put("tree/" + name, data)

    def clean(self):
        super().clean()
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)
        for name in ("out", "state"):
            shutil.rmtree(self.path(name), ignore_errors=True)

    def objects(self):
        return {key: self.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in self.keys()}

    def stored(self, objects):
        for key, data in objects.items():
            self.client.put_object(Bucket="bucket", Key=key, Body=data, ChecksumAlgorithm="CRC64NVME")

    def one_up(self):
        self.clean()
        return ("put", self.path("large"), "images:t"), {"t": self.large}, self.objects

    def one_down(self):
        self.clean()
        self.stored({"t": self.large})
        return ("get", "images:t", self.path("out/t")), {"t": self.large}, lambda: files(self.path("out"))

    def tree_up(self):
        self.clean()
        return ("sync", self.path("tree"), "images:"), TREE, self.objects

    def tree_down(self):
        self.clean()
        self.stored(TREE)
        return ("sync", "images:", self.path("out")), TREE, lambda: files(self.path("out"))

    def whole(self, got, want):
        assert got.keys() == want.keys() and all(got[name] == data for name, data in want.items()), sorted(got)
        assert not self.journals() and not self.uploads(), (self.journals(), self.uploads())

    def __exit__(self, *_):
        super().__exit__()
        self.server.stop()
