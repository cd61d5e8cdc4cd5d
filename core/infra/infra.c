/* infra.c: what the sections stand for: opening, telling, counting. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

/* What a service needs for what it began, at the most: a distribution takes minutes to be everywhere. */
#define WAIT_MOST (INT64_C (45) * 60 * NS_PER_S)

static void
bind_all (struct larder_infra *infra)
{
	for (size_t n = 0; n < infra->count; n++) {
		struct larder_error error = LARDER_ERROR_INIT;
		int code = resource_bind (infra, &infra->at[n], &error);
		resource_unseen (&infra->at[n], code < 0 ? code : resource_take_offers (&infra->at[n], &error), &error);
	}
}

/* ---- only one section, with what it needs ---- */

static void
take_along (struct larder_infra *infra, struct resource *one)
{
	if (!one->aside)
		return;
	one->aside = false;
	for (size_t n = 0; n < one->need_count; n++)
		take_along (infra, &infra->at[one->needs[n]]);
}

static bool
needs (const struct larder_infra *infra, const struct resource *one, const struct resource *other)
{
	for (size_t n = 0; other && n < one->need_count; n++)
		if (&infra->at[one->needs[n]] == other)
			return true;
	return false;
}

/* What serves a bucket cannot read it before the bucket's policy says so, which is a part of the bucket and comes after it: that is taken along, too; not who else reads the bucket. */
static void
take_policies (struct larder_infra *infra)
{
	for (size_t n = 0; n < infra->count; n++) {
		struct resource *part = &infra->at[n];
		const struct resource *whole = part->aside ? resource_whole (infra, part) : NULL;
		for (size_t k = 0; whole && k < part->need_count; k++) {
			const struct resource *other = &infra->at[part->needs[k]];
			if (!other->aside && other->at != part->at && needs (infra, other, whole))
				part->aside = false;
		}
	}
}

/* No section is called so: the nearest that stands for something. */
static int
refuse_only (struct larder_infra *infra, const char *only, struct larder_error *error)
{
	enum { NAMES_MOST = 128 };
	const char *names[NAMES_MOST];
	char next[250];
	size_t count = 0;
	for (size_t n = 0; n < infra->count && count < NAMES_MOST; n++) {
		const struct resource *one = &infra->at[n];
		bool told = false;
		for (size_t m = 0; m < n; m++)          /* what a store has beside its bucket comes later */
			told = told || one->at == infra->at[m].at;
		if (!told && (names[count] = arena_printf (infra->arena, "%s/%s", one->kind, one->section)))
			count++;
	}
	text_suggest (next, sizeof next, only, names, count);
	return larder_fail_next (error, LARDER_E_NOTFOUND, next, "no section that stands for something is '%s'", only);
}

static int
keep_only (struct larder_infra *infra, const char *only, struct larder_error *error)
{
	bool found = false;
	for (size_t n = 0; only && n < infra->count; n++)
		infra->at[n].aside = true;
	for (size_t n = 0; only && n < infra->count; n++) {
		struct resource *one = &infra->at[n];
		size_t kind = strlen (one->kind);
		if (strncmp (only, one->kind, kind) != 0 || only[kind] != '/' || strcmp (only + kind + 1, one->section) != 0)
			continue;
		found = true;
		if (infra->flags & LARDER_INFRA_DESTROY)
			one->aside = false;              /* what it needs stays: others may need it, too */
		else
			take_along (infra, one);
	}
	if (only && !(infra->flags & LARDER_INFRA_DESTROY))
		take_policies (infra);
	return !only || found ? 0 : refuse_only (infra, only, error);
}

/* What only its owner makes, and is not there. */
static int
first_missing (const struct larder_infra *infra, struct larder_error *error)
{
	for (size_t n = 0; infra->flags & LARDER_INFRA_STRICT && n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		if (!one->aside && !one->cut && one->mark == LARDER_INFRA_LACKING)
			return larder_fail_next (error, LARDER_E_NOTFOUND, "have it made, or mend its name; without strict it is a remark, and the rest is done", "[%s \"%s\"] of %s, %s '%s': %s",
				one->kind, one->section, config_where (one->at), one->type, one->identity, one->why_cut);
	}
	return 0;
}

static int
first_lacking (const struct larder_infra *infra, struct larder_error *error)
{
	for (size_t n = 0; infra->flags & LARDER_INFRA_STRICT && n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		const char *path = one->cut || !one->lacks.count ? NULL : one->lacks.at[0].path;
		if (!one->aside && (one->cut || path))
			return larder_fail_next (error, LARDER_E_UNSUPPORTED, "without strict it is a remark, and the rest is done", "[%s \"%s\"] of %s%s%s: %s", one->kind, one->section,
				config_where (one->at), path ? ", " : "", path ? path : "", path ? one->lacks.at[0].why : one->why_cut);
	}
	return first_missing (infra, error);
}

/* ---- what will be left ---- */

static int
leave (struct resource *one, const char *why, struct larder_error *error)
{
	one->mark = LARDER_INFRA_LEFT;
	one->left = true;
	one->why_left = why;
	return why ? 1 : larder_fail_memory (error);
}

/* What it needs goes after it, and so not at all: how many more. */
static int
leave_needs (struct larder_infra *infra, const struct resource *one, struct larder_error *error)
{
	int more = 0;
	if (one->aside || (!one->left && one->mark != LARDER_INFRA_FAILED))
		return 0;
	for (size_t n = 0; n < one->need_count; n++) {
		struct resource *need = &infra->at[one->needs[n]];
		if (need->aside || need->mark != LARDER_INFRA_REMOVE)
			continue;
		int code = leave (need, arena_printf (infra->arena, "%s '%s' %s: it will be left", one->type, one->identity, one->left ? "stays, and needs it" : "cannot be looked at, and may need it"), error);
		if (code < 0)
			return code;
		more += code;
	}
	return more;
}

/* What its service keeps it for, as was told: NULL, nothing. */
static const struct line *
keeper (const struct resource *one)
{
	for (size_t n = 0; n < one->observed.count; n++) {
		const struct line *line = &one->observed.at[n];
		const struct larder_path_rule *rule = resource_rule (one, line->path);
		if (rule && rule->flags & LARDER_PATH_KEEPS && strcmp (line->value, "no") != 0)
			return line;
	}
	return NULL;
}

/* Why it stays, whatever needs it: NULL, it goes. */
static const char *
why_kept (const struct larder_infra *infra, const struct resource *one)
{
	const struct line *keeps = keeper (one);
	if (one->protect)
		return "protected: it will be left";
	if (keeps)
		return arena_printf (infra->arena, "protected at its service, by %s = %s: it will be left", keeps->path, keeps->value);
	int held = resource_is_held (infra, one);
	if (held > 0)
		return arena_printf (infra->arena, "the bucket holds objects, delete markers of some, or uploads that nobody ended: it will be left; " EMPTIES_IT, one->section);
	return held < 0 ? "whether the bucket holds objects cannot be looked at: it will be left" : NULL;
}

/* What is to be made anew, and is not, keeps whatever comes after it as it is: apply skips that. How many more. */
static int
leave_follower (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	bool moves = one->mark == LARDER_INFRA_CREATE || one->mark == LARDER_INFRA_UPDATE || (one->mark == LARDER_INFRA_REPLACED && !one->left);
	for (size_t n = 0; moves && !one->aside && n < one->need_count; n++) {
		const struct resource *need = &infra->at[one->needs[n]];
		if (need->left && !need->aside)
			return leave (one, arena_printf (infra->arena, "%s '%s' is left as it is, and comes first: it will be left, too", need->type, need->identity), error);
	}
	return 0;
}

static int
leave_kept (struct larder_infra *infra, struct larder_error *error)
{
	bool going = infra->flags & LARDER_INFRA_DESTROY;
	int more = 1;
	for (size_t n = 0; going && n < infra->count; n++) {
		struct resource *one = &infra->at[n];
		const char *why = one->aside || one->mark != LARDER_INFRA_REMOVE ? NULL : why_kept (infra, one);
		if (why)
			leave (one, why, error);
	}
	while (more > 0) {
		more = 0;
		for (size_t n = 0; more >= 0 && n < infra->count; n++) {
			int code = going ? leave_needs (infra, &infra->at[n], error) : leave_follower (infra, &infra->at[n], error);
			more = code < 0 ? code : more + code;
		}
	}
	return more;
}

static int
prepare (struct larder_infra *infra, const struct larder_infra_request *request, struct larder_error *error)
{
	int code = desired_read (infra, error);
	if (code == 0)
		code = order_check (infra, error);
	if (code == 0)
		code = keep_only (infra, request->only, error);
	if (code == 0)
		code = drivers_check (infra, error);
	if (code < 0)
		return code;
	bind_all (infra);
	if (request->saved && (request->only || request->flags & ~(uint32_t) (LARDER_INFRA_DESTROY | LARDER_INFRA_LEAN)))
		return larder_fail_next (error, LARDER_E_INVALID, "make the plan with them: larder infra plan -o FILE", "a saved plan is done as it was made, and not by other flags");
	code = request->saved ? saved_read (infra, request->saved, error) : traps_check_accepted (infra, error);
	if (code == 0)
		code = look_at_all (infra, error);
	if (code == 0 && request->saved)
		code = saved_check (infra, error);
	if (code == 0 && !request->saved && !request->only && !(infra->flags & LARDER_INFRA_DESTROY))
		code = others_find (infra, error);
	if (code == 0)
		code = leave_kept (infra, error);
	return code < 0 ? code : first_lacking (infra, error);
}

static int
infra_new (struct larder *larder, uint32_t flags, struct larder_infra **ret, struct larder_error *error)
{
	if (!larder_configuration (larder))
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration, so no sections");
	struct larder_infra *infra = calloc (1, sizeof *infra);
	if (!infra || !(infra->arena = arena_new ())) {
		free (infra);
		return larder_fail_memory (error);
	}
	infra->larder = larder;
	names_begin (&infra->sections, infra->arena);
	infra->flags = flags | (larder_settings_of (larder)->strict ? LARDER_INFRA_STRICT : 0);
	infra->wait = WAIT_MOST;
	*ret = infra;
	return 0;
}

int
larder_infra_open (struct larder *larder, const struct larder_infra_request *asked, struct larder_infra **ret, struct larder_error *error)
{
	struct larder_infra_request request = { .size = sizeof request };
	struct larder_infra *infra;
	larder_give (&request, asked);
	int code = infra_new (larder, request.flags, &infra, error);
	if (code < 0)
		return code;
	if (request.wait)
		infra->wait = request.wait < 0 ? 0 : request.wait;
	code = prepare (infra, &request, error);
	if (code < 0)
		larder_infra_free (infra);
	else
		*ret = infra;
	return code;
}

void
larder_infra_free (struct larder_infra *infra)
{
	if (!infra)
		return;
	for (struct described *at = infra->described; at; at = at->next)
		instance_free (at->instance);
	for (size_t n = 0; n < infra->count; n++) {
		arena_free (infra->at[n].arena);
		arena_free (infra->at[n].seen);
		arena_free (infra->at[n].wanted);
	}
	free (infra->at);
	arena_free (infra->arena);
	free (infra);
}

/* ---- telling ---- */

const char *
infra_state (const struct resource *one)
{
	const struct line *state = lines_find (&one->observed, "state");
	return state && *state->value ? state->value : one->state == LARDER_RESOURCE_FAILED ? "failed" : "under way";
}

static const char *
why_of (const struct resource *one)
{
	if (one->mark == LARDER_INFRA_FAILED || one->mark == LARDER_INFRA_LACKING)
		return one->mark == LARDER_INFRA_FAILED ? one->why_failed : one->why_cut;
	if (one->mark == LARDER_INFRA_LEFT || one->mark == LARDER_INFRA_REPLACED)
		return one->why_left;
	return one->state == LARDER_RESOURCE_PENDING || one->state == LARDER_RESOURCE_FAILED ? infra_state (one) : NULL;
}

struct larder_infra_change
infra_whole (const struct resource *one)
{
	return (struct larder_infra_change) {
		.size = sizeof (struct larder_infra_change), .mark = one->mark, .kind = one->kind, .section = one->section, .type = one->type,
		.identity = one->identity, .why = why_of (one),
		.next = one->mark == LARDER_INFRA_FAILED && *one->error->next ? one->error->next : NULL, .code = one->mark == LARDER_INFRA_FAILED ? one->code : 0,
	};
}

static int
tell_changes (const struct resource *one, const struct changes *changes, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < changes->count; n++) {
		const struct change *at = &changes->at[n];
		struct larder_infra_change told = infra_whole (one);
		told.mark = at->mark, told.path = at->path, told.was = at->was, told.will = at->will, told.from = at->from, told.why = at->why, told.next = at->next, told.accept = at->accept;
		code = change (context, &told, error);
	}
	return code;
}

/* By us, or by its owner. */
static bool
is_to_be_made (const struct resource *one)
{
	return one->mark == LARDER_INFRA_CREATE || (one->mark == LARDER_INFRA_LACKING && !one->cut);
}

static int
tell_desired (const struct larder_infra *infra, struct resource *one, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	int code = resource_desire (infra, one, error);
	for (size_t n = 0; code == 0 && n < one->desired.count; n++) {
		const struct line *line = &one->desired.at[n];
		struct larder_infra_change told = infra_whole (one);
		told.mark = LARDER_INFRA_CREATE, told.path = line->path, told.will = line->value, told.from = line->from;
		code = change (context, &told, error);
	}
	return code;
}

int
larder_infra_changes (const struct larder_infra *infra, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	const struct prices *prices;
	bool told_region = false;
	int code = costs_read (infra, &prices, error);
	for (size_t n = 0; code == 0 && n < infra->count; n++) {
		struct resource *one = &infra->at[n];
		struct larder_infra_change whole = infra_whole (one);
		if (one->aside)
			continue;
		code = change (context, &whole, error);
		if (code == 0)
			code = is_to_be_made (one) ? tell_desired (infra, one, change, context, error) : tell_changes (one, &one->changes, change, context, error);
		if (code == 0)
			code = costs_tell (infra, prices, one, &told_region, change, context, error);
		if (code == 0 && !(infra->flags & LARDER_INFRA_DESTROY))
			code = tell_changes (one, &one->lacks, change, context, error);
		if (code == 0)
			code = tell_changes (one, &one->traps, change, context, error);
		resource_let_go (one);
	}
	return code < 0 ? code : others_tell (infra, change, context, error);
}

int
larder_infra_observed (const struct larder_infra *infra, larder_infra_change_fn line, void *context, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		if (one->aside)
			continue;
		struct larder_infra_change told = infra_whole (one);
		if (one->refusal)                        /* to be made so; what is there is there all the same */
			told.why = told.next = NULL, told.code = 0;
		if ((told.mark != LARDER_INFRA_FAILED && told.mark != LARDER_INFRA_LACKING) || one->refusal)
			told.mark = one->state == LARDER_RESOURCE_ABSENT ? LARDER_INFRA_REMOVE : LARDER_INFRA_SAME;
		if (told.mark == LARDER_INFRA_REMOVE)
			told.why = "not there";
		code = line (context, &told, error);
		for (size_t k = 0; code == 0 && k < one->observed.count; k++) {
			told.mark = LARDER_INFRA_SAME, told.path = one->observed.at[k].path, told.was = one->observed.at[k].value, told.why = NULL, told.code = 0;
			code = line (context, &told, error);
		}
	}
	return code < 0 ? code : others_tell (infra, line, context, error);
}

static void
count_changes (const struct changes *changes, struct larder_infra_counts *counts)
{
	for (size_t n = 0; n < changes->count; n++) {
		counts->unmanaged += changes->at[n].mark == LARDER_INFRA_UNMANAGED;
		counts->lacking += changes->at[n].mark == LARDER_INFRA_LACKING;
	}
}

void
larder_infra_count (const struct larder_infra *infra, struct larder_infra_counts *ret)
{
	struct larder_infra_counts counts = { .size = sizeof counts };
	bool going = infra->flags & LARDER_INFRA_DESTROY;
	for (const struct other *other = infra->others; other; other = other->next)
		counts.unmanaged++;
	for (size_t n = 0; n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		if (one->aside)
			continue;
		counts.created += one->mark == LARDER_INFRA_CREATE;
		counts.updated += one->mark == LARDER_INFRA_UPDATE;
		counts.replaced += one->mark == LARDER_INFRA_REPLACED && !one->left;
		counts.left += one->mark == LARDER_INFRA_LEFT || (one->mark == LARDER_INFRA_REPLACED && one->left);
		counts.removed += one->mark == LARDER_INFRA_REMOVE;
		counts.same += one->mark == LARDER_INFRA_SAME && !going;
		counts.lacking += one->mark == LARDER_INFRA_LACKING && one->cut;
		counts.missing += going ? one->mark == LARDER_INFRA_SAME : one->mark == LARDER_INFRA_LACKING && !one->cut;
		counts.warnings += one->traps.count;
		counts.failed += one->mark == LARDER_INFRA_FAILED;
		counts.refused += one->mark == LARDER_INFRA_FAILED && one->refusal && one->state != LARDER_RESOURCE_FAILED;
		counts.broken += one->mark == LARDER_INFRA_FAILED && one->state == LARDER_RESOURCE_FAILED;
		count_changes (&one->changes, &counts);
		if (!going)
			count_changes (&one->lacks, &counts);
	}
	larder_give (ret, &counts);
}

/* ---- without asking any service ---- */

int
infra_describe (struct larder *larder, struct larder_infra **ret, struct larder_error *error)
{
	struct larder_infra *infra;
	int code = infra_new (larder, 0, &infra, error);
	if (code < 0)
		return code;
	infra->describing = true;
	code = desired_read (infra, error);
	if (code == 0)
		code = drivers_check (infra, error);
	if (code < 0) {
		larder_infra_free (infra);
		return code;
	}
	bind_all (infra);
	*ret = infra;
	return 0;
}

/* ---- traps alone ---- */

/* What the service would refuse for sure is no remark. */
static int
tell_refusal (const struct resource *one, larder_finding_cb finding, void *context)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = traps_refuse (one, &why);
	const struct larder_finding found = { .size = sizeof found, .code = code, .text = why.message, .next = why.next };
	return code < 0 ? finding (context, &found) : 0;
}

static int
tell_traps (struct larder_infra *infra, struct resource *one, larder_finding_cb finding, void *context, struct larder_error *error)
{
	int code = one->cut || one->watched || one->code < 0 ? 0 : resource_sift (infra, one, error);
	if (code == 0 && !one->watched && one->code >= 0)
		code = words_check_identity (infra, one, error);
	if (code < 0 || one->cut || one->watched || one->code < 0)
		return code;
	code = traps_find (infra, one, error);
	for (size_t n = 0; code == 0 && n < one->traps.count; n++) {
		const struct change *trap = &one->traps.at[n];
		const struct larder_finding found = {
			.size = sizeof found, .section = arena_printf (one->arena, "[%s \"%s\"]", one->kind, one->section),
			.text = arena_printf (one->arena, "%s: %s", trap->path, trap->why), .next = trap->accept && trap->next ? arena_printf (one->arena, "%s; or %s", trap->next, trap->accept) : trap->next ? trap->next : trap->accept,
		};
		code = finding (context, &found);
	}
	return code == 0 ? tell_refusal (one, finding, context) : code;
}

int
larder_infra_traps (struct larder *larder, larder_finding_cb finding, void *context, struct larder_error *error)
{
	struct larder_infra *infra = NULL;
	int code = infra_describe (larder, &infra, error);
	if (code == 0)
		code = traps_check_accepted (infra, error);
	for (size_t n = 0; code == 0 && n < infra->count; n++) {
		code = tell_traps (infra, &infra->at[n], finding, context, error);
		resource_let_go (&infra->at[n]);
	}
	larder_infra_free (infra);
	return code;
}
