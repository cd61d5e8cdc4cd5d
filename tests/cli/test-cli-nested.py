#!/usr/bin/env python3
"""Folders that the mock keeps, one within another: a root in a bucket of another root, a bucket's folder as a sync's target. Each tells and takes away its own alone."""
import os
import shutil
import sys

from tool import HOME, keys, larder, pipeline, read, run, tree, write

ROOT = os.path.join(HOME, "root")
STORES = '[larder]\nenvironment = test\n' + "".join('[store "%s"]\nbackend = %s\nbucket = %s-bucket\n' % (name, name, name) for name in ("outer", "inner")) + '[store "named"]\nbackend = outer\nbucket = root-of-another\n'
PROFILE = "".join('[backend "%s"]\ndriver = localfs-mock\nroot = %s\ncreate = yes\nfsync = no\n' % one for one in (("outer", ROOT), ("inner", ROOT + "/outer-bucket/sub"), ("beside", ROOT + "/root-of-another")))


def fresh():
    shutil.rmtree(ROOT, ignore_errors=True)
    env = pipeline(STORES + '[store "beside"]\nbackend = beside\nbucket = beside-bucket\n', PROFILE)
    for name in ("outer", "inner", "beside"):
        assert larder("put", "-q", "-", name + ":a/k", stdin=name.encode(), env=env).code == 0
    return env


def test_cli_nested_each_tells_its_own():
    """Also by a key that is the other's path, to its records: no key is a file of theirs."""
    env = fresh()
    for key in ("sub/inner-bucket/a/k", "sub/inner-bucket/.larder/bucket", ".larder/bucket"):
        assert larder("put", "-q", "-", "outer:" + key, stdin=b"other", env=env).code == 0
    assert keys("outer:", env) == [".larder/bucket", "a/k", "sub/inner-bucket/.larder/bucket", "sub/inner-bucket/a/k"] and keys("inner:", env) == keys("beside:", env) == ["a/k"]
    assert larder("cat", "inner:a/k", env=env).raw == b"inner" and larder("cat", "outer:sub/inner-bucket/a/k", env=env).raw == b"other"
    assert larder("rm", "-q", "-r", "outer:", env=env).code == 0 and keys("outer:", env) == []
    assert larder("cat", "inner:a/k", env=env).raw == b"inner"


def test_cli_nested_a_bucket_that_goes_leaves_what_lies_in_it():
    env = fresh()
    assert larder("rm", "-q", "-r", "outer:", env=env).code == 0
    before = tree(ROOT + "/outer-bucket/sub")
    gone = larder("infra", "destroy", "--environment", "test", "--only", "store/outer", env=env)
    assert gone.code == 0 and not os.path.exists(ROOT + "/outer-bucket/.larder") and tree(ROOT + "/outer-bucket/sub") == before, gone.err


def test_cli_nested_no_bucket_is_made_of_anothers_root():
    env = fresh()
    before = tree(ROOT)
    for command in (["put", "-", "named:k"], ["infra", "apply", "--only", "store/named"]):
        refused = larder(*command, env=env)
        assert refused.code in (1, 5) and "is no bucket, and not empty" in refused.err and "next: " in refused.err and tree(ROOT) == before, (command, refused.code, refused.err)


def test_cli_nested_no_sync_into_a_bucket():
    """Its --delete would have taken the bucket's records for files too many."""
    env = fresh()
    write("source/a", b"x")
    for source in ("outer:", "source/"):
        for target in ("", "/a", "/sub/inner-bucket"):
            refused = larder("sync", "--delete", source, ROOT + "/outer-bucket" + target + "/", env=env)
            assert refused.code == 5 and "lies in a bucket that localfs-mock keeps" in refused.err and "next: " in refused.err, (source, target, refused.err)
    assert larder("cat", "outer:a/k", env=env).raw == b"outer"
    assert larder("sync", "--delete", "outer:", "elsewhere/", env=env).code == 0 and read("elsewhere/a/k") == b"outer"
    assert larder("sync", ROOT + "/outer-bucket/a/", "outer:from/", env=env).code == 0


run(sys.modules[__name__])
