/* database.c: a database as it was at a time, as a new one beside it. */
#include "action.h"

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

/* What makes it this restore and no other: its source and its time. */
static const char *
token_of (struct larder_arena *arena, const char *from, const char *at)
{
	return arena_printf (arena, "%s@%s", from, at ? at : "latest");
}

static int
restore (struct larder *larder, struct larder_arena *arena, const struct larder_database_restore *asked, larder_recovery_fn event, void *context, struct larder_error *error)
{
	const struct config_section *at;
	struct recovery_action action = { .larder = larder, .arena = arena, .to = asked->to, .flags = asked->flags, .event = event, .context = context };
	int code = recovery_find (larder, "database", asked->name, &at, &action.instance, error);
	if (code < 0)
		return code;
	const struct schema_database *schema = config_struct (at);
	char time[32];
	const char *when = asked->at ? text_from_time (asked->at, time) : NULL;
	struct larder_pair pairs[3] = { { "to", asked->to } };
	size_t count = 1;
	if (when)
		pairs[count++] = (struct larder_pair) { "at", when };
	if (asked->flags & LARDER_DRY_RUN)
		pairs[count++] = (struct larder_pair) { "try", "yes" };
	action.at = at;
	action.from = schema->instance ? schema->instance : config_name (at);
	const char *token = token_of (arena, action.from, when);
	if (!token)
		return larder_fail_memory (error);
	action.asked = (struct larder_action) { .size = sizeof action.asked, .kind = "restore", .target = action.from, .arguments = { pairs, count, sizeof *pairs }, .client_token = token };
	return recovery_run (&action, "the same command goes on, and sets what is left once the new one is there; --wait stays until then", error);
}

int
larder_database_restore (struct larder *larder, const struct larder_database_restore *request, larder_recovery_fn event, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_database_restore asked = { .size = sizeof asked };
	larder_give (&asked, request);
	return arena ? restore (larder, arena, &asked, event, context, error) : larder_fail_memory (error);
}
