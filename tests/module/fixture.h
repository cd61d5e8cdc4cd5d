/* fixture.h: operations that do nothing, so that each fixture shows its one fault and little else. */
#ifndef TEST_MODULE_FIXTURE_H
#define TEST_MODULE_FIXTURE_H

#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Leave a mark that this module's code ran: one byte more in the file that LARDER_TEST_MARK names. */
static inline void
fixture_mark (char letter)
{
	const char *path = getenv ("LARDER_TEST_MARK");
	int fd = path ? open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd >= 0) {
		ssize_t written = write (fd, &letter, 1);
		(void) written;
		close (fd);
	}
}

#define FIXTURE_DRIVER_OPS                                                                                            \
	static int fixture_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error) \
	{ (void) self, (void) call, (void) request, (void) error; return 0; }                                         \
	static void fixture_close (void *self) { (void) self; }                                                       \
	static int fixture_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error) \
	{ (void) self, (void) call, (void) ret_info; return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key); } \
	static int fixture_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error) \
	{ (void) self, (void) call, (void) sink; return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", request->object.key); } \
	static int fixture_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info, struct larder_error *error) \
	{ (void) self, (void) call, (void) source, (void) ret_info; return larder_fail (error, LARDER_E_UNSUPPORTED, "no room for '%s'", request->key); } \
	static int fixture_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride, larder_removed_fn removed, void *context, struct larder_error *error) \
	{ (void) self, (void) call, (void) bucket, (void) items, (void) count, (void) stride, (void) removed, (void) context, (void) error; return 0; } \
	static int fixture_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page, struct larder_error *error) \
	{ (void) self, (void) call, (void) request, (void) item, (void) context, (void) error; \
	  struct larder_page page = { .size = sizeof page, .complete = true }; larder_give (ret_page, &page); return 0; }

#define FIXTURE_DRIVER(called)                                                                                        \
	.head = LARDER_DRIVER_HEAD, .name = called, .version = "1.2.3", .summary = "a fixture of the tests",          \
	.threads = LARDER_THREADS_PARALLEL, .open = fixture_open, .close = fixture_close, .stat = fixture_stat,        \
	.read = fixture_read, .write = fixture_write, .remove = fixture_remove, .list = fixture_list

#endif
