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
	struct recovery_action action = { .larder = larder, .arena = arena, .to = asked->to, .flags = asked->flags, .event = event, .context = context };
	int code = recovery_find (larder, "database", asked->name, &action.at, &action.instance, error);
	if (code < 0)
		return code;
	char time[32];
	const char *when = asked->at ? text_from_time (asked->at, time) : NULL;
	const struct larder_pair given[] = { { "to", asked->to }, { "at", when } };
	action.from = recovery_identity (action.at);
	code = recovery_ask (&action, "restore", token_of (arena, action.from, when), given, sizeof given / sizeof *given, error);
	const char *next = arena_printf (arena, "'larder database restore %s %s%s --to %s --wait' goes on until it is; until then, also once it can be reached, the new one has settings of the service's own", asked->name,
		when ? "--at " : "--latest", when ? when : "", asked->to);
	return code < 0 ? code : next ? recovery_run (&action, next, error) : larder_fail_memory (error);
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
	const struct larder_pair given[] = { { "point", asked->point }, { "to", asked->to }, { "region", asked->region }, { "key", asked->key } };
	int code = recovery_find (larder, "database", asked->name, &action.at, &action.instance, error);
	if (code == 0)
		code = recovery_ask (&action, "copy", recovery_name (arena), given, sizeof given / sizeof *given, error);
	return code < 0 ? code : recovery_run (&action, "the same command goes on; --wait stays until then", error);
}

int
larder_snapshot_copy (struct larder *larder, const struct larder_snapshot_copy *request, larder_recovery_fn event, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_snapshot_copy asked = { .size = sizeof asked };
	larder_give (&asked, request);
	return arena ? copy (larder, arena, &asked, event, context, error) : larder_fail_memory (error);
}
