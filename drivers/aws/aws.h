/* aws.h: what every AWS service shares: requests, signing, credentials, endpoints, retries, errors.
 *
 * One request from a driver's view: fill a `struct aws_request` (pure wire code), hand it to aws_send, read
 * the reply. Signing, clock skew, retries and error replies are aws_send's. The functions marked pure do no
 * I/O, read no clock and no environment. */
#ifndef LARDER_AWS_AWS_H
#define LARDER_AWS_AWS_H

#include <larder/types.h>
#include "aws-settings.h"
#include "buffer.h"
#include "http.h"

#pragma GCC visibility push (default)

/* ---- a request (pure) -------------------------------------------------------------------------- */

/* Before endpoint and signature. A failure while filling sticks; aws_request_check tells it once, at the end. */
struct aws_request {
	struct larder_arena *arena;
	const char *method;
	const char *bucket;                /* S3: goes into host or path as the endpoint says; NULL: none */
	const char *path;                  /* below the bucket, percent-encoded once, begins with '/' */
	struct larder_pair *query;         /* raw names and values, unordered; "" for a bare name */
	size_t query_count, query_room;
	struct larder_pair *headers;       /* names in lower case */
	size_t header_count, header_room;
	const char *body;                  /* a small body of our own making, or NULL */
	size_t body_length;
	bool failed;
};

void aws_request_begin (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket,
                        const char *key);          /* key raw, or NULL: "/" */
/* NULL values add nothing, so that callers need not ask. Texts are copied to the arena. */
void aws_request_query (struct aws_request *request, const char *name, const char *value);
void aws_request_query_uint (struct aws_request *request, const char *name, uint64_t value);
void aws_request_header (struct aws_request *request, const char *name, const char *value);
/* LARDER_E_LIMIT after a failure; a header value with a control byte other than tab is INVALID. */
int aws_request_check (const struct aws_request *request, struct larder_error *error);

/* A request of the query protocol: an action with its parameters, as a form in the body. NULL values add nothing. */
struct aws_form { struct aws_request *request; struct buffer text; };
void aws_form_begin (struct aws_form *form, struct aws_request *request, struct larder_arena *arena, const char *action, const char *version);
void aws_form_add (struct aws_form *form, const char *name, const char *value);
void aws_form_end (struct aws_form *form);        /* the body is the request's, and aws_request_check tells of a failure */

/* ---- XML (pure; expat, DOCTYPE refused) --------------------------------------------------------- */

/* Called at the end of each element with its path from the root, "ListBucketResult/Contents/Key", prefixes
 * of namespaces left out, and the text directly in it (entities resolved, blanks kept). */
typedef int (*aws_xml_end_fn) (void *context, const char *path, const char *text, struct larder_error *error);
typedef int (*aws_xml_begin_fn) (void *context, const char *path, struct larder_error *error);

/* A whole document. INTEGRITY when it is none; what was told before that was found out stays told. */
int aws_xml_read (const void *body, size_t length, aws_xml_begin_fn begin, aws_xml_end_fn end, void *context, struct larder_error *error);

/* Text of an element, with & < > " and control bytes escaped. */
void aws_xml_escape (struct buffer *into, const char *text);

/* ---- credentials ------------------------------------------------------------------------------- */

struct aws_credentials { const char *access_key, *secret_key, *session_token; };  /* token NULL when static; all NULL: anonymous */

/* ---- signing (pure; OpenSSL's HMAC) ------------------------------------------------------------- */

#define AWS_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define AWS_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct aws_signing {
	const struct aws_credentials *credentials;
	const char *service, *region;
	int64_t time;                 /* ns, UTC */
	const char *payload_hash;     /* hex SHA-256 of the body, or AWS_UNSIGNED_PAYLOAD */
	bool plain_path;              /* S3: the path is taken as it is: not normalised, not encoded again */
	bool content_sha256;          /* send and sign x-amz-content-sha256 (S3 demands it) */
};

/* What was computed on the way, for tests and for messages about a refused signature. */
struct aws_signature { const char *canonical, *to_sign, *signature; };

/* Adds host, x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization to the request's
 * headers. `host` as in the URL, `path` and query as they will be sent. */
int aws_sign (struct aws_request *request, const char *host, const char *path, const struct aws_signing *signing,
              struct aws_signature *ret, struct larder_error *error);           /* ret may be NULL */
/* The query form: adds X-Amz-Algorithm … X-Amz-Signature to the request's query; `expires` in seconds, 1 to 604800. */
int aws_presign (struct aws_request *request, const char *host, const char *path, const struct aws_signing *signing,
                 int64_t expires, struct aws_signature *ret, struct larder_error *error);
/* "a=1&b=2" encoded, in the request's order. */
int aws_query_text (const struct aws_request *request, const char **ret, struct larder_error *error);

/* MD5, for etags and Content-MD5 (pure). end frees; hex. */
struct aws_md5;
struct aws_md5 *aws_md5_new (void);    /* NULL: no memory, or a host that forbids MD5 */
void aws_md5_add (struct aws_md5 *md5, const void *bytes, size_t count);
void aws_md5_end (struct aws_md5 *md5, char ret[33]);

/* ---- endpoints (pure) --------------------------------------------------------------------------- */

enum aws_addressing { AWS_ADDRESSING_AUTO = 0, AWS_ADDRESSING_PATH = 1, AWS_ADDRESSING_HOST = 2 };

struct aws_endpoint_options {
	const char *service, *region;
	const char *endpoint;         /* custom, "http://127.0.0.1:9000", may have a path; NULL: AWS's own */
	uint32_t addressing;          /* auto: path for custom endpoints and for names with dots */
	bool dual_stack, fips;
};

struct aws_endpoint {
	const char *scheme, *host;    /* with the port when it is not the scheme's own; the bucket in it for host style */
	const char *path;             /* goes before the request's path: "", "/base", "/bucket" */
	const char *region, *service; /* of the signature */
};

/* The word of ARNs for where a region lies: "aws", "aws-cn". NULL: "aws". */
const char *aws_partition (const char *region);
/* Is it a region of another partition than AWS's own one? NULL: no. */
bool aws_region_apart (const char *region);
/* INVALID with the reason for a bucket name that cannot be, a region that is no host label, a malformed endpoint. */
int aws_endpoint_find (const struct aws_endpoint_options *options, const char *bucket, struct larder_arena *arena,
                       struct aws_endpoint *ret, struct larder_error *error);

/* ---- errors (pure) ------------------------------------------------------------------------------ */

/* Words of an error reply in any of AWS's forms (S3, query, EC2, rest-xml, JSON); fields "" when absent. */
struct aws_fault {
	int status;
	char code[96], message[400], request_id[128], region[64], resource[300];
	char server[32];              /* what answered: "MinIO" */
	int64_t skew;                 /* ns the service's clock is ahead of ours, where aws_send measured it */
	bool elsewhere;               /* aws_send found that `region` is not the one it signed for */
	bool wandering;               /* … and neither was the one before it */
};

void aws_fault_read (int status, const struct larder_pairs *headers, const void *body, size_t length, struct aws_fault *ret);
/* Our code for it, a message that begins with `what` ("cannot write 'k' in bucket 'b'"), provider code, request id, next step. */
int aws_fault_error (const struct aws_fault *fault, const char *what, struct larder_error *error);
/* Retry? AWS's standard mode. */
enum aws_retry { AWS_RETRY_NEVER = 0, AWS_RETRY_TRANSIENT = 1, AWS_RETRY_THROTTLED = 2 };
enum aws_retry aws_fault_retry (const struct aws_fault *fault);

/* ---- sending ------------------------------------------------------------------------------------ */

struct aws_client;

/* Validates settings; connects to nothing, and looks for credentials only at the first request. AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, AWS_REGION and the profile fill only what the settings leave open; a profile that is named and is not there
 * is INVALID. `name` is the backend's, for messages. */
int aws_client_open (const struct larder_host *host, const char *name, const char *service, const struct aws_settings *settings,
                     struct aws_client **ret, struct larder_error *error);
/* Is a service that is AWS's alone there, on this kind of server (NULL: AWS)? UNSUPPORTED. */
int aws_server_has_all (const char *server, struct larder_error *error);
/* The same settings; where that service is not there, and is never asked, no region is missing. */
struct aws_settings aws_settings_on (const char *server, const struct aws_settings *settings);
void aws_client_close (struct aws_client *client);          /* NULL allowed */
/* Facts, resolved. */
const char *aws_client_endpoint (const struct aws_client *client);        /* custom endpoint in force, or NULL */
struct http;
struct http *aws_client_http (struct aws_client *client);       /* also for requests that are not the service's */
const char *aws_client_region (const struct aws_client *client);
/* Where a bucket is asked for from now on. False when it was known. */
bool aws_client_learn_region (struct aws_client *client, const char *bucket, const char *region);
bool aws_client_signs_payload (const struct aws_client *client);          /* then bodies need their SHA-256 */

/* For `doctor`, never a secret. */
enum aws_told { AWS_TOLD_GAVE, AWS_TOLD_NOTHING, AWS_TOLD_FAILED };
typedef int (*aws_told_fn) (void *context, enum aws_told told, const char *what, const char *detail, const char *next);
/* Walks the chain anew: each source in order, what it gave or why it gave nothing; the key, and who STS says we are, where STS can
 * be asked. The code of there being no credentials; a non-zero return of `told` ends it with that. */
int aws_client_tell (struct aws_client *client, struct larder_call *call, aws_told_fn told, void *context, struct larder_error *error);

struct aws_reply {
	int status;
	struct larder_pairs headers;      /* names in lower case; in the arena */
	const char *body;                 /* of a reply that was collected; NUL-terminated, in the arena; else NULL */
	size_t length;
	unsigned attempts;                /* 1: the first try answered */
	bool uncertain;                   /* an earlier try may have been carried out, its reply was lost; also after a failure: this or an earlier one */
	bool found_done;                  /* and `done` found that it was: there is no reply, and `status` is 0 */
	const struct aws_fault *fault;    /* plain_errors: what was refused, and all that is known of why; `status` is then its; else NULL */
};

struct aws_send {
	struct larder_arena *arena;       /* of the reply */
	struct aws_request *request;      /* signed again for each try */
	const struct larder_source *body; /* instead of request->body, or NULL */
	const char *payload_hash;         /* hex SHA-256 of `body`; needed when aws_client_signs_payload */
	const struct http_receiver *receiver; /* takes the body of a 2xx reply as it comes: no retry once its head was called; NULL: collected */
	const char *what;                 /* begins messages: "cannot read 'k' in bucket 'b'" */
	bool body_may_fail;               /* a 2xx body is looked at for an <Error> root, which then counts as the status it names (copy, complete, delete) */
	bool plain_errors;                /* give the reply back whatever its status, instead of an error */
	/* Asked before another try when an earlier one may have been carried out: was it? May send requests of its own. NULL: sent again. */
	bool (*done) (void *context);
	void *done_context;
};

/* 0 for a 2xx (and, for GET and HEAD, 304) reply. Retries as design §5 says (attempts, bucket of 500 shared by the credential
 * configuration, full jitter, x-amz-retry-after and Retry-After), learns the clock skew of a RequestTimeTooSkewed and tries once more, signs
 * again for the region that the service names, once, at an endpoint of ours. A receiver's failure after its head comes back as it is; a body cut
 * short after the head is LARDER_E_RETRY. A HEAD that is refused without a word is asked again as GET: why. Errors carry code, status, request id, next step. */
int aws_send (struct aws_client *client, struct larder_call *call, const struct aws_send *send, struct aws_reply *ret_reply,
              struct larder_error *error);
/* A request that is whole, with plain_errors: 0; 1: refused with a code that is `forgiven` (between spaces; NULL: none); or a code. */
int aws_exchange (struct aws_client *client, struct larder_call *call, const struct aws_send *send, const char *forgiven, struct aws_reply *ret, struct larder_error *error);
/* A signed URL for the request, valid `expires` ns from `now`. */
int aws_client_presign (struct aws_client *client, struct larder_call *call, struct aws_request *request, int64_t now, int64_t expires,
                        const char **ret_url, struct larder_error *error);
/* The unsigned address of the request. */
int aws_client_url (struct aws_client *client, struct aws_request *request, const char **ret_url, struct larder_error *error);
const char *aws_reply_header (const struct aws_reply *reply, const char *name);

/* ---- a private key of one's own, to sign with ----------------------------------------------------- */

enum { AWS_SIGNATURE_MOST = 256 };
struct aws_key;
/* RSA of 2048 bits or EC on P-256, in PEM. INVALID what is none, DENIED where the passphrase (NULL: none) does not open it. */
int aws_key_read (const char *pem, size_t length, const char *passphrase, struct aws_key **ret, struct larder_error *error);
void aws_key_free (struct aws_key *key);   /* NULL allowed */
/* 1: what is in that PEM, which people know as `what`, is its public half; 0: another's; INVALID: it is no public key. */
int aws_key_matches (const struct aws_key *key, const char *pem, size_t length, const char *what, struct larder_error *error);
/* On any thread. Of RSA by PKCS #1 1.5, of EC as DER. */
int aws_key_sign (const struct aws_key *key, bool sha1, const void *bytes, size_t count, unsigned char ret[AWS_SIGNATURE_MOST], size_t *ret_length, struct larder_error *error);

/* A whole small file of the user's, 1 MiB at the most, links followed (Kubernetes mounts tokens behind links), NUL added. NOTFOUND: there is none. */
int aws_file_read (struct larder_arena *arena, const char *path, const char **ret, size_t *ret_length, struct larder_error *error);

/* ---- roles of IAM that are made and kept here ---------------------------------------------------- */

#define AWS_ROLE_TAG "larder:id"
/* `id`: value of the tag that makes it ours; `service` may take it ("backup.amazonaws.com"); `rights`: a policy, JSON. */
struct aws_made_role { const char *name, *id, *service, *rights; };

/* larder-KIND-ID, cut to what a name may have; INVALID where that cannot be a name. The one place where it is made. */
int aws_role_name (const char *kind, const char *id, struct larder_arena *arena, const char **ret, struct larder_error *error);
/* By a client of the service "iam". 1 and its ARN, is it as it should be; 0: there is none; CONFLICT: it is somebody's. */
int aws_role_find (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, const char **ret_arn, bool *ret_right,
                   struct larder_error *error);
/* Made, or made right: what is so already is not written. */
int aws_role_set (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, const char **ret_arn, struct larder_error *error);
int aws_role_remove (struct aws_client *client, struct larder_call *call, struct larder_arena *arena, const struct aws_made_role *role, struct larder_error *error);

#pragma GCC visibility pop
#endif
