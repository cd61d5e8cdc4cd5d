/* faulty-resources.c: a resource in memory that keeps every promise of resource types but the one that `fault` names. */
#include "faulty.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"

enum { LINES_MOST = 32 };
struct thing { char path[LINES_MOST][80], value[LINES_MOST][80]; size_t count; bool there, was; };

static bool
fault (const struct faulty *self, const char *name)
{
	return breaks (self, name, NULL, NULL);
}

static int
thing_read (void *context, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *to, uint32_t *ret_state, struct larder_error *error)
{
	const struct faulty *self = context;
	const struct thing *thing = self->thing;
	(void) call;
	*ret_state = thing->there ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	if (!thing->there)
		return fault (self, "resource-absent") && !thing->was ? larder_fail (error, LARDER_E_NOTFOUND, "no thing '%s'", resource->identity) : 0;
	const struct larder_line id = { sizeof id, "id", "1" };
	int code = fault (self, "resource-order") ? 0 : line (to, &id, error);
	for (size_t n = 0; code == 0 && n < thing->count; n++) {
		const struct larder_line one = { sizeof one, thing->path[n], thing->value[n] };
		if (!fault (self, "resource-made") || strcmp (one.path, "tag[a]") != 0)
			code = line (to, &one, error);
	}
	return code == 0 && fault (self, "resource-order") ? line (to, &id, error) : code;
}

static void
put (struct thing *thing, const char *path, const char *value)
{
	if (thing->count < LINES_MOST) {
		snprintf (thing->path[thing->count], sizeof *thing->path, "%s", path);
		snprintf (thing->value[thing->count++], sizeof *thing->value, "%s", value);
	}
}

static int
take (struct faulty *self, const struct larder_resource *resource, struct larder_error *error)
{
	struct thing old = *self->thing, *thing = self->thing;
	struct larder_line line = { .size = sizeof line };
	bool note = false, changed = false;
	int code;
	thing->count = 0;
	thing->there = thing->was = true;
	while ((code = resource->desired->next (resource->desired->context, &line, error)) > 0) {
		changed = changed || (strcmp (line.path, "size") == 0 && strcmp (line.value, "2") == 0);
		note = note || strcmp (line.path, "tag[b]") == 0;
		if (!(fault (self, "resource-alone") && changed && strcmp (line.path, "tag[a]") == 0))
			put (thing, line.path, line.value);
	}
	if (fault (self, "resource-keeps") && !note && old.there)
		put (thing, "tag[b]", "kept");
	if (fault (self, "resource-idle") && resource->observed && old.count == thing->count && memcmp (old.value, thing->value, sizeof old.value) == 0 && self->idle++ > 1)
		put (thing, "tag[z]", "extra");
	return code;
}

static int
cancelled (const struct faulty *self, struct larder_call *call, struct larder_error *error)
{
	return larder_host->cancelled (call) && !fault (self, "resource-cancel") ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
thing_create (void *context, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct faulty *self = context;
	int code = cancelled (self, call, error);
	if (code == 0 && self->thing->there && fault (self, "resource-twice"))
		code = larder_fail (error, LARDER_E_CONFLICT, "'%s' is there already", resource->identity);
	return code < 0 || self->thing->there ? code : take (self, resource, error);
}

static int
thing_update (void *context, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	int code = cancelled (context, call, error);
	return code < 0 ? code : take (context, resource, error);
}

static int
thing_remove (void *context, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct faulty *self = context;
	(void) call;
	if (!self->thing->there && fault (self, "resource-gone"))
		return larder_fail (error, LARDER_E_NOTFOUND, "no thing '%s'", resource->identity);
	if (fault (self, "resource-remains") && self->remains++ == 0)
		return 0;
	*self->thing = (struct thing) { .was = true };
	return 0;
}

static const struct larder_path_rule paths[] = {
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "its number" }, { "size", LARDER_INT, 0, "how large" }, { "tag[*]", LARDER_STRING, 0, "tags" }, { 0 }
};
static const struct larder_path_rule few[] = { { "size", LARDER_INT, 0, "how large" }, { 0 } };
static const struct larder_words words[] = { { .path = "tag[*]", .words = "a|b|colou*" }, { .path = "size", .words = "1|2|4" }, { 0 } }, unread[] = { { .path = "sizes", .words = "1" }, { 0 } },
	shapeless[] = { { .path = "size", .pattern = "(", .say = "what it is" }, { 0 } };
#define WORDS(list) .words = list, .words_stride = sizeof *list
#define THING .path_stride = sizeof *paths, .read = thing_read, .create = thing_create, .update = thing_update, .remove = thing_remove
const struct larder_resource_type faulty_resources[] = {
	{ .name = "thing", .summary = "a thing", .paths = paths, WORDS (words), THING },
	{ .name = "holey", .summary = "a table without its tags", .paths = few, THING },
	{ .name = "wordy", .summary = "words that nobody reads", .paths = paths, WORDS (unread), THING },
	{ .name = "shapeless", .summary = "a pattern that cannot be read", .paths = paths, WORDS (shapeless), THING }, { 0 }
};

int
faulty_thing_new (struct faulty *self)
{
	self->thing = calloc (1, sizeof *self->thing);
	return self->thing ? 0 : -1;
}
