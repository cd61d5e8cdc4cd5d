/* probe-send.c: one request of a probe, and what its answer says of a feature. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

const char *
probe_key (struct probe *probe, const char *name)
{
	return arena_printf (probe->arena, "%s%s", probe->request->prefix, name);
}

bool
probe_ok (const struct probe_answer *answer)
{
	return answer->status >= 200 && answer->status < 300;
}

bool
probe_untold (const struct probe_answer *answer)
{
	return answer->status == 401 || answer->status == 429 || (answer->status >= 500 && answer->status != 501)
		|| (answer->status == 403 && (!*answer->code || strcmp (answer->code, "AccessDenied") == 0));
}

static const char *
text_or_none (const char *text)
{
	return text ? text : "";
}

int
probe_send (struct probe *probe, int built, struct s3_exchange *exchange, struct probe_answer *ret, struct larder_error *error)
{
	if (built < 0)
		return built;
	exchange->what = "cannot probe";
	int code = s3_exchange_send (probe->s3, probe->call, exchange, error);
	if (code < 0)
		return code;
	const struct aws_reply *reply = &exchange->reply;
	struct aws_fault fault = { 0 };
	if (reply->fault)
		fault = *reply->fault;
	else if (reply->status >= 300)
		aws_fault_read (reply->status, &reply->headers, reply->body, reply->length, &fault);
	struct larder_info stored = { .size = sizeof stored };
	(void) s3_reply_stored (&reply->headers, probe->arena, &stored, NULL);
	*ret = (struct probe_answer) {
		.status = reply->status, .code = arena_copy (probe->arena, fault.code), .etag = text_or_none (stored.etag),
		.version = text_or_none (stored.version), .body = text_or_none (reply->body), .length = reply->length, .headers = reply->headers,
	};
	probe->versioned |= *ret->version && strcmp (ret->version, "null") != 0;
	return ret->code ? 0 : larder_fail_memory (error);
}

int
probe_note (struct probe *probe, const char *key, const char *upload, struct larder_error *error)
{
	for (size_t i = 0; key && !upload && i < probe->made_count; i++)
		if (!probe->made[i].upload && strcmp (probe->made[i].key, key) == 0)
			return 0;
	if (key && probe->made_count == probe->made_room) {
		size_t room = probe->made_room ? 2 * probe->made_room : 64;
		struct probe_made *made = arena_alloc (probe->arena, room * sizeof *made);
		if (made && probe->made_count)
			memcpy (made, probe->made, probe->made_count * sizeof *made);
		probe->made = made;
		probe->made_room = made ? room : 0;
	}
	if (!key || !probe->made)
		return larder_fail_memory (error);
	probe->made[probe->made_count++] = (struct probe_made) { key, upload };
	return 0;
}

int
probe_put (struct probe *probe, const struct probe_put *put, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	struct s3_server row = probe->every;
	const struct larder_write write = {
		.size = sizeof write, .bucket = probe->request->bucket, .key = put->key,
		.attributes = { .size = sizeof write.attributes, .storage_class = put->storage_class, .encryption = put->encryption },
		.condition = { sizeof write.condition, put->create_only, put->if_match },
	};
	if (put->once)
		row.state[S3_SDK_CHECKSUM_ALGORITHM] = S3_IGNORED;
	int code = probe_note (probe, put->key, NULL, error);
	if (code == 0)
		code = s3_request_put (&exchange.request, probe->arena, &row, &write, &put->body, error);
	if (code == 0)
		aws_request_header (&exchange.request, "x-amz-server-side-encryption-aws-kms-key-id", put->kms_key);
	exchange.request.body = put->bytes ? put->bytes : "bytes";
	exchange.request.body_length = strlen (exchange.request.body);
	return probe_send (probe, code, &exchange, ret, error);
}

int
probe_head (struct probe *probe, const char *key, struct probe_answer *ret, struct larder_info *ret_info, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_object object = { .size = sizeof object, .bucket = probe->request->bucket, .key = key };
	int code = key ? s3_request_head (&exchange.request, probe->arena, &probe->every, &object, error) : larder_fail_memory (error);
	code = probe_send (probe, code, &exchange, ret, error);
	*ret_info = (struct larder_info) { .size = sizeof *ret_info };
	if (code == 0 && probe_ok (ret))
		(void) s3_reply_info (ret->status, &ret->headers, probe->arena, ret_info, NULL, NULL, NULL);
	return code;
}

int
probe_get (struct probe *probe, const char *key, const char *version, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_read read = {
		.size = sizeof read, .object = { sizeof read.object, probe->request->bucket, key, version }, .length = LARDER_TO_END,
	};
	int code = key ? s3_request_get (&exchange.request, probe->arena, &probe->every, &read, error) : larder_fail_memory (error);
	return probe_send (probe, code, &exchange, ret, error);
}

int
probe_delete (struct probe *probe, const char *key, const char *version, const char *if_match, struct probe_answer *ret, struct larder_error *error)
{
	struct s3_exchange exchange = { .arena = probe->arena };
	const struct larder_remove item = { .size = sizeof item, .key = key, .version = version, .if_match = if_match };
	int code = key ? s3_request_delete (&exchange.request, probe->arena, &probe->every, probe->request->bucket, &item, error) : larder_fail_memory (error);
	return probe_send (probe, code, &exchange, ret, error);
}

void
probe_header (struct aws_request *request, const char *name, const char *value)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp (request->headers[i].name, name) == 0)
			request->headers[i].value = value;
}

/* ---- what it says ---- */

void
probe_set (struct probe *probe, enum s3_feature feature, uint8_t state, const struct probe_answer *answer)
{
	probe->state[feature] = state;
	snprintf (probe->why[feature], sizeof probe->why[feature], "%d%s%.100s", answer->status, *answer->code ? " " : "", answer->code);
}

void
probe_unknown (struct probe *probe, enum s3_feature feature, const char *why)
{
	probe->state[feature] = PROBE_UNKNOWN;
	snprintf (probe->why[feature], sizeof probe->why[feature], "%s", why);
}

void
probe_condition (struct probe *probe, enum s3_feature feature, const struct probe_answer *answer, uint8_t lost)
{
	probe_set (probe, feature, probe_ok (answer) ? lost : answer->status == 412 ? S3_SUPPORTED : probe_untold (answer) ? PROBE_UNKNOWN : S3_REFUSED, answer);
}

void
probe_refusal (struct probe *probe, enum s3_feature feature, const struct probe_answer *answer)
{
	probe_set (probe, feature, probe_ok (answer) ? S3_IGNORED : probe_untold (answer) ? PROBE_UNKNOWN : S3_SUPPORTED, answer);
}
