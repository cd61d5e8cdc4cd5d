#!/usr/bin/env python3
"""The null server tells the truth: what it says of objects, listings, uploads and faults, over HTTP and HTTPS, and its counts.
Figures of `make bench` rest on it."""
import http.client
import os
import re
import ssl
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import certificates  # noqa: E402
import null  # noqa: E402
import tap  # noqa: E402

OBJECT = "/null/a/10x40000B/00000/00000003"


def ask(server, method, path, body=None, authority=None, **headers):
    """(status, headers in lower case, body) of one request over a connection of its own."""
    trusted = ssl.create_default_context(cafile=authority) if authority else None
    line = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusted) if authority else http.client.HTTPConnection("127.0.0.1", server.port)
    try:
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = line.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        line.close()


def keys(text, tag="Key"):
    return re.findall("<%s>([^<]*)</%s>" % (tag, tag), text.decode())


def test_bench_null_object_has_the_size_of_its_name():
    with null.Null() as server:
        status, headers, body = ask(server, "GET", OBJECT)
        assert (status, len(body)) == (200, 40000) and body == null.content(40000)
        assert ask(server, "HEAD", OBJECT)[1]["content-length"] == "40000"
        assert [ask(server, "GET", path)[0] for path in ("/null/nothing", "/null/a/10x40000B", "/null/a/10x40000B/00000/")] == [404] * 3
    assert server.counts["get"] == 4 and server.counts["head"] == 1 and server.counts["connections"] == 5, server.counts


def test_bench_null_range_is_that_of_the_object():
    whole = null.content(40000)
    with null.Null() as server:
        for asked, of in (("bytes=0-9", whole[:10]), ("bytes=39990-", whole[-10:]), ("bytes=-7", whole[-7:]), ("bytes=5-50000", whole[5:])):
            status, headers, body = ask(server, "GET", OBJECT, Range=asked)
            assert (status, body) == (206, of), (asked, status, len(body))
        assert headers["content-range"] == "bytes 5-39999/40000"
        assert ask(server, "GET", OBJECT, Range="bytes=40000-")[0] == 416


def test_bench_null_far_range_of_a_large_object_differs_from_the_near_one():
    with null.Null() as server:
        parts = [ask(server, "GET", "/null/1x1GiB/00000/00000000", Range="bytes=%d-%d" % (at << 20, (at << 20) + 63))[2] for at in range(0, 1024, 8)]
    assert len(set(parts)) == len(parts)


def test_bench_null_if_match_pins_the_etag():
    with null.Null() as server:
        etag = ask(server, "HEAD", OBJECT)[1]["etag"]
        assert ask(server, "GET", OBJECT, If_Match=etag)[0] == 200
        assert ask(server, "GET", OBJECT, If_Match='"other"')[0] == 412


def test_bench_null_put_echoes_the_checksum_of_header_and_trailer():
    with null.Null() as server:
        status, headers, _ = ask(server, "PUT", "/null/k", b"abc", **{"x-amz-checksum-crc32c": "NksCyw=="})
        assert status == 200 and headers["x-amz-checksum-crc32c"] == "NksCyw==" and headers["etag"]
        body = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:NksCyw==\r\n\r\n"
        status, headers, _ = ask(server, "PUT", "/null/k", body, **{"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
        assert headers["x-amz-checksum-crc32c"] == "NksCyw==", headers


def test_bench_null_check_refuses_other_bytes():
    good = null.content(40000)
    with null.Null(check=True) as server:
        assert ask(server, "PUT", OBJECT, good)[0] == 200
        assert ask(server, "PUT", OBJECT, good[:-1] + b"?")[0] == 400
        assert ask(server, "PUT", OBJECT, good[:-1])[0] == 400
        assert ask(server, "PUT", OBJECT + "?partNumber=1&uploadId=upload", b"abc", **{"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="})[0] == 400
    assert server.counts["wrong"] == 3


def test_bench_null_empty_bucket_holds_what_was_written():
    path = OBJECT.replace("/null/", "/empty/")
    with null.Null() as server:
        assert ask(server, "HEAD", path)[0] == 404
        ask(server, "PUT", path, b"")
        assert ask(server, "HEAD", path)[0] == 200
        assert not keys(ask(server, "GET", "/empty?list-type=2&prefix=a/10x40000B/")[2])


def test_bench_null_listing_has_every_key_once_in_order():
    for version, token, asked in (("list-type=2&", "NextContinuationToken", "continuation-token"), ("", "NextMarker", "marker")):
        found, after = [], ""
        with null.Null() as server:
            while True:
                text = ask(server, "GET", "/null?%sprefix=a/2500x1B/&%s" % (version, after))[2]
                found += keys(text)
                if b"<IsTruncated>false" in text:
                    break
                after = "%s=%s" % (asked, keys(text, token)[0])
        assert found == ["a/2500x1B/%05d/%08d" % (i // 1000, i) for i in range(2500)], (len(found), after)
        assert server.counts["list"] == 3, server.counts


def test_bench_null_listing_of_a_folder_and_after_a_key():
    with null.Null() as server:
        def folder(words):
            return ask(server, "GET", "/null?list-type=2&" + words)[2]
        assert keys(folder("prefix=2500x1B/&delimiter=/"), "Prefix")[1:] == ["2500x1B/00000/", "2500x1B/00001/", "2500x1B/00002/"]
        assert len(keys(folder("prefix=2500x1B/00002/&delimiter=/"))) == 500
        assert keys(folder("prefix=2500x1B/&start-after=2500x1B/00002/00002497")) == ["2500x1B/00002/00002498", "2500x1B/00002/00002499"]
        assert keys(folder("prefix=2500x1B/&start-after=2500x1B/&max-keys=1")) == ["2500x1B/00000/00000000"]
        assert keys(ask(server, "GET", "/null?prefix=2500x1B/&delimiter=/&marker=2500x1B/00001/")[2], "Prefix")[1:] == ["2500x1B/00002/"]


def test_bench_null_upload_in_parts_and_batch_delete():
    with null.Null() as server:
        assert keys(ask(server, "POST", "/empty/1x3B/00000/00000000?uploads")[2], "UploadId") == ["upload"]
        assert ask(server, "PUT", "/empty/1x3B/00000/00000000?partNumber=1&uploadId=upload", b"abc")[1]["etag"]
        assert keys(ask(server, "POST", "/empty/1x3B/00000/00000000?uploadId=upload", b"<CompleteMultipartUpload/>")[2], "ETag")
        assert ask(server, "HEAD", "/empty/1x3B/00000/00000000")[0] == 200
        gone = ask(server, "POST", "/null?delete", b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>")[2]
        assert keys(gone) == ["a", "b"], gone
        assert ask(server, "DELETE", "/null/k?uploadId=upload")[0] == 204
    assert [server.counts[kind] for kind in ("begin", "part", "complete", "delete_many", "abort")] == [1] * 5, server.counts


def test_bench_null_faults_come_in_turn():
    outcome = []
    with null.Null(every=2, faults="rc") as server:
        for _ in range(8):
            try:
                outcome.append(ask(server, "GET", OBJECT)[0])
            except OSError:
                outcome.append("reset")
    assert outcome == [200, "reset", 200, 503] * 2, outcome
    assert (server.counts["refused"], server.counts["reset"]) == (2, 2)


def test_bench_null_speaks_tls():
    with tempfile.TemporaryDirectory() as folder:
        authority = certificates.make_authority(folder)
        certificates.make_certificate(folder, os.path.join(folder, "server"))
        with null.Null(tls=os.path.join(folder, "server")) as server:
            assert ask(server, "GET", OBJECT, authority=authority)[2] == null.content(40000)
            assert ask(server, "PUT", OBJECT, b"x" * 300000, authority=authority)[0] == 200


tap.run(sys.modules[__name__])
