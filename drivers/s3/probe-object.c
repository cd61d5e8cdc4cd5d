/* probe-object.c: questions about one object, written in one request. */
#include "probe.h"

#include <string.h>

#include "checksum.h"
#include "error.h"

#define NO_ETAG "00000000000000000000000000000000"

/* Written with its failure in words: what fails here fails everything. */
static int
put_first (struct probe *probe, const char *key, const char **ret_version, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	struct larder_info stored = { .size = sizeof stored };
	const struct larder_write write = { .size = sizeof write, .bucket = probe->request->bucket, .key = key };
	const struct s3_body none = { LARDER_CHECKSUM_NONE, NULL };
	int code = probe_note (probe, key, NULL, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "write", write.bucket, key, error);
	if (code == 0)
		code = s3_request_put (&exchange.request, probe->arena, &probe->plain, &write, &none, error);
	exchange.request.body = "bytes";
	exchange.request.body_length = 5;
	if (code == 0)
		code = s3_exchange_send (probe->s3, probe->call, &exchange, error);
	if (code == 0 && s3_exchange_is_ok (&exchange)) {
		code = s3_reply_stored (&exchange.reply.headers, probe->arena, &stored, error);
		*ret_version = stored.version && strcmp (stored.version, "null") != 0 ? stored.version : NULL;
		probe->versioned |= *ret_version != NULL;
		return code;
	}
	if (code == 0 && exchange.reply.status < 500 && !exchange.reply.uncertain)      /* refused: nothing is there */
		probe->made_count = 0;
	return code < 0 ? code : s3_exchange_fault (probe->s3, &exchange, error);
}

/* An object to ask about. Before that one that goes again: where nothing can be removed, by a lock or for want of a permission, it stays alone. */
int
probe_base (struct probe *probe, struct larder_error *error)
{
	const char *first = probe_key (probe, "first"), *version = NULL;
	struct probe_answer gone;
	int code = put_first (probe, first, &version, error);
	if (code == 0)
		code = probe_delete (probe, first, version, NULL, &gone, error);
	if (code < 0)
		return code;
	if (probe_ok (&gone))
		return put_first (probe, probe_key (probe, "c"), &version, error);
	larder_fail (error, LARDER_E_DENIED, "what a probe makes in bucket '%.100s' cannot be removed: %d %.80s",
	             probe->request->bucket, gone.status, gone.code);
	larder_explain (error, LARDER_DETAIL_NEXT, "probe a store whose bucket locks nothing, with credentials that may remove objects and their versions");
	return LARDER_E_DENIED;
}

/* ---- conditions ---- */

/* Where the condition does not hold, and then where it does: it must be looked at, and nothing else. */
static int
put_conditions (struct probe *probe, struct larder_error *error)
{
	const char *key = probe_key (probe, "c"), *fresh = probe_key (probe, "fresh");
	struct probe_answer no, yes;
	int code = probe_put (probe, &(struct probe_put) { .key = key, .create_only = true }, &no, error);
	if (code == 0)
		code = probe_put (probe, &(struct probe_put) { .key = fresh, .create_only = true }, &yes, error);
	if (code < 0)
		return code;
	probe_condition (probe, S3_PUT_CREATE_ONLY, probe_ok (&yes) ? &no : &yes, S3_DESTRUCTIVE);
	if (!probe_ok (&yes) && !probe_untold (&yes))
		probe->state[S3_PUT_CREATE_ONLY] = S3_REFUSED;
	code = probe_put (probe, &(struct probe_put) { .key = fresh }, &yes, error);
	if (code == 0)
		code = probe_put (probe, &(struct probe_put) { .key = fresh, .if_match = NO_ETAG }, &no, error);
	if (code == 0)
		code = probe_put (probe, &(struct probe_put) { .key = fresh, .if_match = probe_ok (&no) ? NO_ETAG : yes.etag }, &yes, error);
	if (code < 0)
		return code;
	probe_condition (probe, S3_PUT_IF_MATCH, &no, S3_DESTRUCTIVE);
	if (probe->state[S3_PUT_IF_MATCH] == S3_SUPPORTED && !probe_ok (&yes))
		probe_set (probe, S3_PUT_IF_MATCH, S3_REFUSED, &yes);
	return 0;
}

static int
copy (struct probe *probe, const char *to, bool create_only, const char *source_etag, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena, .body_may_fail = true };
	const struct larder_copy copy = {
		.size = sizeof copy, .from = { sizeof copy.from, probe->request->bucket, probe_key (probe, "c"), NULL }, .bucket = probe->request->bucket,
		.key = to, .if_match = source_etag, .condition = { sizeof copy.condition, create_only, NULL },
	};
	int code = probe_note (probe, to, NULL, error);
	if (code == 0)
		code = s3_request_copy (&exchange.request, probe->arena, &probe->every, &copy, error);
	return probe_send (probe, code, &exchange, ret, error);
}

int
probe_conditions (struct probe *probe, struct larder_error *error)
{
	struct probe_answer no;
	int code = put_conditions (probe, error);
	if (code == 0)
		code = copy (probe, probe_key (probe, "fresh"), true, NULL, &no, error);
	if (code < 0)
		return code;
	probe_condition (probe, S3_COPY_CONDITION, &no, S3_DESTRUCTIVE);
	code = copy (probe, probe_key (probe, "copied"), false, NO_ETAG, &no, error);
	if (code < 0)
		return code;
	probe_condition (probe, S3_COPY_IF_MATCH, &no, S3_IGNORED);
	code = probe_delete (probe, probe_key (probe, "fresh"), NULL, NO_ETAG, &no, error);
	if (code < 0)
		return code;
	probe_condition (probe, S3_DELETE_IF_MATCH, &no, S3_DESTRUCTIVE);
	return 0;
}

/* ---- checksums ---- */

/* Kept with the object, and told again? */
static int
is_kept (struct probe *probe, uint32_t type, const char *value, bool once, enum s3_feature feature, bool *ret_told, struct larder_error *error)
{
	struct probe_answer put, head;
	struct larder_info info;
	const char *key = probe_key (probe, once ? "sum-once" : "sum");
	int code = probe_put (probe, &(struct probe_put) { .key = key, .once = once, .body = { type, value } }, &put, error);
	if (code == 0)
		code = probe_head (probe, key, &head, &info, error);
	if (code < 0)
		return code;
	*ret_told = probe_ok (&put) && info.checksum && info.checksum_type == type && strcmp (info.checksum, value) == 0;
	probe_set (probe, feature, *ret_told ? S3_SUPPORTED : probe_ok (&put) ? S3_IGNORED : probe_untold (&put) ? PROBE_UNKNOWN : S3_REFUSED, &put);
	if (probe_ok (&put) && !probe_ok (&head))
		probe_set (probe, S3_CHECKSUM_MODE, probe_untold (&head) ? PROBE_UNKNOWN : S3_REFUSED, &head);
	else if (*ret_told)
		probe_set (probe, S3_CHECKSUM_MODE, S3_SUPPORTED, &head);
	return 0;
}

int
probe_checksums (struct probe *probe, struct larder_error *error)
{
	char crc64[16], crc32[16];
	bool told64 = false, told32 = false, once = false;
	struct probe_answer wrong;
	crc64nvme_text (crc64nvme (0, "bytes", 5), crc64);
	crc32c_text (crc32c (0, "bytes", 5), crc32);
	probe_unknown (probe, S3_CHECKSUM_MODE, "not measured: no checksum is told");
	int code = is_kept (probe, LARDER_CHECKSUM_CRC64NVME, crc64, true, S3_CHECKSUM_CRC64NVME, &once, error);
	if (code == 0)
		code = is_kept (probe, LARDER_CHECKSUM_CRC64NVME, crc64, false, S3_CHECKSUM_CRC64NVME, &told64, error);
	if (code == 0)
		code = is_kept (probe, LARDER_CHECKSUM_CRC32C, crc32, false, S3_CHECKSUM_CRC32C, &told32, error);
	if (code < 0)
		return code;
	probe->state[S3_SDK_CHECKSUM_ALGORITHM] = told64 && !once ? S3_SUPPORTED : S3_IGNORED;
	probe->why[S3_SDK_CHECKSUM_ALGORITHM][0] = '\0';
	const struct s3_body bad = told64 || !told32 ? (struct s3_body) { LARDER_CHECKSUM_CRC64NVME, "AAAAAAAAAAA=" }
		: (struct s3_body) { LARDER_CHECKSUM_CRC32C, "AAAAAA==" };
	code = probe_put (probe, &(struct probe_put) { .key = probe_key (probe, "sum"), .body = bad }, &wrong, error);
	if (code == 0)
		probe_refusal (probe, S3_CHECKSUM_COMPARED, &wrong);
	return code;
}

/* ---- class, encryption, tags ---- */

static void
set_echoed (struct probe *probe, enum s3_feature feature, const struct probe_answer *put, bool echoed)
{
	probe_set (probe, feature, echoed ? S3_SUPPORTED : probe_ok (put) ? S3_IGNORED : probe_untold (put) ? PROBE_UNKNOWN : S3_REFUSED, put);
}

/* By a key that nobody has: to name none would make one where the service makes them at their first use. */
static int
ask_kms (struct probe *probe, struct larder_error *error)
{
	struct probe_answer put, head;
	struct larder_info info;
	const char *key = probe_key (probe, "kms");
	int code = probe_put (probe, &(struct probe_put) { .key = key, .encryption = "aws:kms", .kms_key = "larder-probe-none" }, &put, error);
	if (code == 0)
		code = probe_head (probe, key, &head, &info, error);
	if (code < 0)
		return code;
	bool missed = put.status != 501 && (strstr (put.code, "KMS") || strstr (put.code, "kms"));
	set_echoed (probe, S3_ENCRYPTION_KMS, &put, missed || (probe_ok (&put) && info.encryption));
	return 0;
}

int
probe_attributes (struct probe *probe, struct larder_error *error)
{
	struct probe_answer put, head;
	struct larder_info info;
	const char *key = probe_key (probe, "class"), *hidden = probe_key (probe, "encrypted");
	int code = probe_put (probe, &(struct probe_put) { .key = key, .storage_class = "STANDARD_IA" }, &put, error);
	if (code == 0)
		code = probe_head (probe, key, &head, &info, error);
	if (code < 0)
		return code;
	set_echoed (probe, S3_CLASSES, &put, info.storage_class && strcmp (info.storage_class, "STANDARD_IA") == 0);
	code = probe_put (probe, &(struct probe_put) { .key = hidden, .encryption = "AES256" }, &put, error);
	if (code == 0)
		code = probe_head (probe, hidden, &head, &info, error);
	if (code < 0)
		return code;
	set_echoed (probe, S3_ENCRYPTION, &put, info.encryption && strcmp (info.encryption, "AES256") == 0);
	return ask_kms (probe, error);
}

/* A server that knows no tags takes them for the object's bytes. */
int
probe_tags (struct probe *probe, struct larder_error *error)
{
	static const struct larder_pair pair = { "made", "by-a-probe" };
	const struct larder_pairs tags = { &pair, 1, sizeof pair };
	const struct larder_object object = { .size = sizeof object, .bucket = probe->request->bucket, .key = probe_key (probe, "c") };
	struct s3_exchange set = { .arena = probe->arena }, get = set;
	struct larder_pairs found = { NULL, 0, 0 };
	struct probe_answer first, second;
	int code = s3_request_tags_set (&set.request, probe->arena, &probe->every, &object, &tags, error);
	code = probe_send (probe, code, &set, &first, error);
	if (code == 0)
		code = s3_request_tags_get (&get.request, probe->arena, &probe->every, &object, error);
	code = probe_send (probe, code, &get, &second, error);
	if (code < 0)
		return code;
	bool same = probe_ok (&second) && s3_reply_tags (second.body, second.length, probe->arena, &found, NULL) == 0 && found.count == 1
		&& strcmp (larder_pair_at (&found, 0)->value, pair.value) == 0;
	set_echoed (probe, S3_TAGGING, &first, probe_ok (&first) && same);
	return 0;
}

/* Of an object that is not archived: who knows the request says just that. Where there are no classes there is nothing to restore. */
int
probe_restore (struct probe *probe, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_restore restore = {
		.size = sizeof restore, .object = { sizeof restore.object, probe->request->bucket, probe_key (probe, "c"), NULL }, .days = 1,
	};
	struct probe_answer answer;
	int code = s3_request_restore (&exchange.request, probe->arena, &probe->every, &restore, error);
	code = probe_send (probe, code, &exchange, &answer, error);
	if (code < 0)
		return code;
	bool known = probe_ok (&answer) || strcmp (answer.code, "InvalidObjectState") == 0;
	probe_set (probe, S3_RESTORE, !known && probe_untold (&answer) ? PROBE_UNKNOWN : known && probe->state[S3_CLASSES] == S3_SUPPORTED ? S3_SUPPORTED
	           : S3_REFUSED, &answer);
	return 0;
}

/* ---- a list of keys ---- */

static int
send_list (struct probe *probe, const char *key, bool wrong, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena, .body_may_fail = true };
	const struct larder_remove item = { .size = sizeof item, .key = key };
	int code = probe_put (probe, &(struct probe_put) { .key = key }, ret, error);
	if (code == 0)
		code = s3_request_delete_many (&exchange.request, probe->arena, &probe->every, probe->request->bucket, &item, 1, sizeof item, error);
	if (wrong)
		probe_header (&exchange.request, "x-amz-checksum-crc64nvme", "AAAAAAAAAAA=");
	return probe_send (probe, code, &exchange, ret, error);
}

int
probe_delete_many (struct probe *probe, struct larder_error *error)
{
	struct probe_answer right, wrong;
	int code = send_list (probe, probe_key (probe, "listed"), false, &right, error);
	if (code == 0)
		code = send_list (probe, probe_key (probe, "listed"), true, &wrong, error);
	if (code < 0)
		return code;
	if (probe_ok (&right))
		probe_refusal (probe, S3_DELETE_MANY, &wrong);
	else
		probe_set (probe, S3_DELETE_MANY, probe_untold (&right) ? PROBE_UNKNOWN : S3_REFUSED, &right);
	return 0;
}
