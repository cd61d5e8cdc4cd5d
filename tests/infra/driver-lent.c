#define LARDER_API_VERSION 0
/* driver-lent.c: a driver that holds nothing and tells how a cluster would mount it, for tests of what core writes around that. */
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

struct lent { const char *handle, *policy; bool refuses; };

static const struct larder_option options[] = {
	{ .key = "handle", .type = LARDER_STRING, .at = offsetof (struct lent, handle), .help = "what the service calls it" },
	{ .key = "refuses", .type = LARDER_BOOL, .at = offsetof (struct lent, refuses), .help = "knows no volume" },
	{ .key = "policy", .type = LARDER_STRING, .at = offsetof (struct lent, policy), .help = "what a role must be allowed, to the letter" },
	{ 0 }
};

static int
lent_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) request;
	(void) error;
	return 0;
}

static void
lent_close (void *self)
{
	(void) self;
}

/* Every line that it is told, as an attribute, so that a test sees them. */
static int
lent_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	const struct lent *lent = self;
	char text[2000];
	(void) call;
	if (strcmp (request->format, "kubernetes") != 0 || lent->refuses)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "not as '%s'", request->format);
	if (strcmp (request->type, "environment") == 0)
		snprintf (text, sizeof text, "- name: \"LENT_REGION\"\n  value: \"%s\"\n", lent->handle);
	else
		snprintf (text, sizeof text, "csi:\n  driver: \"lent.example\"\n  volumeHandle: \"%s\"\n  volumeAttributes:\n", lent->handle);
	int code = sink->write (sink->context, text, strlen (text), error);
	struct larder_line line = { .size = sizeof line };
	while (code == 0 && (code = request->desired->next (request->desired->context, &line, error)) == 1) {
		snprintf (text, sizeof text, "    %s: \"%s\"\n", line.path, line.value);
		code = sink->write (sink->context, text, strlen (text), error);
	}
	return code;
}

static int
lent_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	const struct lent *lent = self;
	(void) call;
	(void) request;
	*ret_most = 40;
	return lent->policy ? sink->write (sink->context, lent->policy, strlen (lent->policy), error) : 0;
}

static int
lent_look (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
           struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) resource;
	(void) line;
	(void) context;
	*ret_state = LARDER_RESOURCE_ABSENT;
	return larder_fail (error, LARDER_E_UNAVAILABLE, "nobody is to be asked");
}

static const struct larder_path_rule paths[] = { { "encrypted", LARDER_BOOL, 0, "at rest" }, { 0 } };

/* As in a module that was built when a type had no more than this. */
static const struct older_type {
	const char *name, *summary;
	const struct larder_path_rule *paths;
	size_t path_stride;
	int (*read) (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error);
	int (*create) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
	int (*update) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
	int (*remove) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
	int (*supports) (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error);
	const struct larder_trap *traps;
	size_t trap_stride;
} resources[] = {
	{ .name = "filesystem", .summary = "lent", .paths = paths, .path_stride = sizeof *paths, .read = lent_look },
	{ .name = "shelf", .summary = "lent, too", .paths = paths, .path_stride = sizeof *paths, .read = lent_look },
	{ 0 }
};

static int
lent_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) ret_info;
	return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
}

static int
lent_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) sink;
	return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", request->object.key);
}

static int
lent_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info,
            struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) source;
	(void) ret_info;
	return larder_fail (error, LARDER_E_DENIED, "'%s' may not be written", request->key);
}

static int
lent_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
             larder_removed_fn removed, void *context, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) items;
	(void) count;
	(void) stride;
	(void) removed;
	(void) context;
	return larder_fail (error, LARDER_E_DENIED, "nothing of '%s' may be removed", bucket);
}

static int
lent_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page,
           struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) item;
	(void) context;
	(void) ret_page;
	return larder_fail (error, LARDER_E_NOTFOUND, "no bucket '%s'", request->bucket);
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "lent", .version = "1", .summary = "lent to a cluster", .threads = LARDER_THREADS_PARALLEL,
	.options = options, .self_size = sizeof (struct lent), .open = lent_open, .close = lent_close, .stat = lent_stat, .read = lent_read,
	.write = lent_write, .remove = lent_remove, .list = lent_list, .export_resource = lent_export,
	.policy = lent_policy,
	.resources = (const struct larder_resource_type *) (const void *) resources, .resource_stride = sizeof *resources,
};
LARDER_DRIVER (driver)
