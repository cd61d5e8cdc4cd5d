#!/usr/bin/env python3
"""A gallery in a real browser, headless Chromium: picture and thumbnail through nginx, on a page of an origin that the store's [cors] names, and on one of another."""
import base64
import hashlib
import http.server
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
import nginx_edge  # noqa: E402
import world  # noqa: E402

# What a page finds out it tells the one who served it.
PAGE = """<!doctype html><title>gallery</title><body><script>
const urls = %s;
const picture = (url, cors) => new Promise(done => {
	const image = new Image();
	image.onload = () => done(image.naturalWidth + "x" + image.naturalHeight);
	image.onerror = () => done("refused");
	if (cors) image.crossOrigin = "anonymous";
	image.src = url;
	document.body.append(image);
});
const bytes = (url, more) => fetch(url, more).then(reply => reply.arrayBuffer().then(all => reply.status + " " + all.byteLength), () => "refused");
Promise.all(urls.flatMap(url => [picture(url, false), picture(url + "?with=cors", true), bytes(url), bytes(url, {headers: {"x-own": "1"}})]))
	.then(found => fetch("/found", {method: "POST", body: JSON.stringify(found)}));
</script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (PAGE % json.dumps(self.server.urls)).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.server.found.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Site:
    """An origin of its own."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.server.urls, self.server.found = [], queue.Queue()
        self.origin = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def key_hash():
    """Of the edge's own key, which this browser is to trust and no other."""
    key = subprocess.run(["openssl", "x509", "-in", place.site("certificate.pem"), "-pubkey", "-noout"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def look_at(site):
    """What its page finds out."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed\n  next: ./bootstrap check installs it (Debian's package chromium)"
    with tempfile.TemporaryDirectory(prefix="larder-chromium-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen([program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                                    "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + folder, "--ignore-certificate-errors-spki-list=" + key_hash(), site.origin + "/"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "HOME": folder})
        try:
            return site.server.found.get(timeout=90 * servers.SLOW)
        finally:
            process.terminate()
            process.communicate()


def test_live_nginx_browser_gallery():
    mine, foreign = Site(), Site()
    place.change("origins = https://pingvas.studio, https://*.pingvas.studio", "origins = " + mine.origin)
    assert place.up() == "started"
    with open(place.path("red.png"), "wb") as file:
        file.write(world.png((200, 30, 30), 300, 200))
    place.do("image", "ingest", place.path("red.png"), "--user", "ann", "--job", "j1")
    urls = [line["url"] for flag in ([], ["--thumbnail"]) for line in place.do("--json", "cdn", "url", *flag, "images:ann/j1.png").lines if line["type"] == "url"]
    assert len(urls) == 2 and urls[1].endswith("/ann/thumbnails/j1.webp"), urls
    sizes = [len(place.ask(url[len("https://127.0.0.1:%d" % place.port):]).body) for url in urls]
    mine.server.urls = foreign.server.urls = urls
    expected = ["300x200", "300x200", "200 %d" % sizes[0], "200 %d" % sizes[0], "64x43", "64x43", "200 %d" % sizes[1], "refused"]
    assert look_at(mine) == expected, (look_at(mine), expected)
    assert look_at(foreign) == ["300x200", "refused", "refused", "refused", "64x43", "refused", "refused", "refused"], look_at(foreign)


place = nginx_edge.NginxEdge(servers.start("minio"))
try:
    tap.run(sys.modules[__name__])
finally:
    place.close()
