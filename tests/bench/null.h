/* null.h: the null S3 server: it keeps nothing, so that what a client spends is the client's alone. */
#ifndef LARDER_BENCH_NULL_H
#define LARDER_BENCH_NULL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>
#include <pthread.h>

#define LINE_ROOM 65536
#define TAIL_ROOM 256             /* of a body in aws-chunked form, where its trailer stands */
#define HEADERS_MOST 64

/* ---- counts, by what was asked; null-server.c prints them ---- */

#define KINDS(X) X (put) X (get) X (head) X (list) X (delete) X (delete_many) X (begin) X (part) X (complete) X (abort) X (copy) X (other) \
	X (refused) X (reset) X (stalled) X (wrong) X (connections)
#define KIND(name) COUNT_##name,
enum kind { KINDS (KIND) COUNTS };

struct options {
	const char *certificate, *key;         /* PEM; NULL: no TLS */
	unsigned latency;                      /* ms before each answer */
	unsigned every;                        /* each so many requests one goes wrong; 0: none does */
	const char *faults;                    /* letters, in turn: r(efused with 503), c(ut: a reset), s(talled, then reset) */
	bool nagle;                            /* leave Nagle's algorithm on, and send heads before bodies */
	bool check;                            /* compare bodies with what an object of that name holds */
};

struct server {
	struct options options;
	SSL_CTX *tls;
	atomic_ulong counts[COUNTS], requests;
	pthread_mutex_t lock;
	pthread_cond_t left;
	struct guest *guests;                  /* connections under way; under the lock */
	bool ending;
};

/* ---- null-line.c: a connection, plain or TLS ---- */

struct line {
	int fd;
	SSL *ssl;
	size_t at, end;                        /* what is read and not taken */
	char bytes[LINE_ROOM];
};

int line_read (struct line *line, void *into, size_t room);            /* bytes; 0 or less: the end */
char *line_head (struct line *line);                                    /* up to the empty line, NUL-terminated; NULL at the end */
bool line_text (struct line *line, char *into, size_t room);            /* one line without its end */
bool line_skip (struct line *line, uint64_t count);
bool line_send (struct line *line, const void *bytes, size_t count, bool more);
bool line_send_file (struct line *line, int fd, const char *map, uint64_t offset, uint64_t count);

/* ---- null-content.c: what every object holds: the beginning of one endless text ---- */

void content_open (void);
bool content_send (struct line *line, uint64_t offset, uint64_t count);
uint64_t content_crc (uint64_t count);
int content_write (int fd, uint64_t count);

/* ---- null-request.c: one request ---- */

struct header { const char *name, *value; };

struct request {
	const char *method, *query;
	char bucket[64], key[1100];            /* percent-decoded */
	struct header headers[HEADERS_MOST];
	size_t header_count;
	char tail[TAIL_ROOM + 1];              /* the body's last bytes, of aws-chunked ones */
	uint64_t crc64;                        /* of the body, with --check */
	uint64_t length;                       /* of the body as it came */
	bool summed;                           /* crc64 is that of the object's bytes */
};

bool request_parse (struct request *request, char *head);
bool request_take_body (struct server *server, struct line *line, struct request *request, char *into, size_t room);
const char *request_header (const struct request *request, const char *name);
bool request_asks (const struct request *request, const char *name);    /* of the query */
bool request_value (const struct request *request, const char *name, char *into, size_t room);   /* decoded */

/* ---- null-names.c: names tell counts and sizes: …/1000x64KiB/00012/00012345 ---- */

struct key_set { char head[1100]; uint64_t count, size; };

bool names_set (const char *path, struct key_set *ret);
bool names_object (const char *key, struct key_set *ret);
void names_key (const struct key_set *set, uint64_t i, char ret[1200]);
uint64_t names_first (const struct key_set *set, const char *text, size_t length, bool past);
void names_note (const char *bucket, const char *key);                  /* was written */
bool names_is_there (const char *bucket, const char *key);              /* a bucket "empty" holds only what was written */

/* ---- null-s3.c, null-list.c: the answers ---- */

bool answer (struct server *server, struct line *line, struct request *request, char *body);
bool answer_text (struct line *line, int status, const char *headers, const char *text, size_t length);
bool answer_list (struct line *line, const struct request *request);
void etag_of (uint64_t size, char ret[48]);

#endif
