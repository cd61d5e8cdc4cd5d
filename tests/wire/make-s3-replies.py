#!/usr/bin/env python3
"""Makes tests/wire/s3/replies.json: replies of real MinIO, versitygw and moto, a line each, as they came over the wire, and those
that AWS's documentation shows and none of the three gives. What the driver understands of each stands beside it ("result"):
test-s3-replies.py compares that with botocore's own parser.

    TOP_BUILDDIR=BUILD tests/wire/make-s3-replies.py         after `make tests/wire/s3-replies`, servers installed"""
import json
import os
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402

BUILD = os.environ.get("TOP_BUILDDIR", ".")
BUCKET = "bucket"
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
DROP = {"date", "server", "connection", "x-amz-id-2", "x-amz-request-id", "x-amzn-requestid", "strict-transport-security", "vary",
        "x-xss-protection", "x-content-type-options", "access-control-allow-origin", "x-ratelimit-limit", "x-ratelimit-remaining"}


class Recorder:
    def __init__(self, server):
        self.row, self.client, self.lines, self.case = server.row, server.client(), [], None
        self.client.meta.events.register("before-parse.s3", self.record)

    def record(self, operation_model, response_dict, **_):
        if self.case is None or response_dict["status_code"] >= 300:
            return
        body = response_dict["body"]
        headers = sorted([k.lower(), v] for k, v in response_dict["headers"].items() if k.lower() not in DROP)
        line = {"server": self.row, "operation": operation_model.name, "case": self.case, "status": response_dict["status_code"], "headers": headers}
        if isinstance(body, bytes) and body:
            line["body"] = body.decode()
        if self.ask:
            line["ask"] = self.ask
        self.lines.append(line)

    def call(self, case, operation, ask=None, **parameters):
        self.case, self.ask = case, ask
        try:
            return getattr(self.client, operation)(Bucket=BUCKET, **parameters)
        finally:
            self.case = None


KEYS = ["a b", "a+b", "a%41b", "a/1", "a/2", "b&<>\"'", "\u00e4/\uc774", "z\U0001f600", "tab\there"]


def objects(r):
    for key in KEYS:
        r.client.put_object(Bucket=BUCKET, Key=key, Body=b"x" * len(key))
    r.call("put", "put_object", Key="k", Body=b"hello", ContentType="image/png", CacheControl="max-age=60", ContentDisposition="inline",
           ContentEncoding="gzip", Metadata={"user_id": "u1", "word": "=?UTF-8?B?w6Q=?="}, ChecksumAlgorithm="CRC64NVME")
    r.call("head", "head_object", Key="k", ChecksumMode="ENABLED")
    r.call("get", "get_object", Key="k", ChecksumMode="ENABLED")
    r.call("get range", "get_object", Key="k", Range="bytes=1-3")
    r.call("get suffix", "get_object", Key="k", Range="bytes=3-100")
    r.client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    r.call("head empty", "head_object", Key="empty")
    r.call("copy", "copy_object", Key="copied", CopySource={"Bucket": BUCKET, "Key": "k"})
    r.client.put_object_tagging(Bucket=BUCKET, Key="k", Tagging={"TagSet": [{"Key": "a b", "Value": "v 1"}, {"Key": "e", "Value": ""}]})
    r.call("tags", "get_object_tagging", Key="k")
    r.call("no tags", "get_object_tagging", Key="empty")
    r.call("versioning off", "get_bucket_versioning")


def lists(r):
    r.call("all", "list_objects_v2")
    r.call("folders", "list_objects_v2", ask={"delimiter": "/"}, Delimiter="/")
    r.call("prefix", "list_objects_v2", ask={"prefix": "a/"}, Prefix="a/")
    r.call("nothing", "list_objects_v2", ask={"prefix": "none"}, Prefix="none")
    page = r.call("first page", "list_objects_v2", MaxKeys=3)
    token = page["NextContinuationToken"]
    last = urllib.parse.quote(page["Contents"][-1]["Key"])
    r.call("second page", "list_objects_v2", ask={"token": "%s&%s&" % (last, urllib.parse.quote(token, safe=""))}, MaxKeys=3, ContinuationToken=token)


def uploads(r):
    r.call("create", "create_multipart_upload", Key="mp/\u00e4 +", ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
    upload = r.client.create_multipart_upload(Bucket=BUCKET, Key="mp", ChecksumAlgorithm="CRC32C")["UploadId"]
    other = r.client.create_multipart_upload(Bucket=BUCKET, Key="mp2")["UploadId"]
    r.call("part", "upload_part", Key="mp", UploadId=upload, PartNumber=1, Body=b"p" * (5 << 20), ChecksumAlgorithm="CRC32C")
    r.client.upload_part(Bucket=BUCKET, Key="mp", UploadId=upload, PartNumber=3, Body=b"q", ChecksumAlgorithm="CRC32C")
    r.call("part copy", "upload_part_copy", Key="mp2", UploadId=other, PartNumber=1, CopySource={"Bucket": BUCKET, "Key": "k"})
    r.call("parts", "list_parts", Key="mp", UploadId=upload)
    r.call("parts, first page", "list_parts", Key="mp", UploadId=upload, MaxParts=1)
    r.call("uploads", "list_multipart_uploads")
    r.call("uploads, first page", "list_multipart_uploads", MaxUploads=1)
    parts = r.client.list_parts(Bucket=BUCKET, Key="mp", UploadId=upload)["Parts"]
    names = ("PartNumber", "ETag", "ChecksumCRC32C")
    r.call("complete", "complete_multipart_upload", Key="mp", UploadId=upload,
           MultipartUpload={"Parts": [{n: part[n] for n in names if n in part} for part in parts]})


def versions(r):
    r.call("no versions", "list_object_versions", ask={"prefix": "a"}, Prefix="a")
    r.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    r.call("versioning on", "get_bucket_versioning")
    first = r.call("put version", "put_object", Key="v +", Body=b"1")["VersionId"]
    r.client.put_object(Bucket=BUCKET, Key="v +", Body=b"22")
    r.call("delete, marker", "delete_object", Key="v +")
    r.call("versions", "list_object_versions", ask={"prefix": "v"}, Prefix="v")
    r.call("versions, first page", "list_object_versions", MaxKeys=2)
    r.call("versions, folders", "list_object_versions", ask={"delimiter": "/"}, Delimiter="/")
    r.call("get version", "get_object", Key="v +", VersionId=first)
    r.call("delete version", "delete_object", Key="v +", VersionId=first)
    items = [{"Key": "k"}, {"Key": "never"}, {"Key": "a+b"}, {"Key": "b&<>\"'"}]
    r.call("delete many", "delete_objects", ask={"items": [{"key": item["Key"]} for item in items]}, Delete={"Objects": items})
    r.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    r.call("versioning suspended", "get_bucket_versioning")


# ---- AWS's own

def aws(operation, case, body=None, headers=(), status=200, ask=None):
    line = {"server": "aws", "operation": operation, "case": case, "status": status, "headers": [list(pair) for pair in headers]}
    if body is not None:
        line["body"] = '<?xml version="1.0" encoding="UTF-8"?>\n' + body.replace("NAMESPACE", NAMESPACE)
    if ask:
        line["ask"] = ask
    return line


HEAD = (("last-modified", "Wed, 25 Nov 2026 10:00:00 GMT"), ("etag", '"b10a8db164e0754105b7a99be72e3fe5"'), ("content-type", "image/png"))
LIST = """<ListBucketResult NAMESPACE><Name>bucket</Name><Prefix>a%2B</Prefix><Delimiter>%2F</Delimiter><KeyCount>4</KeyCount><MaxKeys>4</MaxKeys>
<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
<Contents><Key>a%2B+c%0A</Key><LastModified>2026-11-25T10:00:00.000Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag>
<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5368709121</Size><StorageClass>GLACIER</StorageClass>
<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>
<Contents><Key>a%2B%01</Key><LastModified>2026-11-25T10:00:00.000Z</LastModified><ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71-3&quot;</ETag>
<Size>0</Size><StorageClass>DEEP_ARCHIVE</StorageClass><RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus></Contents>
<CommonPrefixes><Prefix>a%2B%2F</Prefix></CommonPrefixes><CommonPrefixes><Prefix>a%2Bb%2F</Prefix></CommonPrefixes></ListBucketResult>"""
VERSIONS = """<ListVersionsResult NAMESPACE><Name>bucket</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>
<NextKeyMarker>k+2</NextKeyMarker><NextVersionIdMarker>3/L4kqtJl40Nr8X8gdRQBpUMLUo</NextVersionIdMarker><MaxKeys>3</MaxKeys>
<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
<DeleteMarker><Key>k+2</Key><VersionId>m1</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-25T10:00:02.000Z</LastModified></DeleteMarker>
<Version><Key>k+2</Key><VersionId>null</VersionId><IsLatest>false</IsLatest><LastModified>2026-11-25T10:00:01.000Z</LastModified>
<ETag>"x"</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Version>
<Version><Key>a</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest><LastModified>2026-11-25T10:00:01.000Z</LastModified>
<ETag>"y"</ETag><Size>2</Size><StorageClass>STANDARD</StorageClass></Version></ListVersionsResult>"""
DELETED = """<DeleteResult NAMESPACE><Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m1</DeleteMarkerVersionId></Deleted>
<Error><Key>b</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>
<Error><Key>e</Key><VersionId>v1</VersionId><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>
<Deleted><Key>c</Key><VersionId>v1</VersionId></Deleted><Error><Key>d</Key><Code>NoSuchKey</Code><Message>gone</Message></Error></DeleteResult>"""
ASKED = [{"key": "a"}, {"key": "b"}, {"key": "c", "version": "v1"}, {"key": "d"}, {"key": "e", "version": "v1"}, {"key": "silent"}]


def of_aws():
    empty = "<%s NAMESPACE>%s</%s>"
    return [
        aws("ListObjectsV2", "encoded, more", LIST, ask={"prefix": "a+", "delimiter": "/"}),
        aws("ListObjectsV2", "the same token again", LIST, ask={"prefix": "a+", "token": "a&1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM%3D&"}),
        aws("ListObjectsV2", "another prefix than asked", LIST, ask={"prefix": "b"}),
        aws("ListObjectsV2", "after a key", LIST, ask={"prefix": "a+", "start_after": "a+\x01"}),
        aws("ListObjectsV2", "more without a token", LIST.replace("NextContinuationToken", "Other"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "nothing more, and a token", LIST.replace("IsTruncated>true", "IsTruncated>false"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "back before the page before", LIST, ask={"prefix": "a+", "token": "a%2B%02&x&"}),
        aws("ListObjectsV2", "the last key again", LIST, ask={"prefix": "a+", "token": "a%2B%01&x&"}),
        aws("ListObjectsV2", "behind the page before", LIST, ask={"prefix": "a+", "token": "a%2B&x&"}),
        aws("ListObjectsV2", "an empty page", LIST[:LIST.index("<Contents>")] + "</ListBucketResult>", ask={"prefix": "a+", "token": "a%2Bz&x&"}),
        aws("ListObjectVersions", "back before the page before", VERSIONS, ask={"token": "b&b&x"}),
        aws("ListObjectVersions", "more of the last key", VERSIONS, ask={"token": "a&a&x"}),
        aws("ListObjectsV2", "no end said", LIST.replace("IsTruncated", "Other"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "an end that is no word", LIST.replace("<IsTruncated>true", "<IsTruncated>maybe"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "another encoding", LIST.replace("<EncodingType>url", "<EncodingType>xyz"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "half an escape", LIST.replace("%0A", "%0"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "a NUL", LIST.replace("%0A", "%00"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "no size", LIST.replace("<Size>0</Size>", ""), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "a negative size", LIST.replace("<Size>0<", "<Size>-1<"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "a size beyond numbers", LIST.replace("<Size>0<", "<Size>18446744073709551616<"), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "a time that is none", LIST.replace("2026-11-25T10:00:00.000Z", "yesterday", 1), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "no key", LIST.replace("<Key>a%2B%01</Key>", ""), ask={"prefix": "a+"}),
        aws("ListObjectsV2", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("ListObjectsV2", "a page of a proxy", "<html><body>please log in</body></html>"),
        aws("ListObjectsV2", "buckets instead", empty % ("ListAllMyBucketsResult", "<Buckets/>", "ListAllMyBucketsResult")),
        aws("ListObjectVersions", "objects instead", LIST, ask={"prefix": "a+"}),
        aws("ListObjectVersions", "encoded, more", VERSIONS),
        aws("ListObjectVersions", "the same markers again", VERSIONS, ask={"token": "&k%202&3/L4kqtJl40Nr8X8gdRQBpUMLUo"}),
        aws("ListObjectVersions", "no marker", VERSIONS.replace("NextKeyMarker", "Other")),
        aws("ListObjectVersions", "no version", VERSIONS.replace("<VersionId>null</VersionId>", "")),
        aws("DeleteObjects", "of every kind", DELETED, ask={"items": ASKED}),
        aws("DeleteObjects", "nobody asked for it", DELETED, ask={"items": ASKED[1:]}),
        aws("DeleteObjects", "asked twice, told once", DELETED, ask={"items": ASKED + ASKED[:1]}),
        aws("DeleteObjects", "an error with 200", "<Error><Code>InternalError</Code></Error>", ask={"items": ASKED}),
        aws("CompleteMultipartUpload", "whole checksum", empty % ("CompleteMultipartUploadResult", "<Location>https://b.s3.amazonaws.com/k</Location>"
            "<Bucket>b</Bucket><Key>k</Key><ETag>&quot;3858f62230ac3c915f300c664312c11f-9&quot;</ETag><ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME>"
            "<ChecksumType>FULL_OBJECT</ChecksumType>", "CompleteMultipartUploadResult")),
        aws("CompleteMultipartUpload", "blanks before it", "   \n\n<CompleteMultipartUploadResult><ETag>&#34;a-1&#34;</ETag></CompleteMultipartUploadResult>"),
        aws("CompleteMultipartUpload", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("CompleteMultipartUpload", "no etag", empty % ("CompleteMultipartUploadResult", "<Key>k</Key>", "CompleteMultipartUploadResult")),
        aws("CopyObject", "two checksums", empty % ("CopyObjectResult", "<ETag>\"x\"</ETag><LastModified>2026-11-25T10:00:00.000Z</LastModified>"
            "<ChecksumSHA256>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ChecksumSHA256><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C>", "CopyObjectResult")),
        aws("CopyObject", "empty", ""),
        aws("CopyObject", "an error with 200, after blanks", "\n \n<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("UploadPartCopy", "with its checksum", empty % ("CopyPartResult", "<ETag>&quot;x&quot;</ETag><LastModified>2026-11-25T10:00:00.000Z</LastModified>"
            "<ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME>", "CopyPartResult")),
        aws("UploadPartCopy", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("UploadPartCopy", "that of a copy", empty % ("CopyObjectResult", "<ETag>x</ETag>", "CopyObjectResult")),
        aws("UploadPartCopy", "no etag", empty % ("CopyPartResult", "<LastModified>2026-11-25T10:00:00.000Z</LastModified>", "CopyPartResult")),
        aws("CreateMultipartUpload", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("ListParts", "with checksums", empty % ("ListPartsResult", "<IsTruncated>false</IsTruncated><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
            "<ChecksumType>FULL_OBJECT</ChecksumType><Part><PartNumber>1</PartNumber><LastModified>2026-11-25T10:00:00.000Z</LastModified><ETag>&quot;a&quot;</ETag>"
            "<Size>5</Size><ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME></Part>", "ListPartsResult")),
        aws("ListParts", "an error with 200", "<Error><Code>NoSuchUpload</Code><Message>x</Message></Error>"),
        aws("ListMultipartUploads", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("ListMultipartUploads", "more without a marker", empty % ("ListMultipartUploadsResult", "<IsTruncated>true</IsTruncated>"
            "<Upload><Key>a</Key><UploadId>i</UploadId></Upload>", "ListMultipartUploadsResult")),
        aws("GetObjectTagging", "any text", empty % ("Tagging", "<TagSet><Tag><Key>a b</Key><Value>&lt;&amp;&gt; \u00e4</Value></Tag><Tag><Key>c</Key><Value/></Tag></TagSet>", "Tagging")),
        aws("GetObjectTagging", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("GetBucketVersioning", "an error with 200", "<Error><Code>InternalError</Code><Message>x</Message></Error>"),
        aws("CreateMultipartUpload", "no id", empty % ("InitiateMultipartUploadResult", "<UploadId></UploadId>", "InitiateMultipartUploadResult")),
        aws("ListParts", "backwards", empty % ("ListPartsResult", "<IsTruncated>false</IsTruncated><Part><PartNumber>2</PartNumber><ETag>a</ETag><Size>1</Size></Part>"
            "<Part><PartNumber>1</PartNumber><ETag>a</ETag><Size>1</Size></Part>", "ListPartsResult")),
        aws("ListParts", "more, but back", empty % ("ListPartsResult", "<IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>"
            "<Part><PartNumber>2</PartNumber><ETag>a</ETag><Size>1</Size></Part>", "ListPartsResult")),
        aws("ListParts", "a part 10001", empty % ("ListPartsResult", "<IsTruncated>false</IsTruncated><Part><PartNumber>10001</PartNumber><ETag>a</ETag></Part>", "ListPartsResult")),
        aws("ListMultipartUploads", "encoded", empty % ("ListMultipartUploadsResult", "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
            "<Upload><Key>a%2B+b%01</Key><UploadId>i+%41</UploadId><Initiated>2026-11-25T10:00:00.000Z</Initiated></Upload>", "ListMultipartUploadsResult")),
        aws("ListMultipartUploads", "no id", empty % ("ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated><Upload><Key>a</Key></Upload>", "ListMultipartUploadsResult")),
        aws("GetObjectTagging", "no name", empty % ("Tagging", "<TagSet><Tag><Value>x</Value></Tag></TagSet>", "Tagging")),
        aws("GetBucketVersioning", "another word", empty % ("VersioningConfiguration", "<Status>Perhaps</Status>", "VersioningConfiguration")),
        aws("HeadObject", "all facts", headers=HEAD + (("content-length", "11"), ("x-amz-version-id", "v1"), ("x-amz-storage-class", "GLACIER"),
            ("x-amz-restore", 'ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"'), ("x-amz-replication-status", "COMPLETED"),
            ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="), ("x-amz-checksum-type", "FULL_OBJECT"),
            ("cache-control", "max-age=1"), ("content-disposition", "inline"), ("content-encoding", "gzip"), ("x-amz-meta-a", "=?UTF-8?Q?=C3=A4?="))),
        aws("HeadObject", "being restored", headers=HEAD + (("content-length", "11"), ("x-amz-restore", 'ongoing-request="true"'))),
        aws("HeadObject", "archived within its class", headers=HEAD + (("content-length", "11"), ("x-amz-storage-class", "INTELLIGENT_TIERING"), ("x-amz-archive-status", "DEEP_ARCHIVE_ACCESS"))),
        aws("HeadObject", "composite", headers=HEAD + (("content-length", "11"), ("x-amz-checksum-crc32c", "AAAAAA==-2"), ("x-amz-checksum-type", "COMPOSITE"))),
        aws("HeadObject", "composite by its look", headers=HEAD + (("content-length", "11"), ("x-amz-checksum-sha256", "AAAA-2"))),
        aws("HeadObject", "aws-chunked", headers=HEAD + (("content-length", "11"), ("content-encoding", "aws-chunked"))),
        aws("HeadObject", "aws-chunked, gzip", headers=HEAD + (("content-length", "11"), ("content-encoding", "aws-chunked,gzip"))),
        aws("HeadObject", "no length", headers=HEAD),
        aws("HeadObject", "a length that is none", headers=HEAD + (("content-length", "eleven"),)),
        aws("HeadObject", "two lengths", headers=HEAD + (("content-length", "11"), ("content-length", "12"))),
        aws("HeadObject", "one length twice", headers=HEAD + (("content-length", "11"), ("content-length", "11"))),
        aws("HeadObject", "a time that is none", headers=(("content-length", "11"), ("last-modified", "25 Nov 2026"))),
        aws("HeadObject", "a restore that is none", headers=HEAD + (("content-length", "11"), ("x-amz-restore", "soon"))),
        aws("GetObject", "range", headers=HEAD + (("content-length", "5"), ("content-range", "bytes 5-9/100"), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")), status=206),
        aws("GetObject", "range that is the whole", headers=HEAD + (("content-length", "5"), ("content-range", "bytes 0-4/5"), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")), status=206),
        aws("GetObject", "range without its header", headers=HEAD + (("content-length", "5"),), status=206),
        aws("GetObject", "range of another length", headers=HEAD + (("content-length", "6"), ("content-range", "bytes 5-9/100")), status=206),
        aws("GetObject", "range behind the end", headers=HEAD + (("content-length", "5"), ("content-range", "bytes 5-9/9")), status=206),
        aws("GetObject", "range backwards", headers=HEAD + (("content-range", "bytes 9-5/100"),), status=206),
        aws("GetObject", "range of an unknown whole", headers=HEAD + (("content-length", "5"), ("content-range", "bytes 5-9/*")), status=206),
        aws("GetObject", "range in other units", headers=HEAD + (("content-length", "5"), ("content-range", "lines 5-9/100")), status=206),
        aws("DeleteObject", "marker", headers=(("x-amz-delete-marker", "true"), ("x-amz-version-id", "m1")), status=204),
    ]


def captured(name):
    with servers.start(name) as server:
        server.make_bucket(BUCKET)
        recorder = Recorder(server)
        for step in (objects, lists, uploads, versions):
            step(recorder)
        return recorder.lines


def main():
    servers.boto3()
    lines = of_aws()
    for name in servers.NAMES:
        lines += captured(name)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([os.path.join(BUILD, "tests", "wire", "s3-replies")], input=text.encode(), stdout=subprocess.PIPE, check=True)
    results = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(results) == len(lines), (len(results), len(lines))
    with open(os.path.join(HERE, "s3", "replies.json"), "w", encoding="ascii") as file:
        for line, result in zip(lines, results):
            file.write(json.dumps(dict(line, result=result)) + "\n")
    print("%d replies" % len(lines))


main()
