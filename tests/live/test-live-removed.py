#!/usr/bin/env python3
"""test-live-removed: in a bucket with versions what was removed can be written anew, under a condition too. versitygw takes a
delete marker for an object: the driver goes on from the etag of what was removed, and nobody's object is replaced."""
import os
import sys

import session
from session import CONFLICT, Session

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from scene import BLUE, RED, Scene, image_key, thumbnail_key  # noqa: E402


def check_picture(name):
    """The same again, another one, with and without --overwrite; the thumbnail removed as well, or left."""
    server = session.started(name)
    with Scene(server) as scene:
        server.make_bucket("pictures", versioning=True)
        scene.use_bucket("pictures")
        assert scene.ingest("red", "j").action == "stored"
        for picture, data, both, more in (("red", RED, True, ()), ("blue", BLUE, True, ()), ("blue", BLUE, False, ()), ("red", RED, True, ("--overwrite",))):
            gone = scene.run("rm", "images:" + image_key("j"), *(["images:" + thumbnail_key("j")] if both else []))
            assert gone.code == 0 and scene.head(image_key("j")) is None, gone
            done = scene.ingest(picture, "j", *more)
            assert done.action == "stored", (picture, both, done)
            image, thumbnail = scene.head(image_key("j")), scene.head(thumbnail_key("j"))
            assert image["larder-digest"] == thumbnail["larder-digest"], (image, thumbnail)
            assert scene.client.get_object(Bucket="pictures", Key=image_key("j"))["Body"].read() == data
            assert scene.ingest(picture, "j").action == "already"
        assert scene.ingest("blue", "j").code == 5


def test_live_removed_picture_minio():
    check_picture("minio")


def test_live_removed_picture_versitygw():
    check_picture("versitygw")


def test_live_removed_picture_moto():
    check_picture("moto")


def upload(s, text):
    begun = s.do("begin", key="k")["id"]
    part = s.do("part", key="k", id=begun, number=1, text=text)
    reply = s.ask("finish", key="k", id=begun, parts=[part], length=len(text), create_only=True)
    if reply["code"]:
        s.do("abort", key="k", id=begun)
    return reply["code"]


def check_create_only(name):
    with Session(name, versioning=True) as s:
        def write(text):
            return s.ask("write", key="k", text=text, create_only=True)["code"]
        for number, put in enumerate((write, lambda text: upload(s, text)) * 2, 1):
            assert put("text %d" % number) == 0 and s.text("k") == "text %d" % number
            assert write("other") == CONFLICT and upload(s, "other") == CONFLICT and s.text("k") == "text %d" % number
            assert s.remove("k") == [0]
        assert s.remove("k") == [0] and write("last") == 0            # two markers, one above the other
        assert s.text("k") == "last" and s.keys() == ["k"]


def test_live_removed_create_only_minio():
    check_create_only("minio")


def test_live_removed_create_only_versitygw():
    check_create_only("versitygw")


def test_live_removed_create_only_moto():
    check_create_only("moto")


def test_live_removed_somebody_else_is_faster():
    """Between the look at the marker and the write over it."""
    with Session("versitygw", versioning=True) as one:
        one.do("write", key="k", text="first")
        assert one.remove("k") == [0]

        def meanwhile(_):
            one.do("write", key="k", text="faster", create_only=True)
        with Session("versitygw", bucket=one.bucket, plan=[{"method": "PUT", "nth": 2, "before": meanwhile}]) as two:
            reply = two.ask("write", key="k", text="slower", create_only=True)
        assert reply["code"] == CONFLICT and one.text("k") == "faster", reply


def test_live_removed_lost_reply():
    """Over a marker too a write that was carried out is known again."""
    with Session("versitygw", versioning=True, plan=[{"method": "PUT", "nth": 3, "do": "drop-reply"}]) as s:
        s.do("write", key="k", text="first")
        assert s.remove("k") == [0]
        version = s.do("write", key="k", text="second", create_only=True)["version"]
        items = s.pages(versions=True)[0]
        assert s.text("k") == "second" and [item["version"] for item in items if not item["marker"]][0] == version and len(items) == 3, items


def check_lost_batch(name):
    """c-T15's kind, for many keys in one request: what went is known by a look, and has one delete marker each; what somebody wrote
    meanwhile, and what names a version, goes once more."""
    def markers(s):
        found = {}
        for item in s.pages(versions=True)[0]:
            found[item["key"]] = found.get(item["key"], 0) + bool(item["marker"])
        return found

    with Session(name, versioning=True) as s:
        for key in ("a", "b", "c", "old"):
            version = s.do("write", key=key, text="first")["version"]
        s.between.plan([{"method": "POST", "path": "delete", "nth": 1, "do": "drop-reply",
                         "after": lambda _: s.server.client().put_object(Bucket=s.bucket, Key="b", Body=b"meanwhile")}])
        assert s.remove("a", "b", "c", "never", {"key": "old", "version": version}) == [0] * 5
        found = markers(s)
        assert found.pop("never", 0) < 2 and found == {"a": 1, "b": 2, "c": 1}, found      # b: of either that was removed
        assert len(s.sent("POST")) == 2 and s.keys() == [], s.sent("POST")


def test_live_removed_batch_unanswered_minio():
    check_lost_batch("minio")


def test_live_removed_batch_unanswered_versitygw():
    check_lost_batch("versitygw")


def test_live_removed_batch_never_arrived():
    """Nothing was done: all of it goes again, in one request."""
    with Session("minio", versioning=True) as s:
        for key in ("a", "b"):
            s.do("write", key=key, text="first")
        s.between.plan([{"method": "POST", "path": "delete", "nth": 1, "do": "cut-before"}])
        assert s.remove("a", "b") == [0, 0] and s.keys() == []
        assert len(s.sent("POST")) == 2 and [item["marker"] for item in s.pages(versions=True)[0]].count(True) == 2


def test_live_removed_nothing_tells_the_etag():
    """The versions below the marker are gone one by one: it is refused, with the reason."""
    with Session("versitygw", versioning=True) as s:
        version = s.do("write", key="k", text="first")["version"]
        assert s.remove("k") == [0] and s.remove({"key": "k", "version": version}) == [0]
        reply = s.ask("write", key="k", text="second", create_only=True)
        assert reply["code"] == CONFLICT and "delete marker" in reply["message"] and "rm --version" in reply["next"], reply
        assert s.keys() == []
        marker = s.pages(versions=True)[0][0]["version"]
        assert s.remove({"key": "k", "version": marker}) == [0]
        s.do("write", key="k", text="second", create_only=True)


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
