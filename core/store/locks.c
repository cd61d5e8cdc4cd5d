/* locks.c: the provider of a [lock] section: its instance, and what is checked before and after each operation. */
#include "handle.h"
#include "locks.h"
#include "lock-store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

struct lock {
	struct larder *larder;
	const char *section;
	struct instance *instance;
	const struct larder_lock *provider;
	struct larder_store *store;      /* of a provider that needs one */
	struct larder_lock_store access;
	struct larder_arena *arena;      /* what the instance was told at its opening */
};

/* No lease runs out behind the requests of a transfer. */
static struct larder_call
lock_call (const struct lock *lock, struct larder_arena *arena)
{
	struct larder_call call = larder_call_begin (lock->larder, arena);
	call.urgent = true;
	return call;
}

static int
begin (struct lock *lock, const struct config_section *section, struct larder_error *error)
{
	int code = backend_make (lock->larder, section, &lock->instance, error);
	if (code < 0)
		return code;
	lock->provider = lock->instance->module->lock;
	if (lock->provider->needs_store)
		code = lock_store_open (lock->larder, section, &lock->store, &lock->access, error);
	if (code < 0)
		return code;
	const struct larder_lock_open request = { .size = sizeof request, .name = lock->section, .store = lock->store ? &lock->access : NULL };
	struct larder_call call = lock_call (lock, lock->arena);
	return instance_open (lock->instance, &call, &request, error);
}

int
lock_open (struct larder *larder, const char *name, struct lock **ret, struct larder_error *error)
{
	const struct config_section *section;
	if (!larder->config)
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration, so no locks");
	int code = config_find (larder->config, "lock", name, &section, error);
	if (code < 0)
		return code;
	struct lock *lock = calloc (1, sizeof *lock);
	if (!lock || !(lock->arena = arena_new ())) {
		free (lock);
		return larder_fail_memory (error);
	}
	lock->larder = larder;
	lock->section = config_name (section);
	code = begin (lock, section, error);
	if (code < 0) {
		lock_close (lock);
		return code;
	}
	*ret = lock;
	return 0;
}

void
lock_close (struct lock *lock)
{
	if (!lock)
		return;
	instance_free (lock->instance);
	larder_store_close (lock->store);
	arena_free (lock->arena);
	free (lock);
}

static int
check_start (const struct lock *lock, const char *name, struct larder_error *error)
{
	if (larder_is_cancelled (lock->larder))
		return larder_fail_cancelled (error);
	return *name ? 0 : larder_fail (error, LARDER_E_INVALID, "a lock of [lock \"%s\"] has no name", lock->section);
}

static int
check_lease (const struct lock *lock, const char *name, int64_t length, struct larder_error *error)
{
	int code = check_start (lock, name, error);
	return code < 0 || length > 0 ? code : larder_fail_next (error, LARDER_E_INVALID, "a lease of minutes is usual", "the lease of lock '%s' would end before it begins", name);
}

/* A module that answers nonsense is not believed. */
static int
fail_answer (const struct lock *lock, const char *name, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_UNAVAILABLE, "lock provider '%s' says that '%s' is held, but not how", lock->instance->module->name, name);
}

/* What the provider told, under the name that was asked for; its texts are in the arena. */
static int
give (struct larder_arena *arena, const char *name, struct larder_lease *lease, struct larder_lease *ret, struct larder_error *error)
{
	lease->name = arena_copy (arena, name);
	if (!lease->name)
		return larder_fail_memory (error);
	larder_give (ret, lease);
	return 0;
}

int
lock_try (struct lock *lock, struct larder_arena *arena, const char *name, int64_t length, const char *note, struct larder_lease *ret,
          struct larder_error *error)
{
	int code = check_lease (lock, name, length, error);
	if (code < 0)
		return code;
	struct larder_lease lease = { .size = sizeof lease };
	struct larder_call call = lock_call (lock, arena);
	instance_enter (lock->instance);
	code = lock->provider->try_acquire (lock->instance->self, &call, name, length, note, &lease, error);
	instance_leave (lock->instance);
	if (code == 0 && (!lease.token || !*lease.token || !lease.fence || lease.length <= 0 || lease.length > length))
		code = fail_answer (lock, name, error);
	return code < 0 ? code : give (arena, name, &lease, ret, error);
}

int
lock_renew (struct lock *lock, struct larder_arena *arena, const struct larder_lease *lease, struct larder_error *error)
{
	int code = check_lease (lock, lease->name, lease->length, error);
	if (code < 0)
		return code;
	struct larder_call call = lock_call (lock, arena);
	instance_enter (lock->instance);
	code = lock->provider->renew (lock->instance->self, &call, lease, error);
	instance_leave (lock->instance);
	return code;
}

int
lock_release (struct lock *lock, struct larder_arena *arena, const struct larder_lease *lease, struct larder_error *error)
{
	static const struct itimerspec second = { .it_value = { .tv_sec = 1 } };
	CLEANUP_CLOSE int timer = larder_is_cancelled (lock->larder) ? timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC) : -1;
	struct larder_call call = lock_call (lock, arena);
	if (timer >= 0 && timerfd_settime (timer, 0, &second, NULL) == 0)
		call = (struct larder_call) { .arena = arena, .cancel_fd = timer, .pace = call.pace, .urgent = true };
	instance_enter (lock->instance);
	int code = lock->provider->release (lock->instance->self, &call, lease, error);
	instance_leave (lock->instance);
	return code;
}

int
lock_holder (struct lock *lock, struct larder_arena *arena, const char *name, struct larder_lease *ret, struct larder_error *error)
{
	int code = check_start (lock, name, error);
	if (code < 0)
		return code;
	struct larder_lease lease = { .size = sizeof lease };
	struct larder_call call = lock_call (lock, arena);
	instance_enter (lock->instance);
	code = lock->provider->holder (lock->instance->self, &call, name, &lease, error);
	instance_leave (lock->instance);
	return code < 0 ? code : give (arena, name, &lease, ret, error);
}
