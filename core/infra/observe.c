/* observe.c: a resource and its driver: who answers for it, what is there, and the acts. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"

struct larder_resource
resource_request (const struct resource *resource)
{
	return (struct larder_resource) { .size = sizeof (struct larder_resource), .type = resource->type, .section = resource->section, .identity = resource->identity };
}

/* ---- its driver ---- */

const struct larder_resource_type *
resource_type_of (const struct larder_driver *driver, const char *name)
{
	const char *at = (const char *) driver->resources;
	for (; at && ((const struct larder_resource_type *) (const void *) at)->name; at += driver->resource_stride)
		if (strcmp (((const struct larder_resource_type *) (const void *) at)->name, name) == 0)
			return (const struct larder_resource_type *) (const void *) at;
	return NULL;
}

int
resource_cut (struct resource *resource, const char *why, struct larder_error *error)
{
	resource->cut = true;
	resource->mark = LARDER_INFRA_LACKING;
	resource->why_cut = arena_copy (resource->arena, why);
	return resource->why_cut ? 0 : larder_fail_memory (error);
}

/* A driver that is not installed may come later; a word that is none, or that is all but the name of another, is a mistake. */
static int
check_driver (const struct larder_infra *infra, const struct resource *resource, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const struct config_section *at;
	const struct module *module;
	if (!*resource->backend || config_find (larder_configuration (infra->larder), "backend", resource->backend, &at, NULL) < 0)
		return 0;
	const char *name = config_text (at, "driver");
	int code = registry_load (larder_registry (infra->larder), LARDER_KIND_DRIVER, name ? name : "", &module, &why);
	const char *nearest = code == LARDER_E_NOTFOUND ? registry_nearest (larder_registry (infra->larder), LARDER_KIND_DRIVER, name, infra->arena) : NULL;
	if (!nearest && code != LARDER_E_INVALID)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, nearest ? arena_printf (infra->arena, "did you mean '%s'?", nearest) : "`larder module list` shows what is there",
		"[backend \"%s\"] of %s has the driver '%s', which is not installed", resource->backend, config_where_key (at, "driver"), name ? name : "");
}

int
drivers_check (const struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		if (!infra->at[n].aside)
			code = check_driver (infra, &infra->at[n], error);
	return code;
}

/* Has the driver that was opened the type, for this service? 0, or UNSUPPORTED and why. One of another name would be: that is words_check_identity's. */
static int
offered (struct resource *resource, struct larder_error *error)
{
	const struct larder_driver *driver = resource->instance->module->driver;
	const struct larder_resource request = resource_request (resource);
	resource->means = resource_type_of (driver, resource->type);
	resource->means_stride = driver->resource_stride;
	if (!resource->means)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s has no %s", driver->name, resource->type);
	int code = resource->means->supports ? resource->means->supports (resource->instance->self, &request, NULL, error) : 0;
	return code == LARDER_E_INVALID ? 0 : code;
}

/* One that only knows what it supports, once for a backend. */
static int
describe (struct larder_infra *infra, const char *backend, const char *control, struct instance **ret, struct larder_error *error)
{
	struct described *at = infra->described;
	while (at && (!same_text (at->control, control) || strcmp (at->backend, backend) != 0))
		at = at->next;
	if (at) {
		*ret = at->instance;
		return 0;
	}
	if (!(at = arena_alloc (infra->arena, sizeof *at)))
		return larder_fail_memory (error);
	*at = (struct described) { .backend = backend, .control = control, .next = infra->described };
	int code = backend_control_describe (infra->larder, backend, control, infra->arena, &at->instance, error);
	if (code < 0)
		return code;
	infra->described = at;
	*ret = at->instance;
	return 0;
}

/* What the driver of the data does not set up itself is its control module's matter. The first is but described: its storage need not be there. */
static int
bind_split (struct larder_infra *infra, struct resource *resource, const char *control, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const struct module *module;
	int code = describe (infra, resource->backend, NULL, &resource->instance, error);
	if (code < 0)
		return code;
	bool own = offered (resource, &why) == 0;
	if (own && infra->describing)
		return 0;
	resource->instance = NULL;
	if (own)
		return backend_open (infra->larder, resource->backend, &resource->instance, error);
	if (registry_load (larder_registry (infra->larder), LARDER_KIND_DRIVER, control, &module, &why) < 0)
		return resource_cut (resource, why.message, error);
	return infra->describing ? describe (infra, resource->backend, control, &resource->instance, error)
		: backend_control_open (infra->larder, resource->backend, control, &resource->instance, error);
}

int
resource_bind (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const struct config_section *at;
	const struct module *module;
	if (resource->driver && !*resource->backend)
		return resource_cut (resource, arena_printf (resource->arena, "no [backend] of this profile has the driver %s", resource->driver), error);
	int code = config_find (larder_configuration (infra->larder), "backend", resource->backend, &at, error);
	if (code < 0)
		return code;
	const char *name = config_text (at, "driver");
	if (registry_load (larder_registry (infra->larder), LARDER_KIND_DRIVER, name ? name : "", &module, &why) < 0)
		return resource_cut (resource, why.message, error);
	if (resource->driver && strcmp (resource->driver, module->driver->name) != 0)
		return resource_cut (resource, arena_printf (resource->arena, "the driver of that backend is %s", module->driver->name), error);
	const char *control = resource->driver ? NULL : module->driver->control;
	code = control ? bind_split (infra, resource, control, error) : infra->describing ? describe (infra, resource->backend, NULL, &resource->instance, error)
		: backend_open (infra->larder, resource->backend, &resource->instance, error);
	if (code == LARDER_E_UNSUPPORTED)                /* its driver does nothing at all on that service */
		return resource_cut (resource, error->message, error);
	if (code < 0 || resource->cut)
		return code;
	return offered (resource, &why) < 0 ? resource_cut (resource, why.message, error) : 0;
}

int
resource_take_offers (struct resource *resource, struct larder_error *error)
{
	for (size_t n = 0; !resource->cut && resource->means && n < resource->offered.count; n++) {
		const struct line *line = &resource->offered.at[n];
		const struct larder_path_rule *rule = resource_rule (resource, line->path);
		if (rule && !(rule->flags & LARDER_PATH_COMPUTED))
			line->from ? lines_add_from (&resource->desired, line->path, line->from) : lines_add (&resource->desired, line->path, line->value);
	}
	return resource->offered.failed ? larder_fail_memory (error) : lines_sort (&resource->desired, error);
}

/* ---- a service that has too much to do ---- */

int
resource_again (const struct larder_infra *infra, struct resource *resource, int code, struct larder_error *error)
{
	enum { AGAIN_MOST = 3 };
	if (code != LARDER_E_UNAVAILABLE || !error->status || resource->again == AGAIN_MOST)
		return 0;
	int rested = larder_rest (infra->larder, NS_PER_S << resource->again++, error);
	return rested < 0 ? rested : 1;
}

/* ---- what is there ---- */

static int
take_line (void *context, const struct larder_line *told, struct larder_error *error)
{
	struct lines *lines = context;
	struct larder_line line = { .size = sizeof line };
	larder_give (&line, told);
	if (!line.path || (lines->count && strcmp (lines->at[lines->count - 1].path, line.path) >= 0))
		return larder_fail (error, LARDER_E_INTEGRITY, "the driver tells '%s' out of order", line.path ? line.path : "");
	lines_add (lines, line.path, line.value ? line.value : "");
	return lines->failed ? larder_fail_memory (error) : 0;
}

static int
read_once (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	arena_clear (resource->seen);
	lines_begin (&resource->observed, resource->seen);
	resource->changes = (struct changes) { 0 };
	struct larder_resource request = resource_request (resource);
	struct lines_feed feed;
	struct larder_lines desired;
	int code = resource_desire (infra, resource, error);
	if (code < 0)
		return code;
	lines_feed (&feed, &resource->desired, &desired);
	request.desired = &desired;
	struct larder_call call = larder_call_begin (infra->larder, resource->seen);
	instance_enter (resource->instance);
	code = resource->means->read (resource->instance->self, &call, &request, take_line, &resource->observed, &resource->state, error);
	instance_leave (resource->instance);
	return code;
}

int
resource_read (struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	for (;;) {
		struct larder_error why = LARDER_ERROR_INIT;
		int code = read_once (infra, resource, &why);
		int again = code < 0 ? resource_again (infra, resource, code, &why) : 0;
		if (again > 0)
			continue;
		if (code < 0 && error)
			larder_give (error, &why);
		return again < 0 ? again : code;
	}
}

int
resource_failed (const struct resource *one, struct larder_error *error)
{
	return one->state != LARDER_RESOURCE_FAILED ? 0 : larder_fail_next (error, LARDER_E_UNAVAILABLE, "look at it at the service; when it is gone or well, apply again",
		"the service tells that %s '%s' failed", one->type, one->identity);
}

/* ---- what others tell ---- */

struct resource *
resource_told_by (const struct larder_infra *infra, const char *from)
{
	const char *end = strchr (from, '#');
	for (size_t n = 0; end && n < infra->count; n++) {
		struct resource *one = &infra->at[n];
		size_t kind = strlen (one->kind), section = strlen (one->section);
		bool telling = strcmp (one->type, "access") != 0 && strcmp (one->type, "replication") != 0;
		if (telling && kind + 1 + section == (size_t) (end - from) && strncmp (from, one->kind, kind) == 0 && from[kind] == '/'
			&& strncmp (from + kind + 1, one->section, section) == 0)
			return one;
	}
	return NULL;
}

bool
resource_made_anew (const struct resource *one)
{
	return one->mark == LARDER_INFRA_REPLACED && !one->left && !one->aside && one->changes.count;
}

/* What is made as something that is there already tells nothing new: one more origin that is read by the same. */
static bool
is_one_more (const struct resource *other, const struct change *change)
{
	const struct larder_path_rule *rule = resource_rule (other, change->path);
	bool is = false;
	for (size_t n = 0; n < other->observed.count && change->mark == LARDER_INFRA_CREATE && change->will; n++)
		is = is || (resource_rule (other, other->observed.at[n].path) == rule && strcmp (other->observed.at[n].value, change->will) == 0);
	return is;
}

/* Will this run make it tell another value there? Of its changes nothing is left once they are made. */
static bool
will_tell_anew (const struct resource *other, const char *path)
{
	const struct larder_path_rule *rule = other->means ? resource_rule (other, path) : NULL;
	bool changes = false;
	if (resource_made_anew (other))
		return true;
	if (other->aside || !rule || !(rule->flags & LARDER_PATH_TELLS))
		return false;
	for (size_t n = 0; n < other->changes.count; n++) {
		const struct change *change = &other->changes.at[n];
		bool made = change->mark == LARDER_INFRA_CREATE || change->mark == LARDER_INFRA_UPDATE;
		const struct larder_path_rule *its = made ? resource_rule (other, change->path) : NULL;
		changes = changes || (its && its->flags & LARDER_PATH_TELLS && !is_one_more (other, change));
	}
	return changes;
}

/* What another tells now and goes on to tell; NULL: it is not there to tell it, or will tell another. */
static const char *
told_value (const struct larder_infra *infra, const char *from)
{
	const struct resource *other = resource_told_by (infra, from);
	const char *path = other ? strchr (from, '#') + 1 : NULL;
	return other && !will_tell_anew (other, path) ? lines_value (&other->observed, path) : NULL;
}

/* What is told as the name of a member makes another path. */
static void
resolve_member (struct resource *resource, struct line *line, const char *told)
{
	char *path = told ? path_of_member (resource->wanted, line->set, told, "") : NULL;
	line->value = path ? "yes" : NULL;
	line->path = path ? path : line->path;
}

/* It is not there, and is not this run's to make. */
static bool
is_nobodys (const struct larder_infra *infra, const struct line *line)
{
	const struct resource *other = line->from ? resource_told_by (infra, line->from) : NULL;
	return other && other->aside && other->code == 0 && other->state == LARDER_RESOURCE_ABSENT;
}

int
resource_resolve (const struct larder_infra *infra, struct resource *resource, struct larder_error *error)
{
	size_t kept = 0;
	for (size_t n = 0; n < resource->desired.count; n++) {
		struct line *line = &resource->desired.at[n];
		if (is_nobodys (infra, line))
			continue;
		const char *told = line->from ? told_value (infra, line->from) : NULL;
		if (line->from && line->set)
			resolve_member (resource, line, told);
		else if (line->from)
			line->value = told ? arena_copy (resource->wanted, told) : NULL;
		resource->desired.at[kept++] = *line;
	}
	resource->desired.count = kept;
	return lines_sort (&resource->desired, error);
}

/* ---- the acts ---- */

static bool
stays (const struct larder_infra *infra, const struct resource *resource, const struct line *there)
{
	const struct larder_path_rule *rule = resource_rule (resource, there->path);
	if (!rule || rule->flags & LARDER_PATH_COMPUTED || lines_find (&resource->desired, there->path) || resource_goes (resource, rule, there->path))
		return false;
	bool filled_in = rule->flags & LARDER_PATH_OPTIONAL;         /* by the service, where it is not of somebody else's member */
	if (resource_has_within (resource, rule, there->path))
		return filled_in;
	return !(infra->flags & LARDER_INFRA_ADOPT) || (filled_in && !path_member_length (there->path));
}

int
resource_target (const struct larder_infra *infra, const struct resource *resource, struct lines *ret, struct larder_error *error)
{
	lines_begin (ret, resource->seen);
	for (size_t n = 0; n < resource->desired.count; n++)
		lines_add (ret, resource->desired.at[n].path, resource->desired.at[n].value);
	for (size_t n = 0; n < resource->observed.count; n++)
		if (stays (infra, resource, &resource->observed.at[n]))
			lines_add (ret, resource->observed.at[n].path, resource->observed.at[n].value);
	return lines_sort (ret, error);
}

int
resource_act (struct larder_infra *infra, struct resource *resource, enum resource_act what, struct larder_error *error)
{
	const struct larder_resource_type *means = resource->means;
	struct lines_feed desired_feed, observed_feed;
	struct larder_lines desired, observed;
	int code = resource_desire (infra, resource, error);
	struct lines wanted = resource->desired;
	if (code == 0 && what != RESOURCE_REMOVE)
		code = resource_target (infra, resource, &wanted, error);
	if (code < 0)
		return code;
	lines_feed (&desired_feed, &wanted, &desired);
	lines_feed (&observed_feed, &resource->observed, &observed);
	struct larder_resource request = resource_request (resource);
	request.desired = &desired;
	request.observed = what == RESOURCE_CREATE ? NULL : &observed;
	int (*act) (void *, struct larder_call *, const struct larder_resource *, struct larder_error *) =
		what == RESOURCE_CREATE ? means->create : what == RESOURCE_UPDATE ? means->update : means->remove;
	if (!act)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s does not %s a %s", resource->instance->module->driver->name,
			what == RESOURCE_CREATE ? "make" : what == RESOURCE_UPDATE ? "change" : "remove", resource->type);
	struct larder_call call = larder_call_begin (infra->larder, resource->seen);
	instance_enter (resource->instance);
	code = act (resource->instance->self, &call, &request, error);
	instance_leave (resource->instance);
	return code;
}
