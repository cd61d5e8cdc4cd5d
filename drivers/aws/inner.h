/* inner.h: what the files of this folder share and drivers do not see. */
#ifndef LARDER_AWS_INNER_H
#define LARDER_AWS_INNER_H

#include <stdatomic.h>

#include "aws.h"

/* ---- request.c: pure ---------------------------------------------------------------------------- */

/* RFC 3986: all but unreserved characters as %XX in capitals. */
void aws_percent (struct buffer *into, const char *text, bool keep_slash);
/* Value of a header of the request, name in lower case; NULL when it is not there. */
const char *aws_request_header_find (const struct aws_request *request, const char *name);

/* ---- role.c ------------------------------------------------------------------------------------- */

#define AWS_ROLE_POLICY "larder"     /* name of the one with its rights */
/* Who may take it, JSON; NULL: no memory. */
const char *aws_role_trust (const struct aws_made_role *role, struct larder_arena *arena);

/* ---- xml.c: pure ------------------------------------------------------------------------------- */

/* A document that comes in pieces, read by expat. */
struct aws_xml;
struct aws_xml *aws_xml_new (aws_xml_begin_fn begin, aws_xml_end_fn end, void *context);   /* begin may be NULL; NULL: no memory */
int aws_xml_feed (struct aws_xml *xml, const void *bytes, size_t count, struct larder_error *error);
int aws_xml_end (struct aws_xml *xml, struct larder_error *error);      /* INTEGRITY when the document is not whole */
void aws_xml_free (struct aws_xml *xml);                                 /* NULL allowed */

/* ---- xml-plain.c: pure ------------------------------------------------------------------------- */

struct aws_xml_told { aws_xml_begin_fn begin; aws_xml_end_fn end; void *context; };
/* False: not of the plain form, and expat has to read it; the first `count` calls were made already. True: read, or stopped with `code`. */
bool aws_xml_plain (const char *body, size_t length, const struct aws_xml_told *told, size_t *ret_count, int *ret_code, struct larder_error *error);

/* ---- fault.c: pure ------------------------------------------------------------------------------ */

/* A 2xx reply whose body must tell of success: true when it does not (an <Error> root, or no whole XML
 * document), with the status its code stands for. */
bool aws_fault_in_success (const struct larder_pairs *headers, const void *body, size_t length, struct aws_fault *ret);
/* The region to sign for instead, or NULL when this fault is not about the region. */
const char *aws_fault_region (const struct aws_fault *fault, const char *signed_for);
const char *aws_pair_find (const struct larder_pairs *pairs, const char *name);

/* What fault-codes.c knows of one code. */
struct aws_fault_row {
	const char *code;
	int larder;             /* LARDER_E_… */
	int status;             /* what it counts as inside a 2xx */
	enum aws_retry retry;
	const char *next;
};
/* By code, else by status; never NULL. `known` tells which. */
const struct aws_fault_row *aws_fault_row (const struct aws_fault *fault, bool *ret_known);

/* ---- retry.c: pure ------------------------------------------------------------------------------ */

/* Tokens that retries of one credential configuration share. */
struct aws_bucket { _Atomic int tokens; };

#define AWS_BUCKET_FULL 500

void aws_bucket_fill (struct aws_bucket *bucket);
/* Tokens for one retry: the cost, or 0 when the bucket does not hold that many. */
int aws_bucket_take (struct aws_bucket *bucket, enum aws_retry kind);
/* After a success: what its last retry cost, or 1 when there was none. */
void aws_bucket_give (struct aws_bucket *bucket, int taken);
/* What the service asks for, NULL where it does not: x-amz-retry-after, and Retry-After, whose other form, a date, is passed over. */
struct aws_retry_after { const char *ms, *s; };
/* ns to wait before try number `next` (2 is the first retry). `random` is even in [0, UINT32_MAX]. */
int64_t aws_retry_wait (enum aws_retry kind, unsigned next, uint32_t random, const struct aws_retry_after *after);

/* ---- send.c ------------------------------------------------------------------------------------- */

/* Wait, or until the caller asks to stop; `what` begins the message of that. */
int aws_rest (const struct larder_host *host, struct larder_call *call, int64_t ns, const char *what, struct larder_error *error);

/* ---- client.c ----------------------------------------------------------------------------------- */

/* What clients of one credential configuration have in common, through host->share. */
struct aws_common {
	struct aws_bucket bucket;
	_Atomic int64_t skew;          /* ns the service's clock is ahead of ours */
};

struct aws_client;
struct aws_identity;
struct aws_identity *aws_client_identity (struct aws_client *client);
const struct larder_host *aws_client_host (const struct aws_client *client);
const char *aws_client_name (const struct aws_client *client);      /* of the backend */
struct aws_common *aws_client_common (struct aws_client *client);
unsigned aws_client_attempts (const struct aws_client *client);
int64_t aws_client_connect_timeout (const struct aws_client *client);      /* ns */
void aws_client_answered (struct aws_client *client);
/* Nobody took a connection: for how many ns now, since somebody answered; negative when nobody ever has. */
int64_t aws_client_lost (struct aws_client *client);
/* No sign at all for the whole time to connect, which all others of this client have waited with it. */
void aws_client_silent (struct aws_client *client);
/* How long to wait for a connection: a quarter of the time, while nobody has had one for the whole of it. */
int64_t aws_client_patience (struct aws_client *client);
bool aws_client_is_s3 (const struct aws_client *client);
/* Where a request for this bucket goes: region as learned, `path` whole, `url` with the query. */
struct aws_target { struct aws_endpoint endpoint; const char *path, *url; };
int aws_client_target (struct aws_client *client, struct aws_request *request, struct aws_target *ret, struct larder_error *error);
int aws_target_url (struct aws_request *request, struct aws_target *target, struct larder_error *error);
int aws_client_sign (struct aws_client *client, struct aws_request *request, const struct aws_target *target, const struct aws_credentials *who,
                     int64_t time, const char *payload_hash, struct aws_signature *ret, struct larder_error *error);

#endif
