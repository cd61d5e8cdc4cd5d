"""identity_services.py: who gives credentials, on loopback: the metadata service of EC2, the agent of a container, STS, the SSO
portal; and a bucket whose service looks at who asks. Every request is checked as the real ones do, and kept.

    with identity_services.Services() as services:
        services.issue (...)                 # what is given next: access key, lifetime
        env = services.environment(AWS_…)    # where they are found
        services.asked("sts")                # requests so far
"""
import datetime
import http.server
import json
import threading
import time
import urllib.parse

ROLE = "machine-role"
METADATA_TOKEN = "metadata-token-AQAEAC"


def stamp(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Asked:
    def __init__(self, service, handler, body):
        self.service, self.method, self.path, self.body, self.at = service, handler.command, handler.path, body, time.time()
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.form = dict(urllib.parse.parse_qsl(body.decode("latin1"))) if service == "sts" else {}
        authorization = self.headers.get("authorization", "")
        self.scope = authorization.split("Credential=")[1].split(",")[0].split("/") if "Credential=" in authorization else []
        self.key, self.token = (self.scope or [None])[0], self.headers.get("x-amz-security-token")
        self.status = None

    def __repr__(self):
        return "%s %s %s %s" % (self.service, self.method, self.path, self.status)


class Services:
    """`lifetime` of what is issued, in seconds; `delay` before each answer; `hang`: services that take a request and say nothing."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests, self.issued, self.objects, self.wrong = [], {}, {}, []
        self.uploads, self.parts = [], {}
        self.lifetime, self.delay, self.slow_put = 3600, 0, 0
        self.hang, self.refuse, self.revoked = set(), {}, set()
        self.container_token = self.web_token = self.sso_token = self.refresh_token = None
        self.sources = {"SOURCEKEY": None}           # access key: token, that STS takes
        self.over = threading.Event()
        services = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                services.handle(self)
            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    # ---- what tests look at

    def asked(self, service=None, **form):
        with self.lock:
            return [one for one in self.requests if service in (None, one.service) and all(one.form.get(k) == v for k, v in form.items())]

    # ---- answers

    def handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        path = urllib.parse.urlsplit(handler.path).path
        service = "metadata" if path.startswith("/latest/") else "container" if path.startswith("/container") else \
                  "sts" if path.startswith("/sts") else "sso" if path.startswith("/sso/") else "oidc" if path == "/oidc/token" else "s3"
        one = Asked(service, handler, body)
        with self.lock:
            self.requests.append(one)
        if service in self.hang:
            self.over.wait(60)
            return
        time.sleep(self.delay)
        one.status, kind, text = self.refuse.get(service) or getattr(self, service)(one)
        data = text if isinstance(text, bytes) else text.encode()
        handler.send_response(one.status)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(data)))
        for name, value in getattr(one, "more", {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(data)

    def issue(self, by):
        with self.lock:
            number = len(self.issued) + 1
            key, token, end = "ISSUED%s%d" % (by.upper(), number), "token-%s-%d" % (by, number), time.time() + self.lifetime
            self.issued[key] = (token, end)
        return key, "secret-%d" % number, token, end

    def bad(self, one, status, why):
        self.wrong.append("%s: %s" % (one, why))
        return status, "text/plain", why

    def metadata(self, one):
        if one.method == "PUT" and one.path == "/latest/api/token":
            if one.headers.get("x-aws-ec2-metadata-token-ttl-seconds") != "21600":
                return self.bad(one, 400, "no lifetime of the token")
            return 200, "text/plain", METADATA_TOKEN
        if one.headers.get("x-aws-ec2-metadata-token") != METADATA_TOKEN:
            return self.bad(one, 401, "no session token")
        below = "/latest/meta-data/iam/security-credentials/"
        if one.path == below:
            return 200, "text/plain", ROLE
        if one.path != below + ROLE:
            return self.bad(one, 404, "no such path")
        key, secret, token, end = self.issue("metadata")
        return 200, "application/json", json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret,
                                                    "Token": token, "Expiration": stamp(end)})

    def container(self, one):
        if self.container_token is not None and one.headers.get("authorization") != self.container_token:
            return 401, "application/json", json.dumps({"code": "Unauthorized", "message": "wrong token"})
        key, secret, token, end = self.issue("container")
        return 200, "application/json", json.dumps({"AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": stamp(end),
                                                    "RoleArn": "arn:aws:iam::123456789012:role/task"})

    def sso(self, one):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(one.path).query))
        if one.headers.get("x-amz-sso_bearer_token") != self.sso_token:
            return 401, "application/json", json.dumps({"__type": "UnauthorizedException", "message": "Session token not found or invalid"})
        if not query.get("role_name") or not query.get("account_id") or not one.path.startswith("/sso/federation/credentials?"):
            return self.bad(one, 400, "no account or role")
        key, secret, token, end = self.issue("sso")
        return 200, "application/json", json.dumps({"roleCredentials": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token,
                                                                        "expiration": int(end * 1000)}})

    def oidc(self, one):
        """CreateToken by a refresh token, which is taken once."""
        asked = json.loads(one.body)
        if one.method != "POST" or one.scope or asked.get("grantType") != "refresh_token" or asked.get("clientId") != "client" or asked.get("clientSecret") != "client-secret":
            return self.bad(one, 400, "no CreateToken")
        with self.lock:
            if asked.get("refreshToken") != self.refresh_token:
                return 400, "application/json", json.dumps({"error": "invalid_grant", "error_description": "the refresh token is not known"})
            self.sso_token, self.refresh_token = "renewed-" + self.refresh_token, self.refresh_token + "+"
        return 200, "application/json", json.dumps({"accessToken": self.sso_token, "expiresIn": 3600, "refreshToken": self.refresh_token, "tokenType": "Bearer"})

    def fault(self, status, code, words):
        return status, "text/xml", ("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>%s</Code><Message>%s"
                                    "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>" % (code, words))

    def known(self, one):
        """Does this one sign with what we, or the test, have given, while it lives?"""
        if one.key in self.sources:
            return self.sources[one.key] == one.token
        token, end = self.issued.get(one.key, (None, 0))
        return token is not None and token == one.token and one.at < end and one.key not in self.revoked

    def sts(self, one):
        action, form = one.form.get("Action"), one.form
        if one.method != "POST" or form.get("Version") != "2011-06-15":
            return self.bad(one, 400, "no query request of STS")
        if action == "AssumeRoleWithWebIdentity":
            if one.scope:
                return self.bad(one, 400, "a web identity does not sign")
            if form.get("WebIdentityToken") != self.web_token:
                return self.fault(400, "InvalidIdentityToken", "the token is not known")
        elif not one.scope or one.scope[3] != "sts" or not self.known(one):
            return self.fault(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if action == "GetCallerIdentity":
            return 200, "text/xml", ("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
                                     "<Arn>arn:aws:iam::123456789012:user/%s</Arn><UserId>AIDA</UserId><Account>123456789012</Account>"
                                     "</GetCallerIdentityResult></GetCallerIdentityResponse>" % one.key)
        if not form.get("RoleArn") or not form.get("RoleSessionName"):
            return self.bad(one, 400, "no role or session name")
        key, secret, token, end = self.issue("sts")
        return 200, "text/xml", ("<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials><AccessKeyId>%s</AccessKeyId>"
                                 "<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>"
                                 "</%sResult></%sResponse>" % (action, action, key, secret, token, stamp(end), action, action))

    def s3(self, one):
        if self.known(one) or (not one.scope and "open" in self.sources):
            return self.bucket(one)
        code = "ExpiredToken" if one.key in self.issued else "InvalidAccessKeyId" if one.scope else "AccessDenied"
        return 400 if code == "ExpiredToken" else 403, "application/xml", "<Error><Code>%s</Code><Message>no</Message><RequestId>r</RequestId></Error>" % code

    def upload(self, one, path, query):
        """Parts: one upload after the other."""
        if one.method == "POST" and "uploads" in query:
            self.uploads.append("upload-%d" % (len(self.uploads) + 1))
            return 200, "application/xml", "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>" % self.uploads[-1]
        if query["uploadId"] != self.uploads[-1]:
            return 404, "application/xml", "<Error><Code>NoSuchUpload</Code><Message>no</Message></Error>"
        if one.method == "PUT":
            time.sleep(self.slow_put)
            with self.lock:
                self.parts[int(query["partNumber"])] = one.body
            one.more = {"ETag": '"p%s"' % query["partNumber"]}
            return 200, "application/xml", ""
        with self.lock:
            self.objects[path] = b"".join(self.parts[number] for number in sorted(self.parts))
        return 200, "application/xml", "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>"

    def bucket(self, one):
        path = urllib.parse.urlsplit(one.path)
        query = dict(urllib.parse.parse_qsl(path.query, keep_blank_values=True))
        if "uploads" in query or "uploadId" in query:
            return self.upload(one, path.path, query)
        if one.method == "HEAD" and path.path in self.objects:
            one.more = {"ETag": '"e"', "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"}
            return 200, "application/octet-stream", self.objects[path.path]
        if one.method == "PUT":
            time.sleep(self.slow_put)
            with self.lock:
                self.objects[path.path] = one.body
            one.more = {"ETag": '"e"'}
            return 200, "application/xml", ""
        if one.method == "DELETE":
            return 204, "application/xml", ""
        if one.method == "GET" and "list-type=2" in path.query:
            return 200, "application/xml", ("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>"
                                            "<Contents><Key>found</Key><Size>1</Size><LastModified>2026-11-25T10:00:00Z</LastModified><ETag>e</ETag></Contents>"
                                            "</ListBucketResult>")
        return 404, "application/xml", "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"
