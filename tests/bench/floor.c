/* floor.c: what a client cannot do without, and nothing else: each file of a set signed and put, or got and written, by blocking
 * threads. No retries, no checks; a checksum of large files alone, by pieces, as they leave. It says how near to the least a real client
 * is, and libcurl's share. "signed" is "curl" with the SHA-256 of the bytes in the signature, so that they are read twice.
 *
 *   floor curl|signed|raw up|down URL BUCKET PREFIX SET FOLDER THREADS        SET as in null-names.c; raw: plain HTTP */
#include <curl/curl.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "aws.h"
#include "checksum.h"
#include "clock.h"
#include "text.h"

/* Larger files go by pieces of that (more does not stay in a core's cache between checksum and socket); what is received at once. */
enum { PIECE = 64 << 10, RECEIVED = 512 << 10 };

static struct { const char *engine, *url, *host, *bucket, *prefix, *folder; bool up; unsigned long count; atomic_ulong next; } work;

/* One thread. `in` is the file of what goes by pieces, else -1. */
struct hand { CURL *curl; int fd, in, out; char url[600], path[500], file[500], hash[65], *bytes, *head; size_t size, room; uint64_t crc; };

static void
fail (const char *what)
{
	perror (what);
	exit (1);
}

static const char *
hash_of_file (struct hand *hand)
{
	struct sha256 sha;
	unsigned char sum[32];
	ssize_t got;
	sha256_begin (&sha);
	for (off_t at = 0; (got = pread (hand->in, hand->bytes, PIECE, at)) > 0; at += got)
		sha256_add (&sha, hand->bytes, (size_t) got);
	sha256_end (&sha, sum);
	text_hex (sum, sizeof sum, hand->hash);
	return hand->hash;
}

static struct aws_request
sign (struct larder_arena *arena, struct hand *hand)
{
	static const struct aws_credentials who = { .access_key = (char *) (uintptr_t) "larder", .secret_key = (char *) (uintptr_t) "larder-secret" };
	bool read_first = work.up && hand->in >= 0 && strcmp (work.engine, "signed") == 0;
	const struct aws_signing signing = { .credentials = &who, .region = "us-east-1", .service = "s3", .content_sha256 = true, .plain_path = true,
	                                     .payload_hash = read_first ? hash_of_file (hand) : AWS_UNSIGNED_PAYLOAD, .time = clock_wall () };
	struct aws_request request;
	aws_request_begin (&request, arena, work.up ? "PUT" : "GET", work.bucket, hand->path);
	if (aws_sign (&request, work.host, hand->path, &signing, NULL, NULL) < 0)
		fail ("sign");
	return request;
}

/* ---- over libcurl ---- */

static size_t
take (char *bytes, size_t size, size_t count, void *context)
{
	const struct hand *hand = context;
	return hand->out < 0 || write (hand->out, bytes, size * count) == (ssize_t) (size * count) ? size * count : 0;
}

/* The next piece of the file, summed up: what is sent is what was summed. */
static size_t
give (char *bytes, size_t size, size_t count, void *context)
{
	struct hand *hand = context;
	ssize_t got = read (hand->in, bytes, size * count);
	if (got < 0)
		return CURL_READFUNC_ABORT;
	hand->crc = crc64nvme (hand->crc, bytes, (size_t) got);
	return (size_t) got;
}

static void
curl_body (struct hand *hand)
{
	if (hand->in >= 0) {
		curl_easy_setopt (hand->curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt (hand->curl, CURLOPT_UPLOAD_BUFFERSIZE, (long) PIECE);
		curl_easy_setopt (hand->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) hand->size);
		curl_easy_setopt (hand->curl, CURLOPT_READFUNCTION, give);
		curl_easy_setopt (hand->curl, CURLOPT_READDATA, hand);
		return;
	}
	curl_easy_setopt (hand->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) hand->size);
	curl_easy_setopt (hand->curl, CURLOPT_POSTFIELDS, hand->bytes);
	curl_easy_setopt (hand->curl, CURLOPT_CUSTOMREQUEST, "PUT");
}

static void
over_curl (struct hand *hand, const struct aws_request *request)
{
	struct curl_slist *list = NULL;
	char line[1024];
	long status = 0;
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp (request->headers[i].name, "host") != 0) {
			snprintf (line, sizeof line, "%s: %s", request->headers[i].name, request->headers[i].value);
			list = curl_slist_append (list, line);
		}
	list = curl_slist_append (curl_slist_append (list, "Expect:"), "Content-Type:");
	curl_easy_setopt (hand->curl, CURLOPT_URL, hand->url);
	curl_easy_setopt (hand->curl, CURLOPT_HTTPHEADER, list);
	if (work.up)
		curl_body (hand);
	if (curl_easy_perform (hand->curl) != CURLE_OK || curl_easy_getinfo (hand->curl, CURLINFO_RESPONSE_CODE, &status) || status != 200)
		fail ("curl");
	curl_slist_free_all (list);
}

/* ---- over a socket ---- */

static void
join (struct hand *hand)
{
	char name[100];
	snprintf (name, sizeof name, "%.90s", work.host);
	char *port = strchr (name, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	*port++ = '\0';
	if (getaddrinfo (name, port, &hints, &found) || (hand->fd = socket (found->ai_family, SOCK_STREAM, 0)) < 0
	    || connect (hand->fd, found->ai_addr, found->ai_addrlen) < 0)
		fail ("connect");
	setsockopt (hand->fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof (int));
	freeaddrinfo (found);
}

static void
send_pieces (struct hand *hand)
{
	ssize_t got;
	while ((got = read (hand->in, hand->bytes, PIECE)) > 0) {
		hand->crc = crc64nvme (hand->crc, hand->bytes, (size_t) got);
		for (ssize_t sent = 0, now; sent < got; sent += now)
			if ((now = send (hand->fd, hand->bytes + sent, (size_t) (got - sent), MSG_NOSIGNAL)) < 0)
				fail ("send");
	}
}

static void
over_socket (struct hand *hand, const struct aws_request *request)
{
	char *head = hand->head, *body = NULL;
	int used = snprintf (head, 4096, "%s %s HTTP/1.1\r\n", request->method, hand->path);
	for (size_t i = 0; i < request->header_count; i++)
		used += snprintf (head + used, 1024, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
	used += work.up ? snprintf (head + used, 64, "Content-Length: %zu\r\n\r\n", hand->size) : snprintf (head + used, 64, "\r\n");
	struct iovec parts[] = { { head, (size_t) used }, { hand->bytes, work.up && hand->in < 0 ? hand->size : 0 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	if (sendmsg (hand->fd, &message, MSG_NOSIGNAL) != (ssize_t) (parts[0].iov_len + parts[1].iov_len))
		fail ("send");
	if (hand->in >= 0)
		send_pieces (hand);
	size_t have = 0;
	while (!body) {
		ssize_t got = recv (hand->fd, head + have, RECEIVED - 1 - have, 0);
		if (got <= 0)
			fail ("recv");
		head[have += (size_t) got] = '\0';
		body = strstr (head, "\r\n\r\n");
	}
	size_t left = strtoull (strcasestr (head, "content-length:") + 15, NULL, 10), part = have - (size_t) (body + 4 - head);
	for (body += 4; left > 0; body = head, part = left ? (size_t) recv (hand->fd, head, RECEIVED, 0) : 0) {
		if (hand->out >= 0 && write (hand->out, body, part) != (ssize_t) part)
			fail ("write");
		left -= part;
	}
}

/* ---- the files ---- */

static void
open_file (struct hand *hand)
{
	struct stat facts;
	hand->in = hand->out = -1;
	if (!work.up) {
		hand->out = open (hand->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (hand->out < 0)
			fail (hand->file);
		return;
	}
	int fd = open (hand->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat (fd, &facts) < 0)
		fail (hand->file);
	hand->size = (size_t) facts.st_size;
	size_t room = hand->size > PIECE ? PIECE : hand->size;
	if (hand->room < room && !(hand->bytes = realloc (hand->bytes, hand->room = room)))
		fail ("memory");
	if (hand->size > PIECE) {
		hand->in = fd;
		return;
	}
	if (read (fd, hand->bytes, hand->size) != facts.st_size)
		fail (hand->file);
	close (fd);
}

static void
close_file (struct hand *hand)
{
	if (hand->in >= 0)
		close (hand->in);
	if (hand->out >= 0)
		close (hand->out);
}

static void
curl_begin (struct hand *hand)
{
	hand->curl = curl_easy_init ();
	curl_easy_setopt (hand->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt (hand->curl, CURLOPT_WRITEDATA, hand);
	curl_easy_setopt (hand->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt (hand->curl, CURLOPT_BUFFERSIZE, (long) (work.count == 1 ? RECEIVED : CURL_MAX_WRITE_SIZE));
	if (secure_getenv ("AWS_CA_BUNDLE"))
		curl_easy_setopt (hand->curl, CURLOPT_CAINFO, secure_getenv ("AWS_CA_BUNDLE"));
}

static void *
run (void *unused)
{
	struct hand hand = { .in = -1 };
	struct larder_arena *arena = arena_new ();
	bool raw = strcmp (work.engine, "raw") == 0;
	(void) unused;
	curl_begin (&hand);
	if (raw && !(hand.head = malloc (RECEIVED)))
		fail ("memory");
	if (raw)
		join (&hand);
	for (unsigned long i; (i = atomic_fetch_add (&work.next, 1)) < work.count;) {
		snprintf (hand.path, sizeof hand.path, "/%s/%s/%05lu/%08lu", work.bucket, work.prefix, i / 1000, i);
		snprintf (hand.url, sizeof hand.url, "%s%s", work.url, hand.path);
		snprintf (hand.file, sizeof hand.file, "%s/%05lu/%08lu", work.folder, i / 1000, i);
		open_file (&hand);
		struct aws_request request = sign (arena, &hand);
		if (raw)
			over_socket (&hand, &request);
		else
			over_curl (&hand, &request);
		close_file (&hand);
		arena_clear (arena);
	}
	return NULL;
}

int
main (int argc, char **argv)
{
	static pthread_t threads[256];
	if (argc != 9)
		return fprintf (stderr, "usage: floor curl|signed|raw up|down URL BUCKET PREFIX SET FOLDER THREADS\n"), 2;
	char prefix[400];
	snprintf (prefix, sizeof prefix, "%s%s", argv[5], argv[6]);
	work.engine = argv[1], work.up = strcmp (argv[2], "up") == 0, work.url = argv[3], work.host = strstr (argv[3], "//") + 2, work.bucket = argv[4], work.prefix = prefix;
	work.folder = argv[7], work.count = strtoul (argv[6], NULL, 10);
	unsigned count = (unsigned) strtoul (argv[8], NULL, 10);
	for (unsigned long i = 0; !work.up && i * 1000 < work.count; i++) {
		char folder[500];
		snprintf (folder, sizeof folder, "%s/%05lu", work.folder, i);
		mkdir (folder, 0777);
	}
	curl_global_init (CURL_GLOBAL_DEFAULT);
	pthread_attr_t small;
	pthread_attr_init (&small);
	pthread_attr_setstacksize (&small, 256u << 10);
	for (unsigned i = 0; i < count && i < 256; i++)
		if (pthread_create (&threads[i], &small, run, NULL))
			fail ("thread");
	for (unsigned i = 0; i < count && i < 256; i++)
		pthread_join (threads[i], NULL);
	return 0;
}
