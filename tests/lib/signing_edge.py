"""signing_edge.py: an edge of CloudFront on loopback, over TLS, as far as signatures go: who has one is served, and nobody else.

    edge = SigningEdge({"K1": public_key_in_pem})
    edge.objects["/ann/a.png"] = b"…"
    edge.ca, edge.address                          # who vouches for it, and HOST:PORT
    edge.asked                                     # (method, target, headers) of each request
    edge.open = True                               # nothing is looked at
    edge.ahead = 600                               # its clock, in seconds
    edge.answers[:] = [(404, b""), …]              # the next ones, whoever asks; then as it is
    edge.refused                                   # why, of each that was
    edge.sent                                      # (status, bytes) of each answer
    edge.then = (4, function)                      # called before the fourth request is answered
    edge.age = 3600                                # its answers say that they were kept for so long

What a signature is: the developer guide of CloudFront, "Use signed URLs", "Use signed cookies". Written from there alone: none of it is of the driver."""
import base64
import email.utils
import hashlib
import http.server
import ipaddress
import json
import os
import ssl
import tempfile
import threading
import time
import urllib.parse

import certificates

OWN = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")


class No(Exception):
    """Why somebody is not let in."""


def decoded(text):
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")), validate=True)


def fits(pattern, url):
    """A star stands for any text."""
    head, *rest = pattern.split("*")
    if not rest:
        return url == pattern
    if not url.startswith(head):
        return False
    at = len(head)
    for part in rest[:-1]:
        at = url.find(part, at) + len(part)
        if at < len(part):
            return False
    return url.endswith(rest[-1]) and len(url) - len(rest[-1]) >= at


class SigningEdge:
    def __init__(self, keys):
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        self.keys = {identity: load_pem_public_key(pem.encode()) for identity, pem in keys.items()}
        self.holder = tempfile.TemporaryDirectory(prefix="larder-edge-")
        self.ca = certificates.make_authority(self.holder.name)
        certificates.make_certificate(self.holder.name, self.holder.name)
        self.objects, self.asked, self.refused, self.answers, self.open, self.ahead = {}, [], [], [], False, 0
        self.sent, self.then, self.age = [], (0, None), None
        edge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                edge.answer(self)
            do_HEAD = do_GET

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass                         # who does not trust its certificate

        self.server = Server(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(self.holder.name, "public.crt"), os.path.join(self.holder.name, "private.key"))
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def now(self):
        return time.time() + self.ahead

    # ---- who is let in

    def hold(self, request):
        """Nothing where the request may pass; No, else."""
        path, _, query = request.path.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        given = {name: value for name, _, value in pairs if name in OWN}
        base = "https://%s%s" % (request.headers["host"], path)
        rest = "&".join("".join(pair) for pair in pairs if pair[0] not in OWN)
        url = base + ("?" + rest if rest else "")
        if not given:
            cookies = dict(one.strip().partition("=")[::2] for one in request.headers.get("cookie", "").split(";") if one.strip())
            given = {name[len("CloudFront-"):]: value for name, value in cookies.items() if name.startswith("CloudFront-")}
        if not given:
            raise No("no signature")
        policy = self.policy(given, url)
        self.verify(given, policy)
        self.within(json.loads(policy), url, request.client_address[0])

    @staticmethod
    def policy(given, url):
        """What was signed: the canned one is never sent."""
        if "Policy" in given:
            return decoded(given["Policy"])
        return ('{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}' % (url, int(given["Expires"]))).encode()

    def verify(self, given, policy):
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding
        key, kind = self.keys.get(given["Key-Pair-Id"]), {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}[given.get("Hash-Algorithm", "SHA1")]()
        if not key:
            raise No("no key %s" % given["Key-Pair-Id"])
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(decoded(given["Signature"]), policy, ec.ECDSA(kind))
            else:
                key.verify(decoded(given["Signature"]), policy, padding.PKCS1v15(), kind)
        except InvalidSignature:
            raise No("another signature") from None

    def within(self, policy, url, viewer):
        one, = policy["Statement"]
        condition = one["Condition"]
        if not fits(one["Resource"], url):
            raise No("for another address")
        if self.now() >= condition["DateLessThan"]["AWS:EpochTime"]:
            raise No("ended")
        if self.now() <= condition.get("DateGreaterThan", {}).get("AWS:EpochTime", 0):
            raise No("not begun")
        if ipaddress.ip_address(viewer) not in ipaddress.ip_network(condition.get("IpAddress", {}).get("AWS:SourceIp", "0.0.0.0/0")):
            raise No("from elsewhere")

    # ---- what is answered

    def answer(self, request):
        self.asked.append((request.command, request.path, {name.lower(): value for name, value in request.headers.items()}))
        if len(self.asked) == self.then[0]:
            self.then[1]()
        if self.answers:
            return self.reply(request, *self.answers.pop(0))
        try:
            if not self.open:
                self.hold(request)
        except (No, KeyError, ValueError) as why:
            self.refused.append(str(why))
            return self.reply(request, 403, b"<Error><Code>AccessDenied</Code></Error>")
        body = self.objects.get(urllib.parse.unquote(request.path.partition("?")[0]))
        return self.reply(request, 200 if body is not None else 404, body or b"")

    def reply(self, request, status, body):
        """`status` None: the connection is closed, without a word. An object has an ETag, by which it is not sent again."""
        if status is None:
            request.close_connection = True
            return
        etag = '"%s"' % hashlib.md5(body).hexdigest() if status == 200 else None
        if etag and request.headers.get("if-none-match") == etag:
            status, body = 304, b""
        self.sent.append((status, body))
        request.send_response_only(status)
        for name, value in (("Date", email.utils.formatdate(self.now(), usegmt=True)), ("Content-Length", len(body)), ("ETag", etag), ("Age", self.age)):
            if value is not None:
                request.send_header(name, str(value))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
        request.close_connection = True
