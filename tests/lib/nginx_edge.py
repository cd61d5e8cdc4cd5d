"""nginx_edge.py: a store, and the nginx that `larder dev up` puts before it.

    place = NginxEdge(servers.start("minio")); place.up(); place.put("a.txt", b"a"); place.get("/a.txt").status
"""
import atexit
import http.client
import os
import ssl

import servers
from edge_place import ENVIRONMENT, EdgePlace  # noqa: F401

PIPELINE = """[larder]
environment = studio
[store "images"]
backend = objects
bucket = images
cdn = images
cors = studio
accept = deleted-is-not-gone
[cors "studio"]
origins = https://pingvas.studio, https://*.pingvas.studio
methods = GET, HEAD
headers = *
max-age = 3600s
[store "thumbnails"]
in = images
accept = deleted-is-not-gone
[pipeline "image"]
store = images
key = {user}/{job}.{ext}
encode = png
thumbnail-store = thumbnails
thumbnail-key = {user}/thumbnails/{job}.webp
thumbnail-fit = 64x64
thumbnail-encode = webp quality=85
[cdn "images"]
store = images
behaviors = thumbnails, kept, default
[behavior "thumbnails"]
path = */thumbnails/*
methods = GET, HEAD
min-ttl = 86400s
default-ttl = 2592000s
max-ttl = 31536000s
[behavior "kept"]
path = kept/?.txt
viewer = https-only
methods = GET, HEAD
min-ttl = 10s
default-ttl = 20s
max-ttl = 30s
[behavior "default"]
methods = GET, HEAD, OPTIONS
viewer = redirect-to-https
min-ttl = 0s
default-ttl = 86400s
max-ttl = 31536000s
"""
OBJECTS = "[backend \"objects\"]\ndriver = s3\nserver = minio\nendpoint = %s\nregion = us-east-1\naccess-key = %s\nsecret-key = %s\n"
MOCK = "[backend \"objects\"]\ndriver = localfs-mock\ncreate = yes\nroot = %s\n"
CDN = "[backend \"cdn\"]\ndriver = nginx\nroot = %s\nhttp = 127.0.0.1:%d\n%s[cdn \"images\"]\nbackend = cdn\ndomain = 127.0.0.1:%d\n"


class Reply:
    def __init__(self, reply):
        self.status, self.headers, self.body = reply.status, reply.headers, reply.read()

    def __repr__(self):
        return "%d %r %r" % (self.status, dict(self.headers), self.body[:300])


class NginxEdge(EdgePlace):
    """server: a MinIO; None: the mock's folder."""

    def __init__(self, server=None, more=""):
        super().__init__("larder-nginx-")
        self.server, self.port, self.clear = server, servers.free_port(), servers.free_port()
        self.root = self.path("edge")
        atexit.register(self.close)              # a failed test leaves no nginx behind
        self.write("larder.ini", PIPELINE)
        objects = OBJECTS % (server.endpoint, server.access_key, server.secret_key) if server else MOCK % self.path("store")
        objects += "ca-file = %s\n" % server.ca if server and server.ca else ""
        self.write("profiles/edge.ini", objects + CDN % (self.root, self.clear, more, self.port))

    def change(self, old, new, name="larder.ini"):
        with open(self.path(name)) as file:
            text = file.read()
        assert old in text, old
        self.write(name, text.replace(old, new))

    def do(self, *words, code=0, **more):
        done = self.run(*words, **more)
        assert done.code == code, done
        return done

    def up(self):
        """What was done."""
        return self.do("--json", "dev", "up").lines[1]["done"]

    def down(self):
        return self.do("--json", "dev", "down").lines[1]["done"]

    def status(self):
        return self.do("--json", "dev", "status").lines[1]

    def put(self, key, body, *flags):
        with open(self.path("body"), "wb") as file:
            file.write(body)
        self.do("put", *flags, self.path("body"), "images:" + key)

    @property
    def authority(self):
        return os.path.join(self.root, "authority/authority.pem")

    def ask(self, path, method="GET", clear=False, **headers):
        """The path as it is, in bytes of ASCII."""
        if clear:
            connection = http.client.HTTPConnection("127.0.0.1", self.clear, timeout=30 * servers.SLOW)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30 * servers.SLOW, context=ssl.create_default_context(cafile=self.authority))
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def site(self, name):
        folder, = os.listdir(os.path.join(self.root, "sites"))
        return os.path.join(self.root, "sites", folder, name)

    def kept(self):
        """Of each answer in the cache its key, and for how many seconds it may be kept."""
        found = {}
        for folder, _, names in os.walk(self.site("cache")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    key, rest = file.read().split(b"\nKEY: ", 1)[1].split(b"\n", 1)
                found[key.decode()] = int(rest.split(b"X-Accel-Expires: ", 1)[1].split(b"\r", 1)[0])
        return found

    def close(self):
        atexit.unregister(self.close)
        if os.path.isdir(self.root):
            self.run("dev", "down")
        if self.server:
            self.server.stop()
        self.holder.cleanup()
