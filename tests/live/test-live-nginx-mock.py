#!/usr/bin/env python3
"""nginx in place of the CDN, before the folder of the mock: keys of every sort, with the types and times that they were put with; and by an ordinary user."""
import os
import subprocess
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
import nginx_edge  # noqa: E402
from scene import TOOL  # noqa: E402


def test_live_nginx_mock_is_checked():
    assert place.up() == "started" and place.up() == "same"
    place.do("infra", "plan", "--only", "store/images", "--detailed-exitcode")
    place.put("ann/a.txt", b"hello " * 1000, "--content-type", "text/x-own", "--cache-control", "max-age=9", "--metadata", "user_id=ann")
    place.do("cdn", "check", "--origin", "https://pingvas.studio", "ann/a.txt")
    reply = place.ask("/ann/a.txt")
    assert reply.status == 200 and reply.body == b"hello " * 1000 and reply.headers["content-type"] == "text/x-own" and reply.headers["cache-control"] == "max-age=9", reply
    assert reply.headers["x-cache"] == "Hit from nginx" and place.kept() == {"/ann/a.txt": 9} and "user_id" not in str(reply.headers), (reply, place.kept())
    found = {line["what"]: line["verdict"] for line in place.do("--json", "cdn", "check", "ann/a.txt").lines if line["type"] == "finding"}
    assert found["etag"] == "pass", found


def test_live_nginx_mock_every_character():
    """c-E04, and the rule by which the mock names its files: dots, percent signs, folders with dots, empty names, long ones."""
    keys = ["k/image(%s).jpg" % chr(code) for code in range(32, 127)] + ["k/%s.jpg" % letter for letter in "é한😀"] + ["k/new\nline.jpg", "plain", "v1.2/x", ".hidden/.x", "a//b", "a", "/lead", "k/%2B",
                                                                                                                          "l" * 400, "m/" + "n.o" * 150 + "/x"]
    for number, key in enumerate(keys):
        place.put(key, b"%d is it" % number)
    urls = [line["url"] for line in place.do("--json", "cdn", "url", *("images:" + key for key in keys)).lines if line["type"] == "url"]
    for number, (key, url) in enumerate(zip(keys, urls, strict=True)):
        path, body = url[len("https://127.0.0.1:%d" % place.port):], b"%d is it" % number
        whole, part, head = place.ask(path), place.ask(path, Range="bytes=1-3"), place.ask(path, "HEAD")
        assert whole.status == 200 and whole.body == body, (key, url, whole)
        assert part.status == 206 and part.body == body[1:4] and head.status == 200 and head.headers["content-length"] == str(len(body)), (key, part, head)


def test_live_nginx_mock_what_is_there_alone():
    """A removed key and one that never was are 404; nothing of the mock's own files is seen."""
    place.put("ann/gone.txt", b"gone")
    place.do("rm", "images:ann/gone.txt")
    for path in ("/ann/gone.txt", "/none", "/.larder/bucket", "/.larder/meta/ann/a.txt", "/%2elarder/bucket", "/ann", "/ann/", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"):
        assert place.ask(path).status in (400, 404), path
    place.put("ann/gone.txt", b"back")
    assert place.ask("/ann/gone.txt").body == b"back"
    place.put("ann/gone.txt", b"newer")
    place.do("cdn", "check", "ann/gone.txt", code=6)
    place.do("cdn", "invalidate", "ann/gone.txt")
    assert place.ask("/ann/gone.txt").body == b"newer"


def test_live_nginx_mock_by_an_ordinary_user():
    """Who is not root has a folder of his own, and nothing outside is written."""
    other = nginx_edge.NginxEdge()
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    for folder, _, names in os.walk(other.holder.name):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            os.chown(path, *(65534, 65534) if user else (-1, -1))
    env = {**os.environ, **nginx_edge.ENVIRONMENT, "HOME": other.holder.name}
    for words in (("dev", "up"), ("dev", "status"), ("put", other.path("larder.ini"), "images:ann/a.ini"), ("cdn", "check", "ann/a.ini"), ("dev", "down")):
        done = subprocess.run([*user, TOOL, "--config", other.path("larder.ini"), "--profile", "edge", *words], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done
    other.holder.cleanup()


def test_live_nginx_mock_two_of_one_backend():
    """Each at its own address, with its own cache; what is removed is down, and the other goes on."""
    two, port = nginx_edge.NginxEdge(), servers.free_port()
    two.change('[cdn "images"]\n', '[store "more"]\nbackend = objects\nbucket = more\ncdn = more\naccept = deleted-is-not-gone\n[cdn "more"]\nstore = more\nbehaviors = default\n[cdn "images"]\n')
    with open(two.path("profiles/edge.ini"), "a") as file:
        file.write('[cdn "more"]\nbackend = cdn\ndomain = 127.0.0.1:%d\n' % port)
    assert [line["done"] for line in two.do("--json", "dev", "up").lines if line["type"] == "edge"] == ["started", "reloaded"]
    two.put("a.txt", b"one")
    two.do("put", two.path("larder.ini"), "more:a.txt")
    two.do("cdn", "check", "images:a.txt")
    two.do("cdn", "check", "more:a.txt")
    two.do("infra", "destroy", "--only", "cdn/more", "--environment", "studio")
    assert [(line["cdn"], line["state"]) for line in two.do("--json", "dev", "status").lines if line["type"] == "edge"] == [("more", "down"), ("images", "up")]
    assert two.ask("/a.txt").body == b"one"
    two.close()


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


def certificate(edge):
    """Its bytes and the host names in it."""
    with open(edge.site("certificate.pem")) as file:
        text = file.read()
    told = openssl("x509", "-noout", "-ext", "subjectAltName", "-in", edge.site("certificate.pem"))
    return text, {word.strip()[4:] for line in told.splitlines()[1:] for word in line.split(",") if word.strip().startswith("DNS:")}


def test_live_nginx_mock_certificate_has_each_alias():
    """A wildcard in place of a name, and more names than anybody counts; one that has them all stays, and what no certificate holds is told."""
    aliases = "a.example.com"
    many = ["n%d.example" % number for number in range(150)]
    place.change("store = images\nbehaviors", "store = images\naliases = %s\nbehaviors" % aliases)
    for new in (aliases, "*.example.com", "*.test", ", ".join(["*.example.com", *many])):
        place.change("aliases = %s\n" % aliases, "aliases = %s\n" % new)
        assert place.up() != "same", new
        text, names = certificate(place)
        assert set(new.split(", ")) <= names, (new, names)
        with open(place.site("site.conf"), "a") as file:
            file.write("# mine\n")
        assert place.up() == "reloaded" and certificate(place)[0] == text, new
        aliases = new
    new = ", ".join(".".join("%d%s" % (number, "a" * 57) for _ in range(4)) for number in range(150))
    place.change("aliases = %s\n" % aliases, "aliases = %s\n" % new)
    assert "more than the 32 KiB that a certificate holds" in place.do("dev", "up", code=2).err
    place.change("aliases = %s\n" % new, "")
    assert place.up() == "reloaded"


place = nginx_edge.NginxEdge()
try:
    tap.run(sys.modules[__name__])
finally:
    place.close()
