/* lock.h: the contract of a lock provider.
 *
 * A lock here is a lease: it ends by itself. It saves work; it never protects correctness, which the
 * callers get by publishing whole files under new names. No operation waits: core loops, looking at
 * what it waits for between tries.
 *
 * Operations are called on any thread, as parallel as `threads` allows; `self` is the instance.
 */
#ifndef LARDER_LOCK_H
#define LARDER_LOCK_H

#ifndef LARDER_API_VERSION
#error "define LARDER_API_VERSION (the contract you wrote your module for) before including this header"
#endif

#include <larder/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For a provider that keeps its leases in a store: small objects, each written under a condition that the store decides. Called
 * inside the provider's operations only, with their call; texts live in its arena. */
struct larder_lock_store {
	size_t size;
	void *context;
	/* The whole object, below 64 KiB, and its etag; LARDER_E_NOTFOUND when there is none. */
	int (*read) (void *context, struct larder_call *call, const char *key, const char **ret_text, const char **ret_etag,
	             struct larder_error *error);
	/* if_match NULL: only if there is none yet. LARDER_E_CONFLICT when the condition does not hold. */
	int (*write) (void *context, struct larder_call *call, const char *key, const char *text, const char *if_match,
	              const char **ret_etag, struct larder_error *error);
	/* When the service says that it wrote the object, by its own clock: only ever compared with another such time. */
	int (*written) (void *context, struct larder_call *call, const char *key, int64_t *ret_time, struct larder_error *error);
};

struct larder_lock_open {
	size_t size;
	const char *name;        /* of the section */
	const struct larder_lock_store *store; /* until close; NULL unless the provider needs_store */
};

struct larder_lease {
	size_t size;
	const char *name;        /* of the lock: "model:download:lock:sdxl" */
	const char *token;       /* secret of this holder, from try_acquire */
	uint64_t fence;          /* grows with every acquisition of this name */
	int64_t length;          /* ns from acquisition or renewal */
	const char *note;        /* holder and progress, for people */
};

struct larder_lock {
	struct larder_head head;
	const char *name, *version, *summary;
	uint32_t threads;
	const struct larder_option *options;
	size_t self_size;

	int (*open) (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error);
	void (*close) (void *self);

	/* Take `name` for `length` ns if nobody holds it, in one atomic step, with its end. Held by another: LARDER_E_CONFLICT.
	 * Token, fence and what is left of the length go to *ret_lease; strings are in the call's arena. */
	int (*try_acquire) (void *self, struct larder_call *call, const char *name, int64_t length, const char *note,
	                    struct larder_lease *ret_lease, struct larder_error *error);
	/* Extend by lease->length from the moment of the call and replace the note. LARDER_E_CONFLICT when the lease is no longer ours,
	 * also when nobody has it: it is never taken anew here. */
	int (*renew) (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error);
	/* Give up what is ours; a lease already lost is not an error. */
	int (*release) (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error);
	/* Who holds it: note, fence, remaining length; LARDER_E_NOTFOUND when nobody does. */
	int (*holder) (void *self, struct larder_call *call, const char *name, struct larder_lease *ret_lease,
	               struct larder_error *error);

	bool needs_store;        /* core opens the store that the section's key `store` names */
};

#define LARDER_LOCK_HEAD                                                                                  \
	{ sizeof (struct larder_lock), LARDER_API_VERSION, LARDER_KIND_LOCK, sizeof (struct larder_option) }

#define LARDER_LOCK(table) LARDER_REGISTER (table)

#ifdef __cplusplus
}
#endif
#endif
