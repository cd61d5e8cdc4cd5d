/* null-s3.c: what an S3 server would say. */
#include "null.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checksum.h"

#define ROOT(name, inner) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" name " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner "</" name ">"

static const char *
word_of (int status)
{
	switch (status) {
	case 200: return "OK";
	case 204: return "No Content";
	case 206: return "Partial Content";
	case 404: return "Not Found";
	case 412: return "Precondition Failed";
	case 416: return "Range Not Satisfiable";
	case 503: return "Slow Down";
	default: return "Bad Request";
	}
}

static bool
send_head (struct line *line, int status, const char *headers, uint64_t length, bool more)
{
	char head[4096], date[40];
	time_t now = time (NULL);
	struct tm tm;
	strftime (date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r (&now, &tm));
	int size = snprintf (head, sizeof head, "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: null\r\nx-amz-request-id: 0000000000000001\r\n%s"
	                     "Content-Length: %llu\r\n\r\n", status, word_of (status), date, headers, (unsigned long long) length);
	return size < (int) sizeof head && line_send (line, head, (size_t) size, more);
}

bool
answer_text (struct line *line, int status, const char *headers, const char *text, size_t length)
{
	char all[1200];
	snprintf (all, sizeof all, "%s%s", length ? "Content-Type: application/xml\r\n" : "", headers);
	return send_head (line, status, all, length, length > 0) && line_send (line, text, length, false);
}

static bool
answer_fault (struct line *line, const struct request *request, int status, const char *code)
{
	char text[256];
	bool silent = strcmp (request->method, "HEAD") == 0;
	int length = snprintf (text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
	                       "<RequestId>0000000000000001</RequestId></Error>", code, word_of (status));
	return silent ? send_head (line, status, "", 0, false) : answer_text (line, status, "", text, (size_t) length);
}

/* 32 digits and a dash: what no client takes for an MD5. */
void
etag_of (uint64_t size, char ret[48])
{
	snprintf (ret, 48, "%032llx-1", (unsigned long long) size);
}

/* ---- writing ---- */

/* Checksums that the client sent, in a header or behind the body, as header lines. */
static void
echo_checksum (const struct request *request, char *into, size_t room)
{
	static const char prefix[] = "x-amz-checksum-";
	const char *trailer = strcasestr (request->tail, prefix);
	size_t used = 0;
	*into = '\0';
	for (size_t i = 0; i < request->header_count && used < room; i++)
		if (strncasecmp (request->headers[i].name, prefix, sizeof prefix - 1) == 0)
			used += (size_t) snprintf (into + used, room - used, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
	if (trailer && used < room)
		snprintf (into + used, room - used, "%.*s\r\n", (int) strcspn (trailer, "\r\n"), trailer);
}

/* With --check: a whole object is the text that everyone holds, a part is what its checksum says. */
static bool
is_right (const struct request *request, enum kind kind)
{
	struct key_set set;
	char text[16];
	const char *sent = request_header (request, "x-amz-checksum-crc64nvme");
	if (!request->summed)
		return true;
	crc64nvme_text (request->crc64, text);
	if (sent && strcmp (sent, text) != 0)
		return false;
	return kind != COUNT_put || !names_set (request->key, &set) || (request->length == set.size && request->crc64 == content_crc (set.size));
}

static bool
answer_write (struct server *server, struct line *line, const struct request *request, enum kind kind)
{
	char headers[1200], etag[48], sums[900];
	if (!is_right (request, kind)) {
		atomic_fetch_add (&server->counts[COUNT_wrong], 1);
		return answer_fault (line, request, 400, "BadDigest");
	}
	if (kind == COUNT_put)
		names_note (request->bucket, request->key);
	echo_checksum (request, sums, sizeof sums);
	etag_of (request->length, etag);
	snprintf (headers, sizeof headers, "ETag: \"%s\"\r\n%s", etag, sums);
	return send_head (line, 200, headers, 0, false);
}

/* ---- reading ---- */

static bool
answer_read (struct server *server, struct line *line, const struct request *request)
{
	struct key_set set = { .size = 0 };
	char headers[600], etag[48], crc[16], range_text[80] = "", sum[120] = "";
	const char *range = request_header (request, "range"), *match = request_header (request, "if-match");
	const char *none = request_header (request, "if-none-match");
	uint64_t from = 0, to;
	if (!names_is_there (request->bucket, request->key) || !names_object (request->key, &set))
		return answer_fault (line, request, 404, "NoSuchKey");
	etag_of (set.size, etag);
	if ((match && !strstr (match, etag)) || (none && strstr (none, etag)))
		return answer_fault (line, request, 412, "PreconditionFailed");
	to = set.size;
	if (range && strncmp (range, "bytes=", 6) == 0) {
		char *end;
		bool suffix = range[6] == '-';
		from = strtoull (range + 6 + suffix, &end, 10);
		from = !suffix ? from : from < set.size ? set.size - from : 0;
		if (!suffix && end[0] == '-' && end[1])
			to = strtoull (end + 1, NULL, 10) + 1;
		to = to < set.size ? to : set.size;
		if (from >= to)
			return answer_fault (line, request, 416, "InvalidRange");
		snprintf (range_text, sizeof range_text, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long) from,
		          (unsigned long long) to - 1, (unsigned long long) set.size);
	}
	if (request_header (request, "x-amz-checksum-mode") && to - from == set.size) {
		crc64nvme_text (content_crc (set.size), crc);
		snprintf (sum, sizeof sum, "x-amz-checksum-crc64nvme: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n", crc);
	}
	snprintf (headers, sizeof headers, "ETag: \"%s\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n"
	          "Content-Type: application/octet-stream\r\n%s%s", etag, range_text, sum);
	bool body = strcmp (request->method, "GET") == 0;
	return send_head (line, range ? 206 : 200, headers, to - from, body && !server->options.nagle) && (!body || content_send (line, from, to - from));
}

/* ---- the rest ---- */

static bool
answer_delete_many (struct line *line, char *body)
{
	size_t room = strlen (body) * 2 + 512, used = 0;
	char *text = malloc (room);
	if (!text)
		return false;
	used += (size_t) snprintf (text, room, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	bool quiet = strstr (body, "<Quiet>true</Quiet>");
	for (char *at = strstr (body, "<Key>"), *end; !quiet && at && (end = strstr (at, "</Key>")); at = strstr (end, "<Key>"))
		used += (size_t) snprintf (text + used, room - used, "<Deleted>%.*s</Key></Deleted>", (int) (end - at), at);
	used += (size_t) snprintf (text + used, room - used, "</DeleteResult>");
	bool sent = answer_text (line, 200, "", text, used);
	free (text);
	return sent;
}

static bool
answer_upload (struct line *line, const struct request *request, enum kind kind)
{
	char text[2600], etag[48];
	struct key_set set = { .size = 0 };
	names_set (request->key, &set);
	etag_of (set.size, etag);
	int length = kind == COUNT_begin
		? snprintf (text, sizeof text, ROOT ("InitiateMultipartUploadResult", "<Bucket>%s</Bucket><Key>%s</Key><UploadId>upload</UploadId>"),
		            request->bucket, request->key)
		: snprintf (text, sizeof text, ROOT ("CompleteMultipartUploadResult", "<Location>/%s/%s</Location><Bucket>%s</Bucket><Key>%s</Key><ETag>&quot;%s&quot;</ETag>"),
		            request->bucket, request->key, request->bucket, request->key, etag);
	if (kind == COUNT_complete)
		names_note (request->bucket, request->key);
	return answer_text (line, 200, "", text, (size_t) length);
}

static bool
answer_other (struct line *line, const struct request *request)
{
	static const char copied[] = ROOT ("CopyObjectResult", "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;00000000000000000000000000000000-1&quot;</ETag>");
	static const char here[] = ROOT ("LocationConstraint", "");
	static const char buckets[] = ROOT ("ListAllMyBucketsResult", "<Buckets><Bucket><Name>null</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets>");
	static const char uploads[] = ROOT ("ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>");
	const char *text = request_header (request, "x-amz-copy-source") ? copied : !*request->bucket ? buckets
		: request_asks (request, "location") ? here : request_asks (request, "uploads") ? uploads : "";
	return answer_text (line, 200, "", text, strcmp (request->method, "HEAD") == 0 ? 0 : strlen (text));
}

static enum kind
kind_of (const struct request *request)
{
	const char *method = request->method;
	bool key = *request->key, upload = request_asks (request, "uploadId");
	if (strcmp (method, "PUT") == 0 && key)
		return request_header (request, "x-amz-copy-source") ? COUNT_copy : upload ? COUNT_part : COUNT_put;
	if (strcmp (method, "HEAD") == 0 && key)
		return COUNT_head;
	if (strcmp (method, "GET") == 0 && key)
		return upload ? COUNT_other : COUNT_get;
	if (strcmp (method, "GET") == 0 && *request->bucket)
		return request_asks (request, "location") || request_asks (request, "uploads") || request_asks (request, "versioning") ? COUNT_other : COUNT_list;
	if (strcmp (method, "DELETE") == 0 && key)
		return upload ? COUNT_abort : COUNT_delete;
	if (strcmp (method, "POST") == 0)
		return request_asks (request, "delete") ? COUNT_delete_many : request_asks (request, "uploads") ? COUNT_begin : upload ? COUNT_complete : COUNT_other;
	return COUNT_other;
}

/* What goes wrong with this request: a letter of options->faults, or 0. */
static char
fault_of (struct server *server)
{
	const struct options *options = &server->options;
	unsigned long number = atomic_fetch_add (&server->requests, 1) + 1;
	if (!options->every || number % options->every != 0)
		return 0;
	return options->faults[number / options->every % strlen (options->faults)];
}

static bool
cut (struct server *server, struct line *line, char fault)
{
	struct linger hard = { .l_onoff = 1 };
	atomic_fetch_add (&server->counts[fault == 's' ? COUNT_stalled : COUNT_reset], 1);
	if (fault == 's')
		sleep (3);
	setsockopt (line->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	return false;
}

bool
answer (struct server *server, struct line *line, struct request *request, char *body)
{
	enum kind kind = kind_of (request);
	char fault = fault_of (server);
	atomic_fetch_add (&server->counts[kind], 1);
	if (server->options.latency)
		usleep (server->options.latency * 1000);
	if (fault == 'c' || fault == 's')
		return cut (server, line, fault);
	if (fault) {
		atomic_fetch_add (&server->counts[COUNT_refused], 1);
		return answer_fault (line, request, 503, "SlowDown");
	}
	switch (kind) {
	case COUNT_put: case COUNT_part:
		return answer_write (server, line, request, kind);
	case COUNT_get: case COUNT_head:
		return answer_read (server, line, request);
	case COUNT_list:
		return answer_list (line, request);
	case COUNT_delete: case COUNT_abort:
		return answer_text (line, 204, "", "", 0);
	case COUNT_delete_many:
		return answer_delete_many (line, body);
	case COUNT_begin: case COUNT_complete:
		return answer_upload (line, request, kind);
	default:
		return answer_other (line, request);
	}
}
