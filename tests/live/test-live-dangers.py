#!/usr/bin/env python3
"""test-live-dangers.py: what real servers answer with success and get wrong, and that none of it reaches an object of ours.

Thirteen dangers were measured that concern objects, and each is a test here, on the servers that have it, with the requests
seen by a proxy: (1-3) PUT and DELETE with a sub-resource, (4) DELETE of an object with one, (5) DeleteObjects whose body is
not checked, (6) conditions not looked at, (7) encryption and class left out, (8) keys taken for others, (9) keys hidden by
their folder, (10) encoding-type=url not done, (11) forgotten uploads, (12) x-minio-force-delete, (14) public-read without effect,
(15) host style without a domain, which is looked for before anything else is sent. Two more, and the CORS of (14), concern settings of buckets: (13) those of a
missing bucket are taken, (16) those written in parallel are lost. No command but infra writes one: test-live-settings.py; that
one does so in turn and reads each back: test-live-infra.py.
"""
import json
import os
import re
import sys
import time

import session
from session import CONFLICT, INTEGRITY, INVALID, NOTFOUND, UNSUPPORTED, Session, check_query

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

SOURCE = os.environ["TOP_SRCDIR"]
BOTH = ("minio", "versitygw")


# ---- 1 to 4: sub-resources

def test_live_dangers_01_02_03_14_no_request_has_a_forbidden_sub_resource_or_header():
    """Every request that the builders make, for every row, but those that write a setting of a bucket, which are resources' alone; and no name stands in the source that they do not. None asks for an
    object that is public: where that has no effect it is answered by success."""
    names = set()
    with open(os.path.join(SOURCE, "tests/wire/s3/requests.json")) as file:
        requests = [request for request in map(json.loads, file) if "method" in request]
    for request in requests:
        query = [name for name, _ in request["query"]]
        names |= set(query)
        if request["method"] in session.ALLOWED and not session.OF_SETTINGS.match(request["operation"]):
            check_query(request["method"], query, request["path"] == "/")
        assert not [name for name, _ in request["headers"] if name.lower().startswith(("x-minio-", "x-amz-acl", "x-amz-grant-"))], request
    assert len(requests) > 100
    folder = os.path.join(SOURCE, "drivers/s3")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name)) as file:
            found = set(re.findall(r'aws_request_query(?:_uint)? \([^,]*, "([^"]*)"', file.read()))
        assert found <= names, (name, found - names)


def check_04(name):
    """A DELETE has no name but a version's or an upload's; one in key, version or upload id stays text."""
    with Session(name, versioning=True) as s:
        version = s.do("write", key="k", text="stays")["version"]
        s.do("tags_set", key="k", tags={"a": "b"})
        if name != "moto":                 # it answers 500 to a set of no tags
            s.do("tags_set", key="k", tags={})
            assert s.do("tags", key="k")["tags"] == {}
        hostile = ["k?retention", "k?tagging&legal-hold", {"key": "k", "version": version + "&retention"}]
        assert s.remove(*hostile)[:2] == [0, 0]                   # one request with a list, where that is safe
        s.forget()
        for item in hostile:                                      # alone, each is a DELETE of its own
            s.remove(item)
        assert len(s.sent("DELETE", "^/%s/k" % s.bucket)) == 3, s.sent()
        s.ask("abort", key="k", id="none&acl")
        assert s.text("k") == "stays"
        assert s.sent("DELETE") or s.sent("POST", "delete")


def test_live_dangers_04_sub_resource_delete_minio():
    check_04("minio")


def test_live_dangers_04_sub_resource_delete_versitygw():
    check_04("versitygw")


def test_live_dangers_04_sub_resource_delete_moto():
    check_04("moto")


# ---- 5: a list of keys whose hash nobody checks

def check_05(name, host, lists, singles):
    with Session(name, host=host) as s:
        for key in "abcd":
            s.do("write", key=key, text=key)
        s.forget()
        assert s.remove("a", "b", "c") == [0, 0, 0]
        assert (len(s.sent("POST", "delete")), len(s.sent("DELETE"))) == (lists, singles), s.sent()
        assert s.keys() == ["d"]


def test_live_dangers_05_delete_objects_in_clear_goes_key_by_key():
    """0.0.0.0 leads to this machine, and does not look it: as any server to which others can listen in between."""
    check_05("minio", "0.0.0.0", 0, 3)


def test_live_dangers_05_delete_objects_on_this_machine_is_one_request():
    check_05("minio", "127.0.0.1", 1, 0)


def test_live_dangers_05_delete_objects_where_the_hash_is_checked_is_one_request():
    check_05("versitygw", "0.0.0.0", 1, 0)


FIRST, LAST = "x" * (5 << 20), "last"


def altered_list(name, row=None):
    """Two parts sent, and whoever stands between takes the last off the list that ends the upload: the session, and what finish said."""
    s = Session(name, host="0.0.0.0", row=row, plan=[{"method": "POST", "path": "uploadId=", "do": "alter", "change": without_last}])
    upload = s.do("begin", key="k")["id"]
    parts = [s.do("part", key="k", id=upload, number=number, text=text) for number, text in enumerate((FIRST, LAST), 1)]
    reply = s.ask("finish", key="k", id=upload, parts=parts, length=len(FIRST + LAST))
    assert s.sent("POST", "uploadId=")[0]["action"] == "alter"
    return s, upload, reply


def check_05_parts(name):
    """Nobody looks at the list's hash on MinIO, but the whole has a checksum, put together from those of the parts, in a signed header."""
    s, upload, reply = altered_list(name)
    with s:
        assert reply["code"] not in (0, None) and reply["message"], reply
        assert s.keys() == [], "half an object was made"
        s.do("abort", key="k", id=upload)


def without_last(body):
    at, end = body.rindex(b"<Part>"), body.rindex(b"</Part>") + 7
    return body[:at] + b" " * (end - at) + body[end:]


def test_live_dangers_05_parts_taken_off_the_list_minio():
    check_05_parts("minio")


def test_live_dangers_05_parts_taken_off_the_list_versitygw():
    check_05_parts("versitygw")


def test_live_dangers_05_parts_taken_off_the_list_without_a_checksum():
    """Where the server was told neither checksum nor size of the whole, what it made is looked at."""
    s, _, reply = altered_list("minio", row="other")
    with s:
        assert reply["code"] == INTEGRITY and "was made of %d bytes, not of %d" % (len(FIRST), len(FIRST + LAST)) in reply["message"] and reply["next"], reply


def test_live_dangers_05_tags_in_clear_minio():
    """Their hash nobody looks at, and there is no header that would tell: over http they are as safe as the way is. (doc/dev/servers.md)"""
    with Session("minio", host="0.0.0.0", plan=[{"method": "PUT", "path": "tagging", "do": "alter", "change": lambda body: body.replace(b"true", b"lies")}]) as s:
        s.do("write", key="k", text="x")
        assert s.ask("tags_set", key="k", tags={"a": "true"})["code"] == 0, "it looks now: take the sentence out of doc/dev/servers.md"
        assert s.do("tags", key="k")["tags"] == {"a": "lies"}


# ---- 6: conditions

def test_live_dangers_06_delete_if_match_minio():
    with Session("minio") as s:
        etag = s.do("write", key="k", text="stays")["etag"]
        s.forget()
        assert s.remove({"key": "k", "if_match": "0" * 32}, {"key": "k", "if_match": etag}) == [UNSUPPORTED, UNSUPPORTED]
        assert not s.sent() and s.text("k") == "stays"


def check_06_delete(name):
    with Session(name) as s:
        etag = s.do("write", key="k", text="x")["etag"]
        s.do("write", key="l", text="x")
        s.forget()
        assert s.remove({"key": "k", "if_match": "0" * 32}, {"key": "l", "if_match": etag}) == [CONFLICT, 0]
        assert not s.sent("POST"), "conditions went into a list of keys, where no server looks at them"
        assert s.keys() == ["k"]


def test_live_dangers_06_delete_if_match_versitygw():
    check_06_delete("versitygw")


def test_live_dangers_06_delete_if_match_moto():
    check_06_delete("moto")


def check_06_copy(name):
    with Session(name) as s:
        s.do("write", key="from", text="new")
        etag = s.do("write", key="to", text="stays")["etag"]
        for condition in ({"create_only": True}, {"if_match": "0" * 32}, {"if_match": etag}):
            s.refused(UNSUPPORTED, "copy", key="from", to="to", **condition)
        s.refused(UNSUPPORTED, "copy", key="from", to="none", create_only=True)
        s.refused(CONFLICT, "copy", key="from", to="to", source_if_match="0" * 32)
        assert s.text("to") == "stays" and s.keys() == ["from", "to"]


def test_live_dangers_06_copy_conditions_minio():
    check_06_copy("minio")


def test_live_dangers_06_copy_conditions_versitygw():
    check_06_copy("versitygw")


def test_live_dangers_06_copy_conditions_moto():
    check_06_copy("moto")


def test_live_dangers_06_finish_if_match_moto():
    with Session("moto") as s:
        s.do("write", key="k", text="stays")
        upload = s.do("begin", key="k")["id"]
        part = s.do("part", key="k", id=upload, number=1, text="new")
        s.refused(UNSUPPORTED, "finish", key="k", id=upload, parts=[part], length=3, if_match="0" * 32)
        assert s.text("k") == "stays"
        s.do("abort", key="k", id=upload)


def check_06_length(name, told):
    """A wrong length is found before anything is finished; the header goes only where it is looked at."""
    with Session(name) as s:
        upload = s.do("begin", key="k")["id"]
        part = s.do("part", key="k", id=upload, number=1, text="three")
        s.refused(INTEGRITY, "finish", key="k", id=upload, parts=[part], length=4)
        s.forget()
        s.do("finish", key="k", id=upload, parts=[part], length=5)
        assert told == any("x-amz-mp-object-size" in dict(r["headers"]) for r in s.sent("POST")), s.sent("POST")


def test_live_dangers_06_object_size_minio():
    check_06_length("minio", False)


def test_live_dangers_06_object_size_versitygw():
    check_06_length("versitygw", True)


def test_live_dangers_06_object_size_moto():
    check_06_length("moto", False)


# ---- 7: encryption and class

def check_07(name):
    with Session(name) as s:
        s.do("write", key="from", text="x")
        for asked in ({"encryption": "AES256"}, {"encryption": "aws:kms"}, {"class": "GLACIER"}, {"class": "STANDARD_IA"}):
            reply = s.refused(UNSUPPORTED, "write", key="k", text="secret", **asked)
            assert s.server.row.lower() in reply["message"].lower() and reply["next"], reply
            s.refused(UNSUPPORTED, "begin", key="k", **asked)
            s.refused(UNSUPPORTED, "copy", key="from", to="k", **asked)
        s.refused(UNSUPPORTED, "class", key="from", **{"class": "GLACIER"})
        assert s.keys() == ["from"]


def test_live_dangers_07_encryption_and_class_versitygw():
    check_07("versitygw")


def test_live_dangers_07_encryption_and_class_minio():
    check_07("minio")


def test_live_dangers_07_lost_before_it_was_encrypted():
    """The same bytes are there, but not encrypted as was asked: what was lost on its way is no success."""
    server = servers.start("minio", kms=True)
    with Session("minio", row="aws", server=server) as s:
        s.do("write", key="k", text="secret")
        assert not s.do("stat", key="k").get("encryption")
        s.between.plan([{"method": "PUT", "path": "/k$", "nth": 1, "do": "cut-request", "bytes": 1}])
        s.forget()
        s.do("write", key="k", text="secret", encryption="AES256")
        assert [r["action"] for r in s.sent("PUT")] == ["cut-request", "pass"], s.sent("PUT")
        assert s.server.client().head_object(Bucket=s.bucket, Key="k")["ServerSideEncryption"] == "AES256"
    server.stop()


def test_live_dangers_07_missing_echo_is_a_failure():
    """A server taken for one that encrypts: it says nothing of it, and that is told; an upload does not go on."""
    with Session("versitygw", row="aws") as s:
        s.do("write", key="from", text="x")
        for reply in (s.ask("write", key="k", text="secret", encryption="AES256"), s.ask("copy", key="from", to="k", encryption="AES256"),
                      s.ask("begin", key="u", encryption="AES256")):
            assert reply["code"] == INTEGRITY and "encrypted" in reply["message"] and reply["next"], reply
        assert s.pages("uploads")[0] == []


def test_live_dangers_07_echo_where_there_is_one():
    with Session("moto") as s:
        assert s.do("write", key="k", text="secret", encryption="AES256")["encryption"] == "AES256"
        s.do("copy", key="k", to="l", encryption="aws:kms")
        assert s.do("stat", key="l")["encryption"] == "aws:kms"
        upload = s.do("begin", key="u", encryption="AES256")["id"]
        part = s.do("part", key="u", id=upload, number=1, text="abc")
        s.do("finish", key="u", id=upload, parts=[part], length=3)
        assert s.do("stat", key="u")["encryption"] == "AES256"


# ---- 8: keys taken for others

ALIASES = ("/lead", "p//q", "x/../y", "x/./y", "./y", "y/..", "y/.")


def check_08(name):
    with Session(name) as s:
        for key in ("lead", "p/q", "y", "x/y"):
            s.do("write", key=key, text="stays")
        s.forget()
        for key in ALIASES:
            for what, words in (("write", {"text": "other"}), ("begin", {}), ("stat", {}), ("read", {}), ("tags", {}),
                                ("tags_set", {"tags": {"a": "b"}}), ("url", {}), ("copy", {"to": "copy"}), ("abort", {"id": "none"})):
                reply = s.ask(what, key=key, **words)
                assert reply["code"] == INVALID and "'%s'" % key in reply["message"], (what, reply)
            assert s.ask("copy", key="y", to=key)["code"] == INVALID
        assert s.remove(*ALIASES) == [INVALID] * len(ALIASES)
        assert not [r for r in s.sent() if r["method"] != "HEAD" or "/y" not in r["path"]], s.sent()
        assert s.keys() == ["lead", "p/q", "x/y", "y"] and s.text("y") == s.text("lead") == s.text("p/q") == s.text("x/y") == "stays"


def test_live_dangers_08_aliases_minio():
    check_08("minio")


def test_live_dangers_08_aliases_versitygw():
    check_08("versitygw")


def test_live_dangers_08_aliases_moto_keeps_apart():
    with Session("moto") as s:
        for key in ALIASES:
            s.do("write", key=key, text=key)
        assert s.keys() == sorted(ALIASES) and all(s.text(key) == key for key in ALIASES)
        assert s.remove(*ALIASES) == [0] * len(ALIASES) and s.keys() == []


# ---- 9: keys hidden by their folder

def test_live_dangers_09_hidden_below_minio():
    """Neither order, by no way of writing."""
    with Session("minio") as s:
        s.do("write", key="a", text="stays")
        s.do("write", key="f/g/h", text="stays")
        for below, above in (("a/b", "a"), ("a/b/c", "a"), ("f", "f/"), ("f/g", "f/g/")):
            for what, words in (("write", {"key": below, "text": "x"}), ("begin", {"key": below}), ("copy", {"key": "a", "to": below})):
                reply = s.refused(CONFLICT, what, **words)
                assert "'%s'" % below in reply["message"] and "'" + above in reply["message"] and "guard-keys" in reply["next"], reply
        assert s.keys() == ["a", "f/g/h"]


def test_live_dangers_09_hidden_below_several_processes():
    """What one process saw clear another has filled meanwhile, by either order."""
    with Session("minio") as one, Session("minio", bucket=one.bucket) as two:
        one.do("write", key="x/1", text="x")
        began = time.monotonic()
        two.refused(CONFLICT, "write", key="x", text="x")
        assert two.remove("x/1") == [0]
        two.do("write", key="x", text="x")
        two.refused(CONFLICT, "write", key="x/2", text="x")
        time.sleep(max(0, began + 1.1 - time.monotonic()))     # what one saw itself it believes for a second
        one.refused(CONFLICT, "write", key="x/2", text="x")
        assert one.remove("x") == [0]
        two.do("write", key="x/3", text="x")
        one.refused(CONFLICT, "write", key="x", text="x")


def test_live_dangers_09_own_removal_is_not_forgotten():
    with Session("minio") as s:
        s.do("write", key="x/y/1", text="x")
        s.do("write", key="x/y/2", text="x")
        assert s.remove("x/y/1", "x/y/2") == [0, 0]
        s.do("write", key="x", text="x")
        s.refused(CONFLICT, "write", key="x/y/3", text="x")


def test_live_dangers_09_guard_off_hides():
    """The danger is real: without the guard both are there and one is in no listing."""
    with Session("minio", "guard-keys=no") as s:
        s.do("write", key="a", text="x")
        s.do("write", key="a/b", text="hidden")
        assert s.keys() == ["a"] and s.keys(prefix="a/") == [] and s.text("a/b") == "hidden"


def test_live_dangers_09_versitygw_refuses_itself():
    with Session("versitygw") as s:
        s.do("write", key="a", text="stays")
        s.do("write", key="f/g", text="stays")
        for key in ("a/b", "f"):
            reply = s.ask("write", key=key, text="x")
            assert reply["code"] == CONFLICT and "keeps keys as files" in reply["next"], reply
        assert s.keys() == ["a", "f/g"] and s.text("a") == "stays"


# ---- 10: keys in listings

ODD = ["a b", "a+b", "a%41b", "a%2Fb", "aAb", "a%20b", "a&amp;b", "a<b>", "a\"b'", "a\u00e4b", "\u1112\u1161\u11ab", "\ud55c", "\U0001f600", "a\tb", "a\x01b", "a\x7fb",
       "a\nb", "a\rb", "a\ufffeb", "a\ufffdb", "t+ /%41+x", "t+ /y"]


def check_10(name):
    """Each is kept apart and listed as itself, in objects, versions, groups and uploads; or it is refused."""
    with Session(name, versioning=True) as s:
        kept = [key for key in ODD if s.ask("write", key=key, text=key)["code"] == 0]
        for key in set(ODD) - set(kept):
            s.refused(INVALID, "write", key=key, text=key)
            s.refused(INVALID, "begin", key=key)
        order = sorted(kept, key=str.encode)
        assert s.keys() == order and s.keys(versions=True) == order
        assert s.keys(delimiter="/") == sorted([key for key in kept if not key.startswith("t+ /")] + ["t+ /"], key=str.encode)
        for most in (1, 3):
            assert s.keys(most=most) == order
        assert all(s.text(key) == key for key in kept)
        uploads = {key: s.do("begin", key=key)["id"] for key in kept}
        for key in kept:
            listed = [item for item in s.pages("uploads", prefix=key)[0] if item["key"] == key]
            assert [item["id"] for item in listed] == [uploads[key]], (key, listed)
            s.do("abort", key=key, id=uploads[key])
        assert s.remove(*kept) == [0] * len(kept) and s.keys() == []
        return kept


def test_live_dangers_10_listed_keys_minio():
    assert set(check_10("minio")) == set(ODD)


def test_live_dangers_10_listed_keys_versitygw():
    assert {"a+b", "a%41b", "aAb"} <= set(check_10("versitygw"))


def test_live_dangers_10_listed_keys_moto():
    assert {"a+b", "a%41b", "aAb"} <= set(check_10("moto"))


# ---- 11: uploads that a server forgets

def test_live_dangers_11_uploads_after_a_restart_minio():
    """The listing is empty then; an upload whose id was kept goes on, is found by its key, and ends."""
    with servers.start("minio") as server:
        with Session("minio", server=server, bucket=None) as s:
            done, left = s.do("begin", key="u/done")["id"], s.do("begin", key="u/left")["id"]
            part = s.do("part", key="u/done", id=done, number=1, text="abc")
            s.do("part", key="u/left", id=left, number=1, text="abc")
            assert {item["id"] for item in s.pages("uploads")[0]} == {done, left}
            server.kill()
            server.again()
            assert s.pages("uploads")[0] == [], "it forgets them no more: S3_UPLOADS_LIST of its row says so"
            assert [item["id"] for item in s.pages("uploads", prefix="u/left")[0]] == [left]
            s.do("finish", key="u/done", id=done, parts=[part], length=3)
            s.do("abort", key="u/left", id=left)
            assert s.ask("abort", key="u/left", id=left)["code"] == NOTFOUND
            assert s.keys() == ["u/done"] and s.text("u/done") == "abc"


# ---- 12: x-minio-force-delete

def test_live_dangers_12_force_delete_minio():
    with Session("minio") as s:
        s.do("write", key="p/1", text="x")
        s.do("write", key="p/", text="")
        s.do("write", key="k", text="x", metadata={"x-minio-force-delete": "true"})
        assert s.do("stat", key="k")["metadata"] == {"x-minio-force-delete": "true"}
        for name, value in (("a", "b\r\nx-minio-force-delete: true"), ("a: b\r\nx-minio-force-delete", "true"), ("a\nx", "b")):
            s.refused(INVALID, "write", key="k", text="x", metadata={name: value})
        for field in ("content_type", "cache_control", "content_disposition", "content_encoding"):
            s.refused(INVALID, "write", key="k", text="x", **{field: "text\r\nx-minio-force-delete: true"})
            s.refused(INVALID, "begin", key="k", **{field: "text\nx-minio-force-delete: true"})
        assert s.remove("p/", "q/") == [0, 0] and s.remove("p/") == [0]
        assert s.keys() == ["k", "p/1"]


# ---- 15: the bucket as a host name

def check_15(name):
    """With an endpoint of one's own the bucket is in the path, though its name would fit before that one's: localhost has names below it, a number has none."""
    with Session(name, host="localhost") as s:
        s.do("write", key="photo", text="x")
        assert s.remove("photo", "other") == [0, 0] and s.remove("photo") == [0]
        host = s.between.endpoint.split("//")[1].replace("127.0.0.1", "localhost")
        assert all(r["path"].startswith("/%s" % s.bucket) and dict(r["headers"])["Host"] == host for r in s.sent()), s.sent()
        assert "photo" not in [bucket["Name"] for bucket in s.server.client().list_buckets()["Buckets"]]


def test_live_dangers_15_path_style_minio():
    check_15("minio")


def test_live_dangers_15_path_style_versitygw():
    check_15("versitygw")


def check_15_domain(name):
    with servers.start(name, domain="localhost") as server, Session(name, "addressing=host", server=server, host="localhost") as s:
        s.do("write", key="photo", text="x")
        assert s.keys() == ["photo"] and s.text("photo") == "x"
        assert all(dict(r["headers"])["Host"].startswith(s.bucket + ".localhost:") for r in s.sent()), s.sent()
        assert s.remove("photo") == [0]
        assert [bucket["Name"] for bucket in server.client().list_buckets()["Buckets"]] == [s.bucket]


def test_live_dangers_15_host_style_with_a_domain_minio():
    check_15_domain("minio")


def test_live_dangers_15_host_style_with_a_domain_versitygw():
    check_15_domain("versitygw")


def check_15_no_domain(name):
    """/photo would be a bucket, and somebody's: nothing is sent that changes it."""
    with Session(name, "addressing=host", host="localhost") as s:
        s.server.make_bucket("photo")
        buckets = sorted(bucket["Name"] for bucket in s.server.client().list_buckets()["Buckets"])
        for what, words in (("write", {"text": ""}), ("begin", {}), ("copy", {"to": "photo2"}), ("tags_set", {"tags": {"a": "b"}})):
            reply = s.refused(INVALID, what, key="photo", **words)
            assert "does not take bucket '%s' from the name of its host" % s.bucket in reply["message"] and "addressing = path" in reply["next"], reply
        assert s.remove("photo", "none") == [INVALID, INVALID]
        assert not [r for r in s.sent() if r["method"] != "GET"], s.sent()
        assert sorted(bucket["Name"] for bucket in s.server.client().list_buckets()["Buckets"]) == buckets
        s.server.client().delete_bucket(Bucket="photo")


def test_live_dangers_15_host_style_without_a_domain_minio():
    check_15_no_domain("minio")


def test_live_dangers_15_host_style_without_a_domain_versitygw():
    check_15_no_domain("versitygw")


def test_live_dangers_15_host_style_moto_knows_by_itself():
    """Asked once a bucket, and never again."""
    with Session("moto", "addressing=host", host="localhost") as s:
        s.do("write", key="photo", text="x")
        assert s.text("photo") == "x" and s.remove("photo") == [0]
        assert [r["path"] for r in s.sent("GET")][0].startswith("/?") and len([r for r in s.sent("GET") if r["path"].startswith("/?")]) == 1, s.sent()


def test_live_dangers_15_a_name_that_fits_no_host():
    """It goes into the path, where nothing is to be asked."""
    with Session("versitygw", "addressing=host", host="127.0.0.1") as s:
        s.do("write", key="photo", text="x")
        assert not s.sent("GET") and s.sent("PUT")[0]["path"] == "/%s/photo" % s.bucket, s.sent()


def test_live_dangers_15_host_style_that_cannot_be_seen():
    """Credentials that may not list: what the host's name does stays unknown, and nothing is sent."""
    with servers.start("minio", domain="localhost") as server:
        with Session("minio", "addressing=host", server=server, host="localhost", plan=[{"method": "GET", "path": "list-type", "do": "reply", "code": "AccessDenied"}]) as s:
            reply = s.refused(INVALID, "write", key="photo", text="x")
            assert "does not let these credentials see" in reply["message"], reply


tap.run(sys.modules[__name__])
