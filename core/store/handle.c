/* handle.c: opening, cancelling and closing a handle; its configuration for others to read. */
#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"

/* A set-uid program must not load what its caller's environment names. */
static const char *
module_folder (const struct larder_settings *settings)
{
	if (settings->module_dir)
		return settings->module_dir;
	const char *given = secure_getenv ("LARDER_MODULE_DIR");
	return given && *given ? given : LARDER_MODULE_FOLDER;
}

/* A problem of a file as a finding; it has no section yet. */
static void
tell_problem (void *context, const struct larder_error *error)
{
	const struct larder_settings *settings = context;
	struct larder_finding found = {
		.size = sizeof found, .code = error->code, .text = error->message, .next = *error->next ? error->next : NULL,
		.file = *error->file ? error->file : NULL, .line = error->line,
	};
	settings->problem (settings->problem_context, &found);
}

static int
begin_deadline (struct larder *larder, int64_t deadline, struct larder_error *error)
{
	larder->end = clock_boot () + deadline;
	const struct itimerspec at = { .it_value = { .tv_sec = larder->end / NS_PER_S, .tv_nsec = larder->end % NS_PER_S } };
	struct epoll_event readable = { .events = EPOLLIN };
	larder->timer_fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
	larder->either_fd = epoll_create1 (EPOLL_CLOEXEC);
	if (larder->timer_fd < 0 || larder->either_fd < 0 || timerfd_settime (larder->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0
	    || epoll_ctl (larder->either_fd, EPOLL_CTL_ADD, larder->timer_fd, &readable) < 0
	    || epoll_ctl (larder->either_fd, EPOLL_CTL_ADD, larder->cancel_fd, &readable) < 0)
		return larder_fail_errno (error, errno, "cannot watch the deadline");
	return 0;
}

static int
load_config (struct larder *larder, struct larder_error *error)
{
	struct larder_settings *settings = &larder->settings;
	if (settings->flags & LARDER_NO_CONFIG)
		return 0;
	struct config_request request = {
		settings->config, settings->profile, settings->larder_keys, settings->problem ? tell_problem : NULL, settings,
	};
	int code = config_load (&request, &larder->config, error);
	if (code < 0)
		return code;
	const struct config_section *section = config_next (larder->config, "larder", NULL);
	const struct schema_larder *schema = section ? config_struct (section) : NULL;
	if (!schema)
		return 0;
	if (schema->clock_offset)
		module_host_store_offset (schema->clock_offset);
	larder->pace.bandwidth = schema->bandwidth;
	larder->pace.requests = (uint64_t) schema->requests;
	return schema->deadline > 0 ? begin_deadline (larder, schema->deadline, error) : 0;
}

/* Readable from its cancel on, or its deadline, or what it is a part of. */
static int
watched (const struct larder *larder)
{
	return larder->either_fd >= 0 ? larder->either_fd : larder->cancel_fd;
}

int
larder_open (const struct larder_settings *settings, struct larder **ret, struct larder_error *error)
{
	struct larder *larder = calloc (1, sizeof *larder);
	if (!larder)
		return larder_fail_memory (error);
	larder->settings.size = sizeof larder->settings;
	larder_give (&larder->settings, settings);
	if (larder->settings.flags & LARDER_REPLICA)
		larder->settings.flags |= LARDER_READ_ONLY;
	const char *state = larder->settings.state, *backend = larder->settings.backend;
	larder->settings.state = state ? strdup (state) : NULL;
	larder->settings.backend = backend ? strdup (backend) : NULL;
	larder->cancel_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
	larder->timer_fd = larder->either_fd = -1;
	pthread_mutex_init (&larder->mutex, NULL);
	pthread_mutex_init (&larder->pace.mutex, NULL);
	int code = larder->cancel_fd < 0 ? larder_fail_errno (error, errno, "cannot make an event descriptor") : 0;
	if ((state && !larder->settings.state) || (backend && !larder->settings.backend))
		code = larder_fail_memory (error);
	if (code == 0)
		code = registry_open (module_folder (&larder->settings), &larder->registry, error);
	if (code == 0 && larder->settings.log)
		module_host_log_to (larder->settings.log, larder->settings.log_context, larder->settings.log_level);
	if (code == 0)
		code = load_config (larder, error);
	if (code < 0) {
		larder_close (larder);
		return code;
	}
	*ret = larder;
	return 0;
}

void
larder_close (struct larder *larder)
{
	if (!larder)
		return;
	for (struct replica *replica = larder->replicas, *next; replica; replica = next) {
		next = replica->next;
		free (replica);
	}
	for (struct backend *backend = larder->backends, *next; backend; backend = next) {
		next = backend->next;
		instance_free (backend->instance);
		arena_free (backend->arena);
		free (backend);
	}
	if (larder->settings.log)
		module_host_log_stop (larder->settings.log_context);
	registry_close (larder->registry);
	config_free (larder->config);
	pthread_mutex_destroy (&larder->mutex);
	pthread_mutex_destroy (&larder->pace.mutex);
	cleanup_close_at (&larder->cancel_fd);
	cleanup_close_at (&larder->timer_fd);
	cleanup_close_at (&larder->either_fd);
	free ((char *) larder->settings.state);
	free ((char *) larder->settings.backend);
	free (larder);
}

int
larder_part_open (struct larder *of, struct larder **ret, struct larder_error *error)
{
	struct epoll_event readable = { .events = EPOLLIN };
	struct larder *part = calloc (1, sizeof *part);
	if (!part)
		return larder_fail_memory (error);
	part->of = of;
	part->settings = of->settings;
	part->registry = of->registry;
	part->config = of->config;
	part->end = of->end;
	part->timer_fd = -1;
	part->cancel_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
	part->either_fd = epoll_create1 (EPOLL_CLOEXEC);
	if (part->cancel_fd < 0 || part->either_fd < 0 || epoll_ctl (part->either_fd, EPOLL_CTL_ADD, part->cancel_fd, &readable) < 0
	    || epoll_ctl (part->either_fd, EPOLL_CTL_ADD, watched (of), &readable) < 0) {
		int errnum = errno;
		larder_part_close (part);
		return larder_fail_errno (error, errnum, "cannot make an event descriptor");
	}
	*ret = part;
	return 0;
}

void
larder_part_close (struct larder *part)
{
	if (!part)
		return;
	cleanup_close_at (&part->cancel_fd);
	cleanup_close_at (&part->either_fd);
	free (part);
}

void
larder_cancel (struct larder *larder)
{
	const uint64_t one = 1;
	int errnum = errno;
	larder->cancelled = 1;
	ssize_t written = write (larder->cancel_fd, &one, sizeof one);
	(void) written;   /* full means it is readable already */
	errno = errnum;
}

void
larder_uncancel (struct larder *larder)
{
	uint64_t count;
	ssize_t got = read (larder->cancel_fd, &count, sizeof count);
	(void) got;       /* nothing to read means it was not cancelled */
	larder->cancelled = 0;
}

const char *
larder_profile (const struct larder *larder)
{
	return larder->config ? config_profile (larder->config) : "";
}

const char *
larder_config_path (const struct larder *larder)
{
	return larder->config ? config_path (larder->config) : "";
}

struct registry *larder_registry (struct larder *larder) { return larder->registry; }
const struct config *larder_configuration (struct larder *larder) { return larder->config; }
bool larder_is_late (const struct larder *larder) { return !larder->cancelled && larder->end && clock_boot () >= larder->end; }
bool larder_is_cancelled (const struct larder *larder) { return larder->cancelled || (larder->of && larder->of->cancelled) || larder_is_late (larder); }

int
larder_fail_cancelled (struct larder_error *error)
{
	return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
}

/* No shorter than asked: a time that is nearly up would be looked at all the while. */
int
larder_rest (struct larder *larder, int64_t ns, struct larder_error *error)
{
	struct pollfd cancel = { .fd = larder_call_begin (larder, NULL).cancel_fd, .events = POLLIN };
	(void) poll (&cancel, 1, (int) ((ns + NS_PER_S / 1000 - 1) / (NS_PER_S / 1000)));
	return larder_is_cancelled (larder) ? larder_fail_cancelled (error) : 0;
}

int
larder_rest_longer (struct larder *larder, int64_t *pause, int64_t left, struct larder_error *error)
{
	const int64_t least = NS_PER_S / 10, most = 5 * NS_PER_S, now = *pause ? *pause : least;
	*pause = now < most ? now * 2 : now;
	return larder_rest (larder, left < now ? left : now, error);
}

int
larder_late (const struct larder *larder, int code, struct larder_error *error)
{
	if (code != LARDER_E_CANCELLED || !larder || !larder_is_late (larder))
		return code;
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, "run it again: what is done stays done, and large ones go on where they were; or give it longer",
		"stopped: the deadline passed; what was not reported was not done");
}

const char *larder_state (const struct larder *larder) { return larder->settings.state; }

void
larder_tell_no_journal (struct larder *larder)
{
	const char *state = larder->settings.state;
	if (state && !__atomic_exchange_n (&larder_whole (larder)->journal_told, true, __ATOMIC_RELAXED))
		module_host.log (LARDER_LOG_WARN, "no journal can be kept in '%s': a large transfer that is killed begins anew, and 'larder transfer gc' does not know "
		                 "what it left; --state names another folder", state);
}

const struct schema_larder *
larder_settings_of (const struct larder *larder)
{
	const struct config_section *section = larder->config ? config_next (larder->config, "larder", NULL) : NULL;
	return section ? config_struct (section) : NULL;
}

uint64_t
larder_memory_of (const struct larder *larder)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	return settings && settings->memory ? settings->memory : UINT64_C (256) << 20;
}

struct larder_call
larder_call_begin (struct larder *larder, struct larder_arena *arena)
{
	return (struct larder_call) {
		.arena = arena, .cancel_fd = watched (larder), .cancelled = &larder->cancelled, .all_cancelled = larder->of ? &larder->of->cancelled : NULL, .end = larder->end,
		.pace = &larder_whole (larder)->pace,
	};
}

int
larder_call_last (struct larder *larder, struct larder_arena *arena, int *ret_timer, struct larder_call *ret, struct larder_error *error)
{
	static const struct itimerspec second = { .it_value = { .tv_sec = 1 } };
	*ret_timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (*ret_timer < 0 || timerfd_settime (*ret_timer, 0, &second, NULL) < 0)
		return larder_fail_memory (error);
	*ret = (struct larder_call) { .arena = arena, .cancel_fd = *ret_timer, .pace = &larder_whole (larder)->pace, .urgent = true };
	return 0;
}

struct larder_arena *larder_arena_new (void) { return arena_new (); }
void larder_arena_clear (struct larder_arena *arena) { arena_clear (arena); }
void larder_arena_free (struct larder_arena *arena) { arena_free (arena); }
