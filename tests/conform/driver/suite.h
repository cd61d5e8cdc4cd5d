/* suite.h: what the promises of the driver suite share: the host, one instance, helpers around operations. */
#ifndef CONFORM_DRIVER_SUITE_H
#define CONFORM_DRIVER_SUITE_H

#include <pthread.h>
#include <stdio.h>

#define LARDER_API_VERSION 0
#include <larder/driver.h>
#include "arena.h"
#include "buffer.h"

/* One operation under way. Its arena is poisoned when it ends: text kept beyond shows. */
struct larder_call {
	struct larder_arena *arena;
	struct block *blocks;
	volatile int cancelled;
	int cancel_fd;                  /* or -1 */
};

struct suite {
	const struct larder_driver *driver;
	void *self;
	const char *bucket;
	uint64_t caps;
	uint64_t seed, operations;
	char place[48];                 /* prefix of all keys of this run */
	pthread_mutex_t serial;         /* taken around operations of drivers that are not PARALLEL */
	const char *names[32];          /* lists.c: keys that this storage holds */
	size_t name_count;
	bool kept_error;
	const char *resources;          /* file of the states of resources; then those are tried, and no objects */
	bool read_only;                 /* set before suite_load: an instance that may write nothing */
	char why[512];                  /* what the promise at hand broke, "" for nothing */
};

/* ---- host.c ---- */
extern const struct larder_host fake_host;
void call_begin (struct larder_call *call);
void call_end (struct larder_call *call);

/* ---- load.c ---- */
const char *instance_option (const void *self, const char *key);   /* host->option */
/* Loads the module, fills the options, opens an instance. 0, or -1 after a line on stderr. */
int suite_load (struct suite *suite, const char *path, char **options, int count);
void suite_unload (struct suite *suite);

/* ---- ops.c: operations as promises use them; keys are below suite->place ---- */

/* The first failure of a promise is what counts. */
void broken (struct suite *suite, const char *format, ...) LARDER_PRINTF (2, 3);
#define WANT(condition, ...) do { if (!(condition)) { broken (suite, __VA_ARGS__); return; } } while (0)
#define WANT_CODE(got, wanted, what)                                                                             \
	do { int got_ = (got), wanted_ = (wanted);                                                               \
		if (got_ != wanted_) { broken (suite, "%s: code %d, not %d", (what), got_, wanted_); return; } } while (0)

void enter (struct suite *suite);
void leave (struct suite *suite);
uint64_t next_random (uint64_t *state);
void fill_random (void *into, size_t count, uint64_t seed);

struct fact {                           /* a copy of larder_info that stays */
	uint32_t flags, restore_state;
	uint64_t length;
	int64_t mtime, restore_expiry;
	char key[1100], version[128], etag[128], storage_class[64], checksum[128], content_type[128], content_encoding[64],
	     cache_control[64], content_disposition[128];
	uint32_t checksum_type;
	size_t pairs;
	char metadata[4096];            /* "name=value\n", sorted as given */
};

struct seen {                           /* a listing, whole */
	struct fact *at;
	size_t count, pages;
	int code;
	bool lied;                      /* token and `complete` do not fit, or a page was over-full */
};

void key_of (const struct suite *suite, const char *name, char ret[1100]);
int op_write (struct suite *suite, const char *name, const void *bytes, size_t count, const struct larder_attributes *attributes,
              const struct larder_condition *condition, struct fact *ret);
int op_write_source (struct suite *suite, const char *name, const struct larder_source *source, struct larder_error *error);
int op_stat (struct suite *suite, const char *name, const char *version, struct fact *ret);
int op_read (struct suite *suite, const char *name, const char *version, uint64_t offset, uint64_t length, const char *if_match,
             struct buffer *into, struct fact *ret);
int op_remove (struct suite *suite, const char *name, const char *version, const char *if_match);
int op_copy (struct suite *suite, const char *from, const char *to, const struct larder_attributes *attributes,
             const struct larder_condition *condition, const char *if_match);
void op_list (struct suite *suite, const char *prefix, const char *delimiter, const char *after, uint32_t most, bool versions,
              struct seen *ret);
void seen_free (struct seen *seen);
/* Is the object there, with exactly these bytes? */
bool is_there (struct suite *suite, const char *name, const void *bytes, size_t count);

/* ---- the promises, in the order in which they are tried ---- */

struct promise {
	const char *text;
	size_t operation;               /* offsetof in struct larder_driver that it needs, or 0 */
	uint64_t cap;                   /* enum larder_cap that it needs, or 0 */
	void (*keep) (struct suite *suite);
};

extern const struct promise objects_promises[], writes_promises[], lists_promises[], more_promises[], parts_promises[], model_promises[];

/* ---- resources.c: the promises of resource types, each for each section of a file ---- */
extern const struct promise resource_promises[];
int resources_read (const char *path);        /* -1: no such file, or no sections in it */
size_t resources_count (void);
/* Its type is tried from now on; NULL: the driver has no such. */
const char *resources_choose (struct suite *suite, size_t index);

/* A promise finds that the instance is not set up for it. */
void not_here (struct suite *suite, const char *why);

#endif
