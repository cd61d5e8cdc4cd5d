/* probe-upload.c: questions about objects written in parts. All uploads are of one key, so that a listing finds each. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"

#define NO_ETAG "00000000000000000000000000000000"
#define FIRST_LENGTH ((size_t) 5 << 20)        /* the least of a part that is not the last */
#define LAST "last"

/* An upload under way. `row` says what its requests carry. */
struct trial {
	const struct s3_server *row;
	struct larder_upload upload;
	struct larder_part parts[2];
	size_t count;
	uint64_t length;
};

static int
begin (struct probe *probe, const struct s3_server *row, struct trial *trial, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_write write = { .size = sizeof write, .bucket = probe->request->bucket, .key = probe_key (probe, "upload") };
	*trial = (struct trial) { .row = row, .upload = { sizeof trial->upload, write.bucket, write.key, NULL, 0 } };
	int code = probe_note (probe, write.key, NULL, error);
	if (code == 0)
		code = s3_request_upload_begin (&exchange.request, probe->arena, row, &write, error);
	code = probe_send (probe, code, &exchange, ret, error);
	if (code < 0 || !probe_ok (ret))
		return code;
	code = s3_reply_upload_id (ret->body, ret->length, probe->arena, &trial->upload.id, error);
	return code < 0 ? code : probe_note (probe, write.key, trial->upload.id, error);
}

static int
add_part (struct probe *probe, struct trial *trial, const char *bytes, size_t length, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	char *sum = arena_alloc (probe->arena, 16);
	if (!sum || !bytes)
		return larder_fail_memory (error);
	crc64nvme_text (crc64nvme (0, bytes, length), sum);
	const struct s3_body body = { LARDER_CHECKSUM_CRC64NVME, sum };
	uint32_t number = (uint32_t) trial->count + 1;
	int code = s3_request_upload_part (&exchange.request, probe->arena, trial->row, &trial->upload, number, &body, error);
	exchange.request.body = bytes;
	exchange.request.body_length = length;
	code = probe_send (probe, code, &exchange, ret, error);
	trial->parts[trial->count++] = (struct larder_part) {
		.size = sizeof (struct larder_part), .number = number, .length = length, .etag = ret->etag, .checksum_type = body.checksum_type, .checksum = sum,
	};
	trial->length += length;
	return code;
}

/* `size`: what is said of the whole instead of its length; `checksum` likewise, or NULL. */
static int
finish (struct probe *probe, const struct trial *trial, struct larder_condition condition, const char *size, const char *checksum,
        struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena, .body_may_fail = true };
	const struct larder_finish finish = {
		.size = sizeof finish, .upload = trial->upload, .parts = trial->parts, .count = trial->count, .stride = sizeof *trial->parts,
		.length = trial->length, .condition = condition, .checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = checksum,
	};
	int code = s3_request_upload_complete (&exchange.request, probe->arena, trial->row, &finish, error);
	if (size)
		probe_header (&exchange.request, "x-amz-mp-object-size", size);
	return probe_send (probe, code, &exchange, ret, error);
}

static int
abort_upload (struct probe *probe, const struct trial *trial, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	int code = s3_request_upload_abort (&exchange.request, probe->arena, &trial->upload, error);
	return probe_send (probe, code, &exchange, ret, error);
}

/* One part is there. When the answer to begin or part is no, it is `ret`, and true comes back in *ret_failed. */
static int
begin_with_part (struct probe *probe, const struct s3_server *row, struct trial *trial, struct probe_answer *ret, bool *ret_failed, struct larder_error *error)
{
	int code = begin (probe, row, trial, ret, error);
	if (code == 0 && probe_ok (ret))
		code = add_part (probe, trial, LAST, sizeof LAST - 1, ret, error);
	*ret_failed = code == 0 && !probe_ok (ret);
	return code;
}

static void
set_failed (struct probe *probe, enum s3_feature feature, const struct probe_answer *answer)
{
	probe_set (probe, feature, probe_untold (answer) ? PROBE_UNKNOWN : S3_REFUSED, answer);
}

/* ---- listing and giving up ---- */

struct looking { const char *id; bool found; };

static int
on_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct looking *looking = context;
	(void) error;
	looking->found |= strcmp (upload->id, looking->id) == 0;
	return 0;
}

/* By a prefix that is no whole key. */
static int
ask_listed (struct probe *probe, const struct trial *trial, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_list list = { .size = sizeof list, .bucket = probe->request->bucket, .prefix = probe->request->prefix, .delimiter = "" };
	struct looking looking = { .id = trial->upload.id };
	struct larder_page page = { .size = sizeof page };
	struct probe_answer answer;
	int code = s3_request_uploads (&exchange.request, probe->arena, &probe->every, &list, error);
	code = probe_send (probe, code, &exchange, &answer, error);
	if (code < 0)
		return code;
	if (!probe_ok (&answer))
		return set_failed (probe, S3_UPLOADS_LIST, &answer), 0;
	(void) s3_reply_uploads (answer.body, answer.length, &list, probe->arena, on_upload, &looking, &page, NULL);
	probe_set (probe, S3_UPLOADS_LIST, looking.found ? S3_SUPPORTED : S3_IGNORED, &answer);
	return 0;
}

int
probe_uploads (struct probe *probe, struct larder_error *error)
{
	struct trial trial;
	struct probe_answer answer;
	bool failed;
	int code = begin_with_part (probe, &probe->plain, &trial, &answer, &failed, error);
	if (code < 0)
		return code;
	if (failed)
		return set_failed (probe, S3_UPLOADS_LIST, &answer), set_failed (probe, S3_ABORT_TOLD, &answer), 0;
	code = ask_listed (probe, &trial, error);
	if (code == 0)
		code = abort_upload (probe, &trial, &answer, error);
	if (code == 0)
		code = abort_upload (probe, &trial, &answer, error);
	if (code == 0)
		probe_refusal (probe, S3_ABORT_TOLD, &answer);
	return code;
}

/* ---- conditions ---- */

/* Finished with something that must be refused; an upload that was is given up. */
static int
ask_finish (struct probe *probe, enum s3_feature feature, const struct s3_server *row, struct larder_condition condition, const char *size,
            struct larder_error *error)
{
	struct trial trial;
	struct probe_answer answer, unused;
	bool failed;
	int code = begin_with_part (probe, row, &trial, &answer, &failed, error);
	if (code < 0)
		return code;
	if (failed)
		return set_failed (probe, feature, &answer), 0;
	code = finish (probe, &trial, condition, size, NULL, &answer, error);
	if (code < 0)
		return code;
	if (size)
		probe_refusal (probe, feature, &answer);
	else
		probe_condition (probe, feature, &answer, S3_DESTRUCTIVE);
	return probe_ok (&answer) ? 0 : abort_upload (probe, &trial, &unused, error);
}

int
probe_upload_conditions (struct probe *probe, struct larder_error *error)
{
	const struct larder_condition create = { sizeof create, true, NULL }, match = { sizeof match, false, NO_ETAG }, none = { sizeof none, false, NULL };
	struct s3_server sized = probe->plain;
	struct probe_answer put;
	sized.state[S3_MP_OBJECT_SIZE] = S3_SUPPORTED;
	int code = probe_put (probe, &(struct probe_put) { .key = probe_key (probe, "upload") }, &put, error);
	if (code == 0)
		code = ask_finish (probe, S3_COMPLETE_CREATE_ONLY, &probe->plain, create, NULL, error);
	if (code == 0)
		code = ask_finish (probe, S3_COMPLETE_IF_MATCH, &probe->plain, match, NULL, error);
	return code == 0 ? ask_finish (probe, S3_MP_OBJECT_SIZE, &sized, none, "12345", error) : code;
}

/* ---- checksums ---- */

/* Two parts, of which the whole has a checksum that nobody sent. */
static int
ask_whole (struct probe *probe, struct probe_answer *answer, bool *ret_right, struct larder_error *error)
{
	struct trial trial;
	struct larder_info info = { .size = sizeof info };
	struct probe_answer head;
	char whole[16];
	const char *zeros = arena_alloc (probe->arena, FIRST_LENGTH);
	int code = begin (probe, &probe->every, &trial, answer, error);
	if (code == 0 && probe_ok (answer))
		code = add_part (probe, &trial, zeros, FIRST_LENGTH, answer, error);
	if (code == 0 && probe_ok (answer))
		code = add_part (probe, &trial, LAST, sizeof LAST - 1, answer, error);
	if (code < 0 || !probe_ok (answer))
		return code;
	crc64nvme_text (crc64nvme (crc64nvme (0, zeros, FIRST_LENGTH), LAST, sizeof LAST - 1), whole);
	char size[24];
	snprintf (size, sizeof size, "%llu", (unsigned long long) trial.length);
	code = finish (probe, &trial, (struct larder_condition) { .size = sizeof (struct larder_condition) }, size, NULL, answer, error);
	if (code == 0)
		code = probe_head (probe, trial.upload.key, &head, &info, error);
	*ret_right = info.checksum && info.checksum_type == LARDER_CHECKSUM_CRC64NVME && strcmp (info.checksum, whole) == 0;
	return code;
}

static int
ask_wrong_whole (struct probe *probe, struct probe_answer *answer, struct larder_error *error)
{
	struct trial trial;
	bool failed;
	int code = begin_with_part (probe, &probe->every, &trial, answer, &failed, error);
	if (code == 0 && !failed)
		code = finish (probe, &trial, (struct larder_condition) { .size = sizeof (struct larder_condition) }, NULL, "AAAAAAAAAAA=", answer, error);
	return code;
}

int
probe_upload_checksums (struct probe *probe, struct larder_error *error)
{
	struct probe_answer answer;
	bool right = false;
	int code = ask_whole (probe, &answer, &right, error);
	if (code < 0)
		return code;
	if (!probe_ok (&answer))
		return set_failed (probe, S3_CHECKSUM_MULTIPART, &answer), 0;
	if (!right)
		return probe_set (probe, S3_CHECKSUM_MULTIPART, S3_IGNORED, &answer), 0;
	code = ask_wrong_whole (probe, &answer, error);
	if (code == 0)
		probe_refusal (probe, S3_CHECKSUM_MULTIPART, &answer);
	return code;
}

/* ---- a part by copy, in an upload that was begun with a checksum ---- */

/* Of a range of "bytes": a server may tell it the checksum of the whole. */
static enum s3_state
copied_state (const struct larder_info *info)
{
	char crc64[16];
	crc64nvme_text (crc64nvme (0, "ytes", 4), crc64);
	bool other = info->checksum && info->checksum_type == LARDER_CHECKSUM_CRC64NVME && strcmp (info->checksum, crc64) != 0;
	return other ? S3_DESTRUCTIVE : info->checksum ? S3_SUPPORTED : S3_IGNORED;
}

int
probe_upload_copy (struct probe *probe, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena, .body_may_fail = true };
	struct trial trial;
	struct probe_answer answer;
	struct larder_info info = { .size = sizeof info };
	const struct larder_read from = {
		.size = sizeof from, .object = { sizeof from.object, probe->request->bucket, probe_key (probe, "c"), NULL }, .offset = 1, .length = 4,
	};
	int code = begin (probe, &probe->every, &trial, &answer, error);
	if (code < 0 || !probe_ok (&answer))
		return code < 0 ? code : (set_failed (probe, S3_COPY_PART_CHECKSUM, &answer), 0);
	code = s3_request_upload_part_copy (&exchange.request, probe->arena, &probe->every, &trial.upload, 1, &from, error);
	code = probe_send (probe, code, &exchange, &answer, error);
	if (code < 0 || !probe_ok (&answer))
		return code < 0 ? code : (set_failed (probe, S3_COPY_PART_CHECKSUM, &answer), 0);
	(void) s3_reply_result (answer.body, answer.length, "CopyPartResult", probe->arena, &info, NULL);
	trial.parts[0] = (struct larder_part) {
		.size = sizeof trial.parts[0], .number = 1, .length = 4, .etag = info.etag, .checksum_type = info.checksum_type, .checksum = info.checksum,
	};
	trial.count = 1;
	trial.length = 4;
	code = finish (probe, &trial, (struct larder_condition) { .size = sizeof (struct larder_condition) }, NULL, NULL, &answer, error);
	if (code < 0)
		return code;
	if (probe_ok (&answer))
		probe_set (probe, S3_COPY_PART_CHECKSUM, copied_state (&info), &answer);
	else
		set_failed (probe, S3_COPY_PART_CHECKSUM, &answer);
	return 0;
}
