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
	const struct larder_pair given[] = { { "to", asked->to }, { "at", when }, { "try", asked->flags & LARDER_DRY_RUN ? "yes" : NULL } };
	struct larder_pair pairs[sizeof given / sizeof *given];
	action.at = at;
	action.from = schema->instance ? schema->instance : config_name (at);
	const char *token = token_of (arena, action.from, when);
	if (!token)
		return larder_fail_memory (error);
	action.asked = (struct larder_action) { .size = sizeof action.asked, .kind = "restore", .target = action.from, .arguments = recovery_pairs (given, sizeof given / sizeof *given, pairs),
		.client_token = token };
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

/* ---- snapshots ---- */

static int
copy (struct larder *larder, struct larder_arena *arena, const struct larder_snapshot_copy *asked, larder_recovery_fn event, void *context, struct larder_error *error)
{
	struct recovery_action action = { .larder = larder, .arena = arena, .from = asked->point, .to = asked->to, .flags = asked->flags, .event = event, .context = context };
	const struct larder_pair given[] = {
		{ "point", asked->point }, { "to", asked->to }, { "region", asked->region }, { "key", asked->key }, { "try", asked->flags & LARDER_DRY_RUN ? "yes" : NULL },
	};
	struct larder_pair pairs[sizeof given / sizeof *given];
	int code = recovery_find (larder, "database", asked->name, &action.at, &action.instance, error);
	if (code < 0)
		return code;
	const struct schema_database *schema = config_struct (action.at);
	action.asked = (struct larder_action) {
		.size = sizeof action.asked, .kind = "copy", .target = schema->instance ? schema->instance : config_name (action.at), .arguments = recovery_pairs (given, sizeof given / sizeof *given, pairs),
		.client_token = recovery_name (arena),
	};
	return action.asked.client_token ? recovery_run (&action, "the same command goes on; --wait stays until then", error) : larder_fail_memory (error);
}

int
larder_snapshot_copy (struct larder *larder, const struct larder_snapshot_copy *request, larder_recovery_fn event, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_snapshot_copy asked = { .size = sizeof asked };
	larder_give (&asked, request);
	return arena ? copy (larder, arena, &asked, event, context, error) : larder_fail_memory (error);
}
