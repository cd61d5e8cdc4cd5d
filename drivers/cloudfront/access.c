/* access.c: as whom an origin is read: origin access controls, known by their names, and origin access identities, by their caller references. */
#include "cloudfront.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

/* How the service calls each. */
struct words { const char *kind, *what, *path, *list, *summary, *gone, *there, *used; };
static const struct words all[] = {
	{ "oac", "origin access control", "origin-access-control", "OriginAccessControlList", "OriginAccessControlSummary", "NoSuchOriginAccessControl",
	  "OriginAccessControlAlreadyExists", "NoSuchOriginAccessControl OriginAccessControlInUse" },
	{ "oai", "origin access identity", "origin-access-identity/cloudfront", "CloudFrontOriginAccessIdentityList", "CloudFrontOriginAccessIdentitySummary",
	  "NoSuchCloudFrontOriginAccessIdentity", "CloudFrontOriginAccessIdentityAlreadyExists",
	  "NoSuchCloudFrontOriginAccessIdentity CloudFrontOriginAccessIdentityInUse" },
};
enum { KINDS = sizeof all / sizeof *all, DOCUMENT_MOST = 16 << 10 };

static const struct words *
words_of (const char *kind)
{
	return strcmp (kind, all[0].kind) == 0 ? &all[0] : &all[1];
}

static int
ask (const struct cf_work *work, const struct words *words, struct aws_request *request, const char *verb, const char *forgiven, struct aws_reply *ret,
     struct larder_error *error)
{
	char what[120];
	snprintf (what, sizeof what, "cannot %s an %s", verb, words->what);
	return cf_ask (work, request, what, forgiven, ret, error);
}

static int
take (const struct cf_work *work, const struct aws_reply *reply, const char *kind, struct cf_access *ret, struct larder_error *error)
{
	ret->etag = aws_reply_header (reply, "etag");
	return cf_access_read (reply->body, reply->length, kind, work->arena, ret, error);
}

int
cf_access_look (const struct cf_work *work, const char *kind, const char *id, struct cf_access *ret, struct larder_error *error)
{
	const struct words *words = words_of (kind);
	struct aws_request request;
	struct aws_reply reply;
	cf_request (&request, work->arena, "GET", arena_printf (work->arena, "%s/%s", words->path, id), NULL);
	int code = ask (work, words, &request, "look at", words->gone, &reply, error);
	if (code < 0 || reply.fault)
		return code;
	code = take (work, &reply, kind, ret, error);
	return code < 0 ? code : 1;
}

/* ---- by its name ---- */

/* Lists tell the name of a control, and of an identity nothing: each is looked at. 1 when it is the one. */
static int
is_called (const struct cf_work *work, const struct words *words, const struct aws_node *summary, const char *name, struct cf_access *ret, struct larder_error *error)
{
	const char *told = aws_node_text (summary, "Name"), *id = aws_node_text (summary, "Id");
	if (!id || (told && strcmp (told, name) != 0))
		return 0;
	int code = cf_access_look (work, words->kind, id, ret, error);
	return code <= 0 ? code : strcmp (ret->name, name) == 0;
}

static int
look_at_page (const struct cf_work *work, const struct words *words, const char *marker, const char *name, struct cf_access *ret, const char **ret_next,
              struct larder_error *error)
{
	char what[120];
	const struct aws_node *one;
	snprintf (what, sizeof what, "cannot find an %s", words->what);
	int code = cf_ask_page (work, &(const struct cf_list) { words->path, words->list, words->summary, what }, marker, &one, ret_next, error);
	for (; code == 0 && one; one = aws_node_again (one))
		code = is_called (work, words, one, name, ret, error);
	return code;
}

/* 1, 0, or a code. */
static int
find (const struct cf_work *work, const struct words *words, const char *name, struct cf_access *ret, struct larder_error *error)
{
	const char *marker = NULL;
	int code;
	do
		code = look_at_page (work, words, marker, name, ret, &marker, error);
	while (code == 0 && marker);
	return code;
}

/* ---- making ---- */

static int
send_document (const struct cf_work *work, const struct words *words, const char *method, const char *path, const char *etag, const char *name, const char *comment,
               const char *forgiven, struct aws_reply *ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	struct aws_request request;
	buffer_init (&body, DOCUMENT_MOST);
	int code = cf_document_access (work->arena, words->kind, name, comment, &body, error);
	if (code < 0)
		return code;
	cf_request (&request, work->arena, method, path, etag);
	cf_request_body (&request, &body);
	return ask (work, words, &request, "write", forgiven, ret, error);
}

static bool
is_right (const struct cf_access *access, const char *comment)
{
	return !access->otherwise && strcmp (access->comment, comment ? comment : "") == 0;
}

/* Another etag by now is that of our own first asking, whose answer was lost, when it is as it was to be; else somebody else wrote. */
static int
set_right (const struct cf_work *work, const struct words *words, const char *comment, struct cf_access *access, struct larder_error *error)
{
	struct aws_reply reply;
	char what[120];
	if (is_right (access, comment))
		return 0;
	const char *id = access->id, *path = arena_printf (work->arena, "%s/%s/config", words->path, id);
	int code = send_document (work, words, "PUT", path, access->etag, access->name, comment, "PreconditionFailed", &reply, error);
	if (code < 0)
		return code;
	if (!reply.fault)
		return take (work, &reply, words->kind, access, error);
	code = cf_access_look (work, words->kind, id, access, error);
	snprintf (what, sizeof what, "cannot write an %s", words->what);
	return code < 0 ? code : code > 0 && is_right (access, comment) ? 0 : aws_fault_error (reply.fault, what, error);
}

int
cf_access_make (const struct cf_work *work, const char *kind, const char *name, const char *comment, struct cf_access *ret, struct larder_error *error)
{
	const struct words *words = words_of (kind);
	struct aws_reply reply;
	int code = send_document (work, words, "POST", words->path, NULL, name, comment, words->there, &reply, error);
	if (code < 0)
		return code;
	if (!reply.fault)
		return take (work, &reply, kind, ret, error);
	code = find (work, words, name, ret, error);
	if (code == 0)
		return larder_fail_next (error, LARDER_E_RETRY, "try again", "the %s '%s' is there already, and is not in the list", words->what, name);
	return code < 0 ? code : set_right (work, words, comment, ret, error);
}

/* ---- removing ---- */

int
cf_access_remove (const struct cf_work *work, const char *name, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < KINDS; n++) {
		struct cf_access access;
		struct aws_request request;
		struct aws_reply reply;
		code = find (work, &all[n], name, &access, error);
		if (code <= 0)
			continue;
		cf_request (&request, work->arena, "DELETE", arena_printf (work->arena, "%s/%s", all[n].path, access.id), access.etag);
		code = ask (work, &all[n], &request, "remove", all[n].used, &reply, error);
	}
	return code;
}
