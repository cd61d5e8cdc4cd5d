#!/usr/bin/env python3
"""nginx in place of the CDN, before a real MinIO: what its sections say, as a viewer meets it; who else gets at the bucket; keys of every sort; and what becomes of the process."""
import datetime
import glob
import json
import os
import select
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
import nginx_edge  # noqa: E402

PAGE, OTHER, EVIL = "https://pingvas.studio", "https://www.pingvas.studio", "https://evil.example"


def secret():
    with open(place.site("secret")) as file:
        return file.read()


def directly(path, **headers):
    """The store itself, without an account."""
    request = urllib.request.Request(place.server.endpoint + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def test_live_nginx_set_up_and_as_it_is():
    """Made by apply as all else, told by show and plan, with nothing left to do; its secret in no line and no output."""
    told = [place.do("infra", "plan"), place.do("infra", "apply")]
    told += [place.do("infra", "plan", "--detailed-exitcode"), place.do("infra", "show"), place.do("--json", "infra", "plan", "--all")]
    assert "domain = 127.0.0.1:%d" % place.port in told[3].out and "reader[images] = referer sha256:" in told[3].out, told[3]
    assert place.up() == "started" and place.up() == "same", place.status()
    place.do("export", "terraform", place.path("tf"))
    with open(place.path("tf/larder.tf.json")) as file:
        assert secret() not in file.read()
    doctor = place.do("--json", "doctor", "--backend", "cdn")
    assert [(line["what"], line["verdict"]) for line in doctor.lines if line.get("backend") == "cdn"] == [("nginx", "pass"), ("module", "pass"), ("state", "note")], doctor
    told += [doctor, place.do("infra", "plan", "--destroy"), place.do("infra", "plan", "-o", place.path("saved")), place.do("config", "show")]
    with open(place.path("saved")) as file:
        assert all(secret() not in text for done in told for text in (done.out, done.err, file.read())), "told"
    for path in glob.glob(place.root + "/**/*", recursive=True):
        with open(path, "rb") if os.path.isfile(path) else open(os.devnull, "rb") as file:
            private = secret().encode() in file.read() or "key.pem" in path
        assert not private or stat.S_IMODE(os.stat(path).st_mode) == 0o600, path
    assert stat.S_IMODE(os.stat(place.root).st_mode) == 0o700
    status = place.status()
    assert status["state"] == "up" and status["address"] == "https://127.0.0.1:%d" % place.port and status["ca_file"] == place.authority, status
    with open("/proc/%d/cmdline" % status["pid"], "rb") as file:
        assert secret().encode() not in file.read()
    with open("/proc/%d/environ" % status["pid"], "rb") as file:
        assert place.server.secret_key.encode() not in file.read()


def test_live_nginx_is_checked():
    place.put("ann/a.txt", b"hello " * 1000, "--content-type", "text/plain")
    found = {line["what"]: (line["verdict"], line["detail"]) for line in place.do("--json", "cdn", "check", "--origin", PAGE, "ann/a.txt").lines if line["type"] == "finding"}
    assert found["bytes"][0] == "pass" and found["cache"] == ("note", "Miss from nginx") and found["tls"] == ("pass", "TLSv1.3") and found["compression"] == ("note", "gzip"), found
    assert found["http"] == ("pass", "301 to https://127.0.0.1:%d/ann/a.txt" % place.port) and found["cors"][0] == "pass" and found["etag"][0] == "pass", found
    place.do("cdn", "check", "--origin", EVIL, "ann/a.txt")
    assert place.ask("/ann/a.txt").headers["x-cache"] == "Hit from nginx"


def test_live_nginx_tells_what_describes_an_object_alone():
    place.put("ann/b.txt", b"b", "--content-type", "text/x-own", "--metadata", "user_id=ann", "--cache-control", "max-age=7")
    reply = place.ask("/ann/b.txt")
    assert reply.status == 200 and reply.headers["content-type"] == "text/x-own" and reply.headers["cache-control"] == "max-age=7", reply
    assert not [name for name in reply.headers if name.lower().startswith(("x-amz", "x-minio", "x-accel", "x-ratelimit", "x-xss", "strict"))] and reply.headers["server"] == "nginx", reply
    assert "ann" not in str(reply.headers).replace("/ann/", ""), reply


def test_live_nginx_methods_and_what_comes_in_clear():
    place.put("u/thumbnails/1.webp", b"t")
    place.put("kept/a.txt", b"k")
    assert place.ask("/ann/a.txt", "HEAD").status == 200 and place.ask("/ann/a.txt", "POST").status == 403 and place.ask("/ann/a.txt", "DELETE").status == 403
    assert place.ask("/u/thumbnails/1.webp").status == 200 and place.ask("/u/thumbnails/1.webp", "OPTIONS", Origin=PAGE, Access_Control_Request_Method="GET").status == 403
    reply = place.ask("/ann/a.txt?x=1", clear=True)
    assert reply.status == 301 and reply.headers["location"] == "https://127.0.0.1:%d/ann/a.txt?x=1" % place.port, reply
    assert place.ask("/kept/a.txt", clear=True).status == 403 and place.ask("/kept/a.txt").status == 200
    assert place.ask("/").status == 403


def test_live_nginx_nobody_else_gets_at_the_bucket():
    """Not without the secret, nor through nginx by anything that a viewer sends."""
    assert directly("/images/ann/a.txt") == 403 and directly("/images/ann/a.txt", Referer="x") == 403 and directly("/images/") == 403
    assert directly("/images/ann/a.txt", Referer=secret()) == 200 and directly("/images/none", Referer=secret()) == 404
    for path in ("/?list-type=2", "/?policy", "//?list-type=2", "/..%2f?list-type=2", "/%2e%2e/", "/%2e%2e/other/"):
        reply = place.ask(path)
        assert reply.status in (400, 403, 404) and b"ListBucketResult" not in reply.body, (path, reply)
    for number, query in enumerate(("acl", "tagging", "versionId=x", "X-Amz-Signature=x&X-Amz-Credential=y", "")):      # each the first that asks for its key
        place.put("q/%d.txt" % number, b"asked")
        reply = place.ask("/q/%d.txt?%s" % (number, query), **({} if query else {"Referer": "x", "Authorization": "AWS4-HMAC-SHA256 nonsense", "X_Amz_Date": "x", "Cookie": "a=b"}))
        assert reply.status == 200 and reply.body == b"asked" and reply.headers["x-cache"] == "Miss from nginx", (query, reply)


def test_live_nginx_errors_are_not_kept():
    """c-E03: refused once, missing once, and asked for again at once; two spellings of one key."""
    client = place.server.client()
    place.put("ann/c.txt", b"c")
    policy = client.get_bucket_policy(Bucket="images")["Policy"]
    client.delete_bucket_policy(Bucket="images")
    assert place.ask("/ann/c.txt").status == 403
    client.put_bucket_policy(Bucket="images", Policy=policy)
    assert place.ask("/ann/c.txt").body == b"c"
    assert place.ask("/ann/late.txt").status == 404
    place.put("ann/late.txt", b"late")
    assert place.ask("/ann/late.txt").body == b"late"
    place.put("ann/a+b.txt", b"plus")
    replies = [place.ask("/ann/a%s.txt" % plus) for plus in ("%2Bb", "%2bb", "+b")]
    assert [reply.body for reply in replies] == [b"plus"] * 3 and [reply.headers["x-cache"] for reply in replies] == ["Miss from nginx", "Hit from nginx", "Hit from nginx"], replies


def test_live_nginx_every_character():
    """c-E04: the address that `cdn url` prints serves the key's bytes; where none could, it says so."""
    client = place.server.client()
    keys = ["k/image(%s).jpg" % chr(code) for code in range(32, 127)] + ["k/%s.jpg" % letter for letter in "é한😀"] + ["k/image(1).jpg", "k/%2B.jpg", "k/a b+c%20d.jpg"]
    keys = [key for key in keys if key != "k/image(/).jpg"] + ["k/" + "한글" * 40 + ".jpg"]
    for key in keys:
        client.put_object(Bucket="images", Key=key, Body=("is " + key).encode())
    urls = [line["url"] for line in place.do("--json", "cdn", "url", *keys).lines if line["type"] == "url"]
    assert len(urls) == len(keys), urls
    for key, url in zip(keys, urls):
        path, body = url[len("https://127.0.0.1:%d" % place.port):], ("is " + key).encode()
        whole, part, head = place.ask(path), place.ask(path, Range="bytes=1-3"), place.ask(path, "HEAD")
        assert whole.status == 200 and whole.body == body, (key, url, whole)
        assert part.status == 206 and part.body == body[1:4] and part.headers["content-range"] == "bytes 1-3/%d" % len(body), (key, part)
        assert head.status == 200 and head.headers["content-length"] == str(len(body)), (key, head)
    for key in ("a/../b.jpg", "./a.jpg", "a/./b", "..", "a/.."):
        done = place.do("cdn", "url", key, code=2)
        assert "has no address" in done.err and not done.out, done


def rows(plan):
    return [line for line in plan.lines if line["type"] == "change" and line.get("path", "").startswith("behavior[")]


def test_live_nginx_order_of_behaviors():
    """c-E05: the first match wins; swapped, the plan shows a move and nothing else, and each keeps what is its own."""
    place.put("kept/thumbnails/b.txt", b"both")
    place.change("path = kept/?.txt", "path = kept/*")
    assert place.up() == "reloaded"
    place.ask("/kept/thumbnails/b.txt")
    assert place.kept()["/images/kept/thumbnails/b.txt"] == 2592000
    place.change("behaviors = thumbnails, kept, default", "behaviors = kept, thumbnails, default")
    plan = place.do("--json", "infra", "plan", "--only", "cdn/images")
    assert [(line["path"], line["change"]) for line in rows(plan)] == [("behavior[*/thumbnails/*].order", "update"), ("behavior[kept/*].order", "update")], rows(plan)
    assert place.up() == "reloaded" and place.up() == "same"
    place.do("cdn", "invalidate", "kept/*")
    assert place.ask("/kept/thumbnails/b.txt").body == b"both" and place.kept()["/images/kept/thumbnails/b.txt"] == 20, place.kept()
    assert place.ask("/kept/thumbnails/b.txt", clear=True).status == 403
    place.change("behaviors = kept, thumbnails, default", "behaviors = thumbnails, kept, default")
    place.change("path = kept/*", "path = kept/?.txt")
    assert place.up() == "reloaded" and place.ask("/kept/thumbnails/b.txt", clear=True).status == 301


def test_live_nginx_scripts_of_other_pages():
    """c-E06: whoever filled the cache, each origin gets its own header, and a foreign one none."""
    expected = {None: None, PAGE: PAGE, OTHER: OTHER, EVIL: None, "https://pingvas.studio.evil.example": None, "https://xpingvas.studio": None}
    for number, origins in enumerate((list(expected), list(reversed(expected)))):
        key = "ann/cors-%d.txt" % number
        place.put(key, b"cors")
        replies = [place.ask("/" + key, **({"Origin": origin} if origin else {})) for origin in origins]
        assert [reply.headers["x-cache"][:4] for reply in replies] == ["Miss"] + ["Hit "] * (len(replies) - 1), replies
        assert [reply.headers["access-control-allow-origin"] for reply in replies] == [expected[origin] for origin in origins], replies
        assert all("Origin" in reply.headers.get_all("vary") for reply in replies), replies
    asks = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "x-one, range"}
    reply = place.ask("/ann/a.txt", "OPTIONS", Origin=PAGE, **asks)
    assert reply.status == 200 and reply.headers["access-control-allow-methods"] == "GET, HEAD" and reply.headers["access-control-allow-headers"] == "x-one, range", reply
    assert reply.headers["access-control-max-age"] == "3600" and reply.headers["access-control-allow-origin"] == PAGE, reply
    assert place.ask("/ann/a.txt", "OPTIONS", Origin=EVIL, **asks).status == 403
    assert place.ask("/ann/a.txt", "OPTIONS", Origin=PAGE, Access_Control_Request_Method="PUT").status == 403
    missing = place.ask("/ann/none.txt", Origin=PAGE)
    assert missing.status == 404 and missing.headers["access-control-allow-origin"] == PAGE, missing


TIMES = (("", 20), ("max-age=15", 15), ("max-age=5", 10), ("public, max-age=100", 30), ("max-age=12, s-maxage=25", 25), ("no-store", 10), ("private", 10), ('max-age="17"', 17))


def test_live_nginx_times_between_least_and_most():
    for number, (said, seconds) in enumerate(TIMES):
        place.put("kept/%d.txt" % number, b"k", *(["--cache-control", said] if said else []))
        place.ask("/kept/%d.txt" % number)
    kept = place.kept()
    assert [kept["/images/kept/%d.txt" % number] for number in range(len(TIMES))] == [seconds for _, seconds in TIMES], kept
    for key, year, seconds in (("kept/p.txt", 2001, 10), ("kept/f.txt", 2100, 30)):
        place.server.client().put_object(Bucket="images", Key=key, Body=b"k", Expires=datetime.datetime(year, 1, 1))
        assert place.ask("/" + key).status == 200 and place.kept()["/images/" + key] == seconds, place.kept()
    for said in ("no-store", "no-cache", "max-age=0", "private"):
        place.put("ann/never.txt", b"k", "--cache-control", said)
        assert [place.ask("/ann/never.txt").headers["x-cache"] for _ in range(2)] == ["Miss from nginx"] * 2, said


def test_live_nginx_what_is_told_is_forgotten():
    """c-E07: exit 6 while the edge has other bytes; by name, with every character, and by what it begins with."""
    keys = ["inv/~a b%.txt", "inv/한.txt", "inv/a.txt", "inv/a.txt.more", "inw/a.txt"]
    for key in keys:
        place.put(key, b"old")
        place.do("cdn", "check", key)
        place.put(key, b"new!")
        place.do("cdn", "check", key, code=6)
    place.do("cdn", "invalidate", *keys[:3])
    for key, code in zip(keys, (0, 0, 0, 6, 6)):
        place.do("cdn", "check", key, code=code)
    place.do("cdn", "invalidate", "--wait", "inv/*")
    place.do("cdn", "check", keys[3])
    place.do("cdn", "check", keys[4], code=6)
    place.put(keys[4], b"third", "--invalidate")
    place.do("cdn", "check", keys[4])
    place.put(keys[4], b"fourth")
    waiting = place.start("cdn", "check", "--wait", keys[4])
    place.do("cdn", "invalidate", keys[4])
    out, err = waiting.communicate(timeout=120 * servers.SLOW)
    assert waiting.returncode == 0 and "the store's, 6, SHA-256" in out, (out, err)


def test_live_nginx_changed_by_hand():
    """What nginx reads and the lines do not say is told, and written anew."""
    with open(place.site("site.conf"), "a") as file:
        file.write("# mine\n")
    plan = place.do("--json", "infra", "plan", "--only", "cdn/images")
    assert [line for line in plan.lines if line.get("path") == "otherwise"], plan
    assert place.status()["state"] == "stale" and place.up() == "reloaded" and place.status()["state"] == "up"
    with open(place.site("site.conf")) as file:
        assert "# mine" not in file.read()
    os.unlink(place.site("secret.conf"))
    plan = place.do("--json", "infra", "plan", "--only", "cdn/images")
    assert [line for line in plan.lines if line.get("path") == "otherwise"] and place.up() == "reloaded" and os.path.exists(place.site("secret.conf")), plan


def test_live_nginx_what_needs_a_signature():
    place.change("store = images\nbehaviors", "store = images\nkey-group = team\nbehaviors")
    assert place.up() == "reloaded" and place.ask("/ann/a.txt").status == 403 and place.ask("/u/thumbnails/1.webp").status == 403
    done = place.do("cdn", "check", "ann/a.txt", code=2)
    assert "looks at no signature" in done.err, done
    place.change("key-group = team\n", "")
    assert place.up() == "reloaded" and place.ask("/ann/a.txt").status == 200


def kill(pid):
    """And it is gone."""
    fd = os.pidfd_open(pid)
    signal.pidfd_send_signal(fd, signal.SIGKILL)
    select.select([fd], [], [])
    os.close(fd)


def test_live_nginx_no_other_process():
    """A number that is another's by now, and one of a process that died: neither is ended, and up starts one."""
    pid = place.status()["pid"]
    with subprocess.Popen(["sleep", "1000"]) as other:
        with open(os.path.join(place.root, "nginx.pid")) as file:
            number = file.read()
        for text in ("%d\n" % other.pid, "1\n", "junk", "-1", "99999999999999"):
            with open(os.path.join(place.root, "nginx.pid"), "w") as file:
                file.write(text)
            assert place.down() == "down" and other.poll() is None, text
        with open(os.path.join(place.root, "nginx.pid"), "w") as file:
            file.write(number)
        other.kill()
    assert place.status()["pid"] == pid and place.down() == "stopped" and place.down() == "down" and place.status()["state"] == "down"
    done = place.do("cdn", "check", "ann/a.txt", code=8)
    assert "larder dev up" in done.err, done
    assert place.up() == "started"
    with open(os.path.join(place.root, "nginx.pid")) as file:
        master = int(file.read())
    workers = [int(line) for line in subprocess.run(["ps", "--ppid", str(master), "-o", "pid="], capture_output=True, text=True).stdout.split()]
    for each in (master, *workers):
        kill(each)
    assert place.status()["state"] == "down" and place.up() == "started" and place.ask("/ann/a.txt").status == 200


def test_live_nginx_store_over_tls():
    """Whom nobody vouches for is not asked."""
    server = servers.start("minio", tls=True)
    other = nginx_edge.NginxEdge(server, more="origin-ca-file = %s\n" % server.ca)
    assert other.up() == "started"
    other.put("ann/a.txt", b"tls")
    other.do("cdn", "check", "ann/a.txt")
    other.change("origin-ca-file = %s\n" % server.ca, "origin-ca-file = %s\n" % place.authority, "profiles/edge.ini")
    other.put("ann/b.txt", b"tls")
    assert other.up() == "reloaded" and other.ask("/ann/b.txt").status == 502 and other.ask("/ann/a.txt").status == 200
    other.close()


def test_live_nginx_cannot():
    """No nginx, an address that somebody has, nowhere to answer, a profile that has none of it."""
    program = nginx_edge.NginxEdge(place.server, more="program = /nowhere/nginx\n")
    done = program.do("dev", "up", code=3)
    assert "/nowhere/nginx" in done.err, done
    taken = nginx_edge.NginxEdge(place.server)
    taken.change("domain = 127.0.0.1:%d" % taken.port, "domain = 127.0.0.1:%d" % place.port, "profiles/edge.ini")
    done = taken.do("dev", "up", code=8)
    assert "nginx does not start" in done.err and "domain = HOST:PORT" in done.err, done
    taken.change("domain = 127.0.0.1:%d" % place.port, "", "profiles/edge.ini")
    assert "has no domain" in taken.do("dev", "up", code=2).err
    place.write("profiles/none.ini", nginx_edge.MOCK % place.path("mock"))
    for what in ("up", "down", "status"):
        assert "no [cdn] of this profile is served from this machine" in place.do("dev", what, code=2, profile="none").err
    for other in (program, taken):
        other.server = None                      # this place's
        other.close()
    place.do("dev", "up")


def test_live_nginx_removed():
    """Of the last one nginx ends; what is made again has another secret, and the bucket follows."""
    was = secret()
    place.do("infra", "destroy", "--only", "cdn/images", "--environment", "studio")
    assert not glob.glob(place.root + "/sites/*"), "left"
    assert place.status()["state"] == "down"
    assert place.up() == "started" and place.ask("/ann/a.txt").status == 200
    policy = json.loads(place.server.client().get_bucket_policy(Bucket="images")["Policy"])
    assert secret() != was and len(policy["Statement"]) == 1 and directly("/images/ann/a.txt", Referer=was) == 403, policy


place = nginx_edge.NginxEdge(servers.start("minio"))
try:
    tap.run(sys.modules[__name__])
finally:
    place.close()
