#!/usr/bin/env python3
"""Errors that NFS tells late, one at each single call of a load: at fsync of a file or a folder, at close, at the opening of a folder. What matters is told,
and nothing that was not durable is published; the next load ends well. c-C08"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import read, run  # noqa: E402
from disks import SMALL, Disk  # noqa: E402

MANY = 60                       # calls of one name in a load, at the most


def each(call, error, times=1):
    """(number, what ran, cache) of a load in which that one fails, until one went through undisturbed."""
    for number in range(1, MANY):
        with Disk("%s:%s:%d:%d" % (call, error, number, times)) as cache:
            yield number, cache.run("model", "load", "base", "--base", "sdxl", "--json"), cache


def sweep(call, error, times=1):
    """Numbers of the calls whose failure was told."""
    told, quiet = [], 0
    for number, got, cache in each(call, error, times):
        path = cache.path("below", "sdxl/base.safetensors")      # not by the mount, whose next call may be the one that fails
        assert got.code == 0 or got.code > 1, (number, got.code, got.err)
        assert read(path) == SMALL if got.code == 0 or os.path.exists(path) else not cache.listed(), (number, got.code, got.err)
        told += [number] if got.code else []
        quiet = 0 if got.code else quiet + 1
        again, _ = cache.load("base")
        assert read(path) == SMALL and again["generation"] <= 2 and cache.run("model", "verify").code == 0, (number, again)
        assert again["how"] in (("hit",) if got.code == 0 else ("hit", "filled", "adopted", "waited")), (number, again)
        if quiet > 4:
            break
    return told


def all_of(told, least):
    """None of them is passed over."""
    assert told == list(range(1, len(told) + 1)) and len(told) >= least, told


def test_cache_errors_at_fsync_of_a_file():
    """The model, its mode, the record."""
    all_of(sweep("fsync", "EIO"), 3)


def test_cache_errors_at_fsync_of_a_folder():
    """Every folder that got a name: what was loaded, the generation, the record, the link."""
    all_of(sweep("fsyncdir", "EIO"), 10)


def test_cache_errors_at_close():
    """Of the files that were written; what was read has nothing to lose."""
    told = sweep("flush", "EIO")
    assert 1 in told and len(told) >= 2, told


def test_cache_errors_at_opendir():
    """A folder whose handle is stale is opened again; one that stays so is told."""
    assert sweep("opendir", "ESTALE") == []
    assert len(sweep("opendir", "ESTALE", 2)) > 8


run(sys.modules[__name__])
