#!/usr/bin/env python3
"""[resource]: a type that a module brings and core has no words for: checked against the module's own table, planned, made, drifted, mended, removed."""
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
from tool import HOME, larder, pipeline, read, run, write  # noqa: E402

EDGE = """[larder]
environment = test
[resource "edge"]
type = localfs-mock.cdn
comment = "one of mine"
ipv6 = on
behavior[a/*:B].default-ttl = 3600
alias[a.example] = yes
certificate = arn:mine
"""
BACKEND = "[backend \"%s\"]\ndriver = %s\n"
FILES = BACKEND % ("files", "localfs-mock") + "root = %s/root\ncreate = yes\nfsync = no\n" % HOME
THINGS = BACKEND % ("things", "faulty")
ENV = pipeline(EDGE, FILES)


def infra(*words, text=EDGE, profile=FILES, code=0):
    got = larder("infra", *words, "--json", env=pipeline(text, profile))
    assert got.code == code, (words, got.code, got.out, got.err)
    return got


def changes(got):
    return [(line["identity"], line.get("path"), line["change"]) for line in got.lines() if line["type"] in ("resource", "change") and line["change"] not in ("same", "warning")]


def made():
    return [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(HOME, "root")) for name in names]


def test_cli_own_made_drifted_mended_removed():
    paths = ["alias[a.example]", "behavior[a/*:B].default-ttl", "certificate", "comment", "ipv6"]
    assert changes(infra("plan")) == [("edge", None, "create"), *(("edge", path, "create") for path in paths)]
    infra("apply")
    place, = made()
    kept = read(place)
    assert all(b"%s\t%s\n" % (path.encode(), value) in kept for path, value in zip(paths, (b"yes", b"3600", b"arn:mine", b"one of mine", b"yes"))), kept
    assert changes(infra("plan", "--detailed-exitcode")) == []
    write(place, kept.replace(b"3600", b"60").replace(b"comment\tone of mine\n", b""))
    assert changes(infra("plan")) == [("edge", None, "update"), ("edge", "behavior[a/*:B].default-ttl", "update"), ("edge", "comment", "create")]
    infra("apply", "--only", "resource/edge")
    assert read(place) == kept
    infra("apply", text=EDGE.replace("alias[a.example]", "alias[b.example]"))
    assert b"alias[b.example]\tyes\n" in read(place)
    assert "is protected" in infra("destroy", "--environment", "test", text=EDGE + "protect = yes\n", code=5).err and os.path.exists(place)
    infra("destroy", "--environment", "test")
    assert made() == []


def test_cli_own_name_and_backend():
    """Its identity may be another than the section's name; of several backends one is named; where a profile has none it is told as not supported, and nothing is made."""
    two = FILES + FILES.replace('"files"', '"more"').replace("/root", "/more")
    assert "several" in infra("plan", profile=two, code=2).err
    assert changes(infra("plan", text=EDGE + "backend = more\nidentity = x-1\n", profile=two))[0] == ("x-1", None, "create")
    for profile, why in ((THINGS, "no [backend] of this profile has the driver localfs-mock"), (FILES.replace("localfs-mock", "no-such"), "no [backend]")):
        got = infra("apply", profile=profile)
        assert changes(infra("plan", profile=profile)) == [("edge", None, "unsupported")] and why in infra("plan", profile=profile).out, (why, got.out)
    assert "the driver of that backend is faulty" in infra("plan", text=EDGE + "backend = things\n", profile=FILES + THINGS).out
    assert not os.path.exists(os.path.join(HOME, "more"))


def test_cli_own_is_checked_against_the_table():
    """Each with file and line, and what to do: before anything is asked; `config check` says it, too."""
    cases = (
        ("type = localfs-mock.cdn", "type = cdn", "own.ini:4", "DRIVER.TYPE"),
        ("type = localfs-mock.cdn\n", "", "own.ini:3", "DRIVER.TYPE"),
        ("localfs-mock.cdn", "localfs-mock.cdm", "own.ini:4", "did you mean 'cdn'?"),
        ("comment =", "coment =", "own.ini:5", "did you mean 'comment'?"),
        ("ipv6 = on", "ipv6 = perhaps", "own.ini:6", "yes or no"),
        ("ipv6 = on", "principal = me", "own.ini:6", "take it out"),
        ("default-ttl = 3600", "no-ttl = 3600", "own.ini:7", "is no path"),
        ("alias[a.example] = yes", "alias = a, b", "own.ini:8", "alias[*]"),
        ("alias[a.example] = yes", "comment = x", "own.ini:8", "stands already in line 5"),
        ("alias[a.example] = yes", "alias[a example] = yes", "own.ini:8", "nor a path"),
    )
    for old, new, where, words in cases:
        got = infra("apply", text=EDGE.replace(old, new), code=2)
        assert where in got.err and words in got.err, (new, got.err)
        assert larder("config", "check", env=ENV).code == 2, new
    got = infra("plan", text=EDGE.replace("localfs-mock.cdn", "faulty.thing").replace("comment = \"one of mine\"", "size = large").replace("ipv6 = on\n", ""), profile=THINGS, code=2)
    assert "own.ini:5" in got.err and "is no number" in got.err, got.err
    assert larder("config", "check", env=ENV).code == 2 and made() == []


def test_cli_own_words_of_the_module():
    """What a value, or a member, may be: the module's own words, also how one begins; a number among those there are."""
    thing = "[resource \"edge\"]\ntype = faulty.thing\n"
    for line, where, words in (("tag[colo] = x", "'colo' of tag[colo]", "one of a, b, colou…"), ("tag[zz] = x", "'zz' of tag[zz]", "one of a, b, colou…"), ("tag[colou] = x", "'colou' of", "colou…"),
                               ("size = 3", "'3' of size", "one of 1, 2, 4: how large"), ("size = 04", "'04' of size", "one of 1, 2, 4")):
        got = infra("plan", text=thing + line + "\n", profile=THINGS, code=2)
        assert where in got.err and words in got.err and "own.ini:3" in got.err, (line, got.err)
        assert larder("config", "check", env=ENV).code == 2, line
    for line in ("tag[a] = x", "tag[colour] = x", "size = 4"):
        assert changes(infra("plan", text=thing + line + "\n", profile=THINGS))[0] == ("edge", None, "create"), line


def test_cli_own_of_a_driver_that_is_not_here():
    """It may come later: told, and no error."""
    got = infra("plan", text=EDGE.replace("localfs-mock.cdn", "no-such.thing"))
    assert changes(got) == [("edge", None, "unsupported")], got.out


def test_cli_own_traps_are_accepted_by_name():
    """What the module says of its type is told, unless the section accepts it."""
    def warnings(text):
        return [line["path"] for line in infra("plan", text=text).lines() if line.get("change") == "warning"]
    assert warnings(EDGE) == ["public-cdn"] and warnings(EDGE + "accept = public-cdn, oai\n") == warnings(EDGE + "accept = public-cdn\n") == warnings(EDGE + 'accept = "oai", "public-cdn"\n') == []
    assert warnings(EDGE + "accept = oai\n") == ["public-cdn"]
    refused = infra("apply", text=EDGE.replace("certificate = arn:mine\n", ""), code=2)
    assert "alias-without-certificate" in refused.err and made() == [], refused.err


run(sys.modules[__name__])
