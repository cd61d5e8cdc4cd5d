/* holds.c: what a bucket holds. As long as it is kept by that, so is who may read it, and what is copied from it: neither is taken from objects that stay. A plan tells all
 * of it as left. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "error.h"
#include "instance.h"

enum { COUNTED_MOST = 1000 };    /* a page: who holds more is told as such */

/* `upload`: the key of one of those that nobody ended, cut where it is long. */
struct held { size_t versions, markers, uploads; char upload[100]; };

static int
count_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct held *held = context;
	(void) error;
	*(info->flags & LARDER_INFO_DELETE_MARKER ? &held->markers : &held->versions) += 1;
	return 0;
}

static int
count_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct held *held = context;
	(void) error;
	if (held->uploads++ == 0)
		snprintf (held->upload, sizeof held->upload, "%s", upload->key);
	return 0;
}

/* Services remove a bucket with the parts in it, unasked. Where they cannot be listed they are not known. */
static int
count_uploads (struct instance *instance, struct larder_call *call, const struct larder_list *request, struct held *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_page page = { .size = sizeof page };
	const struct larder_driver *driver = instance->module->driver;
	int code = driver->uploads_list ? driver->uploads_list (instance->self, call, request, count_upload, ret, &page, &why) : 0;
	if (code < 0 && code != LARDER_E_UNSUPPORTED && error)
		larder_give (error, &why);
	return code == LARDER_E_UNSUPPORTED ? 0 : code;
}

static bool
holds_any (const struct held *held)
{
	return held->versions || held->markers || held->uploads;
}

/* Old versions and delete markers keep a bucket, too. Where one thing is enough to know, nothing more is asked for. */
static int
count (struct larder_infra *infra, const struct resource *one, uint32_t most, struct held *ret, struct larder_error *error)
{
	struct instance *instance = one->instance;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_call call = larder_call_begin (infra->larder, arena);
	struct larder_page page = { .size = sizeof page };
	if (!arena)
		return larder_fail_memory (error);
	const struct larder_list request = {
		.size = sizeof request, .bucket = one->identity, .prefix = "", .delimiter = "", .most = most, .versions = instance->caps & LARDER_CAP_VERSIONS,
	};
	instance_enter (instance);
	int code = instance->module->driver->list (instance->self, &call, &request, count_item, ret, &page, error);
	if (code == 0 && (most > 1 || !holds_any (ret)))
		code = count_uploads (instance, &call, &request, ret, error);
	instance_leave (instance);
	return code;
}

static bool
is_part (const struct resource *one)
{
	return !one->driver && (strcmp (one->type, "access") == 0 || strcmp (one->type, "replication") == 0);
}

static bool
is_of_same_bucket (const struct resource *one, const struct resource *other)
{
	bool bucket = is_part (one) || (!one->driver && strcmp (one->type, "bucket") == 0);
	return bucket && strcmp (one->identity, other->identity) == 0 && strcmp (one->backend, other->backend) == 0;
}

const struct resource *
resource_whole (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; is_part (one) && n < infra->count; n++)
		if (!is_part (&infra->at[n]) && is_of_same_bucket (&infra->at[n], one))
			return &infra->at[n];
	return NULL;
}

/* Was it looked for already in this run, for another part of the same bucket? That one is over: they follow each other. */
static bool
was_empty (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < infra->count; n++)
		if (is_of_same_bucket (&infra->at[n], one) && infra->at[n].holds_nothing)
			return true;
	return false;
}

/* "2 versions, 1 delete marker, 1 upload that nobody ended, of 'KEY'". */
static void
in_words (const struct held *held, struct buffer *text)
{
	const char *between = held->versions || held->markers ? ", " : "";
	if (held->versions + held->markers >= COUNTED_MOST)
		buffer_printf (text, "at least %zu versions and delete markers", held->versions + held->markers);
	else if (held->versions)
		buffer_printf (text, "%zu version%s, ", held->versions, held->versions == 1 ? "" : "s");
	if (held->versions + held->markers < COUNTED_MOST && (held->versions || held->markers))
		buffer_printf (text, "%zu delete marker%s", held->markers, held->markers == 1 ? "" : "s");
	if (held->uploads)
		buffer_printf (text, "%s%s%zu upload%s that nobody ended, of '%s'%s", between, held->uploads < COUNTED_MOST ? "" : "at least ", held->uploads, held->uploads == 1 ? "" : "s", held->upload,
			held->uploads == 1 ? "" : " and others");
}

static int
fail_held (const struct resource *one, const struct held *held, struct larder_error *error)
{
	char next[sizeof error->next];
	CLEANUP_BUFFER struct buffer text;
	bool objects = held->versions || held->markers >= COUNTED_MOST;
	buffer_init (&text, 400);
	in_words (held, &text);
	snprintf (next, sizeof next, EMPTIES_IT ", when all of it is to go", one->section);
	return larder_fail_next (error, LARDER_E_CONFLICT, next, "bucket '%s' holds %s%s", one->identity, objects ? "objects: " : "no objects, but ", buffer_text (&text));
}

int
resource_refuse_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	struct held held = { 0 };
	if (!is_of_same_bucket (one, one) || !one->instance->module->driver->list || was_empty (infra, one))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = count (infra, one, COUNTED_MOST, &held, &why);
	one->holds_nothing = code == 0 && !holds_any (&held);
	if (holds_any (&held))
		return fail_held (one, &held, error);
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		larder_give (error, &why);
	return code == LARDER_E_NOTFOUND ? 0 : code;
}

/* ---- told by a plan ---- */

/* Who asks for all of a bucket: the first that may go. */
static const struct resource *
asker (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < infra->count; n++) {
		const struct resource *other = &infra->at[n];
		if (is_of_same_bucket (other, one) && !other->aside && !other->watched && !other->protect && !other->cut && other->instance)
			return other;
	}
	return NULL;
}

int
resource_look_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	bool goes = infra->flags & LARDER_INFRA_DESTROY && one->state != LARDER_RESOURCE_ABSENT;
	if (!goes || asker (infra, one) != one || !one->instance->module->driver->list)
		return 0;
	for (;;) {
		struct larder_error why = LARDER_ERROR_INIT;
		struct held held = { 0 };
		int code = count (infra, one, 1, &held, &why);
		int again = code < 0 ? resource_again (infra, one, code, &why) : 0;
		one->holds = code == 0 ? holds_any (&held) : code == LARDER_E_NOTFOUND ? 0 : -1;
		if (again > 0)
			continue;
		if (one->holds < 0)
			larder_give (error, &why);
		return one->holds < 0 ? again < 0 ? again : code : 0;
	}
}

int
resource_is_held (const struct larder_infra *infra, const struct resource *one)
{
	const struct resource *asked = infra->flags & LARDER_INFRA_DESTROY ? asker (infra, one) : NULL;
	return asked && is_of_same_bucket (one, asked) ? asked->holds : 0;
}
