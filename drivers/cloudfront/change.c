/* change.c: a distribution made, changed, and removed step by step. */
#include "cloudfront.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

enum { DOCUMENT_MOST = 1 << 20, REFERENCES_MOST = 9 };

struct changing {
	struct cf_work work;
	const struct larder_resource *resource;
	const char *name;                /* ours: of the caller reference, and of what reads */
	struct lines is, will;
	struct cf_state state;
};

/* ---- as whom it reads ---- */

/* Ours, which another origin is read by and which is right; NULL. */
static const struct cf_access *
ours_of (const struct changing *changing, const char *kind, const char *comment)
{
	const struct cf_access *one = changing->state.access;
	while (one && (strcmp (one->kind, kind) != 0 || strcmp (one->name, changing->name) != 0 || one->otherwise || strcmp (one->comment, comment ? comment : "") != 0))
		one = one->next;
	return one;
}

/* Made or set right where the lines differ; before the distribution that is to use it. */
static int
make_access (struct changing *changing, const char *origin, const char *kind, struct larder_error *error)
{
	struct larder_arena *arena = changing->work.arena;
	struct cf_access *access = arena_alloc (arena, sizeof *access);
	if (!access)
		return larder_fail_memory (error);
	if (cf_access_for (changing->state.access, origin) && !cf_access_differs (&changing->is, &changing->will, origin))
		return 0;
	if (strcmp (kind, "oac") != 0 && strcmp (kind, "oai") != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "origin-access = oac", "origin '%s' is to be read by '%s', which is neither oac nor oai", origin, kind);
	const char *comment = lines_in (&changing->will, "origin", origin, ".access-comment");
	const struct cf_access *there = ours_of (changing, kind, comment);
	if (there)
		*access = *there;
	int code = there ? 0 : cf_access_make (&changing->work, kind, changing->name, comment, access, error);
	access->origin = origin;
	access->next = changing->state.access;
	changing->state.access = access;
	return code;
}

static int
make_accesses (struct changing *changing, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < changing->will.count; n++) {
		const char *field, *origin = path_member_of (changing->will.arena, changing->will.at[n].path, "origin", &field);
		if (origin && strcmp (field, ".access") == 0)
			code = make_access (changing, origin, changing->will.at[n].value, error);
	}
	return code;
}

/* ---- its certificate ---- */

/* In the document it is by its ARN, however it is asked for. */
static int
name_certificate (struct changing *changing, struct larder_error *error)
{
	const char *found;
	int code = cf_certificate (&changing->work, &changing->will, &found, error);
	for (size_t n = 0; found && n < changing->will.count; n++)
		if (strcmp (changing->will.at[n].path, "certificate") == 0)
			changing->will.at[n].value = found;
	return code;
}

/* ---- creating ---- */

/* "… Already exists: E2MYE0EXAMPLE". NULL. */
static const char *
id_in (const char *message, struct larder_arena *arena)
{
	const char *colon = strrchr (message, ':');
	size_t length = 0;
	if (!colon)
		return NULL;
	colon += 1 + strspn (colon + 1, " ");
	while (isalnum ((unsigned char) colon[length]))
		length++;
	return length ? arena_copy_bytes (arena, colon, length) : NULL;
}

/* Made by an earlier call is ours; made and gone again leaves the reference used: *ret_again with another one. */
static int
was_made (struct changing *changing, const char *reference, const struct aws_fault *fault, bool *ret_again, struct larder_error *error)
{
	const char *id = id_in (fault->message, changing->work.arena);
	enum cf_owner owner = CF_OTHERS;
	int code = id ? cf_owner (&changing->work, id, changing->resource->identity, &owner, error) : 0;
	*ret_again = owner == CF_NOBODY;
	if (code < 0 || owner != CF_OTHERS)
		return code;
	return larder_fail_next (error, LARDER_E_CONFLICT, "give it back its tag " CF_TAG ", or remove it", "distribution %s was made as '%s' (caller reference %s), and has its tag no more",
		id ? id : "", changing->resource->identity, reference);
}

static int
send_new (struct changing *changing, const char *reference, struct aws_node *config, bool *ret_again, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	struct aws_request request;
	struct aws_reply reply;
	buffer_init (&body, DOCUMENT_MOST);
	aws_node_set (&changing->state.tree, config, "CallerReference", reference);
	int code = cf_document_tagged (&changing->state.tree, config, changing->resource->identity, &changing->will, &body, error);
	if (code < 0)
		return code;
	cf_request (&request, changing->work.arena, "POST", "distribution", NULL);
	aws_request_query (&request, "WithTags", "");
	cf_request_body (&request, &body);
	code = cf_ask (&changing->work, &request, "cannot make the distribution", "DistributionAlreadyExists", &reply, error);
	return code == 0 && reply.fault ? was_made (changing, reference, reply.fault, ret_again, error) : code;
}

static int
make (struct changing *changing, struct larder_error *error)
{
	struct aws_node *config;
	bool again = true;
	changing->state.tree = (struct aws_tree) { .arena = changing->work.arena };
	int code = name_certificate (changing, error);
	if (code == 0)
		code = cf_config_begin (&changing->state.tree, changing->name, &config, error);
	if (code == 0)
		code = make_accesses (changing, error);
	if (code == 0)
		code = cf_config_change (&changing->state.tree, config, &changing->is, &changing->will, changing->state.access, error);
	for (unsigned n = 1; code == 0 && again && n <= REFERENCES_MOST; n++) {
		const char *reference = n == 1 ? changing->name : arena_printf (changing->work.arena, "%s-%u", changing->name, n);
		again = false;
		code = reference ? send_new (changing, reference, config, &again, error) : larder_fail_memory (error);
	}
	return code == 0 && again ? larder_fail (error, LARDER_E_LIMIT, "'%s' was made and removed %d times: its caller references are used up", changing->resource->identity, REFERENCES_MOST) : code;
}

/* ---- changing ---- */

static bool
is_as_wanted (const struct changing *changing, const struct cf_state *now)
{
	struct lines is;
	lines_begin (&is, changing->work.arena);
	cf_tell (now, &changing->will, &is);
	bool same = lines_sort (&is, NULL) == 0;
	for (size_t n = 0; same && n < changing->will.count; n++) {
		const char *path = changing->will.at[n].path;
		same = strncmp (path, "tag[", 4) == 0 || !cf_differs (&is, &changing->will, path);      /* tags come afterwards */
	}
	return same;
}

static bool
is_off (const struct changing *changing, const struct cf_state *now)
{
	(void) changing;
	return cf_config_is_off (now->config);
}

/* Another etag by now is that of our own first asking, whose answer was lost, when the distribution is as it was to be; else somebody else wrote. */
static int
put (struct changing *changing, const struct buffer *body, bool (*is_done) (const struct changing *changing, const struct cf_state *now), struct larder_error *error)
{
	struct cf_state now;
	struct aws_request request;
	struct aws_reply reply;
	cf_request (&request, changing->work.arena, "PUT", arena_printf (changing->work.arena, "distribution/%s/config", changing->state.id), changing->state.etag);
	cf_request_body (&request, body);
	int code = cf_ask (&changing->work, &request, "cannot change the distribution", "PreconditionFailed", &reply, error);
	if (code < 0 || !reply.fault)
		return code;
	code = cf_find (&changing->work, changing->resource->identity, &now, error);
	return code < 0 ? code : now.id && is_done (changing, &now) ? 0 : aws_fault_error (reply.fault, "cannot change the distribution", error);
}

static int
change (struct changing *changing, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer before, after;
	struct aws_tree *tree = &changing->state.tree;
	buffer_init (&before, DOCUMENT_MOST);
	buffer_init (&after, DOCUMENT_MOST);
	int code = name_certificate (changing, error);
	if (code == 0)
		code = cf_document (tree, changing->state.config, &before, error);
	if (code == 0)
		code = make_accesses (changing, error);
	if (code == 0)
		code = cf_config_change (tree, changing->state.config, &changing->is, &changing->will, changing->state.access, error);
	if (code == 0)
		code = cf_document (tree, changing->state.config, &after, error);
	if (code < 0 || strcmp (buffer_text (&before), buffer_text (&after)) == 0)
		return code;
	return put (changing, &after, is_as_wanted, error);
}

static int
send_tags (struct changing *changing, const char *operation, const struct buffer *body, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	cf_request (&request, changing->work.arena, "POST", "tagging", NULL);
	aws_request_query (&request, "Operation", operation);
	aws_request_query (&request, "Resource", changing->state.arn);
	cf_request_body (&request, body);
	return cf_ask (&changing->work, &request, "cannot tag the distribution", NULL, &reply, error);
}

static int
change_tags (struct changing *changing, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer set, gone;
	buffer_init (&set, DOCUMENT_MOST);
	buffer_init (&gone, DOCUMENT_MOST);
	int code = cf_tags_set (&changing->is, &changing->will, changing->work.arena, &set, error);
	if (code > 0)
		code = send_tags (changing, "Tag", &set, error);
	if (code == 0)
		code = cf_tags_gone (&changing->is, &changing->will, changing->work.arena, &gone, error);
	return code > 0 ? send_tags (changing, "Untag", &gone, error) : code;
}

/* ---- removing ---- */

static int
turn_off (struct changing *changing, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, DOCUMENT_MOST);
	cf_config_off (&changing->state.tree, changing->state.config);
	int code = cf_document (&changing->state.tree, changing->state.config, &body, error);
	return code < 0 ? code : put (changing, &body, is_off, error);
}

/* The distribution goes last: as long as it is there, what belongs to it is found. */
static int
finish (struct changing *changing, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	int code = cf_access_remove (&changing->work, changing->name, error);
	if (code < 0)
		return code;
	cf_request (&request, changing->work.arena, "DELETE", arena_printf (changing->work.arena, "distribution/%s", changing->state.id), changing->state.etag);
	return cf_ask (&changing->work, &request, "cannot remove the distribution", "NoSuchDistribution", &reply, error);
}

/* ---- the acts ---- */

/* What no other line stands for, and came after core had looked, is nobody's to take away: the next look tells it. */
static int
keep_newer (struct changing *changing, struct larder_error *error)
{
	struct lines seen;
	const struct lines *is = &changing->is, will = changing->will;
	lines_begin (&seen, changing->work.arena);
	int code = lines_take (&seen, changing->resource->observed, error);
	for (size_t n = 0; code == 0 && n < is->count; n++) {
		const char *path = is->at[n].path;
		if (strstr (path, "other[") && !lines_find (&seen, path) && !lines_find (&will, path))
			lines_add (&changing->will, path, is->at[n].value);
	}
	return code < 0 ? code : lines_sort (&changing->will, error);
}

static int
begin (struct changing *changing, struct cloudfront *cloudfront, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	*changing = (struct changing) { .work = { cloudfront, call, arena_new () }, .resource = resource };
	if (!changing->work.arena)
		return larder_fail_memory (error);
	if (larder_host->cancelled (call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	if (cloudfront->read_only)
		return larder_fail_read_only (error, cloudfront->name);
	changing->name = cf_name (resource->identity, changing->work.arena);
	lines_begin (&changing->is, changing->work.arena);
	lines_begin (&changing->will, changing->work.arena);
	int code = changing->name ? lines_take (&changing->will, resource->desired, error) : larder_fail_memory (error);
	if (code == 0)
		code = cf_find (&changing->work, resource->identity, &changing->state, error);
	if (code < 0 || !changing->state.id)
		return code;
	cf_tell (&changing->state, &changing->will, &changing->is);
	code = lines_sort (&changing->is, error);
	return code < 0 || !resource->observed ? code : keep_newer (changing, error);
}

static void
end (struct changing *changing)
{
	arena_free (changing->work.arena);
}
#define CLEANUP_CHANGING __attribute__ ((cleanup (end)))

int
cf_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_CHANGING struct changing changing;
	int code = begin (&changing, self, call, resource, error);
	return code < 0 || changing.state.id ? code : make (&changing, error);
}

int
cf_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_CHANGING struct changing changing;
	int code = begin (&changing, self, call, resource, error);
	if (code < 0)
		return code;
	if (!changing.state.id)
		return larder_fail (error, LARDER_E_NOTFOUND, "the distribution '%s' is gone", resource->identity);
	code = change (&changing, error);
	return code < 0 ? code : change_tags (&changing, error);
}

/* A step: what is left of it is asked for once the service is done with this one. */
int
cf_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_CHANGING struct changing changing;
	int code = begin (&changing, self, call, resource, error);
	if (code < 0 || !changing.state.id)
		return code;
	if (!cf_config_is_off (changing.state.config))
		return turn_off (&changing, error);
	return strcmp (changing.state.status, "Deployed") == 0 ? finish (&changing, error) : 0;
}
