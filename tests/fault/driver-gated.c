/* driver-gated.c: another driver behind a gate, so that a test decides which process goes on, and where one dies.
 *
 * Before every operation it sends one line over the descriptor LARDER_GATE and waits for one byte:
 *   g  go on
 *   k  be killed before the operation
 *   m  be killed while the bytes of a write are read (other operations: before)
 *   f  fail a write for want of space
 *   a  be killed after the operation, before its result is known
 * Without LARDER_GATE it is the other driver, plainly. */
#define LARDER_API_VERSION 0
#include <larder/driver.h>
#include "inner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A test's module: the table of the other driver cannot be known before the entry is called. */
static struct larder_driver inner, gated;
static const struct larder_host *core;

static void
die (void)
{
	raise (SIGKILL);
}

/* One line out, one byte in; the test that drives closes its end when it is through, which is a kill as well. */
static char
ask (const char *what, const char *key)
{
	const char *gate = getenv ("LARDER_GATE");
	char line[1200], answer = 'k';
	if (!gate)
		return 'g';
	int fd = (int) strtol (gate, NULL, 10);
	int length = snprintf (line, sizeof line, "%s %s\n", what, key);
	if (write (fd, line, (size_t) length) != length || read (fd, &answer, 1) != 1)
		answer = 'k';
	if (answer == 'k')
		die ();
	return answer;
}

static int
leave (char answer, int code)
{
	if (answer == 'a')
		die ();
	return code;
}

static int
gated_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)
{
	char answer = ask ("stat", object->key);
	return leave (answer, inner.stat (self, call, object, ret_info, error));
}

static int
gated_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	char answer = ask ("read", request->object.key);
	return leave (answer, inner.read (self, call, request, sink, error));
}

static int LARDER_PRINTF (2, 3)
fail_full (struct larder_error *error, const char *format, ...)
{
	va_list arguments;
	va_start (arguments, format);
	int code = core->vfail (error, LARDER_E_NOSPACE, format, arguments);
	va_end (arguments);
	return code;
}

static int64_t
deadly_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) context, (void) into, (void) count, (void) offset, (void) error;
	die ();
	return -1;
}

static int64_t
deadly_read (void *context, void *into, size_t count, struct larder_error *error)
{
	return deadly_pread (context, into, count, 0, error);
}

static int
gated_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
             struct larder_info *ret_info, struct larder_error *error)
{
	char answer = ask ("write", request->key);
	struct larder_source deadly = *source;
	if (answer == 'f')
		return fail_full (error, "no space left for '%s'", request->key);
	if (answer == 'm') {
		deadly.pread = source->pread ? deadly_pread : NULL;
		deadly.read = source->read ? deadly_read : NULL;
	}
	return leave (answer, inner.write (self, call, request, &deadly, ret_info, error));
}

static int
gated_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
              larder_removed_fn removed, void *context, struct larder_error *error)
{
	char answer = ask ("remove", items->key);
	return leave (answer, inner.remove (self, call, bucket, items, count, stride, removed, context, error));
}

static int
gated_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
            struct larder_page *ret_page, struct larder_error *error)
{
	char answer = ask ("list", request->prefix);
	return leave (answer, inner.list (self, call, request, item, context, ret_page, error));
}

LARDER_EXPORT const struct larder_head *
larder_module_entry (const struct larder_host *host)
{
	if (!inner_load (host, &inner))
		return NULL;
	core = host;
	gated = inner;
	gated.name = "gated";
	if (getenv ("LARDER_UNDECIDED"))        /* a store that looks at no condition */
		gated.caps_all &= ~(uint64_t) (LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_REMOVE_IF_MATCH | LARDER_CAP_COPY_CREATE_ONLY);
	gated.stat = gated_stat;
	gated.read = gated_read;
	gated.write = gated_write;
	gated.remove = gated_remove;
	gated.list = gated_list;
	return &gated.head;
}
