#!/usr/bin/env python3
"""test-live-glacier.py: the driver glacier on moto: where what is written goes, and what becomes of it from there until it can be read. moto's own restores wait
until the test lets them end."""
import contextlib
import email.utils
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/cli"))
import clock  # noqa: E402
import proxy  # noqa: E402
import tap  # noqa: E402
from session import Session, started  # noqa: E402
from tool import ENV, LARDER, larder, write  # noqa: E402

BUCKET = "pingvas-studio-backups"
BEGINS, STAYS, ENDS = {"progression": "manual", "times": 1}, {"progression": "manual", "times": 1000000}, {"progression": "immediate"}


def restores(how):
    """How moto's restores go on from here, those that are under way too: a step at a look (the first: it is running), none, or all at once."""
    body = json.dumps({"model_name": "s3::keyrestore", "transition": how}).encode()
    urllib.request.urlopen(urllib.request.Request(started("moto").endpoint + "/moto-api/state-manager/set-transition", body, {"content-type": "application/json"})).close()


def class_of(s, key):
    return s.server.client().head_object(Bucket=s.bucket, Key=key).get("StorageClass", "STANDARD")


def test_live_glacier_class():
    """GLACIER unless the section or the writer says another; by parts, too. A copy keeps its source's."""
    for options, kind in (((), "GLACIER"), (("class=GLACIER_IR",), "GLACIER_IR"), (("class=DEEP_ARCHIVE",), "DEEP_ARCHIVE")):
        with Session("moto", *options, driver="glacier") as s:
            s.do("write", key="plain", text="x")
            s.do("write", key="index", text="x", **{"class": "STANDARD"})
            s.do("write", key="deep", text="x", **{"class": "DEEP_ARCHIVE"})
            upload = s.do("begin", key="parts")["id"]
            part = s.do("part", key="parts", id=upload, number=1, text="x")
            s.do("finish", key="parts", id=upload, parts=[{"number": 1, "etag": part["etag"], "length": 1}], length=1)
            s.do("copy", key="index", to="copied")
            found = {key: class_of(s, key) for key in ("plain", "index", "deep", "parts", "copied")}
            assert found == {"plain": kind, "index": "STANDARD", "deep": "DEEP_ARCHIVE", "parts": kind, "copied": "STANDARD"}, found


def test_live_glacier_restore():
    """Not ready, with what to do; asked for, and again; running; readable, and until when."""
    restores(BEGINS)
    with Session("moto", driver="glacier") as s:
        s.do("write", key="k", text="cold")
        reply = s.ask("read", key="k")
        assert reply["code"] == "NOTREADY" and "restore the object first" in reply["next"], reply
        assert s.do("stat", key="k")["restore"] == 0
        s.do("restore", key="k", days=2, tier="Bulk")
        assert s.do("stat", key="k")["restore"] == 1
        restores(STAYS)
        s.do("restore", key="k", days=2)
        assert s.do("stat", key="k")["restore"] == 1 and s.ask("read", key="k")["code"] == "NOTREADY"
        s.between.plan([{"method": "POST", "path": "restore", "do": "reply", "status": 409, "code": "RestoreAlreadyInProgress"}])
        s.do("restore", key="k", days=2)                  # as AWS says it
        s.between.plan([{"method": "POST", "path": "restore", "do": "reply", "status": 403, "code": "AccessDenied"}])
        assert s.ask("restore", key="k", days=2)["code"] == "DENIED"
        s.between.plan([])
        s.do("write", key="index", text="x", **{"class": "STANDARD"})
        reply = s.ask("restore", key="index", days=2)
        assert reply["code"] == "CONFLICT" and "not archived" in reply["message"] and reply["next"], reply
        restores(ENDS)
        assert s.do("stat", key="k")["restore"] == 2 and s.text("k") == "cold"


def test_live_glacier_where_there_is_no_archive():
    """A server without such classes is told when it is opened: as a result by plan, and by whatever would write there."""
    with behind("minio") as (_, between, home, env):
        got = larder("infra", "plan", "--json", "--only", "store/backups", env=env)
        lacking = [line for line in got.lines() if line.get("change") == "unsupported"]
        assert got.code == 0 and len(lacking) == 1 and "MinIO refuses storage class 'GLACIER'" in str(lacking), (got.out, got.err)
        assert larder("infra", "plan", "--strict", "--only", "store/backups", env=env).code == 2
        write(os.path.join(home, "a"), b"x")
        got = larder("put", os.path.join(home, "a"), "backups:", env=env)
        assert got.code == 2 and "MinIO refuses storage class 'GLACIER'" in got.err and """in [backend "archive"]: s3 keeps""" in got.err, (got.code, got.err)
        assert not [r["path"] for r in between.requests if BUCKET in r["path"]]


@contextlib.contextmanager
def behind(name):
    """A server, what is between it and us, a folder, and the environment of larder there. moto's restores end at the end."""
    server = started(name)
    between = proxy.Proxy(server.endpoint)
    try:
        with tempfile.TemporaryDirectory() as home:
            yield server, between, home, dict(server.environment(between.endpoint), LARDER_CONFIG=place(home, between, name), LARDER_PROFILE="test", XDG_STATE_HOME=home)
    finally:
        between.stop()
        if name == "moto":
            restores(ENDS)


def place(home, between, server):
    """A store of archives and one of s3, without classes of their own."""
    backend = "server = %s\nendpoint = %s\nregion = us-east-1\n" % (server, between.endpoint)
    write(os.path.join(home, "profiles/test.ini"), ('[backend "archive"]\ndriver = glacier\n%s[backend "objects"]\ndriver = s3\n%s' % (backend, backend)).encode())
    write(os.path.join(home, "larder.ini"), ('[store "backups"]\nbackend = archive\nbucket = %s\n[store "images"]\nbackend = objects\nbucket = pingvas-studio-images\n' % BUCKET).encode())
    return os.path.join(home, "larder.ini")


def facts_of(address, env):
    told, = (line for line in larder("stat", "--json", address, env=env).lines() if line["type"] == "object")
    return told


def test_live_glacier_by_the_tool():
    """put, cp from a store that knows other classes, get (exit 9), stat: running, then done with the day it ends."""
    with behind("moto") as (server, between, home, env):
        client = server.client()
        for bucket in (BUCKET, "pingvas-studio-images"):
            server.make_bucket(bucket)
        write(os.path.join(home, "a"), b"bytes")
        for words in (("put", os.path.join(home, "a"), "backups:a"), ("put", "--class", "STANDARD", os.path.join(home, "a"), "backups:index"),
                      ("put", os.path.join(home, "a"), "images:b"), ("cp", "images:b", "backups:b")):
            got = larder(*words, env=env)
            assert got.code == 0, (words, got.err)
        found = {one["Key"]: one["StorageClass"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
        assert found == {"a": "GLACIER", "index": "STANDARD", "b": "GLACIER"}, found
        got = larder("get", "backups:a", os.path.join(home, "back"), env=env)
        assert got.code == 9 and "next: larder archive restore 'backups:a'" in got.err and not os.path.exists(os.path.join(home, "back")), (got.code, got.err)
        put, = (line for line in larder("archive", "put", "--json", os.path.join(home, "a"), "backups:x/", env=env).lines() if line["type"] == "archived")
        assert put["class"] == client.head_object(Bucket=BUCKET, Key="x/a")["StorageClass"] == "GLACIER", put
        restores(BEGINS)
        client.restore_object(Bucket=BUCKET, Key="a", RestoreRequest={"Days": 3})
        told = facts_of("backups:a", env)
        assert (told["class"], told["restore"]) == ("GLACIER", "running") and "restored_until" not in told, told
        restores(STAYS)
        assert larder("get", "backups:a", os.path.join(home, "back"), env=env).code == 9
        restores(ENDS)
        told = facts_of("backups:a", env)
        until = client.head_object(Bucket=BUCKET, Key="a")["Restore"].split('"')[3]
        assert told["restore"] == "done" and told["restored_until"] and told["restored_until"][:4] in until, (told, until)
        shown = larder("stat", "backups:a", env=env).out
        assert "done, can be read until " + told["restored_until"] in shown, shown
        assert larder("get", "backups:a", os.path.join(home, "back"), env=env).code == 0
        told = facts_of("backups:index", env)
        assert "restore" not in told and "restore" not in larder("stat", "backups:index", env=env).out, told


def test_live_glacier_job():
    """archive restore: asked for once; a copy that ends within the hour is asked for anew before it is fetched (c-G04); fetched, whatever order the header has."""
    with behind("moto") as (server, between, home, env):
        server.make_bucket(BUCKET)
        write(os.path.join(home, "a"), b"bytes")
        for key in ("p/a", "p/b"):
            assert larder("put", os.path.join(home, "a"), "backups:" + key, env=env).code == 0
        assert larder("put", "--class", "STANDARD", os.path.join(home, "a"), "backups:p/plain", env=env).code == 0
        words = ("archive", "restore", "--to", os.path.join(home, "out"), "backups:p/")

        def asked(key="p/"):
            return sum(r["method"] == "POST" and key in r["path"] and "restore" in r["path"] for r in between.requests)
        for how in (BEGINS, BEGINS, STAYS):
            restores(how)
            got = larder(*words, env=env)
            assert got.code == 9 and asked() == 3, (asked(), got.err)
        before = asked("p/plain")
        for _ in range(2):                      # what the service said is not archived is asked for once
            assert larder("archive", "restore", "backups:p/", env=env).code == 9 and asked("p/plain") == before + 1
        restores(ENDS)
        # Gone between the look and the fetch: that is not fetched, and the next run tells which, or as here fetches it.
        between.plan([{"method": "GET", "path": "list-type=2&encoding-type", "do": "reply", "status": 200,
                       "body": '<?xml version="1.0"?><ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>' % BUCKET}])
        got = larder(*words, env=env)
        assert got.code == 5 and "2 of 2 that could be read were gone before they were fetched" in got.err, (got.code, got.err)
        # Ready at the look, and refused: the other comes, and this one is looked at at once, and by the next run.
        refused = [{"method": "GET", "path": "/p/a", "do": "reply", "status": 403, "code": "InvalidObjectState"}]
        between.plan(refused)
        got = larder(*words, env=env)
        assert got.code == 9 and "1 of 3 objects" in got.err and sorted(os.listdir(os.path.join(home, "out/p"))) == ["b", "plain"], (got.code, got.err)
        between.plan([])
        got = larder(*words, env=env)
        assert got.code == 0 and sorted(os.listdir(os.path.join(home, "out/p"))) == ["a", "b", "plain"], (got.code, got.err)
        shutil.rmtree(os.path.join(home, "larder"))
        soon = email.utils.formatdate(time.time() + 60, usegmt=True)
        for told, more in (('ongoing-request="false", expiry-date="%s"' % soon, 1), ('ongoing-request="false", expiry-date="Fri, 21 Dec 2100 00:00:00 GMT"', 0)):
            before = asked("p/a")
            between.plan([{"method": "HEAD", "path": "p/a", "do": "headers", "set": {"x-amz-restore": told}}])
            got = larder(*words, env=env)
            assert got.code == 0 and asked("p/a") == before + more, (told, asked("p/a") - before, got.err)
            between.plan([])
            shutil.rmtree(os.path.join(home, "larder"))
        assert sorted(os.listdir(os.path.join(home, "out/p"))) == ["a", "b", "plain"]


def test_live_glacier_archived_within_its_class():
    """INTELLIGENT_TIERING: what a HEAD says is archived is asked for without days; it comes back for good, and what is not archived is read as it is. A service that has no
    room for Expedited is UNAVAILABLE, and nothing is taken for being on its way."""
    with behind("moto") as (server, between, home, env):
        server.make_bucket(BUCKET)
        for key in ("it/cold", "it/warm"):
            server.client().put_object(Bucket=BUCKET, Key=key, Body=key.encode(), StorageClass="INTELLIGENT_TIERING")
        head = {"method": "HEAD", "path": "/it/cold", "do": "headers", "set": {"x-amz-archive-status": "ARCHIVE_ACCESS"}}
        read = {"method": "GET", "path": "/it/cold", "do": "reply", "status": 403, "code": "InvalidObjectState"}
        between.plan([head, read])
        told = facts_of("backups:it/cold", env)
        assert told["archive"] == "ARCHIVE_ACCESS" and "restored_until" not in told and "ARCHIVE_ACCESS" in larder("stat", "backups:it/cold", env=env).out, told
        got = larder("get", "backups:it/cold", os.path.join(home, "back"), env=env)
        assert got.code == 9 and "next: larder archive restore 'backups:it/cold'" in got.err, got.err
        out = os.path.join(home, "out")
        refused = {"method": "POST", "path": "restore", "do": "reply", "status": 503, "code": "GlacierExpeditedRetrievalNotAvailable"}
        between.plan([refused, head, read])
        got = larder("archive", "restore", "--json", "--tier", "expedited", "--to", out, "backups:it/cold", env=env)
        assert got.code == 8 and "GlacierExpeditedRetrievalNotAvailable" in got.err and "Standard" in got.err and "asked" not in [line.get("action") for line in got.lines()], (got.code, got.err)
        assert larder("archive", "status", env=env).out == "", "no job is left of what was not asked for"
        active = {"method": "POST", "path": "/it/(warm|cold)[?]restore", "do": "reply", "status": 403, "code": "ObjectAlreadyInActiveTierError"}
        asked = {"method": "POST", "path": "/it/cold[?]restore", "do": "reply", "status": 202, "body": ""}
        between.plan([asked, active, head, read])
        before = len(between.requests)
        got = larder("archive", "restore", "--to", out, "backups:it/", env=env)
        sent, = [r["body_bytes"] for r in between.requests[before:] if r["method"] == "POST" and "/it/cold" in r["path"]]
        body = '<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>'
        assert got.code == 9 and sent == len(body) and os.listdir(os.path.join(out, "it")) == ["warm"], (got.code, sent, got.err)
        between.plan([dict(head, set={"x-amz-archive-status": "ARCHIVE_ACCESS", "x-amz-restore": 'ongoing-request="true"'}), read])
        assert larder("archive", "restore", "--to", out, "backups:it/", env=env).code == 9
        between.plan([active])
        got = larder("archive", "restore", "--to", out, "backups:it/", env=env)
        assert got.code == 0 and sorted(os.listdir(os.path.join(out, "it"))) == ["cold", "warm"], (got.code, got.err)


def test_live_glacier_looks_while_it_waits():
    """--wait: each look is a HEAD of what is on its way and of nothing else, hours apart by the clock of this machine, though it was suspended meanwhile."""
    with behind("moto") as (server, between, home, env):
        jumping = clock.Clock(os.path.join(home, "clock"), "LARDER_SLEPT")
        env = {**ENV, **env, **jumping.environment}
        server.make_bucket(BUCKET)
        running = [{"method": "HEAD", "path": "/p/[ab]", "do": "headers", "set": {"x-amz-restore": 'ongoing-request="true"'}}]
        for key, kind in (("p/a", "GLACIER"), ("p/b", "GLACIER"), ("p/plain", "STANDARD")):
            server.client().put_object(Bucket=BUCKET, Key=key, Body=b"x", StorageClass=kind)
        restores(ENDS)
        with subprocess.Popen([LARDER, "archive", "restore", "--json", "--wait", "backups:p/"], env=env, stdout=subprocess.PIPE, text=True) as waiting:
            looks = []
            for line in map(json.loads, waiting.stdout):
                if line.get("action") == "waiting":
                    looks.append(sum(r["method"] == "HEAD" for r in between.requests))
                    between.plan(running if len(looks) < 4 else [])
                    jumping.set(3 * 3600 + 3600 * len(looks))
        assert waiting.returncode == 0 and looks == [3, 5, 7, 9], (waiting.returncode, looks)
        assert sum(r["method"] == "HEAD" for r in between.requests) == 9 + 2 + 3, "at the end all are looked at once more"


def test_live_glacier_a_member_alone():
    """c-G03: the index is read without a restore, the bundle is asked for once, and of it the member's bytes alone come, by a range of just that object. Many are asked for at once, each once."""
    with behind("moto") as (server, between, home, env):
        server.make_bucket(BUCKET)
        for name in ("a", "b", "c"):
            write(os.path.join(home, "src", name), name.encode() * 200000)
        os.chmod(os.path.join(home, "src/b"), 0o640)
        assert larder("archive", "put", "--pack", os.path.join(home, "src"), "backups:m", env=env).code == 0
        (bundle,) = [one["Key"] for one in server.client().list_objects_v2(Bucket=BUCKET, Prefix="m/")["Contents"] if one["Key"].endswith(".tar")]
        words = ("archive", "restore", "--to", os.path.join(home, "out"), "backups:m/src/b")
        for how in (BEGINS, BEGINS, STAYS):
            restores(how)
            got = larder(*words, env=env)
            assert got.code == 9, (how, got.code, got.err)
        posts = [r["path"] for r in between.requests if r["method"] == "POST" and "restore" in r["path"]]
        assert len(posts) == 1 and bundle in posts[0], posts
        restores(ENDS)
        before = len(between.requests)
        assert larder(*words, env=env).code == 0
        reads = [dict((name.lower(), value) for name, value in r["headers"]) for r in between.requests[before:] if r["method"] == "GET" and r["path"].partition("?")[0].endswith(".tar")]
        sent = [r["reply_bytes"] for r in between.requests[before:] if r["method"] == "GET" and r["path"].partition("?")[0].endswith(".tar")]
        assert len(reads) == 1 and reads[0]["range"].startswith("bytes=") and reads[0]["if-match"] and sent[0] < 210000, (reads, sent)
        got = os.path.join(home, "out/m/src/b")
        with open(got, "rb") as file:
            assert file.read() == b"b" * 200000 and os.listdir(os.path.dirname(got)) == ["b"]
        assert os.stat(got).st_mode & 0o777 == 0o640 and os.stat(got).st_mtime_ns == os.stat(os.path.join(home, "src/b")).st_mtime_ns
        # Found ready, and refused: its bundle is wanted as before, and nothing of it failed.
        os.unlink(got)
        between.plan([{"method": "GET", "path": "[.]tar([?]|$)", "do": "reply", "status": 403, "code": "InvalidObjectState"}])
        told = larder(*words, env=env)
        assert told.code == 9 and "cannot any more" in told.err and not os.path.exists(got), (told.code, told.err)
        between.plan([])
        told = larder(*words, env=env)
        assert told.code == 0 and os.path.exists(got), (told.code, told.err)
        # Damaged on the way: fetched once more, and the right bytes are what comes.
        os.unlink(got)
        between.plan([{"method": "GET", "path": "[.]tar([?]|$)", "nth": 1, "do": "flip", "bytes": 1000}])
        before = len(between.requests)
        told = larder(*words, env=env)
        with open(got, "rb") as file:
            assert told.code == 0 and file.read() == b"b" * 200000, (told.code, told.err)
        assert len([r for r in between.requests[before:] if r["method"] == "GET" and r["path"].partition("?")[0].endswith(".tar")]) == 2
        between.plan([])
        # Each folder that one of the names lies below is listed once, however many names it is of.
        before = len(between.requests)
        names = ["backups:u/" + name for name in ("b/c/y", "bb/z", "b/x", "b/c/x", "b/c/x")]
        assert larder("archive", "restore", "--to", os.path.join(home, "none"), *names, env=env).code == 3
        listed = [urllib.parse.parse_qs(r["path"].partition("?")[2])["prefix"][0] for r in between.requests[before:] if r["method"] == "GET" and "list-type=2" in r["path"]]
        assert sorted(listed) == ["bundle-", "u/b/bundle-", "u/b/c/bundle-", "u/bb/bundle-", "u/bundle-"], listed
        keys = ["t/%03d" % n for n in range(24)]
        for key in keys:
            server.client().put_object(Bucket=BUCKET, Key=key, Body=b"x", StorageClass="GLACIER")
        before = len(between.requests)
        for how in (BEGINS, BEGINS, STAYS):
            restores(how)
            got = larder("archive", "restore", "-q", "backups:t/", env=env)
            assert got.code == 9, (how, got.code, got.err)
        posts = [r["path"] for r in between.requests[before:] if r["method"] == "POST"]
        assert len(posts) == len(set(posts)) == 24, len(posts)


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
