#!/usr/bin/env python3
"""What nginx is told: lines of a [cdn] against goldens; nginx itself reads each; and values that would like to be directives."""
import functools
import glob
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ["TOP_SRCDIR"]
sys.path[:0] = [os.path.join(TOP, "tests/lib")]
import certificates  # noqa: E402
import tap  # noqa: E402

PROGRAM = os.path.join(os.environ.get("TOP_BUILDDIR", "."), "tests/wire/nginx-text")
GOLDENS = os.path.join(TOP, "tests/wire/nginx")
CA = "/etc/ssl/certs/ca-certificates.crt"
MODULES = "/usr/lib/nginx/modules"


def lines_of(name):
    with open(os.path.join(GOLDENS, name + ".lines")) as file:
        return dict(line.rstrip("\n").split(" = ", 1) for line in file)


def text_of(lines, clear="127.0.0.1:8080", ca=CA):
    done = subprocess.run([PROGRAM, clear, ca, *(word for pair in lines.items() for word in pair)], capture_output=True, text=True)
    assert done.returncode in (0, 2), done
    return done


@functools.lru_cache(maxsize=None)
def read_by_nginx(text):
    """What nginx says of it: all of it is read, and no socket is opened."""
    program = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    assert program, "nginx is not installed\n  next: ./bootstrap check installs it (Debian's package nginx-light)"
    whole, script = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="larder-nginx-") as folder:
        site = os.path.join(folder, "sites/0011223344556677")
        os.makedirs(site)
        os.mkdir(os.path.join(folder, "tmp"))
        certificates.make_authority(folder)
        certificates.make_certificate(folder, folder)
        os.rename(os.path.join(folder, "public.crt"), os.path.join(site, "certificate.pem"))
        os.rename(os.path.join(folder, "private.key"), os.path.join(site, "key.pem"))
        for name, content in (("nginx.conf", whole), ("edge.js", script), ("sites/0011223344556677/site.conf", text), ("sites/0011223344556677/secret.conf", "proxy_set_header Referer 00;\n")):
            with open(os.path.join(folder, name), "w") as file:
                file.write(content)
        return subprocess.run([program, "-t", "-q", "-e", "stderr", "-p", folder, "-c", os.path.join(folder, "nginx.conf")], capture_output=True, text=True, cwd=folder)


def test_wire_nginx_text_goldens():
    names = sorted(os.path.basename(path)[:-6] for path in glob.glob(os.path.join(GOLDENS, "*.lines")))
    assert len(names) == 3, names
    for name in names:
        done = text_of(lines_of(name))
        with open(os.path.join(GOLDENS, name + ".conf")) as file:
            assert done.stdout == file.read(), (name, done.stdout, done.stderr)


def test_wire_nginx_text_is_read_by_nginx():
    for name in ("studio", "order", "signed"):
        lines = dict(lines_of(name))
        if "cdn.local" in lines["domain"]:
            lines.update({"domain": "localhost", "origin[S3].url": "https://localhost:9000/bucket"})       # nginx looks names up
        done = read_by_nginx(text_of(lines).stdout)
        assert done.returncode == 0 and not done.stderr, (name, done)


HOSTILE = ('x"; } server { listen 127.0.0.1:1; } #', "x;\nreturn 200 pwned;\n", "x\r\nX-Evil: 1", "$document_root", "${secret}", "a\\b", "x } }", "a b", "x'", "\x7f", "*/../*", "한글;", "`id`", "(((", "[[", "x{3,")


def test_wire_nginx_text_values_stay_values():
    """Refused, or not there but as a pattern of letters, digits and numbers: nginx reads as many directives as of a value that means no harm."""
    plain = lines_of("order")
    plain.update({"domain": "localhost", "origin[S3].url": "https://localhost:9000/bucket"})
    shape = sorted(line.split(" ")[0] for line in text_of(plain).stdout.split("\n"))
    refused = written = 0
    for bad in HOSTILE:
        member = bad.replace("%", "%25").replace("]", "%5D")
        for path in ("domain", "origin[S3].url", "behavior[a*].default-ttl", "cors[any].max-age", "cors[any].origin[%s]" % member, "cors[any].method[%s]" % member, "cors[one].header[%s]" % member,
                     "cors[any].expose[%s]" % member, "behavior[%s].origin" % member, "behavior[a*].viewer", "tls", "http-version", "comment", "key-group", "alias[%s]" % member, "tag[x]"):
            done = text_of({**plain, path: "http://localhost/" + bad if path.endswith(".url") else "yes" if "[%s]" % member in path else bad})
            if done.returncode == 2:
                refused += 1
                assert "cannot be told to nginx" in done.stderr, done
                continue
            written += 1
            assert bad not in done.stdout, (path, bad)
            now = sorted(line.split(" ")[0] for line in done.stdout.split("\n"))
            assert path.startswith(("behavior[%s]" % member, "cors[any].origin", "key-group", "cors[any].max-age", "cors[any].method", "cors[any].expose")) or now == shape or path == "http-version", (path, bad)
            read = read_by_nginx(done.stdout)
            assert read.returncode == 0, (path, bad, read.stderr)
    assert refused > 60 and written > 60, (refused, written)
    for bad in HOSTILE:
        assert text_of(plain, clear=bad).returncode == 2, bad


def test_wire_nginx_text_stores_over_tls():
    """By a name; of this machine's own address that is known."""
    plain = lines_of("studio")
    assert "proxy_ssl_name localhost;" in text_of({**plain, "origin[S3].url": "https://127.0.0.1:9000/b"}).stdout
    done = text_of({**plain, "origin[S3].url": "https://192.0.2.1:9000/b"})
    assert done.returncode == 2 and "cannot tell by the address 192.0.2.1" in done.stderr, done


def test_wire_nginx_text_needs():
    """What it cannot do without is told, and where."""
    plain = lines_of("studio")
    for path, words in (("domain", "has no domain"), ("origin[S3].url", "does not tell where")):
        done = text_of({name: value for name, value in plain.items() if name != path})
        assert done.returncode == 2 and words in done.stderr, done


tap.run(sys.modules[__name__])
