#!/usr/bin/env python3
"""Keys and metadata on the real servers, by boto3: a key that the capability table admits is kept apart, listed and removed as
what it is; one that it refuses for a server the server really gets wrong; metadata comes back as it was sent."""
import functools
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

BUILD = os.environ.get("TOP_BUILDDIR", ".")
KEYS = ["a b+%&?#\\:*|'\"<>;=,@$!(){}[]^`~", "dir/", "\U0001f600", "trailing. ", " lead", "a..b/...", ".hidden", "-n", "%2F", "\x7f", "a\ufffdb", "a\tb",
        "a\nb", "a\rb", "\x01", "b\x1f", "a\ufffeb", "a\u00a0b", "a\u0085b", "a\u2028b", "\ufeffbom", "\u200e", "d__XLDIR__", "e__XLDIR__/x", "d__XLDIR__x",
        "a/.sgwtmp/x", ".sgwtmp/x", ".sgwtmpx", "x" * 255, "y/" + "z" * 255, "w" * 256, "\u00e9" * 127, "\u00e9" * 128, "p//q", "/lead", "x/../y", "x/./y",
        "../up", ".", "dir2/..", "dir3/.", "\u1112\u1161\u11ab", "\ud55c"]
VALUES = ["", "plain", " ", " a", "a ", "a  b", "\u00e4", "\uc774\ub984", "\U0001f600", "=?UTF-8?B?w6Q=?=", "=?UTF-8?q?a?= b", "\"q\"", "a,b; c", "'#!$%&*+^|~`", "v" * 700]


@functools.lru_cache(maxsize=None)
def started(name):
    """One of each, stopped when this process ends."""
    return servers.start(name)


def words(texts):
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in texts)
    done = subprocess.run([os.path.join(BUILD, "tests", "wire", "s3-words")], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def keys_of(client, bucket):
    """By the names of objects, and of versions."""
    plain = [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return plain, [item["Key"] for item in client.list_object_versions(Bucket=bucket).get("Versions", [])]


def check_admitted(client, bucket, keys):
    """All in one bucket: stored, found by name, listed, removed, each as what it is."""
    order = sorted(keys, key=str.encode)
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=b"" if key.endswith("/") else b"x")
    for key in keys:
        client.head_object(Bucket=bucket, Key=key)
    assert keys_of(client, bucket) == (order, order), keys_of(client, bucket)
    fit = [key for key, verdict in zip(keys, words(keys)) if verdict["xml"]]
    reply = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in fit]})
    assert sorted(item["Key"] for item in reply["Deleted"]) == sorted(fit), reply
    for key in set(keys) - set(fit):
        client.delete_object(Bucket=bucket, Key=key)
    assert keys_of(client, bucket) == ([], [])


def check_refused(client, bucket, key):
    """The server refuses it, or makes another of it, or cannot tell it, or cannot remove it in a list."""
    from botocore.exceptions import ClientError
    try:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
        if keys_of(client, bucket) != ([key], [key]):
            return
    except ClientError:
        return
    raise AssertionError("%r is refused, and the server holds it" % key)


def check_keys(name):
    server = started(name)
    client, verdicts = server.client(), words(KEYS)
    refused = [key for key, verdict in zip(KEYS, verdicts) if not verdict[server.row]]
    server.make_bucket("admitted")
    check_admitted(client, "admitted", [key for key in KEYS if key not in refused])
    for number, key in enumerate(refused):
        server.make_bucket("refused-%d" % number)
        check_refused(client, "refused-%d" % number, key)
    assert len(refused) >= (15 if name == "versitygw" else 4), refused


def check_metadata(name):
    sent = [word["sent"] for word in words(VALUES)]
    names = ["user_id", "a-b", "a.b"] + ["n%d" % number for number in range(len(VALUES))]
    server = started(name)
    client = server.client()
    server.make_bucket("metadata")
    for at in range(0, len(sent), 5):
        given = dict(zip(names[at:], sent[at:at + 5]))
        client.put_object(Bucket="metadata", Key="k", Body=b"x", Metadata=given)
        assert client.head_object(Bucket="metadata", Key="k")["Metadata"] == given


def test_wire_s3_words_keys_on_minio():
    check_keys("minio")


def test_wire_s3_words_keys_on_versitygw():
    check_keys("versitygw")


def test_wire_s3_words_keys_on_moto():
    check_keys("moto")


def test_wire_s3_words_metadata_on_minio():
    check_metadata("minio")


def test_wire_s3_words_metadata_on_versitygw():
    check_metadata("versitygw")


def test_wire_s3_words_metadata_on_moto():
    check_metadata("moto")


tap.run(sys.modules[__name__])
