/* serve.c: edges that run on this machine: set up as their sections say, started, ended, looked at. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>
#include <larder/larder.h>

#include <string.h>

#include "arguments.h"
#include "error.h"
#include "text.h"

struct serving {
	struct larder *larder;
	struct larder_arena *arena;
	struct larder_serve asked;
	larder_served_fn served;
	void *context;
	size_t count;                    /* of those that there are */
};

/* One [cdn], and who runs its edge. */
struct edge { const struct config_section *cdn; const struct schema_cdn *schema; struct instance *instance; bool changed; };

/* ---- what is asked of the driver ---- */

static int
start (const struct serving *all, const struct edge *edge, const char *what, const char **ret_done, struct larder_error *error)
{
	const struct larder_pair pair = { what, "" };
	const struct larder_action action = { .size = sizeof action, .kind = "serve", .arguments = { &pair, what ? 1 : 0, sizeof pair } };
	struct larder_call call = larder_call_begin (all->larder, all->arena);
	instance_enter (edge->instance);
	int code = edge->instance->module->driver->action_start (edge->instance->self, &call, &action, ret_done, error);
	instance_leave (edge->instance);
	return code;
}

static const char *
result (const struct larder_progress *progress, const char *name)
{
	const char *value = pairs_value (&progress->results, name);
	return value ? value : "";
}

static int
tell (const struct serving *all, const struct edge *edge, const char *done, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (all->larder, all->arena);
	struct larder_progress progress = { .size = sizeof progress };
	const char *identity = cdn_identity (all->larder, all->arena, config_name (edge->cdn));
	if (!identity)
		return larder_fail_memory (error);
	instance_enter (edge->instance);
	int code = edge->instance->module->driver->action_poll (edge->instance->self, &call, "serve", identity, &progress, error);
	instance_leave (edge->instance);
	const char *ca_file = result (&progress, "ca-file");
	int64_t pid = 0;
	text_int (result (&progress, "pid"), &pid);
	const struct larder_served served = {
		.size = sizeof served, .cdn = config_name (edge->cdn), .backend = edge->schema->backend, .state = result (&progress, "state"), .pid = (int32_t) pid,
		.address = edge->schema->domain ? arena_printf (all->arena, "https://%s", edge->schema->domain) : NULL, .ca_file = *ca_file ? ca_file : NULL,
		.done = edge->changed && strcmp (done, "same") == 0 ? "reloaded" : done,
	};
	return code < 0 ? code : all->served (all->context, &served, error);
}

/* ---- one ---- */

/* As `larder infra apply --only` does for the store that it serves: with it come its bucket, the [cdn], and that the one may read the other. */
static int
set_up (const struct serving *all, struct edge *edge, struct larder_error *error)
{
	struct larder_infra *infra;
	struct larder_infra_counts counts = { .size = sizeof counts };
	const char *store = edge->schema->store;
	if (!store)
		return larder_fail_next (error, LARDER_E_INVALID, "store = NAME of a [store] with a bucket of its own", "[cdn \"%s\"] of %s serves no bucket", config_name (edge->cdn), config_where (edge->cdn));
	const struct larder_infra_request request = { .size = sizeof request, .only = arena_printf (all->arena, "store/%s", store) };
	int code = request.only ? larder_infra_open (all->larder, &request, &infra, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	code = larder_infra_apply (infra, NULL, NULL, &counts, error);
	edge->changed = counts.created + counts.updated > 0;
	larder_infra_free (infra);
	return code;
}

/* 1: it is served here; 0: elsewhere. Opened, for what is not here may need what nobody who asks for this has. */
static int
find_edge (const struct serving *all, const struct config_section *cdn, struct edge *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const char *nothing;
	*ret = (struct edge) { .cdn = cdn, .schema = config_struct (cdn) };
	int code = ret->schema->backend ? backend_open (all->larder, ret->schema->backend, &ret->instance, &why) : LARDER_E_UNSUPPORTED;
	if (code == 0 && (!ret->instance->module->driver->action_start || !ret->instance->module->driver->action_poll))
		code = LARDER_E_UNSUPPORTED;
	if (code == 0)
		code = start (all, ret, NULL, &nothing, &why);
	if (code < 0 && code != LARDER_E_UNSUPPORTED && error)
		larder_give (error, &why);
	return code == 0 ? 1 : code == LARDER_E_UNSUPPORTED ? 0 : code;
}

static int
serve_one (struct serving *all, const struct config_section *cdn, struct larder_error *error)
{
	static const char *const words[] = { NULL, "up", "down" };
	struct edge edge;
	const char *done = "", *word = all->asked.flags & LARDER_DRY_RUN ? NULL : words[all->asked.what];
	int code = find_edge (all, cdn, &edge, error);
	if (code <= 0)
		return code;
	all->count++;
	code = word && all->asked.what == LARDER_SERVE_UP ? set_up (all, &edge, error) : 0;
	if (code == 0 && word)
		code = start (all, &edge, word, &done, error);
	return code < 0 ? code : tell (all, &edge, done, error);
}

int
larder_serve (struct larder *larder, const struct larder_serve *request, larder_served_fn served, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct serving all = { .larder = larder, .arena = arena, .asked = { .size = sizeof all.asked }, .served = served, .context = context };
	int code = 0;
	larder_give (&all.asked, request);
	if (!arena)
		return larder_fail_memory (error);
	if (!larder_configuration (larder))
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration");
	if (all.asked.what > LARDER_SERVE_DOWN)
		return larder_fail (error, LARDER_E_INVALID, "%u is none of what can be done with an edge", (unsigned) all.asked.what);
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (larder), "cdn", at));)
		code = serve_one (&all, at, error);
	if (code < 0 || all.count)
		return code;
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "a profile in which backend of the [cdn] names a [backend] with driver = nginx", "no [cdn] of this profile is served from this machine");
}
