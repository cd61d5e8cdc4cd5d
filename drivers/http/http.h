/* http.h: one request, one reply, over libcurl. Knows nothing of clouds.
 *
 * A `struct http` is a pool of idle connections with one set of options; any number of threads use it at
 * once. Redirects are never followed, TLS is always verified, and no proxy or file of the user's home is read
 * but the proxy variables of the environment. Every wait also watches the call's cancel descriptor. */
#ifndef LARDER_HTTP_HTTP_H
#define LARDER_HTTP_HTTP_H

#include <larder/types.h>

#pragma GCC visibility push (default)

struct larder_arena;
struct http;

/* Deadlines in ns, each for one phase; 0 for none. */
struct http_options {
	int64_t connect;         /* name look-up, connection and TLS together */
	int64_t first_byte;      /* from the request's last byte to the first of the reply */
	int64_t stall;           /* longest time without one byte moving, either way */
	int64_t whole;           /* all of one request */
	const char *ca_file;     /* PEM, instead of the system's; or NULL */
	const char *agent;       /* User-Agent */
	unsigned idle;           /* connections kept when nobody uses them */
	bool direct;             /* never through a proxy, whatever the environment says */
};

/* How far a request came before it failed; decides what a retry may assume. */
enum http_phase {
	HTTP_NOT_SENT = 0,       /* the server cannot have acted on it: no byte left, or not the whole body */
	HTTP_SENT = 1,           /* all of it left, no reply came: it may have been carried out */
	HTTP_ANSWERED = 2        /* the head of a reply came, its body is not whole */
};

struct http_request {
	const char *method;                  /* "GET" */
	const char *url;                     /* whole, percent-encoded; sent as it is */
	struct larder_pairs headers;         /* but Host and Content-Length, which are the URL's and the body's: passed over */
	const struct larder_source *body;    /* NULL: none. Read from the start, by pread or after rewind */
	int64_t connect;                     /* ns, less than the options'; 0: as the options */
};

/* Filled as far as it came, also when http_perform fails. Names of headers are in lower case. */
struct http_reply {
	int status;                          /* 0: none came */
	uint32_t phase;                      /* enum http_phase, of a failure */
	bool reused;                         /* went over a connection that was idle before */
	const char *tls;                     /* "TLSv1.3"; NULL: in clear */
	bool lasting;                        /* the failure would be the same again: a certificate, no HTTP at all */
	struct larder_pairs headers;         /* of the final reply; in the arena */
	uint64_t received;                   /* bytes of its body */
	int64_t took;                        /* ns, but for what was waited for turns (host->pace_request) */
};

/* Who takes the reply. `head` comes once, after the last header of the final reply (1xx are passed over);
 * a non-zero code from either ends the request with it. HEAD replies have no body. NULL functions: ignored. */
struct http_receiver {
	void *context;
	int (*head) (void *context, const struct http_reply *reply, struct larder_error *error);
	int (*body) (void *context, const void *bytes, size_t count, struct larder_error *error);
};

int http_open (const struct larder_host *host, const struct http_options *options, struct http **ret, struct larder_error *error);
void http_close (struct http *http);     /* when no request is under way; NULL allowed */

/* 0 when a whole reply came, whatever its status. A server that goes away while it is sent a body may have refused it, in
 * words that were lost: then it is asked once more, with Expect: 100-continue. UNAVAILABLE: name look-up, connection, TLS, deadline or a body cut
 * short, worded by cause (host and port named, what timed out and after how long); CANCELLED; else the code of the
 * source (which ends the request; a source shorter or longer than its length is INTEGRITY) or of the receiver. */
int http_perform (struct http *http, struct larder_call *call, struct larder_arena *arena, const struct http_request *request,
                  const struct http_receiver *receiver, struct http_reply *ret_reply, struct larder_error *error);

/* The operation `view` of a driver: its bytes go to write of the sink; what is told is in the arena of the call. */
struct larder_view;
struct larder_viewed;
int http_view (struct http *http, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error);

/* Value of a header, name in lower case; NULL when it is not there. */
const char *http_header (const struct http_reply *reply, const char *name);

#pragma GCC visibility pop
#endif
