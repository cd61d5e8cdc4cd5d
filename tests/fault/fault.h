/* fault.h: the fault proxy: it stands between a client and a server, and does what networks and servers do at bad moments. */
#ifndef LARDER_FAULT_H
#define LARDER_FAULT_H

#include <jansson.h>
#include <pthread.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include "null.h"

/* ---- fault-head.c: the first line and headers of a message ---- */

struct pair { const char *name, *value; };

struct head {
	char *text;                   /* what the rest points into */
	const char *first;
	struct pair pairs[HEADERS_MOST];
	size_t count;
};

/* NULL-safe to free; false: the other side closed, or this is no head. */
bool head_read (struct line *line, struct head *ret);
bool head_parse (const char *text, struct head *ret);
void head_free (struct head *head);
const char *head_get (const struct head *head, const char *name);
/* In its place, added, or (NULL) taken away. `value` lives as long as the head. */
void head_set (struct head *head, const char *name, const char *value);
int head_status (const struct head *head);
bool head_send (const struct head *head, struct line *line);

/* ---- fault-head.c: a body, whatever its framing ---- */

struct body { struct line *from; bool chunked, endless; uint64_t left; bool ended; };

void body_of_request (const struct head *head, struct line *line, struct body *ret);
void body_of_reply (const struct head *head, const char *method, struct line *line, struct body *ret);
/* Bytes without framing; 0: the end; less: broken off. */
int body_read (struct body *body, void *into, size_t room);
/* With the framing that the body came in; 0 bytes: its end. */
bool body_send (const struct body *body, struct line *to, const void *bytes, size_t count);

/* ---- fault-rules.c ---- */

struct exchange;
struct rule;
typedef bool act_fn (struct exchange *exchange, const struct rule *rule);

struct rule {
	json_t *words;
	const char *method;           /* NULL: any */
	regex_t path;                 /* searched in the request target */
	bool has_path, reset, hold, forward;
	long part, every, times;      /* 0: not asked */
	double share, lasts, delay;
	uint64_t bytes, count;
	act_fn *act;
	const char *name;

	/* under the lock of the rules */
	long matched, acted;
	uint64_t state;               /* of `share` */
	double since;                 /* of `lasts`: when it met its first request; 0: not yet */
};

struct rules { struct rule at[64]; size_t count; pthread_mutex_t lock; };

/* false: said on stderr. */
bool rules_load (struct rules *rules, const char *path);
/* The first that applies to request `number`, counted; NULL: none. */
const struct rule *rules_find (struct rules *rules, unsigned long number, const char *method, const char *target);
json_t *rule_word (const struct rule *rule, const char *name);

/* ---- fault-acts.c ---- */

struct exchange {
	struct proxy *proxy;
	struct line client, server;   /* server.fd is -1 until it is needed */
	struct head request;
	char method[32], *target;
	struct body body;             /* of the request */

	/* for the log */
	unsigned long number, connection;
	uint64_t body_bytes, reply_bytes;
	int upstream_status, status;
};

/* NULL: there is none of this name. */
act_fn *act_named (const char *name);
/* true: the connection goes on. */
bool act_pass (struct exchange *exchange, const struct rule *rule);

/* ---- fault-proxy.c ---- */

struct proxy { struct sockaddr_storage *upstream; socklen_t upstream_size; SSL_CTX *tls; struct rules rules; pthread_mutex_t log_lock; pthread_cond_t still; unsigned under_way; FILE *log; unsigned long connections; };

bool exchange_connect (struct exchange *exchange);
double now (void);
void wait_seconds (double seconds);

#endif
