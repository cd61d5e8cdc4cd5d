/* probe.c: what a doctor tries on a store: the driver's own probe, on a prefix that nobody else uses. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "objects.h"
#include "random.h"
#include "text.h"

#define CLEAN_SECONDS 15         /* for removing what was made, from the moment when that begins */

struct probing {
	struct larder_store *store;
	larder_checked_fn checked;
	larder_advised_fn advised;
	void *context;
	struct larder_call clean;
	int stopped;                 /* code of the caller's functions */
};

/* Also after a cancel: what was made must go. */
static struct larder_call *
begin_clean (void *context)
{
	static const struct itimerspec seconds = { .it_value = { .tv_sec = CLEAN_SECONDS } };
	struct probing *probing = context;
	(void) timerfd_settime (probing->clean.cancel_fd, 0, &seconds, NULL);
	return &probing->clean;
}

static int
on_finding (void *context, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	struct probing *probing = context;
	const struct larder_checked checked = {
		.size = sizeof checked, .backend = probing->store->backend_name, .store = store_name (probing->store), .verdict = verdict, .what = what,
		.detail = detail ? detail : "", .next = next && *next ? next : NULL,
	};
	return probing->stopped = probing->checked (probing->context, &checked);
}

static bool
is_line (const char *text)
{
	return text && *text && !strpbrk (text, "\r\n");
}

static int
on_advice (void *context, const char *key, const char *value)
{
	struct probing *probing = context;
	const struct module *module = probing->store->instance->module;
	const struct larder_advice advice = {
		.size = sizeof advice, .backend = probing->store->backend_name, .driver = module->driver->name, .key = key, .value = value,
	};
	if (!is_line (key) || !is_line (value))
		return probing->stopped = LARDER_E_INVALID;
	return probing->stopped = probing->advised (probing->context, &advice);
}

/* ".larder-probe/20261128T030405Z-0123456789abcdef/" */
static const char *
scratch_prefix (struct larder_arena *arena)
{
	char time[32], hex[17];
	unsigned char chance[8];
	random_bytes (chance, sizeof chance);
	text_hex (chance, sizeof chance, hex);
	text_from_time (clock_wall (), time);
	size_t kept = 0;
	for (const char *at = time; *at; at++)
		if (*at != '-' && *at != ':')
			time[kept++] = *at;
	time[kept] = '\0';
	return arena_printf (arena, ".larder-probe/%s-%s/", time, hex);
}

static int
probe (struct probing *probing, struct larder_arena *arena, struct larder_error *error)
{
	struct larder_store *store = probing->store;
	struct larder_call call = larder_call_begin (store->larder, arena);
	struct larder_error why = LARDER_ERROR_INIT;
	const struct larder_probe request = {
		.size = sizeof request, .bucket = store->bucket, .prefix = scratch_prefix (arena), .clean = begin_clean, .context = probing,
	};
	if (!request.prefix)
		return larder_fail_memory (error);
	instance_enter (store->instance);
	int code = store->driver->probe (store->instance->self, &call, &request, on_finding, on_advice, probing, &why);
	instance_leave (store->instance);
	if (code == LARDER_E_INVALID && probing->stopped == code)
		return larder_fail (error, code, "driver '%s' gives advice that is no line of a section", store->driver->name);
	if (probing->stopped == LARDER_E_CANCELLED)
		return larder_fail_cancelled (error);
	if (code != 0 && error)
		larder_give (error, &why);
	return code;
}

int
larder_probe_store (struct larder *larder, const char *name, larder_checked_fn checked, larder_advised_fn advised, void *context, struct larder_error *error)
{
	struct larder_store *store = NULL;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (!arena || timer < 0)
		return arena ? larder_fail_errno (error, errno, "cannot make a timer") : larder_fail_memory (error);
	int code = larder_store_open (larder, name, &store, error);
	struct probing probing = {
		.store = store, .checked = checked, .advised = advised, .context = context, .clean = { .arena = arena, .cancel_fd = timer },
	};
	if (code == 0 && larder->settings.flags & LARDER_READ_ONLY)
		code = object_fail_read_only (store, error);
	if (code == 0 && !store->driver->probe)
		code = larder_fail_next (error, LARDER_E_UNSUPPORTED, "what it can do is known: larder module info shows it",
		                         "there is nothing to probe in store '%s': its driver '%s' speaks to no server", name, store->driver->name);
	if (code == 0)
		code = probe (&probing, arena, error);
	larder_store_close (store);
	return code;
}
