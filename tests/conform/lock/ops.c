/* ops.c: operations as promises use them. Each is a call of its own; what it tells is copied before its arena goes. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void
broken (struct suite *suite, const char *format, ...)
{
	if (*suite->why)
		return;
	va_list arguments;
	va_start (arguments, format);
	(void) vsnprintf (suite->why, sizeof suite->why, format, arguments);
	va_end (arguments);
	for (char *c = suite->why; *c; c++)
		if (*c == '\n')
			*c = ' ';
}

void
enter (struct suite *suite)
{
	if (suite->lock->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_lock (&suite->serial);
}

void
leave (struct suite *suite)
{
	if (suite->lock->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_unlock (&suite->serial);
}

void
wait_until (int64_t boot)
{
	for (int64_t left; (left = boot - clock_boot ()) > 0;) {
		struct timespec pause = { left / NS_PER_S, left % NS_PER_S };
		(void) nanosleep (&pause, NULL);
	}
}

void
name_of (const struct suite *suite, const char *word, char ret[TEXT_MOST])
{
	snprintf (ret, TEXT_MOST, "%s%s", suite->place, word);
}

/* A positive code is none. */
static int
answer (struct suite *suite, int code, const struct larder_error *error, const char *operation)
{
	if (code > 0 || code < LARDER_E_CANCELLED)
		broken (suite, "%s answers %d, which is no code", operation, code);
	else if (code < 0 && error->code != code)
		broken (suite, "%s answers %d, but its error says %d", operation, code, error->code);
	return code;
}

int
op_acquire (struct suite *suite, void *self, const char *word, int64_t length, const char *note, struct held *ret)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, word, name);
	call_begin (&call, false);
	enter (suite);
	int code = answer (suite, suite->lock->try_acquire (self, &call, name, length, note, &lease, &error), &error, "try_acquire");
	leave (suite);
	struct held held;
	if (code == 0) {
		copy_lease (&held, &lease);
		copy_text (held.name, name);
		remember (suite, self, &held);
		if (ret)
			*ret = held;
	}
	call_end (&call);
	return code;
}

int
op_acquire_at_last (struct suite *suite, void *self, const char *word, struct held *ret)
{
	int64_t give_up = clock_boot () + SHORT + 4 * NS_PER_S, begun;
	int code;
	do {
		wait_until (clock_boot () + NS_PER_S / 100);
		begun = clock_boot ();
		code = op_acquire (suite, self, word, LONG, "", ret);
	} while (code == LARDER_E_CONFLICT && begun < give_up);
	return code;
}

int
op_renew (struct suite *suite, void *self, const struct held *held, int64_t length, const char *note)
{
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_lease lease = { sizeof lease, held->name, held->token, held->fence, length, note };
	call_begin (&call, false);
	enter (suite);
	int code = answer (suite, suite->lock->renew (self, &call, &lease, &error), &error, "renew");
	leave (suite);
	call_end (&call);
	return code;
}

int
op_release (struct suite *suite, void *self, const struct held *held)
{
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_lease lease = { sizeof lease, held->name, held->token, held->fence, LONG, NULL };
	call_begin (&call, false);
	enter (suite);
	int code = answer (suite, suite->lock->release (self, &call, &lease, &error), &error, "release");
	leave (suite);
	call_end (&call);
	return code;
}

int
op_holder (struct suite *suite, void *self, const char *word, struct held *ret)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, word, name);
	call_begin (&call, false);
	enter (suite);
	int code = answer (suite, suite->lock->holder (self, &call, name, &lease, &error), &error, "holder");
	leave (suite);
	if (code == 0)
		copy_lease (ret, &lease);
	call_end (&call);
	return code;
}

struct taken { struct taken *next; const void *self; struct held held; };

void
remember (struct suite *suite, const void *self, const struct held *held)
{
	struct taken *taken = suite->keeps_none ? NULL : calloc (1, sizeof *taken);
	if (!taken)
		return;
	*taken = (struct taken) { suite->taken, self, *held };
	suite->taken = taken;
}

void
remember_lease (struct suite *suite, const void *self, const struct larder_lease *lease)
{
	struct held held;
	copy_lease (&held, lease);
	remember (suite, self, &held);
}

/* By the instance that took it, as far as it is open. */
void
tidy (struct suite *suite)
{
	for (struct taken *next, *taken = suite->taken; taken; taken = next) {
		next = taken->next;
		if (suite->self)
			(void) op_release (suite, taken->self == suite->other ? suite->other : suite->self, &taken->held);
		free (taken);
	}
	suite->taken = NULL;
}
