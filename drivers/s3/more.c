/* more.c: tags, restores, addresses, versioning. */
#include "s3.h"

#include <string.h>

#include "error.h"

int
s3_tags_get (void *self, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret_tags, struct larder_error *error)
{
	struct s3 *s3 = self;
	struct larder_pairs tags = { 0 };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_object (s3, &exchange, "read the tags of", object->bucket, object->key, error);
	if (code == 0)
		code = s3_request_tags_get (&exchange.request, exchange.arena, s3->server, object, error);
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	if (code == 0)
		code = s3_reply_tags (exchange.reply.body, exchange.reply.length, exchange.arena, &tags, error);
	bool failed = false;
	if (code == 0)
		tags = s3_give_pairs (call, &tags, &failed);
	if (code == 0 && failed)
		code = larder_fail_memory (error);
	if (code == 0)
		*ret_tags = tags;
	return code;
}

int
s3_tags_set (void *self, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags, struct larder_error *error)
{
	struct s3 *s3 = self;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_exchange_object (s3, &exchange, "set the tags of", object->bucket, object->key, error);
	if (code == 0)
		code = s3_request_tags_set (&exchange.request, exchange.arena, s3->server, object, tags, error);
	return code == 0 ? s3_exchange_do (s3, call, &exchange, error) : code;
}

int
s3_restore (void *self, struct larder_call *call, const struct larder_restore *request, struct larder_error *error)
{
	struct s3 *s3 = self;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_check_writable (s3, error);
	if (code == 0)
		code = s3_exchange_object (s3, &exchange, "restore", request->object.bucket, request->object.key, error);
	if (code == 0)
		code = s3_request_restore (&exchange.request, exchange.arena, s3->server, request, error);
	if (code == 0)
		code = s3_exchange_do_or (s3, call, &exchange, "RestoreAlreadyInProgress", error);
	if (code == LARDER_E_NOTREADY && exchange.reply.status == 403)      /* InvalidObjectState: of a read it says that this has to be done */
		return larder_fail_next (error, LARDER_E_CONFLICT, "read it as it is", "%s: it is not archived", exchange.what);
	return code;
}

/* ---- addresses ---- */

static int
build_url (const struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_url *request, const char **ret, struct larder_error *error)
{
	const struct larder_object *object = &request->object;
	aws_request_begin (&exchange->request, exchange->arena, request->method ? request->method : "GET", object->bucket, object->key);
	if (object->version)
		aws_request_query (&exchange->request, "versionId", object->version);
	int code = aws_request_check (&exchange->request, error);
	if (code == 0)
		code = s3_server_key (s3->server, object->key, error);
	if (code < 0)
		return code;
	return request->kind == LARDER_URL_SIGNED
		? aws_client_presign (s3->client, call, &exchange->request, request->now, request->expires_in, ret, error)
		: aws_client_url (s3->client, &exchange->request, ret, error);
}

int
s3_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error)
{
	struct s3 *s3 = self;
	const char *url = NULL;
	bool failed = false;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = build_url (s3, call, &exchange, request, &url, error);
	if (code == 0)
		url = s3_give_text (call, url, &failed);
	if (code == 0 && failed)
		code = larder_fail_memory (error);
	if (code == 0)
		*ret_url = url;
	return code;
}

/* ---- versioning ---- */

int
s3_versioning (void *self, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error)
{
	struct s3 *s3 = self;
	const char *status = "";
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "ask for the versioning of", bucket, NULL, error);
	if (code == 0)
		code = s3_request_versioning_get (&exchange.request, exchange.arena, s3->server, bucket, error);
	if (code == 0)
		code = s3_exchange_send (s3, call, &exchange, error);
	if (code == 0 && s3_exchange_makes_bucket (s3, &exchange)) {
		*ret_state = LARDER_VERSIONING_NEVER;
		return 0;
	}
	if (code == 0 && !s3_exchange_is_ok (&exchange))
		code = s3_exchange_fault (s3, &exchange, error);
	if (code == 0)
		code = s3_reply_versioning (exchange.reply.body, exchange.reply.length, exchange.arena, &status, error);
	if (code == 0)
		*ret_state = !*status ? LARDER_VERSIONING_NEVER : strcmp (status, "Enabled") == 0 ? LARDER_VERSIONING_ON : LARDER_VERSIONING_SUSPENDED;
	return code;
}
