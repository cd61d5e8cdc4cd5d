/* others.c: whose things are. Of another environment's, by a tag, nothing is written; and what was made in this environment for a section that is there no more costs and serves:
 * the plan tells it, and nobody removes it but who asks for that. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"

struct asking { struct larder_infra *infra; const struct resource *one; size_t prefix; };

/* "ENVIRONMENT/cdn/" of the identity of [cdn "NAME"]; 0: its name is a natural one, which says nothing of who made it. */
static size_t
prefix_of (const struct resource *one)
{
	size_t whole = strlen (one->identity), name = strlen (one->section);
	return whole > name + 1 && one->identity[whole - name - 1] == '/' && strcmp (one->identity + whole - name, one->section) == 0 ? whole - name : 0;
}

static bool
is_known (const struct larder_infra *infra, const char *type, const char *identity)
{
	bool known = false;
	for (size_t n = 0; n < infra->count; n++)
		known = known || (strcmp (infra->at[n].type, type) == 0 && strcmp (infra->at[n].identity, identity) == 0);
	for (const struct other *other = infra->others; other; other = other->next)
		known = known || (strcmp (other->type, type) == 0 && strcmp (other->identity, identity) == 0);
	return known;
}

static int
add (void *context, const struct larder_line *told, struct larder_error *error)
{
	const struct asking *asking = context;
	struct larder_infra *infra = asking->infra;
	struct larder_line line = { .size = sizeof line };
	larder_give (&line, told);
	if (!line.path || strncmp (line.path, asking->one->identity, asking->prefix) != 0 || is_known (infra, asking->one->type, line.path))
		return 0;
	struct other *other = arena_alloc (infra->arena, sizeof *other);
	const char *identity = arena_copy (infra->arena, line.path), *kind = asking->one->kind;
	if (!other || !identity)
		return larder_fail_memory (error);
	*other = (struct other) { kind, identity + asking->prefix, asking->one->type, identity, .next = infra->others };
	other->why = arena_printf (infra->arena, "it was made in this environment, and no section of this file asks for it any more: %s", line.value ? line.value : "");
	other->way_out = arena_printf (infra->arena, "write its [%s \"%s\"] again and `larder infra destroy --only %s/%s`, or remove it at its service; until then it stays, and may cost", kind, other->section, kind, other->section);
	infra->others = other;
	return other->why && other->way_out ? 0 : larder_fail_memory (error);
}

static int
ask (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	struct asking asking = { infra, one, prefix_of (one) };
	bool newer = one->means && one->means_stride >= offsetof (struct larder_resource_type, others) + sizeof one->means->others;
	if (!asking.prefix || !newer || !one->means->others || one->cut || one->code < 0 || !one->instance)
		return 0;
	struct larder_resource request = resource_request (one);
	request.identity = arena_copy_bytes (infra->arena, one->identity, asking.prefix);
	struct larder_call call = larder_call_begin (infra->larder, infra->arena);
	if (!request.identity)
		return larder_fail_memory (error);
	instance_enter (one->instance);
	int code = one->means->others (one->instance->self, &call, &request, add, &asking, error);
	instance_leave (one->instance);
	return code;
}

int
others_find (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		code = ask (infra, &infra->at[n], error);
	return code;
}

int
others_tell (const struct larder_infra *infra, larder_infra_change_fn change, void *context, struct larder_error *error)
{
	int code = 0;
	for (const struct other *other = infra->others; code == 0 && other; other = other->next) {
		const struct larder_infra_change told = { .size = sizeof told, .mark = LARDER_INFRA_UNMANAGED, .kind = other->kind, .section = other->section, .type = other->type,
			.identity = other->identity, .why = other->why, .next = other->way_out };
		code = change (context, &told, error);
	}
	return code;
}

/* ---- of another environment ---- */

/* What is known by a natural name, as a bucket, says of nobody by itself; where somebody put the tag on it that says whose it is, that counts. */
int
alien_check (const struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	const struct schema_larder *settings = larder_settings_of (infra->larder);
	const char *ours = settings ? settings->environment : NULL, *theirs = lines_value (&one->observed, "tag[larder:id]");
	size_t length = theirs ? strcspn (theirs, "/") : 0;
	if (!ours || !theirs || (strlen (ours) == length && strncmp (ours, theirs, length) == 0))
		return 0;
	one->alien = true;
	return larder_fail_next (error, LARDER_E_CONFLICT, "give it another name in this environment; or, where it is to be this one's from now on, take that tag from it at its service",
		"%s '%s' is of the environment '%.*s', by its tag larder:id, and this is '%s'", one->type, one->identity, (int) length, theirs, ours);
}

/* A bucket's policy and its copies are the bucket's. */
void
aliens_spread (struct larder_infra *infra)
{
	for (size_t n = 0; n < infra->count; n++)
		for (size_t m = 0; infra->at[n].alien && m < infra->count; m++) {
			struct resource *other = &infra->at[m];
			if (other->code == 0 && !other->cut && strcmp (other->identity, infra->at[n].identity) == 0 && strcmp (other->backend, infra->at[n].backend) == 0)
				(void) resource_unseen (other, infra->at[n].code, infra->at[n].error);
		}
}
