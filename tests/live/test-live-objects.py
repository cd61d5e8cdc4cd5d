#!/usr/bin/env python3
"""test-live-objects.py: operations of the s3 driver that no command reaches yet, on real servers: addresses, versions, parts,
uploads, tags, classes, restores, long listings, odd metadata, limits."""
import hashlib
import os
import sys
import urllib.error
import urllib.request

from session import INTEGRITY, INVALID, LIMIT, NOTFOUND, UNSUPPORTED, Session

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402

MIB = 1 << 20
ODD_KEY = "a b/\u00e4+%41&=?#~'().png"
ALL = {"content_type": "image/png", "content_encoding": "identity", "cache_control": "max-age=60", "content_disposition": "attachment; filename=\"x y.png\"",
       "metadata": {"user_id": "u", "job-id": "\uc774\ub984", "blank": " a  b ", "none": ""}}


# ---- addresses

def fetch(url, method="GET", data=None):
    """(status, body), by a stranger to the driver."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "text/plain"} if data else {})
    try:
        with opener.open(request, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def check_url(name):
    with Session(name, versioning=True) as s:
        old = s.do("write", key=ODD_KEY, text="first")["version"]
        s.do("write", key=ODD_KEY, text="second")
        assert fetch(s.do("url", key=ODD_KEY)["url"]) == (200, b"second")
        assert fetch(s.do("url", key=ODD_KEY, version=old)["url"]) == (200, b"first")
        assert fetch(s.do("url", key="new " + ODD_KEY, method="PUT")["url"], "PUT", b"by address")[0] == 200
        assert s.text("new " + ODD_KEY) == "by address"
        s.refused(INVALID, "url", key="k", expires=604801)
        s.refused(INVALID, "url", key="k", expires=0)
        if name == "moto":                     # it checks no address at all
            return
        status, body = fetch(s.do("url", key=ODD_KEY, expires=60, later=-120)["url"])
        assert status == 403 and b"AccessDenied" in body, body
        good = s.do("url", key=ODD_KEY)["url"]
        assert fetch(good, "PUT", b"other")[0] == 403 and fetch(good, "DELETE")[0] == 403
        assert fetch(good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))[0] == 403
        assert s.text(ODD_KEY) == "second"


def test_live_objects_address_minio():
    check_url("minio")


def test_live_objects_address_versitygw():
    check_url("versitygw")


def test_live_objects_address_moto():
    check_url("moto")


# ---- versions

def check_versions(name):
    """c-B01: a removed object comes back by taking its marker away; one that was not removed has none to take."""
    with Session(name, versioning=True) as s:
        first, second = (s.do("write", key="k", text=text, metadata={"n": text})["version"] for text in ("first", "second"))
        s.do("write", key="live", text="x")
        assert s.remove("k") == [0] and s.text("k") == NOTFOUND
        items = s.pages(prefix="k", versions=True)[0]
        marker = [item for item in items if item["marker"]]
        assert len(marker) == 1 and marker[0]["latest"], items
        assert [item["version"] for item in items if not item["marker"]] == [second, first], items
        for version, text in ((first, "first"), (second, "second")):
            reply = s.do("read", key="k", version=version)
            assert reply["text"] == text and reply["metadata"] == {"n": text} and s.do("stat", key="k", version=version)["version"] == version
        assert s.remove({"key": "k", "version": marker[0]["version"]}) == [0]
        assert s.text("k") == "second" and s.do("stat", key="k")["metadata"] == {"n": "second"}
        assert s.remove({"key": "k", "version": second}) == [0] and s.text("k") == "first"
        s.do("copy", key="k", version=first, to="restored")
        assert s.text("restored") == "first" and s.do("stat", key="restored")["metadata"] == {"n": "first"}
        assert not [item for item in s.pages(prefix="live", versions=True)[0] if item["marker"]]
        if name != "versitygw":                # it answers 400 to a version that never was
            assert s.ask("read", key="k", version="00000000-0000-0000-0000-000000000000")["code"] == NOTFOUND


def test_live_objects_versions_minio():
    check_versions("minio")


def test_live_objects_versions_versitygw():
    check_versions("versitygw")


def test_live_objects_versions_moto():
    check_versions("moto")


def test_live_objects_versions_of_many_pages_minio():
    """c-B02: more versions of one key than a page holds, markers among them: each once, newest first, the next key too."""
    with Session("minio", versioning=True) as s:
        s.do("write", key="a", text="x")
        made = []
        for number in range(1250):
            if number % 100 == 50:
                assert s.remove("k") == [0]
                made.append(None)
            made.append(s.do("write", key="k", text=str(number))["version"])
        s.do("write", key="z", text="x")
        items, pages = s.pages(versions=True)
        of_k = [item for item in items if item["key"] == "k"]
        assert pages == 2 and [item["key"] for item in items] == ["a"] + ["k"] * len(made) + ["z"]
        assert [None if item["marker"] else item["version"] for item in of_k] == made[::-1]
        assert len({item["version"] for item in of_k}) == len(made) and [item["latest"] for item in of_k] == [True] + [False] * (len(made) - 1)
        s.do("copy", key="k", version=[version for version in made if version][1200], to="k")
        assert s.text("k") == "1200"


# ---- parts

def check_parts(name):
    """Three parts out of order; what the server says of the whole is what we reckon of the bytes that come back."""
    with Session(name) as s:
        upload = s.do("begin", key="big", **ALL)["id"]
        sizes = (5 * MIB, 5 * MIB, 4321)
        parts = {number: s.do("part", key="big", id=upload, number=number, fill=sizes[number - 1], seed=number) for number in (3, 1, 2)}
        assert s.text("big") == NOTFOUND
        assert [item["id"] for item in s.pages("uploads", prefix="big")[0]] == [upload]
        done = s.do("finish", key="big", id=upload, parts=[parts[number] for number in (1, 2, 3)], length=sum(sizes))
        read, seen = s.do("read", key="big"), s.do("stat", key="big")
        assert read["got"] == seen["length"] == sum(sizes) and done["etag"] == seen["etag"] and done["etag"].endswith("-3")
        assert {field: seen[field] for field in ALL} == ALL, seen
        if name != "moto":                     # what it says of a whole upload is wrong, so it is not asked
            assert all(part["checksum"] for part in parts.values())
            assert seen["checksum"] == done["checksum"] == read["crc64nvme"] and not seen["composite"], (done, seen, read)
        assert s.pages("uploads")[0] == []


def test_live_objects_parts_minio():
    check_parts("minio")


def test_live_objects_parts_versitygw():
    check_parts("versitygw")


def test_live_objects_parts_moto():
    check_parts("moto")


def check_abort(name):
    with Session(name) as s:
        kept, gone = s.do("begin", key="u/kept")["id"], s.do("begin", key="u/gone")["id"]
        s.do("part", key="u/gone", id=gone, number=1, text="x")
        assert {item["id"] for item in s.pages("uploads")[0]} == {kept, gone}
        s.do("abort", key="u/gone", id=gone)
        assert [(item["key"], item["id"]) for item in s.pages("uploads")[0]] == [("u/kept", kept)]
        assert s.ask("abort", key="u/gone", id=gone)["code"] == NOTFOUND
        s.do("abort", key="u/kept", id=kept)
        assert s.keys() == []


def test_live_objects_abort_minio():
    check_abort("minio")


def test_live_objects_abort_versitygw():
    check_abort("versitygw")


def test_live_objects_abort_moto():
    check_abort("moto")


# ---- tags, classes, restores

def check_tags(name):
    tags = {"team": "a b+c/d", "none": ""}
    if name != "minio":                        # its tags are plain ASCII
        tags["p\u00e4r"] = "\uc774\ub984"
    with Session(name, versioning=True) as s:
        old = s.do("write", key="k", text="x")["version"]
        s.do("write", key="k", text="y")
        s.do("tags_set", key="k", tags=tags)
        s.do("tags_set", key="k", version=old, tags={"old": "1"})
        assert s.do("tags", key="k")["tags"] == tags and s.do("tags", key="k", version=old)["tags"] == {"old": "1"}
        assert s.ask("tags_set", key="k", tags={str(number): "x" for number in range(11)})["code"] in (INVALID, LIMIT)
        assert s.ask("tags", key="none")["code"] == NOTFOUND
        assert s.do("tags", key="k")["tags"] == tags and s.text("k") == "y"


def test_live_objects_tags_minio():
    check_tags("minio")


def test_live_objects_tags_versitygw():
    check_tags("versitygw")


def test_live_objects_tags_moto():
    check_tags("moto")


def test_live_objects_class_and_restore_moto():
    with Session("moto") as s:
        s.do("write", key="k", text="cold", **{"class": "GLACIER_IR"}, **ALL)
        assert s.do("stat", key="k")["class"] == "GLACIER_IR"
        s.do("class", key="k", **{"class": "DEEP_ARCHIVE"})
        seen = s.do("stat", key="k")
        assert seen["class"] == "DEEP_ARCHIVE" and {field: seen[field] for field in ALL} == ALL
        reply = s.ask("read", key="k")
        assert reply["code"] == "NOTREADY" and reply["next"], reply
        s.do("restore", key="k", days=2, tier="Bulk")
        assert s.sent("POST", "restore")[-1]["status"] == 202
        assert s.do("stat", key="k")["restore"] == 2 and s.text("k") == "cold"


def check_no_restore(name):
    with Session(name) as s:
        s.do("write", key="k", text="x")
        reply = s.refused(UNSUPPORTED, "restore", key="k")
        assert reply["next"], reply


def test_live_objects_restore_minio():
    check_no_restore("minio")


def test_live_objects_restore_versitygw():
    check_no_restore("versitygw")


# ---- copies

def check_copy(name):
    """c-T06: the copy has all of its source at every size; one attribute replaced leaves the others."""
    with Session(name) as s:
        for key, words in (("empty", {"text": ""}), ("small", {"fill": MIB}), ("large", {"fill": 12 * MIB})):
            s.do("write", key=key, **words, **ALL)
            s.do("copy", key=key, to="copy/" + key)
            s.do("copy", key=key, to="other/" + key, cache_control="no-store")
            s.do("copy", key=key, to="bare/" + key, metadata={})
            seen = s.do("stat", key="copy/" + key)
            assert {field: seen[field] for field in ALL} == ALL and seen["length"] == s.do("stat", key=key)["length"]
            seen = s.do("stat", key="other/" + key)
            assert {field: seen[field] for field in ALL} == {**ALL, "cache_control": "no-store"}, seen
            assert s.do("stat", key="bare/" + key)["metadata"] == {}
            assert s.do("read", key="copy/" + key)["crc64nvme"] == s.do("read", key=key)["crc64nvme"]


def test_live_objects_copy_minio():
    check_copy("minio")


def test_live_objects_copy_versitygw():
    check_copy("versitygw")


def test_live_objects_copy_moto():
    check_copy("moto")


# ---- many keys

def check_many(name):
    with Session(name) as s:
        keys = ["many/%04d" % number for number in range(1100)]
        for key in keys:
            s.do("write", key=key, text=key)
        found, pages = s.pages()
        assert [item["key"] for item in found] == keys and pages == 2
        assert s.keys(after=keys[1090]) == keys[1091:] and s.keys(prefix="many/000") == keys[:10]
        s.forget()
        assert s.remove(*keys[:550], "never", *keys[550:]) == [0] * 1101
        assert len(s.sent("POST", "delete")) == 2 and not s.sent("DELETE") and s.keys() == []


def test_live_objects_many_minio():
    check_many("minio")


def test_live_objects_many_versitygw():
    check_many("versitygw")


def test_live_objects_many_moto():
    check_many("moto")


# ---- metadata

VALUES = ["\uc0ac\uc6a9\uc790", "\u00fcber \u2603", " lead", "trail ", "a  b", "", "=?UTF-8?B?w6Q=?=", "\U0001f600" * 40, "\"q\", c; d=1", "%41+&"]


def check_metadata(name):
    """c-D07: every value that is taken comes back byte for byte, however it was written; what cannot travel is not sent."""
    with Session(name) as s:
        given = {"n%d" % number: value for number, value in enumerate(VALUES)}
        s.do("write", key="k", text="x", metadata=given)
        s.do("copy", key="k", to="copy")
        upload = s.do("begin", key="parts", metadata=given)["id"]
        part = s.do("part", key="parts", id=upload, number=1, text="x")
        s.do("finish", key="parts", id=upload, parts=[part], length=1)
        for key in ("k", "copy", "parts"):
            assert s.do("stat", key=key)["metadata"] == given and s.do("read", key=key)["metadata"] == given
        for value in ("line\nbreak", "a\rb", "\x07", "\x7f"):
            reply = s.refused(INVALID, "write", key="k", text="x", metadata={"field": value})
            assert "'field'" in reply["message"] and "byte" in reply["message"], reply
        if name != "moto":                     # it has no limit
            reply = s.refused(LIMIT, "write", key="k", text="x", metadata={"a": "v" * 3072})
            assert "2048" in reply["message"], reply
        for field in ("", "a b", "\u00e4", "A", "a:b"):
            s.refused(INVALID, "write", key="k", text="x", metadata={field: "v"})


def test_live_objects_metadata_minio():
    check_metadata("minio")


def test_live_objects_metadata_versitygw():
    check_metadata("versitygw")


def test_live_objects_metadata_moto():
    check_metadata("moto")


# ---- limits

def test_live_objects_five_gib():
    """Refused before a byte is read or sent; of a copy, when the source is looked at."""
    most = 5 << 30
    plan = [{"method": "HEAD", "path": "/huge$", "do": "headers", "set": {"Content-Length": str(most + 1)}}]
    with Session("minio", plan=plan) as s:
        assert s.refused(LIMIT, "write", key="k", claim=most + 1)["taken"] == 0
        upload = s.do("begin", key="k")["id"]
        assert s.refused(LIMIT, "part", key="k", id=upload, number=1, claim=most + 1)["taken"] == 0
        s.do("abort", key="k", id=upload)
        s.do("write", key="huge", text="x")
        reply = s.refused(LIMIT, "copy", key="huge", to="k")
        assert "parts" in reply["next"], reply
        assert s.keys() == ["huge"]


def test_live_objects_part_numbers():
    with Session("minio") as s:
        upload = s.do("begin", key="k")["id"]
        for number in (0, 10001):
            s.refused(INVALID, "part", key="k", id=upload, number=number, text="x")
        part = s.do("part", key="k", id=upload, number=2, text="x")
        s.refused(INTEGRITY, "finish", key="k", id=upload, parts=[part], length=1)
        s.do("abort", key="k", id=upload)


def test_live_objects_bytes_reach_a_stranger():
    """The oracle of the others: what was sent is what boto3 gets."""
    with Session("minio") as s:
        etag = s.do("write", key="k", fill=100000, seed=9)["etag"]
        body = s.server.client().get_object(Bucket=s.bucket, Key="k")["Body"].read()
        assert len(body) == 100000 and hashlib.md5(body).hexdigest() == etag


# ---- class

def check_told(name):
    """A class that no header tells is STANDARD: stat says what the listing says."""
    with Session(name) as s:
        s.do("write", key="k", text="x")
        listed = s.pages()[0][0]["class"]
        assert s.do("stat", key="k")["class"] == listed == s.do("read", key="k")["class"] == "STANDARD", listed


def test_live_objects_class_told_minio():
    check_told("minio")


def test_live_objects_class_told_versitygw():
    check_told("versitygw")


def test_live_objects_class_told_moto():
    check_told("moto")


tap.run(sys.modules[__name__])
