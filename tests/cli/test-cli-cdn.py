#!/usr/bin/env python3
"""The commands of larder cdn on the mock, by the pipeline that we ship, with nothing installed: addresses, signed ones and cookies, edges that forget, what a viewer sees; and with a key-group, who
sees it."""
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, HOME, PIPELINE, configured, larder, read, run, write  # noqa: E402
import loading  # noqa: E402

ROOT = os.path.join(HOME, "demo")
IMAGES = os.path.join(ROOT, "pingvas-studio-images")
KEY = "ann/2026/11/a b%.png"


SIGNED = configured(PIPELINE, ('[cdn "images"]\n', '[cdn "images"]\nkey-group = kg-1\n'))


def put(env=ENV):
    write("a.png", b"a picture")
    done = larder("put", "a.png", "images:" + KEY, env=env)
    assert done.code == 0, done.err


def cdn(*words, code=0, env=ENV):
    done = larder("cdn", *words, env=env)
    assert done.code == code, (words, done.code, done.out, done.err)
    return done


def findings(*words, code=0, env=ENV):
    return {line["what"]: (line["verdict"], line["detail"]) for line in cdn("check", *words, "--json", code=code, env=env).lines() if line["type"] == "finding"}


def test_cli_cdn_on_the_mock():
    """Each of them, from an empty folder on."""
    put()
    bare = cdn("url", KEY).out
    assert bare.startswith("file://%s/ann/2026/11/" % IMAGES), bare
    assert cdn("url", "--thumbnail", KEY).out.endswith(".webp\n")
    assert larder("infra", "apply", "-q").code == 0
    assert "done, 1 path" in cdn("invalidate", "--wait", KEY).err
    found = findings(KEY)
    assert found["bytes"][0] == "pass" and found["tls"][1] == "none: a file" and "signature" not in found, found
    signed = cdn("sign", "--expires", "1h", KEY)
    assert re.fullmatch(re.escape(bare.strip()) + r"\?Expires=\d+&Signature=[0-9a-f]{64}\n", signed.out), signed.out
    assert "has no key-group" in signed.err and "valid until " in signed.err, signed.err
    assert stat.S_IMODE(os.stat(os.path.join(ROOT, ".larder-signing")).st_mode) == 0o600


def test_cli_cdn_signed_forms():
    """What is asked for is in it, and each is another's; the same twice is the same."""
    put()
    more = cdn("sign", "--expires", "2096-01-01T00:00:00Z", KEY, code=2)
    assert "at the most" in more.err, more.err
    out = cdn("sign", "--expires", "1h", "--from", "10m", "--ip", "192.0.2.0/24", "--query", "x=1 2", KEY).out
    assert re.search(r"\?x=1%202&Expires=\d+&Starts=\d+&Viewer=192\.0\.2\.0/24&Signature=[0-9a-f]{64}$", out.strip()), out
    lines = cdn("sign", "--expires", "1h", "--cookies", "-r", "images:ann/").out.splitlines()
    assert [line.partition("=")[0] for line in lines] == ["Larder-Policy", "Larder-Signature"] and lines[0].count("ann/%2A%3FExpires%3D") == 1, lines
    told = cdn("sign", "--json", "--expires", "1h", "--cookies", KEY).lines()[1]["cookies"]
    assert set(told) == {"Larder-Policy", "Larder-Signature"}, told
    assert cdn("sign", "--expires", "-1h", KEY, code=2).out == ""


def test_cli_cdn_with_a_key_group():
    """Before its edges are given it they serve everybody, which check finds; then who has none is refused, and who has one is not."""
    put()
    assert larder("infra", "apply", "-q").code == 0
    assert findings(KEY, code=5, env=SIGNED)["signature"] == ("fail", "it is served to everybody")
    assert larder("infra", "apply", "-q", env=SIGNED).code == 0
    found = findings(KEY, env=SIGNED)
    assert found["signature"] == ("pass", "403 without one") and found["bytes"][0] == "pass", found
    assert "has no key-group" not in cdn("sign", "--expires", "1h", KEY, env=SIGNED).err
    assert findings(KEY, code=4)["status"] == ("fail", "the edge answers 403, and the store has it")
    write(os.path.join(ROOT, ".larder-signing"), b"0" * 63)
    assert ".larder-signing' is damaged" in cdn("sign", "--expires", "1h", KEY, code=6, env=SIGNED).err
    os.unlink(os.path.join(ROOT, ".larder-signing"))
    assert larder("infra", "apply", "-q", "--adopt").code == 0 and findings(KEY)["bytes"][0] == "pass"


def test_cli_cdn_read_only():
    """Where nothing may be written there is nothing to sign by, unless it is there already."""
    put()
    script = "import datetime, larder\nwith larder.open(%r, 'mock', read_only=True) as store:\n    print(store.sign_url('a.png', datetime.timedelta(hours=1)))\n" % ENV["LARDER_CONFIG"]
    env = {**ENV, **loading.environment()}

    def signed():
        return subprocess.run([os.environ["PYTHON3"], "-c", script], capture_output=True, text=True, env=env)
    if os.path.exists(os.path.join(ROOT, ".larder-signing")):
        os.unlink(os.path.join(ROOT, ".larder-signing"))
    done = signed()
    assert done.returncode and "read-only" in done.stderr and not os.path.exists(os.path.join(ROOT, ".larder-signing")), done
    cdn("sign", "--expires", "1h", KEY)
    assert "&Signature=" in signed().stdout


run(sys.modules[__name__])
