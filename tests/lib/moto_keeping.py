"""moto_keeping.py: moto's server, where a lifecycle and a replication come back as they were put. moto loses conditions by size,
NewerNoncurrentVersions and x-amz-transition-default-minimum-object-size, and tells of any replication that it copies all and no delete marker.
Started by servers.py in the interpreter that has moto."""
import io
import sys
import urllib.parse

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import main

LEAST = "x-amz-transition-default-minimum-object-size"
kept = {}
plain = DomainDispatcherApplication.__call__


def is_kept(environ):
    names = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return environ["REQUEST_METHOD"] in ("GET", "PUT") and ("lifecycle" in names or "replication" in names)


def with_kept(self, environ, start_response):
    """What was put is put to moto, too, which looks whether it makes sense; its answer to a GET is 200 only while something is set."""
    if not is_kept(environ):
        return plain(self, environ, start_response)
    told, path = {}, (environ["PATH_INFO"].strip("/"), environ["QUERY_STRING"].rstrip("="))
    putting = environ["REQUEST_METHOD"] == "PUT"
    given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if putting else b""
    environ["wsgi.input"] = io.BytesIO(given)
    body = b"".join(plain(self, environ, lambda status, headers, *_: told.update(status=status, headers=headers)))
    if putting and told["status"].startswith("200"):
        kept[path] = given, environ.get("HTTP_" + LEAST.upper().replace("-", "_"), "all_storage_classes_128K")
    headers = told["headers"]
    if not putting and told["status"].startswith("200") and path in kept:
        body, least = kept[path]
        headers = [(name, least if name.lower() == LEAST else str(len(body)) if name.lower() == "content-length" else value) for name, value in headers]
    start_response(told["status"], headers)
    return [body]


DomainDispatcherApplication.__call__ = with_kept
main(sys.argv[1:])
