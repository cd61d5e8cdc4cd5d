/* certificate.c: a certificate that is asked for by a tag, looked up at ACM: once in a run, as its tags are read one by one. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "body.h"
#include "error.h"

/* What is looked for, and the ARNs that have it. */
struct search { const char *name, *value, *found; unsigned count; };

static const char *
text_of (const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? text : "";
}

bool
cf_is_tag (const char *certificate)
{
	return strncmp (certificate, CF_BY_TAG, strlen (CF_BY_TAG)) == 0;
}

/* `*ret` NULL: what was asked about is gone. Takes the body. */
static int
ask (const struct cf_work *work, const char *target, json_t *body, const char *what, json_t **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { .fault = NULL };
	aws_request_target (&request, work->arena, target, body);
	const struct aws_send send = { .arena = work->arena, .request = &request, .what = what, .plain_errors = true };
	int code = aws_exchange (work->cloudfront->certificates, work->call, &send, "ResourceNotFoundException", &reply, error);
	if (code != 0)
		return code < 0 ? code : 0;
	*ret = json_loadb (reply.body, reply.length, JSON_REJECT_DUPLICATES, NULL);
	return *ret ? 0 : larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than the service answers at that endpoint", "the reply is no JSON");
}

static bool
has_tag (const json_t *tags, const struct search *search)
{
	const json_t *tag;
	size_t n;
	json_array_foreach (tags, n, tag)
		if (strcmp (text_of (tag, "Key"), search->name) == 0)
			return strcmp (text_of (tag, "Value"), search->value) == 0;
	return false;
}

static int
look_at (const struct cf_work *work, const char *arn, struct search *search, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	int code = ask (work, "CertificateManager.ListTagsForCertificate", json_pack ("{s:s}", "CertificateArn", arn), "cannot read the tags of a certificate of ACM in " CF_HOME, &reply, error);
	if (code < 0 || !has_tag (json_object_get (reply, "Tags"), search))
		return code;
	search->found = search->count++ ? arena_printf (work->arena, "%s, %s", search->found, arn) : arena_copy (work->arena, arn);
	return search->found ? 0 : larder_fail_memory (error);
}

/* Of every kind of key, for the service tells those of RSA up to 2048 bits alone by itself; and those that CloudFront takes: issued. */
static json_t *
question (const char *token)
{
	json_t *body = json_pack ("{s:[s], s:{s:[s, s, s, s, s, s, s]}}", "CertificateStatuses", "ISSUED", "Includes", "keyTypes", "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096",
		"EC_prime256v1", "EC_secp384r1", "EC_secp521r1");
	if (token)
		json_object_set_new (body, "NextToken", json_string (token));
	return body;
}

static int
look_at_all (const struct cf_work *work, struct search *search, struct larder_error *error)
{
	const char *token = NULL;
	int code;
	do {
		CLEANUP_JSON json_t *page = NULL;
		const json_t *one;
		size_t n;
		code = ask (work, "CertificateManager.ListCertificates", question (token), "cannot list the certificates of ACM in " CF_HOME, &page, error);
		json_array_foreach (json_object_get (page, "CertificateSummaryList"), n, one)
			code = code < 0 ? code : look_at (work, text_of (one, "CertificateArn"), search, error);
		token = *text_of (page, "NextToken") ? arena_copy (work->arena, text_of (page, "NextToken")) : NULL;
	} while (code == 0 && token);
	return code;
}

static int
look_up (const struct cf_work *work, const char *asked, const char **ret, struct larder_error *error)
{
	const char *name = asked + strlen (CF_BY_TAG), *equals = strchr (name, '=');
	struct search search = { .name = arena_copy_bytes (work->arena, name, (size_t) (equals - name)), .value = equals + 1 };
	int code = search.name ? look_at_all (work, &search, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	if (!search.count)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "correct the tag, put it on the one that is meant, or name that by its ARN: certificates are not made here",
			"no issued certificate of ACM in " CF_HOME " has the tag of certificate = %s", asked);
	if (search.count > 1)
		return larder_fail_next (error, LARDER_E_CONFLICT, "name the one that is meant by its ARN", "'%s' is the tag of more than one certificate: %s", asked, search.found);
	*ret = search.found;
	cf_remember (work->cloudfront, &work->cloudfront->tagged, asked, search.found);
	return 0;
}

int
cf_certificate (const struct cf_work *work, const struct lines *desired, const char **ret, struct larder_error *error)
{
	const char *asked = lines_value (desired, "certificate");
	*ret = NULL;
	if (!asked || !cf_is_tag (asked))
		return 0;
	*ret = cf_known (work->cloudfront, &work->cloudfront->tagged, asked);
	return *ret ? 0 : look_up (work, asked, ret, error);
}
