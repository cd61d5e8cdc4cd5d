#define LARDER_API_VERSION 0
/* driver-canary.c: a driver with a SECRET option, and nothing behind it: no command may show the value. */
#include <larder/driver.h>

struct canary { const char *secret, *plain; };

static const struct larder_option options[] = {
	{ .key = "secret", .type = LARDER_SECRET, .at = offsetof (struct canary, secret), .help = "what nobody may see" },
	{ .key = "plain", .type = LARDER_STRING, .at = offsetof (struct canary, plain), .help = "what anybody may see" },
	{ 0 }
};

static int
canary_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	(void) call;
	(void) request;
	const struct canary *canary = self;
	larder_host->log (LARDER_LOG_DEBUG, "canary opened with plain '%s'", canary->plain ? canary->plain : "");
	return canary->secret ? 0 : larder_fail (error, LARDER_E_INVALID, "no secret");
}

static void
canary_close (void *self)
{
	(void) self;
}

static int
canary_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info,
             struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) ret_info;
	return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
}

static int
canary_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink,
             struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) request;
	(void) sink;
	return larder_fail (error, LARDER_E_NOTFOUND, "nothing to read");
}

static int
canary_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
              struct larder_info *ret_info, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) request;
	(void) source;
	(void) ret_info;
	return larder_fail (error, LARDER_E_DENIED, "nothing may be written");
}

static int
canary_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count,
               size_t stride, larder_removed_fn removed, void *context, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) bucket;
	(void) items;
	(void) count;
	(void) stride;
	(void) removed;
	(void) context;
	return larder_fail (error, LARDER_E_DENIED, "nothing may be removed");
}

static int
canary_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
             struct larder_page *ret_page, struct larder_error *error)
{
	(void) self;
	(void) call;
	(void) request;
	(void) item;
	(void) context;
	(void) ret_page;
	return larder_fail (error, LARDER_E_UNAVAILABLE, "nothing to list");
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "canary", .version = "1", .summary = "sings", .threads = LARDER_THREADS_PARALLEL,
	.options = options, .self_size = sizeof (struct canary),
	.open = canary_open, .close = canary_close, .stat = canary_stat, .read = canary_read, .write = canary_write,
	.remove = canary_remove, .list = canary_list,
};
LARDER_DRIVER (driver)
