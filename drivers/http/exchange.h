/* exchange.h: the inside of http: the pool, and one request with its reply under way. */
#ifndef LARDER_HTTP_EXCHANGE_H
#define LARDER_HTTP_EXCHANGE_H

#include <pthread.h>
#include <curl/curl.h>

#include "http.h"

struct trust;

#define HTTP_HEADERS_MOST 256          /* of one reply */
#define HTTP_HEADER_BYTES_MOST 65536
#define HTTP_RECEIVE_BUFFER (192L << 10) /* of one request. Large replies cost a fifth less CPU than with 64 KiB, */
#define HTTP_SEND_BUFFER (160L << 10)  /* large bodies a sixth; */
#define HTTP_SEND_BUFFER_TLS (32L << 10) /* there the cipher counts, and TLS has buffers of its own */
#define HTTP_LEAN_BUFFER (16L << 10)   /* where many are under way, memory counts, and CPU does not show it. Many are: */
#define HTTP_MANY 2                    /* requests; */
#define HTTP_MANY_PIECES 9             /* of large objects, of which there are never more than eight */
#define HTTP_PIECE_FROM (8 << 20)      /* bytes of a body, which is then such a piece, as is whatever asks for a range */
#define HTTP_SMALL_MOST 32768          /* bytes of a body that leaves together with its headers */
#define HTTP_PLACE_MOST 300            /* bytes of "https://host:port" */
#define HTTP_SOCKETS_MOST 8            /* tried at once, for the addresses of one name */

/* Where a URL leads. */
struct place {
	char text[HTTP_PLACE_MOST];    /* "https://host:port": what connections are kept by */
	const char *host;              /* in text: "host:port", for messages */
	bool tls;
};

/* One connection with the handles that drive it. A multi handle of its own keeps connections apart without a lock
 * around the transfer. */
struct connection {
	struct connection *next;
	CURLM *multi;
	CURL *easy;
	char place[HTTP_PLACE_MOST];   /* where it leads, or "" */
	bool settled;                  /* what every request to that place has in common is set */
	char *small;                   /* a small body, whole */
	size_t small_room;
	char words[CURL_ERROR_SIZE];   /* libcurl's, about the last failure */
	int sockets[HTTP_SOCKETS_MOST]; /* that libcurl has open; -1: none */
};

struct http {
	const struct larder_host *host;
	struct http_options options;
	char *ca_file, *agent;
	pthread_mutex_t mutex;         /* of all below */
	struct trust *trust;           /* NULL until the first TLS, or when libcurl keeps its own */
	struct connection *idle;       /* last used first */
	unsigned idle_count, busy;
};

/* One request under way. */
struct exchange {
	struct http *http;
	struct connection *connection;
	struct larder_call *call;
	struct larder_arena *arena;
	const struct http_request *request;
	const struct http_receiver *receiver;
	struct http_reply *reply;
	struct larder_error *error;
	struct place place;
	struct curl_slist *headers, *headers_last;     /* in the arena */

	int code;                      /* why a callback of ours ended it; *error is filled */
	int socket;                    /* once the connection stands; else -1 */
	bool ready;                    /* it does: bytes may leave from now on */
	bool lost;                     /* the request had left over a connection that turned out dead */
	bool cut;                      /* the server went away before it had the body */
	bool ask;                      /* may I send the body? */
	unsigned busy;                 /* requests under way, with this one */
	bool small;                    /* the body is in connection->small */

	uint64_t length, given;        /* of the request's body; handed to libcurl */
	uint64_t given_before;         /* when it was rewound */

	struct larder_pair *pairs;     /* of the reply */
	size_t pairs_room, header_bytes;
	bool head;                     /* the final reply's headers are whole and told */

	int64_t began, moved_at;       /* host->boot; what was waited for a turn is not in it */
	uint64_t moved;                /* changes whenever a byte moves */
};

/* socket.c: opened closed on exec, and known. */
void socket_prepare (struct connection *connection);
int socket_at_port (const struct connection *connection, int port);   /* ours of that local port, or -1 */
void socket_acknowledge_soon (int socket);
uint64_t socket_queued (int socket);   /* bytes the kernel took and the other side did not yet */

/* http.c: a turn at what the user allows; no deadline runs meanwhile. Of bytes: how many may move. */
int exchange_request_turn (struct exchange *exchange);
int64_t exchange_bytes_turn (struct exchange *exchange, uint64_t count);

/* url.c */
int place_find (const char *url, struct place *ret, struct larder_error *error);

/* request.c: sets all options of connection->easy, and takes back what would point to a request that is over. */
int request_prepare (struct exchange *exchange);
void request_forget (struct connection *connection);
bool request_has_header (const struct exchange *exchange, const char *name);

/* send.c, reply.c: libcurl's callbacks; the context is the exchange. */
int send_begin (struct exchange *exchange);
int send_take_whole (struct exchange *exchange);
size_t send_read (char *into, size_t size, size_t count, void *context);
int send_seek (void *context, curl_off_t offset, int origin);
size_t reply_header (char *line, size_t size, size_t count, void *context);
size_t reply_body (char *bytes, size_t size, size_t count, void *context);

/* drive.c: until the reply is whole, a deadline passed or the call is cancelled. */
int exchange_drive (struct exchange *exchange);
int exchange_cancelled (struct exchange *exchange);
int64_t exchange_patience (const struct exchange *exchange);     /* longest time to connect, ns; 0: no limit */

/* failure.c */
enum deadline { DEADLINE_CONNECT, DEADLINE_FIRST_BYTE, DEADLINE_SEND, DEADLINE_RECEIVE, DEADLINE_WHOLE };
int failure_deadline (struct exchange *exchange, enum deadline deadline, int64_t limit);
int failure_result (struct exchange *exchange, CURLcode result);
uint32_t exchange_phase (const struct exchange *exchange);

/* trust.c */
bool trust_possible (void);            /* libcurl's TLS is OpenSSL */
const char *trust_version (CURL *easy);                             /* of the connection, "TLSv1.3"; NULL: in clear */
int trust_look (const char *ca_file, struct larder_error *error);   /* could it be read? A wrong name is told early */
int trust_share (const struct larder_host *host, const char *ca_file, struct trust **ret, struct larder_error *error);
void trust_unshare (const struct larder_host *host, const char *ca_file);
CURLcode trust_use (CURL *easy, void *ssl_context, void *context);

#endif
