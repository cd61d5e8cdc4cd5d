/* action.c: one long action of a service, begun and waited for. The service keeps it, so no journal does: the same asked for again is the same. */
#include "action.h"

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "random.h"
#include "text.h"

int
recovery_find (struct larder *larder, const char *kind, const char *name, const struct config_section **ret, struct instance **ret_instance, struct larder_error *error)
{
	int code = config_find (larder_configuration (larder), kind, name, ret, error);
	const char *backend = code == 0 ? config_text (*ret, "backend") : NULL;
	if (code == 0 && !backend)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "a profile in which it has a backend", "[%s \"%s\"] of %s has no backend", kind, name, config_where (*ret));
	if (code == 0)
		code = backend_open (larder, backend, ret_instance, error);
	if (code < 0)
		return code;
	const struct larder_driver *driver = (*ret_instance)->module->driver;
	if (driver->action_start && driver->action_poll)
		return 0;
	return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s of [%s \"%s\"] has nothing that takes long, so no backups and no restores", driver->name, kind, name);
}

/* ---- what is told ---- */

static int
tell (const struct recovery_action *action, uint32_t step, const struct larder_progress *progress, int64_t waited, struct larder_error *error)
{
	const struct larder_recovery_event event = {
		.size = sizeof event, .step = step, .kind = config_kind (action->at), .section = config_name (action->at), .action = action->asked.kind, .from = action->from, .to = action->to,
		.token = action->token, .message = progress ? progress->message : NULL, .percent = progress ? progress->percent : -1,
		.results = progress ? progress->results : (struct larder_pairs) { NULL, 0, 0 }, .waited = waited, .before = action->told,
	};
	return action->event ? action->event (action->context, &event, error) : 0;
}

/* ---- one exchange ---- */

static int
start (struct recovery_action *action, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (action->larder, action->arena);
	instance_enter (action->instance);
	int code = action->instance->module->driver->action_start (action->instance->self, &call, &action->asked, &action->token, error);
	instance_leave (action->instance);
	if (code == 0 && !action->token && !(action->flags & LARDER_DRY_RUN))
		return larder_fail (error, LARDER_E_INVALID, "the driver %s began %s and gives nothing to ask for it by", action->instance->module->driver->name, action->asked.kind);
	return code;
}

static int
poll_once (struct recovery_action *action, struct larder_progress *ret, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (action->larder, action->arena);
	*ret = (struct larder_progress) { .size = sizeof *ret, .percent = -1 };
	instance_enter (action->instance);
	int code = action->instance->module->driver->action_poll (action->instance->self, &call, action->asked.kind, action->token, ret, error);
	instance_leave (action->instance);
	action->failed = code == 0 && ret->state == LARDER_ACTION_FAILED;
	if (action->failed)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, action->again, "%s of %s: the service could not do it: %s", action->asked.kind, action->from, ret->message ? ret->message : "it does not say why");
	return code;
}

/* ---- until it is done ---- */

int
recovery_wait (struct recovery_action *action, const char *next, struct larder_error *error)
{
	for (;;) {
		struct larder_progress progress;
		int64_t waited = clock_boot () - action->began;
		int code = poll_once (action, &progress, error);
		if (code < 0)
			return code;
		if (progress.state == LARDER_ACTION_DONE)
			return tell (action, LARDER_RECOVERY_DONE, &progress, waited, error);
		code = tell (action, LARDER_RECOVERY_RUNNING, &progress, waited, error);
		action->told = waited;
		if (code == 0 && !(action->flags & LARDER_RECOVERY_WAIT))
			return larder_fail_next (error, LARDER_E_NOTREADY, next, "%s of %s%s%s is not done: the service tells '%s'", action->asked.kind, action->from, action->to ? " to " : "",
				action->to ? action->to : "", progress.message ? progress.message : "running");
		if (code == 0)
			code = larder_rest_longer (action->larder, &action->pause, INT64_MAX, error);
		if (code < 0)
			return code;
	}
}

int
recovery_start (struct recovery_action *action, struct larder_error *error)
{
	bool only = action->flags & LARDER_DRY_RUN;
	int code = start (action, error);
	action->began = clock_boot (), action->told = -1, action->pause = 0;
	if (only)
		action->token = NULL;
	if (code == 0)
		code = tell (action, only ? LARDER_RECOVERY_PLANNED : LARDER_RECOVERY_STARTED, NULL, 0, error);
	return code;
}

int
recovery_run (struct recovery_action *action, const char *next, struct larder_error *error)
{
	int code = recovery_start (action, error);
	return code < 0 || action->flags & LARDER_DRY_RUN ? code : recovery_wait (action, next, error);
}

const char *
recovery_identity (const struct config_section *at)
{
	const char *key = strcmp (config_kind (at), "backup") == 0 ? "plan" : "instance", *text = config_text (at, key);
	return text ? text : config_name (at);
}

int
recovery_ask (struct recovery_action *action, const char *kind, const char *token, const struct larder_pair *given, size_t count, struct larder_error *error)
{
	struct larder_pair *pairs = arena_alloc (action->arena, (count + 1) * sizeof *pairs);
	struct larder_pairs arguments = { pairs, 0, sizeof *pairs };
	if (!pairs || !token)
		return larder_fail_memory (error);
	for (size_t n = 0; n < count; n++)
		if (given[n].value)
			pairs[arguments.count++] = given[n];
	if (action->flags & LARDER_DRY_RUN)
		pairs[arguments.count++] = (struct larder_pair) { "try", "yes" };
	action->asked = (struct larder_action) { .size = sizeof action->asked, .kind = kind, .target = recovery_identity (action->at), .arguments = arguments, .client_token = token };
	return 0;
}

const char *
recovery_name (struct larder_arena *arena)
{
	unsigned char bytes[16];
	char text[2 * sizeof bytes + 1];
	random_bytes (bytes, sizeof bytes);
	text_hex (bytes, sizeof bytes, text);
	return arena_copy (arena, text);
}
