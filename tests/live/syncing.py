"""syncing.py: sync in front of a real server: what is said, what is asked for, and what is on either side then.

    scene = syncing.place("minio")                    # cleaned; its server runs until the program ends
    scene.sync("--delete", scene.path("tree"), "images:n/")
"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from folders import files  # noqa: E402
from scene import Places, Scene  # noqa: E402


class Place(Scene):
    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "attempts = 3"])
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")

    def write(self, path, data=b"x"):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "wb") as file:
            file.write(data)

    def tree(self, top):
        return files(self.path(top))

    def sync(self, *words, code=0, **kinds):
        """(done, skipped, refused, failed), and the whole."""
        self.mark = len(self.between.requests)
        done = self.run("--json", "sync", *words, **kinds)
        last = done.lines[-1]
        assert done.code == code and last["type"] == "summary", done
        assert last["scanned"] == last["done"] + last["skipped"] + last["refused"] + last["failed"], last
        assert last["done"] == (last["would_copy"] + last["would_remove"] if "would_copy" in last else last["copied"] + last["removed"]), last
        return tuple(last[name] for name in ("done", "skipped", "refused", "failed")), done

    def asked(self):
        return [r["method"] + " " + r["path"].partition("?")[0] for r in self.between.requests[self.mark:]]

    def clean(self):
        self.between.plan([])
        while keys := self.keys():                    # a page of them
            self.client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in keys]})


place = Places(Place)


def page(keys, truncated, token=None, prefix="s/"):
    """A rule: this page is the listing, whatever the server has."""
    items = "".join("<Contents><Key>" + prefix + "%s</Key><Size>1</Size><LastModified>2026-11-25T10:00:00Z</LastModified><ETag>\"e\"</ETag></Contents>" % key for key in keys)
    token = "<NextContinuationToken>%s</NextContinuationToken>" % token if token else ""
    return {"method": "GET", "path": "list-type=2", "do": "reply", "status": 200, "body":
            "<ListBucketResult><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>" % (str(truncated).lower(), token, items)}
