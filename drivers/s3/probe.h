/* probe.h: finding out what a server does: what the files of the probe share. */
#ifndef LARDER_S3_PROBE_H
#define LARDER_S3_PROBE_H

#include "s3.h"

#define PROBE_UNKNOWN 255                      /* not measured; else enum s3_state */

struct probe_made { const char *key, *upload; };   /* upload NULL: an object */

struct probe {
	struct s3 *s3;
	struct larder_call *call;
	const struct larder_probe *request;
	struct larder_arena *arena;
	struct s3_server every, plain;             /* rows that keep nothing back; plain: without what an upload can carry */
	uint8_t state[S3_FEATURES];
	char why[S3_FEATURES][160];                /* "412 PreconditionFailed", or why it was not measured */
	bool versioned, versions_on;               /* versions of what is removed stay; are made of what is written */
	struct probe_made *made;
	size_t made_count, made_room;
	larder_finding_fn finding;
	void *context;
};

/* What came back. Texts are in the probe's arena, "" when absent. */
struct probe_answer {
	int status;
	const char *code, *etag, *version;
	const char *body;
	size_t length;
	struct larder_pairs headers;
};

struct probe_put {
	const char *key;
	const char *bytes;                         /* NULL: "bytes" */
	bool create_only, once;                    /* once: the kind of the checksum is not said twice */
	const char *if_match;
	struct s3_body body;
	const char *storage_class, *encryption, *kms_key;
};

/* ---- probe-send.c: one request ---- */

/* The scratch prefix and a name; NULL: no memory. */
const char *probe_key (struct probe *probe, const char *name);
bool probe_ok (const struct probe_answer *answer);
/* Neither yes nor no: these credentials may not, or the server is not well. */
bool probe_untold (const struct probe_answer *answer);
/* What a builder made is sent; a code of `built` is passed on. Any whole reply is 0. */
int probe_send (struct probe *probe, int built, struct s3_exchange *exchange, struct probe_answer *ret, struct larder_error *error);
/* Remembers what is to be removed; before it is sent. */
int probe_note (struct probe *probe, const char *key, const char *upload, struct larder_error *error);
int probe_put (struct probe *probe, const struct probe_put *put, struct probe_answer *ret, struct larder_error *error);
int probe_head (struct probe *probe, const char *key, struct probe_answer *ret, struct larder_info *ret_info, struct larder_error *error);
int probe_get (struct probe *probe, const char *key, const char *version, struct probe_answer *ret, struct larder_error *error);
int probe_delete (struct probe *probe, const char *key, const char *version, const char *if_match, struct probe_answer *ret, struct larder_error *error);
void probe_header (struct aws_request *request, const char *name, const char *value);   /* another value for one that is there */

/* What was found out of a feature. */
void probe_set (struct probe *probe, enum s3_feature feature, uint8_t state, const struct probe_answer *answer);
void probe_unknown (struct probe *probe, enum s3_feature feature, const char *why);
/* Of a request that must not be carried out: under a condition that does not hold (412), with something wrong in it (any refusal).
 * `lost` is the state when it was. */
void probe_condition (struct probe *probe, enum s3_feature feature, const struct probe_answer *answer, uint8_t lost);
void probe_refusal (struct probe *probe, enum s3_feature feature, const struct probe_answer *answer);

/* ---- the questions: each sets the states of a few features; a code only when nothing more can be asked ---- */

typedef int (*probe_fn) (struct probe *probe, struct larder_error *error);

int probe_base (struct probe *probe, struct larder_error *error);         /* probe-object.c; comes first */
int probe_conditions (struct probe *probe, struct larder_error *error);
int probe_checksums (struct probe *probe, struct larder_error *error);
int probe_attributes (struct probe *probe, struct larder_error *error);
int probe_tags (struct probe *probe, struct larder_error *error);
int probe_restore (struct probe *probe, struct larder_error *error);
int probe_delete_many (struct probe *probe, struct larder_error *error);
int probe_uploads (struct probe *probe, struct larder_error *error);      /* probe-upload.c */
int probe_upload_conditions (struct probe *probe, struct larder_error *error);
int probe_upload_checksums (struct probe *probe, struct larder_error *error);
int probe_upload_copy (struct probe *probe, struct larder_error *error);
int probe_versions (struct probe *probe, struct larder_error *error);     /* probe-key.c */
int probe_markers (struct probe *probe, struct larder_error *error);
int probe_raw_keys (struct probe *probe, struct larder_error *error);
int probe_beside (struct probe *probe, struct larder_error *error);
int probe_listing (struct probe *probe, struct larder_error *error);

/* ---- probe-clean.c ---- */

/* Removes all that was made, then looks. What is left is a finding. */
int probe_clean (struct probe *probe, struct larder_error *error);

#endif
