/* backup.c: what is kept of what; one backup more than what a plan makes by itself; and one of them coming back. */
#include "action.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "lines.h"
#include "resource.h"

/* ---- what is kept ---- */

struct kept { struct larder_arena *arena; struct larder_backup *at; size_t count, room; bool failed; };

static const char *
copy (struct kept *kept, const char *text)
{
	const char *made = text ? arena_copy (kept->arena, text) : NULL;
	kept->failed = kept->failed || (text && !made);
	return made;
}

static int
keep (void *context, const struct larder_backup *backup, struct larder_error *error)
{
	struct kept *kept = context;
	struct larder_backup *all = arena_more (kept->arena, kept->at, kept->count, &kept->room, sizeof *all);
	if (!all)
		return larder_fail_memory (error);
	kept->at = all;
	struct larder_backup *one = &kept->at[kept->count++];
	*one = (struct larder_backup) { .size = sizeof *one, .bytes = UINT64_MAX, .percent = -1 };
	larder_give (one, backup);
	one->id = copy (kept, one->id), one->resource = copy (kept, one->resource), one->kind = copy (kept, one->kind), one->place = copy (kept, one->place);
	one->status = copy (kept, one->status), one->message = copy (kept, one->message);
	return kept->failed ? larder_fail_memory (error) : 0;
}

static int
newest_first (const void *a, const void *b)
{
	const struct larder_backup *one = a, *other = b;
	if (one->begun != other->begun)
		return one->begun > other->begun ? -1 : 1;
	return strcmp (one->id ? one->id : "", other->id ? other->id : "");
}

static int
tell_section (struct larder *larder, const struct larder_kept *asked, const char *name, larder_kept_fn told, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct kept kept = { .arena = arena };
	const struct config_section *at;
	struct instance *instance = NULL;
	int code = arena ? recovery_find (larder, asked->kind, name, &at, &instance, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	const struct larder_driver *driver = instance->module->driver;
	if (!driver->backups)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s of [%s \"%s\"] does not tell what it keeps", driver->name, asked->kind, name);
	struct larder_call call = larder_call_begin (larder, arena);
	const struct larder_backups request = {
		.size = sizeof request, .what = asked->flags & LARDER_KEPT_JOBS ? LARDER_BACKUPS_JOBS : LARDER_BACKUPS_POINTS, .type = asked->kind, .identity = recovery_identity (at), .id = asked->id,
	};
	instance_enter (instance);
	code = driver->backups (instance->self, &call, &request, keep, &kept, error);
	instance_leave (instance);
	if (kept.count)
		qsort (kept.at, kept.count, sizeof *kept.at, newest_first);
	for (size_t n = 0; code == 0 && n < kept.count; n++)
		code = told (context, name, &kept.at[n], error);
	return code;
}

int
larder_kept (struct larder *larder, const struct larder_kept *request, larder_kept_fn kept, void *context, struct larder_error *error)
{
	struct larder_kept asked = { .size = sizeof asked };
	larder_give (&asked, request);
	if (asked.name)
		return tell_section (larder, &asked, asked.name, kept, context, error);
	const struct config *config = larder_configuration (larder);
	int code = 0;
	size_t count = 0;
	for (const struct config_section *at = NULL; (at = config_next (config, asked.kind, at)); count++) {
		code = tell_section (larder, &asked, config_name (at), kept, context, error);
		bool elsewhere = asked.id && code == LARDER_E_NOTFOUND;           /* nobody knows whose it is */
		if ((code < 0 && !elsewhere) || (asked.id && code == 0))
			return code;
	}
	return count ? code : larder_fail_next (error, LARDER_E_NOTFOUND, "a section of that kind says what is kept", "%s has no [%s]", config_path (config), asked.kind);
}

/* ---- one backup more: of what? ---- */

/* What the sections and the plan say: ids of what each section stands for, and of what is selected. */
struct selected { const char *kind, *section, *id; bool listed; struct selected *next; };
struct selecting { struct larder_arena *arena; struct selected *first; };

static int
add (struct selecting *selecting, struct selected one, struct larder_error *error)
{
	struct selected *made = arena_alloc (selecting->arena, sizeof *made);
	if (!made)
		return larder_fail_memory (error);
	*made = (struct selected) { arena_copy (selecting->arena, one.kind), arena_copy (selecting->arena, one.section), arena_copy (selecting->arena, one.id), one.listed, selecting->first };
	selecting->first = made;
	return made->kind && made->section && made->id ? 0 : larder_fail_memory (error);
}

static int
on_line (void *context, const struct larder_infra_change *line, struct larder_error *error)
{
	struct selecting *selecting = context;
	if (!line->path)
		return 0;
	if (strcmp (line->type, "backup") == 0 && path_matches ("selection[*].resource[*]", line->path)) {
		char *id = path_member (selecting->arena, strrchr (line->path, '['));
		return id ? add (selecting, (struct selected) { line->kind, line->section, id, true, NULL }, error) : larder_fail_memory (error);
	}
	if (strcmp (line->type, "backup") == 0 || !line->was || (strcmp (line->path, "id") != 0 && strcmp (line->path, "arn") != 0))
		return 0;
	return add (selecting, (struct selected) { line->kind, line->section, line->was, false, NULL }, error);
}

/* What could not be looked at is why it is not known. */
static int
on_change (void *context, const struct larder_infra_change *change, struct larder_error *error)
{
	(void) context;
	bool lacks = change->mark == LARDER_INFRA_LACKING && strcmp (change->type, "backup") == 0;
	if (change->path || (change->mark != LARDER_INFRA_FAILED && !lacks))
		return 0;
	if (lacks)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "[%s \"%s\"]: %s", change->kind, change->section, change->why ? change->why : "there is no such service");
	return larder_fail_next (error, change->code ? change->code : LARDER_E_UNAVAILABLE, change->next, "[%s \"%s\"]: %s", change->kind, change->section, change->why ? change->why : "it cannot be looked at");
}

static int
read_selected (struct larder *larder, struct selecting *selecting, const char *name, struct larder_error *error)
{
	struct larder_infra *infra = NULL;
	const char *only = arena_printf (selecting->arena, "backup/%s", name);
	const struct larder_infra_request request = { .size = sizeof request, .only = only };
	int code = only ? larder_infra_open (larder, &request, &infra, error) : larder_fail_memory (error);
	if (code == 0)
		code = larder_infra_changes (infra, on_change, NULL, error);
	if (code == 0)
		code = larder_infra_observed (infra, on_line, selecting, error);
	larder_infra_free (infra);
	return code;
}

static bool
is_listed (const struct selecting *selecting, const char *id)
{
	for (const struct selected *one = selecting->first; one; one = one->next)
		if (one->listed && strcmp (one->id, id) == 0)
			return true;
	return false;
}

/* Is it what the operand says, by its section or by its id? */
static bool
is_meant (const struct selected *one, const char *text)
{
	return one->listed ? strcmp (one->id, text) == 0 : section_is_named (text, one->kind, one->section);
}

/* The section that it is, for people; or its id. */
static const char *
name_of (const struct selecting *selecting, const char *id)
{
	for (const struct selected *one = selecting->first; one; one = one->next)
		if (!one->listed && strcmp (one->id, id) == 0)
			return arena_printf (selecting->arena, "%s/%s", one->kind, one->section);
	return id;
}

/* ---- begun, and waited for ---- */

struct starting { struct recovery_action action; struct starting *next; };

static int
start_one (struct starting **first, const struct recovery_action *like, const struct selecting *selecting, const char *id, const char *rule, struct larder_error *error)
{
	struct starting *one = arena_alloc (selecting->arena, sizeof *one);
	const struct larder_pair given[] = { { "resource", id }, { "rule", rule } };
	if (!one)
		return larder_fail_memory (error);
	*one = (struct starting) { *like, *first };
	one->action.from = name_of (selecting, id);
	if (!one->action.from)
		return larder_fail_memory (error);
	int code = recovery_ask (&one->action, "backup", recovery_name (selecting->arena), given, sizeof given / sizeof *given, error);
	if (code < 0)
		return code;
	*first = one;
	return recovery_start (&one->action, error);
}

static int
start_all (struct starting **first, const struct recovery_action *like, const struct selecting *selecting, const struct larder_backup_start *asked, struct larder_error *error)
{
	int code = 0;
	for (const struct selected *one = selecting->first; code == 0 && one; one = one->next)
		if (asked->resource ? is_meant (one, asked->resource) && is_listed (selecting, one->id) : one->listed) {
			bool twice = false;                    /* of two selections, or by its id and its section */
			for (const struct starting *other = *first; other; other = other->next)
				twice = twice || strcmp (larder_pair_at (&other->action.asked.arguments, 0)->value, one->id) == 0;
			code = twice ? 0 : start_one (first, like, selecting, one->id, asked->rule, error);
		}
	if (code < 0 || *first)
		return code;
	return larder_fail_next (error, LARDER_E_INVALID, "name it in `resources` of the [backup], and larder infra apply", "[backup \"%s\"] of %s does not back up %s yet", asked->name, config_where (like->at),
		asked->resource ? asked->resource : "anything");
}

static int
backup (struct larder *larder, struct larder_arena *arena, const struct larder_backup_start *asked, larder_recovery_fn event, void *context, struct larder_error *error)
{
	struct recovery_action like = { .larder = larder, .arena = arena, .flags = asked->flags, .event = event, .context = context };
	struct selecting selecting = { .arena = arena };
	struct starting *first = NULL;
	int code = recovery_find (larder, "backup", asked->name, &like.at, &like.instance, error);
	if (code == 0)
		code = read_selected (larder, &selecting, asked->name, error);
	if (code == 0)
		code = start_all (&first, &like, &selecting, asked, error);
	bool waits = asked->flags & LARDER_RECOVERY_WAIT && !(asked->flags & LARDER_DRY_RUN);
	for (struct starting *one = waits ? first : NULL; code == 0 && one; one = one->next)
		code = recovery_wait (&one->action, NULL, error);
	return code;
}

int
larder_backup_start (struct larder *larder, const struct larder_backup_start *request, larder_recovery_fn event, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_backup_start asked = { .size = sizeof asked };
	larder_give (&asked, request);
	return arena ? backup (larder, arena, &asked, event, context, error) : larder_fail_memory (error);
}

/* ---- one of them coming back ---- */

/* What makes it this restore and no other. */
static const char *
token_of (struct larder_arena *arena, const struct larder_backup_restore *asked)
{
	enum { DIGITS = 32 };                          /* of 64: as many as services take anywhere */
	struct sha256 sha;
	char hex[65];
	sha256_begin (&sha);
	sha256_add_text (&sha, asked->point);
	sha256_add_text (&sha, asked->to ? asked->to : "");
	sha256_add_text (&sha, asked->mark ? asked->mark : "");
	sha256_end_hex (&sha, hex);
	hex[DIGITS] = '\0';
	return arena_copy (arena, hex);
}

static int
restore (struct recovery_action *action, const struct larder_backup_restore *asked, struct larder_error *error)
{
	const struct larder_pair given[] = { { "point", asked->point }, { "to", asked->to }, { "role", asked->role } };
	int code = recovery_find (action->larder, "backup", asked->name, &action->at, &action->instance, error);
	if (code == 0)
		code = recovery_ask (action, "restore", token_of (action->arena, asked), given, sizeof given / sizeof *given, error);
	return code < 0 ? code : recovery_run (action, "the same command goes on, and tells where it is once it is there; --wait stays until then", error);
}

int
recovery_restore (struct larder *larder, const struct larder_backup_restore *request, const char *again, larder_recovery_fn event, void *context, bool *ret_failed, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_backup_restore asked = { .size = sizeof asked };
	larder_give (&asked, request);
	struct recovery_action action = { .larder = larder, .arena = arena, .from = asked.point, .to = asked.to, .flags = asked.flags, .again = again, .event = event, .context = context };
	int code = arena ? restore (&action, &asked, error) : larder_fail_memory (error);
	*ret_failed = action.failed;
	return code;
}

int
larder_backup_restore (struct larder *larder, const struct larder_backup_restore *request, larder_recovery_fn event, void *context, struct larder_error *error)
{
	bool failed;
	return recovery_restore (larder, request, "the same command tells this again: --mark TEXT asks for another restore, once what the service tells is mended", event, context, &failed, error);
}
