#!/usr/bin/env python3
"""Golden signatures for tests/wire/sign, by botocore (1.44.8 was used). Run again only to add cases: what is there must not change."""
import datetime
import json
import os
import sys
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sign")
NOW = datetime.datetime(2026, 11, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQD+/=="
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
UNSIGNED = "UNSIGNED-PAYLOAD"

botocore.auth.get_current_datetime = lambda *_, **__: NOW


def case(key, method="GET", host="bucket.s3.eu-central-1.amazonaws.com", base="", query=(), headers=(), payload=EMPTY,
         token=None, service="s3", region="eu-central-1", expires=3600):
    return {"method": method, "host": host, "base": base, "key": key, "query": list(map(list, query)),
            "headers": list(map(list, headers)), "payload": payload, "token": token, "service": service, "region": region,
            "expires": expires, "access": ACCESS, "secret": SECRET, "time": "2026-11-03T04:05:06Z"}


PATHS = {
    "plain": "photos/2026/11/a.png",
    "double-slash": "photos//2026///a.png",
    "leading-slash": "/photos/a.png",
    "dots": "a/./b/../c/..",
    "only-dots": "..",
    "trailing-slash": "folder/",
    "space": "my holiday photo.png",
    "plus": "a+b=c&d?e#f.png",
    "percent": "100%25 done %zz.txt",
    "emoji": "\U0001f4f7/\u30c6\u30b9\u30c8/\u00fcber.png",
    "tilde": "~user/-._~.txt",
    "reserved": "!*'();:@&=+$,/?#[]\"<>\\^`{|}",
    "control": "tab\tnewline\nbell\x07end",
    "long": "k" * 1024,
}

CASES = {"path-" + name: case(key) for name, key in PATHS.items()}
CASES.update({
    "path-style": case("a b//c", host="127.0.0.1:9000", base="/bucket", region="us-east-1"),
    "path-style-bucket": case(None, host="127.0.0.1:9000", base="/bucket", region="us-east-1"),
    "path-style-base": case("key", host="store.example:8443", base="/gate/way/bucket"),
    "query-list": case(None, query=[("list-type", "2"), ("prefix", "a b/\u00fc+"), ("delimiter", "/"), ("encoding-type", "url"),
                                    ("max-keys", "1000"), ("continuation-token", "1/Abc+dEf=="), ("start-after", "")]),
    "query-empty-values": case(None, method="POST", query=[("uploads", ""), ("delete", "")]),
    "query-sorting": case("k", query=[("b", "1"), ("a", "2"), ("B", "3"), ("a-b", "4"), ("a.b", "5"), ("a_b", "6"), ("a~b", "7"), ("aa", "8"),
                                      ("A", "9"), ("\u00e4", "10"), ("a b", "11"), ("a%b", "12")]),
    "query-part": case("big", method="PUT", query=[("uploadId", "Vx.y_z-~="), ("partNumber", "17")], payload=UNSIGNED),
    "headers-duplicate": case("k", headers=[("x-amz-meta-b", "2"), ("x-amz-meta-a", "1"), ("x-amz-meta-b", "1"), ("x-amz-meta-b", "3")]),
    "headers-blanks": case("k", method="PUT", headers=[("x-amz-meta-a", "  two   words\t and  tabs "), ("x-amz-meta-empty", ""),
                                                       ("content-type", "image/png; charset=\"a  b\"")], payload=UNSIGNED),
    "headers-left-out": case("k", method="PUT", headers=[("user-agent", "larder/0"), ("expect", "100-continue"), ("x-amzn-trace-id", "Root=1"),
                                                         ("transfer-encoding", "chunked"), ("range", "bytes=0-9"),
                                                         ("cache-control", "no-cache")], payload=UNSIGNED),
    "headers-conditions": case("k", method="PUT", payload=UNSIGNED,
                               headers=[("if-none-match", "*"), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
                                        ("x-amz-storage-class", "GLACIER_IR"), ("x-amz-meta-user_id", "user-1")]),
    "token": case("k", token=TOKEN),
    "token-put-unsigned": case("k", method="PUT", token=TOKEN, payload=UNSIGNED, headers=[("content-type", "image/webp")]),
    "payload-signed": case("k", method="PUT", payload="44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
    "payload-unsigned": case("k", method="PUT", payload=UNSIGNED),
    "delete": case("old/\u00e9", method="DELETE", query=[("versionId", "3/L4kqtJlcpXroDTDmpUMLUo")]),
    "head": case("k", method="HEAD", headers=[("x-amz-checksum-mode", "ENABLED")]),
    "expires-week": case("k", expires=604800),
    "region-china": case("k", host="bucket.s3.cn-north-1.amazonaws.com.cn", region="cn-north-1"),
    "other-service": case("2015-02-01/file-systems/a b", host="elasticfilesystem.eu-central-1.amazonaws.com",
                          service="elasticfilesystem", query=[("Marker", "a/b")], headers=[("content-type", "application/json")]),
    "other-service-dots": case("a/./b/../c//d/", host="backup.eu-central-1.amazonaws.com", service="backup"),
})


def path_of(case):
    """As it is sent: encoded once; a bucket alone has no slash behind it."""
    if case["key"] is None:
        return case["base"] or "/"
    return case["base"] + "/" + urllib.parse.quote(case["key"], safe="/-._~")


def request_of(case):
    query = "&".join("%s=%s" % tuple(urllib.parse.quote(word, safe="-._~") for word in pair) for pair in case["query"])
    request = AWSRequest(method=case["method"], url="https://" + case["host"] + path_of(case) + ("?" + query if query else ""))
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    return request


def signer_of(case, form):
    base = {("s3", "header"): botocore.auth.S3SigV4Auth, ("s3", "query"): botocore.auth.S3SigV4QueryAuth,
            ("other", "header"): botocore.auth.SigV4Auth, ("other", "query"): botocore.auth.SigV4QueryAuth}[
                ("s3" if case["service"] == "s3" else "other", form)]
    payload = case["payload"] if form == "header" else UNSIGNED if case["service"] == "s3" else EMPTY

    class Signer(base):
        def payload(self, request):
            return payload

        def canonical_request(self, request):
            self.canonical = super().canonical_request(request)
            return self.canonical

        def string_to_sign(self, request, canonical_request):
            self.to_sign = super().string_to_sign(request, canonical_request)
            return self.to_sign

        def signature(self, string_to_sign, request):
            self.made = super().signature(string_to_sign, request)
            return self.made

    extra = {"expires": case["expires"]} if form == "query" else {}
    return Signer(Credentials(case["access"], case["secret"], case["token"]), case["service"], case["region"], **extra)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
        file.write(text)


def main():
    for name, one in CASES.items():
        folder = os.path.join(HERE, name)
        os.makedirs(folder, exist_ok=True)
        write(folder, "request.json", json.dumps(one, indent=1, ensure_ascii=True) + "\n")
        for form in ("header", "query"):
            signer, request = signer_of(one, form), request_of(one)
            signer.add_auth(request)
            write(folder, form + "-canonical-request.txt", signer.canonical)
            write(folder, form + "-string-to-sign.txt", signer.to_sign)
            write(folder, form + "-signature.txt", signer.made)
            if form == "query":
                write(folder, "query-url.txt", request.url)
            else:
                write(folder, "header-authorization.txt", request.headers["Authorization"])
    print("%d cases" % len(CASES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
