/* cdn.c: which object an operand of larder cdn means. */
#include "cdn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

int
cdn_store_of (struct cli *cli, const char *pipeline, const char *key, const char **ret, struct larder_error *error)
{
	char name[300];
	snprintf (name, sizeof name, "pipeline.%s.%s", pipeline, key);
	int code = cli_setting (cli, name, ret, error);
	if (code == 0 && !**ret)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "[pipeline \"%s\"] has no %s", pipeline, key);
	return code;
}

int
cdn_address (struct cli *cli, const struct cdn_object *object, const char **ret_store, const char **ret_key, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	const char *store = NULL;
	int code = larder_address_parse (cli->larder, cli->arena, object->text, &address, error);
	if (code == 0 && (object->thumbnail || !address.store))
		code = cdn_store_of (cli, object->pipeline, "store", &store, error);
	if (code < 0)
		return code;
	if (object->thumbnail && address.store && strcmp (address.store, store) != 0)
		return larder_fail (error, LARDER_E_INVALID, "pictures of pipeline '%s' are in the store '%s', not '%s'", object->pipeline, store, address.store);
	*ret_key = address.store ? address.path : object->text;
	*ret_store = address.store ? address.store : store;
	if (!object->thumbnail)
		return 0;
	code = larder_thumbnail_key (cli->larder, cli->arena, object->pipeline, *ret_key, ret_key, error);
	return code < 0 ? code : cdn_store_of (cli, object->pipeline, "thumbnail-store", ret_store, error);
}

int
cdn_object (struct cli *cli, const struct cdn_object *object, struct larder_store **ret_store, const char **ret_key, struct larder_error *error)
{
	const char *store;
	int code = cdn_address (cli, object, &store, ret_key, error);
	return code < 0 ? code : larder_store_open (cli->larder, store, ret_store, error);
}

/* ---- invalidations ---- */

static void
json_event (struct cli *cli, const struct larder_cdn_event *event, const char *step)
{
	struct line line;
	json_line (cli, &line, "invalidation");
	json_member (&line.json, "step", step);
	json_member (&line.json, "cdn", event->cdn);
	json_member_uint (&line.json, "paths", event->paths);
	json_member_uint (&line.json, "wildcards", event->wildcards);
	json_member (&line.json, "price", event->price);
	json_member (&line.json, "per", event->per);
	json_member (&line.json, "token", event->token);
	if (event->step == LARDER_CDN_RUNNING)
		json_member_uint (&line.json, "seconds", (uint64_t) (event->waited / NS_PER_S));
	json_line_end (cli, &line);
	out_flush_soon (cli);
}

static void
tell_plan (struct cli *cli, const struct larder_cdn_event *event)
{
	char wildcards[64] = "";
	if (event->wildcards)
		snprintf (wildcards, sizeof wildcards, ", %" PRIu64 " of them %s", event->wildcards, event->wildcards == 1 ? "a wildcard" : "wildcards");
	say (cli, "[cdn \"%s\"]: %" PRIu64 " %s%s%s%s%s%s", event->cdn, event->paths, event->paths == 1 ? "path" : "paths", wildcards, event->price ? "; at the most " : "",
		event->price ? event->price : "", event->price ? ", " : "", event->price ? event->per : "");
}

static void
tell_running (struct cli *cli, const struct larder_cdn_event *event)
{
	enum { EVERY = 30 };
	char text[256], waited[32], most[32];
	snprintf (text, sizeof text, "[cdn \"%s\"]: its edges forget, %s of %s", event->cdn, text_from_duration (event->waited, waited), text_from_duration (event->most, most));
	talk_waiting (cli, text, event->waited / (EVERY * NS_PER_S) > (event->before < 0 ? 0 : event->before) / (EVERY * NS_PER_S));
}

int
cdn_event (void *context, const struct larder_cdn_event *event, struct larder_error *error)
{
	static const char *const steps[] = { [LARDER_CDN_PLANNED] = "planned", [LARDER_CDN_STARTED] = "started", [LARDER_CDN_RUNNING] = "running", [LARDER_CDN_DONE] = "done" };
	struct cli *cli = context;
	(void) error;
	if (cli->globals.json)
		json_event (cli, event, steps[event->step]);
	else if (event->step == LARDER_CDN_PLANNED)
		tell_plan (cli, event);
	else if (event->step == LARDER_CDN_RUNNING)
		tell_running (cli, event);
	else
		say (cli, "[cdn \"%s\"]: %s, %" PRIu64 " %s: %s", event->cdn, event->step == LARDER_CDN_DONE ? "done" : "begun", event->paths, event->paths == 1 ? "path" : "paths", event->token);
	return 0;
}
