/* suite.h: what the files of larder-lock-test share: the host, instances, operations, promises. */
#ifndef CONFORM_LOCK_SUITE_H
#define CONFORM_LOCK_SUITE_H

#include <pthread.h>

#define LARDER_API_VERSION 0
#include <larder/lock.h>
#include "clock.h"

enum { TEXT_MOST = 2200 };

/* ---- the host a provider sees (host.c) ---- */

/* One operation under way. Its arena is poisoned when it ends: text kept beyond shows. */
struct larder_call {
	struct block *blocks;
	bool cancelled;
	int cancel_fd;                  /* or -1 */
};

extern const struct larder_host suite_host;
void call_begin (struct larder_call *call, bool cancelled);
void call_end (struct larder_call *call);
char *call_copy (struct larder_call *call, const char *text);   /* in its arena; NULL when memory runs out */
size_t host_live (void);                /* bytes from host->alloc */
bool host_store_asked (void);           /* somebody asked for the clock of stores */
void host_wall_jump (int64_t ns);

/* ---- the provider and its instances (load.c) ---- */

/* What stands on the command line before the module, for the store of a provider that needs one (store.c, larder.c). */
struct suite_flags {
	const char *config, *profile, *store;
	const char *folder;             /* of the suite's own store, made by another process of it */
	const char *try;                /* ourselves, as another process: the name of a lock */
};
/* Where the module stands, or -1. */
int flags_parse (int argc, char **argv, struct suite_flags *flags);

struct suite_store {
	struct larder_lock_store access;
	char folder[200];               /* of the suite's own store, "" with a store of Larder's */
	bool made;                      /* by us: it goes at the end */
	struct larder *larder;
	struct larder_store *at;
};

struct suite {
	const struct larder_lock *lock;
	const char *path;               /* of the module */
	char **options;                 /* key=value, for instances and for other processes */
	int count;
	struct suite_flags flags;       /* as given, for other processes */
	struct suite_store *store;      /* of a provider that needs one, else NULL */
	void *self, *other;             /* two instances, as two sections or two machines are */
	char place[64];                 /* what all names of this run begin with */
	pthread_mutex_t serial;         /* taken around operations of providers that are not PARALLEL */
	char why[512];                  /* what the promise at hand broke, "" for nothing */
	size_t live_before;
	struct taken *taken;            /* by the promise at hand: given back after it */
	bool keeps_none;                /* a copy for a thread: remembers nothing */
};

/* Opens the store that the flags name, else one in a folder of the suite's own. */
int store_begin (struct suite *suite, struct suite_store *ret);
void store_end (struct suite_store *store);
/* A store of the configuration, through liblarder (larder.c). */
int store_of_larder (const struct suite_flags *flags, struct suite_store *ret);
void store_of_larder_end (struct suite_store *store);

/* 0, or -1 after a line on stderr. */
int suite_say (const char *what, const char *more);
int suite_load (struct suite *suite, const char *path, char **options, int count);
int instance_open (struct suite *suite, void **ret_self);
void instance_close (struct suite *suite, void *self);

/* What is kept of a lease when its call is over. */
struct held { char name[TEXT_MOST], token[TEXT_MOST], note[TEXT_MOST]; uint64_t fence; int64_t length; };
void copy_text (char to[TEXT_MOST], const char *text);
void copy_lease (struct held *to, const struct larder_lease *lease);   /* NULL allowed */

/* ---- operations as promises use them (ops.c); names are below suite->place ---- */

void name_of (const struct suite *suite, const char *word, char ret[TEXT_MOST]);
int op_acquire (struct suite *suite, void *self, const char *word, int64_t length, const char *note, struct held *ret);
int op_renew (struct suite *suite, void *self, const struct held *held, int64_t length, const char *note);
int op_release (struct suite *suite, void *self, const struct held *held);
int op_holder (struct suite *suite, void *self, const char *word, struct held *ret);
/* Try until it is ours, or held at a time far behind the end of a SHORT lease taken before. */
int op_acquire_at_last (struct suite *suite, void *self, const char *word, struct held *ret);
/* A lease to be given back by tidy(). */
void remember (struct suite *suite, const void *self, const struct held *held);
void remember_lease (struct suite *suite, const void *self, const struct larder_lease *lease);
void tidy (struct suite *suite);
void enter (struct suite *suite);
void leave (struct suite *suite);
void wait_until (int64_t boot);

/* The first failure of a promise is what counts. */
void broken (struct suite *suite, const char *format, ...) LARDER_PRINTF (2, 3);
#define WANT(condition, ...) do { if (!(condition)) { broken (suite, __VA_ARGS__); return; } } while (0)
#define WANT_CODE(got, wanted, what)                                                                             \
	do { int got_ = (got), wanted_ = (wanted);                                                               \
		if (got_ != wanted_) { broken (suite, "%s: code %d, not %d", (what), got_, wanted_); return; } } while (0)

#define LONG (60 * NS_PER_S)
#define SHORT (NS_PER_S / 4)

struct promise { const char *text; void (*keep) (struct suite *suite); };
extern const struct promise leases_promises[], races_promises[], answers_promises[];

/* In another process: 0 acquired, 1 held, 2 neither. It begins when its standard input ends. */
int other_process (struct suite *suite, const char *name);

#endif
