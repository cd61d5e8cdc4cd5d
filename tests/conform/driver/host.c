/* host.c: the host that the suite offers to a driver, and loading the driver into it. */
#include "suite.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "text.h"

/* ---- memory ---- */

struct block { struct block *next; size_t count; _Alignas (16) unsigned char at[]; };

static void *
host_alloc (size_t count)
{
	return calloc (1, count ? count : 1);
}

static void *
host_arena (struct larder_call *call, size_t count)
{
	struct block *block = calloc (1, sizeof *block + count + 1);
	if (!block)
		return NULL;
	block->count = count;
	block->next = call->blocks;
	call->blocks = block;
	return block->at;
}

void
call_begin (struct larder_call *call)
{
	*call = (struct larder_call) { .cancel_fd = -1 };
}

void
call_end (struct larder_call *call)
{
	for (struct block *next, *block = call->blocks; block; block = next) {
		next = block->next;
		memset (block->at, 0xa5, block->count);
		free (block);
	}
	if (call->cancel_fd >= 0)
		close (call->cancel_fd);
	*call = (struct larder_call) { .cancel_fd = -1 };
}

/* ---- talk ---- */

static int
host_vfail (struct larder_error *error, int code, const char *format, va_list arguments)
{
	if (error) {
		size_t size = error->size;
		*error = (struct larder_error) { .size = size, .code = code };
		vsnprintf (error->message, sizeof error->message, format, arguments);
	}
	return code;
}

static void
host_explain (struct larder_error *error, int detail, const char *text)
{
	if (!error)
		return;
	char *to = detail == LARDER_DETAIL_NEXT ? error->next : detail == LARDER_DETAIL_PROVIDER ? error->provider
	           : detail == LARDER_DETAIL_REQUEST ? error->request : error->file;
	size_t room = detail == LARDER_DETAIL_PROVIDER ? sizeof error->provider : detail == LARDER_DETAIL_REQUEST ? sizeof error->request : 256;
	snprintf (to, room, "%s", text);
}

static void
host_log (int level, const char *format, ...)
{
	(void) level;
	(void) format;
}

static const char *
host_option (const void *self, const char *key)
{
	(void) self;
	(void) key;
	return NULL;
}

static int host_cancel_fd (struct larder_call *call) { return call->cancel_fd; }
static bool host_cancelled (struct larder_call *call) { return __atomic_load_n (&call->cancelled, __ATOMIC_ACQUIRE); }
static void host_progress (struct larder_call *call, uint64_t bytes) { (void) call; (void) bytes; }

/* One object for each key, as core keeps them; create may share others. */
enum { SHARED_MOST = 16 };
static struct shared { char key[256]; void *object; void (*destroy) (void *object); unsigned users; } shared[SHARED_MOST];
static pthread_mutex_t shared_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static struct shared *
shared_find (const char *key)
{
	struct shared *spare = NULL;
	for (size_t i = 0; i < SHARED_MOST; i++) {
		if (shared[i].users && strcmp (shared[i].key, key) == 0)
			return &shared[i];
		if (!shared[i].users)
			spare = &shared[i];
	}
	return spare;
}

static int
host_share (const char *key, int (*create) (void *argument, void **ret_object, struct larder_error *error),
            void (*destroy) (void *object), void *argument, void **ret_object, struct larder_error *error)
{
	int code = 0;
	pthread_mutex_lock (&shared_mutex);
	struct shared *found = strlen (key) < sizeof shared->key ? shared_find (key) : NULL;
	if (!found)
		code = larder_fail (error, LARDER_E_LIMIT, "no room to share '%.100s'", key);
	else if (found->users++ == 0) {
		snprintf (found->key, sizeof found->key, "%s", key);
		found->destroy = destroy;
		code = create (argument, &found->object, error);
	}
	if (code == 0)
		*ret_object = found->object;
	else if (found)
		found->users--;
	pthread_mutex_unlock (&shared_mutex);
	return code;
}

static void
host_unshare (const char *key)
{
	pthread_mutex_lock (&shared_mutex);
	struct shared *found = shared_find (key);
	if (found && found->users && --found->users == 0 && found->destroy)
		found->destroy (found->object);
	pthread_mutex_unlock (&shared_mutex);
}

const struct larder_host fake_host = {
	.size = sizeof fake_host, .api = LARDER_API_CURRENT, .alloc = host_alloc, .free = free, .arena = host_arena,
	.vfail = host_vfail, .explain = host_explain, .log = host_log, .option = host_option, .cancel_fd = host_cancel_fd,
	.cancelled = host_cancelled, .progress = host_progress, .wall = clock_wall, .boot = clock_boot, .store_now = clock_wall,
	.share = host_share, .unshare = host_unshare,
};

/* ---- options ---- */

static int
set_enum (const char *values, const char *text, uint32_t *ret)
{
	size_t length = strlen (text);
	for (*ret = 0; values; ++*ret) {
		size_t count = strcspn (values, "|");
		if (count == length && memcmp (values, text, count) == 0)
			return 0;
		values = values[count] ? values + count + 1 : NULL;
	}
	return -1;
}

static int
read_option (const struct larder_option *option, void *self, const char *text)
{
	void *at = (char *) self + option->at;
	switch (option->type) {
	case LARDER_STRING: case LARDER_PATH: case LARDER_SECRET: *(const char **) at = text; return 0;
	case LARDER_BOOL: return text_bool (text, at);
	case LARDER_INT: return text_int (text, at);
	case LARDER_SIZE: return text_size (text, at);
	case LARDER_RATE: return text_rate (text, at);
	case LARDER_DURATION: return text_duration (text, at);
	case LARDER_ENUM: return set_enum (option->values, text, at);
	default: return -1;             /* a LIST: not needed by a suite so far */
	}
}

static bool
is_in_range (const struct larder_option *option, const void *self)
{
	const void *at = (const char *) self + option->at;
	if (option->min >= option->max)
		return true;
	switch (option->type) {
	case LARDER_INT: case LARDER_DURATION:
		return *(const int64_t *) at >= option->min && *(const int64_t *) at <= option->max;
	case LARDER_SIZE: case LARDER_RATE:
		return *(const uint64_t *) at >= (uint64_t) option->min && *(const uint64_t *) at <= (uint64_t) option->max;
	default:
		return true;
	}
}

static int
set_option (const struct larder_option *option, void *self, const char *text)
{
	return read_option (option, self, text) == 0 && is_in_range (option, self) ? 0 : -1;
}

static const struct larder_option *
option_at (const struct larder_driver *driver, size_t i)
{
	const struct larder_option *option = (const void *) ((const char *) driver->options + i * driver->head.option_stride);
	return driver->options && option->key ? option : NULL;
}

/* Core opens no instance that lacks one of these: a driver may rely on them. */
static int
check_required (const struct larder_driver *driver, char **given, int count)
{
	const struct larder_option *option;
	for (size_t at = 0; (option = option_at (driver, at)); at++) {
		size_t length = strlen (option->key);
		bool there = !(option->flags & LARDER_REQUIRED);
		for (int i = 0; i < count && !there; i++)
			there = strncmp (given[i], option->key, length) == 0 && given[i][length] == '=';
		if (!there)
			return fprintf (stderr, "option '%s' of driver '%s' is missing: add %s=…\n", option->key, driver->name, option->key), -1;
	}
	return 0;
}

static int
fill_options (const struct larder_driver *driver, void *self, char **given, int count)
{
	const struct larder_option *option;
	for (size_t i = 0; (option = option_at (driver, i)); i++)
		if (option->def && set_option (option, self, option->def) < 0)
			return fprintf (stderr, "the default of option '%s' is not a value of its type\n", option->key), -1;
	for (int i = 0; i < count; i++) {
		if (strncmp (given[i], "server=", 7) == 0)             /* core's, for every driver */
			continue;
		const char *equals = strchr (given[i], '=');
		size_t length = equals ? (size_t) (equals - given[i]) : 0;
		size_t at = 0;
		while ((option = option_at (driver, at)) && (strlen (option->key) != length || memcmp (option->key, given[i], length) != 0))
			at++;
		if (!equals || !option || set_option (option, self, equals + 1) < 0)
			return fprintf (stderr, "'%s' is not an option of driver '%s' with a value\n", given[i], driver->name), -1;
	}
	return check_required (driver, given, count);
}

/* ---- loading ---- */

/* A module may be older and its table shorter: what it lacks is NULL. */
static const struct larder_driver *
copy_table (const struct larder_head *head)
{
	struct larder_driver *copy = calloc (1, sizeof *copy);
	if (copy)
		memcpy (copy, head, head->size < sizeof *copy ? head->size : sizeof *copy);
	return copy;
}

static int
load (const char *path, const struct larder_driver **ret)
{
	char full[4096];
	snprintf (full, sizeof full, "%s%s", strchr (path, '/') ? "" : "./", path);
	void *library = dlopen (full, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fprintf (stderr, "%s\n", dlerror ()), -1;
	const struct larder_head *(*entry) (const struct larder_host *);
	*(void **) &entry = dlsym (library, LARDER_MODULE_ENTRY);
	const struct larder_head *head = entry ? entry (&fake_host) : NULL;
	if (!head || head->kind != LARDER_KIND_DRIVER || head->api > LARDER_API_CURRENT)
		return fprintf (stderr, "'%s' is not a driver of contract %d\n", path, LARDER_API_CURRENT), -1;
	*ret = copy_table (head);
	return *ret ? 0 : -1;
}

static void
forget (struct suite *suite)
{
	free (suite->self);
	free ((void *) (size_t) suite->driver);
	suite->self = NULL;
	suite->driver = NULL;
}

int
suite_load (struct suite *suite, const char *path, char **options, int count)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_open request = { .size = sizeof request, .name = "conformance", .read_only = suite->read_only };
	for (int i = 0; i < count; i++)
		if (strncmp (options[i], "server=", 7) == 0)
			request.server = options[i] + 7;
	if (load (path, &suite->driver) < 0)
		return -1;
	const struct larder_driver *driver = suite->driver;
	if (!driver->open || !driver->stat || !driver->read || !driver->write || !driver->remove || !driver->list)
		return fprintf (stderr, "driver '%s' lacks a required operation\n", driver->name), -1;
	suite->self = calloc (1, driver->self_size + 1);
	if (!suite->self || fill_options (driver, suite->self, options, count) < 0) {
		forget (suite);
		return -1;
	}
	struct larder_call call;
	call_begin (&call);
	int code = driver->open (suite->self, &call, &request, &error);
	if (code == 0) {
		suite->caps = driver->caps_all;
		uint64_t caps = suite->caps;
		if (driver->caps)
			code = driver->caps (suite->self, &call, &caps, &error);
		suite->caps &= caps;
	}
	call_end (&call);
	if (code == 0)
		return 0;
	fprintf (stderr, "%s: %s\n", driver->name, error.message);
	forget (suite);
	return -1;
}

void
suite_unload (struct suite *suite)
{
	if (suite->driver->close)
		suite->driver->close (suite->self);
	forget (suite);
}
