/* cdn.h: what a CDN serves, for applications; a part of larder.h, which includes it. */
#ifndef LARDER_CDN_H
#define LARDER_CDN_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_cdn_flag {
	LARDER_CDN_COOKIES = 1 << 0,     /* cookies for a browser instead of an address */
	LARDER_CDN_BELOW = 1 << 1,       /* all keys that begin so; with cookies */
	LARDER_CDN_CUSTOM = 1 << 2,      /* in the longest form, though a shorter one says as much */
	LARDER_CDN_WAIT = 1 << 3,        /* until all edges have done it */
	LARDER_CDN_ABOUT = 1 << 4,       /* where edges cannot be told a name alone: with what begins as it does */
	LARDER_CDN_PLAN = 1 << 5         /* only tell what would be done */
};

struct larder_cdn_sign {
	size_t size;
	const char *key;
	int64_t expires;                 /* wall clock, ns; no further away than sign-most of the [cdn] */
	int64_t starts;                  /* wall clock, ns; 0: at once */
	const char *viewer;              /* from these network addresses alone, "192.0.2.0/24"; NULL: from any */
	struct larder_pairs query;       /* names and values that the address ends in, as they are: they are encoded here, once */
	uint32_t flags;                  /* enum larder_cdn_flag */
	const char **ret_warning;        /* NULL, or is told why whoever has none of it gets in as well, for people; NULL where he does not */
};
/* What lets a viewer in for a while: an address, or cookies, a NAME=VALUE a line, each with its line feed. By the key of the [backend] that serves the
 * store's [cdn]; no network, and no look whether the object is there. UNSUPPORTED when the store has no CDN, or it signs nothing; INVALID a time
 * that is past, or too far; DENIED a key whose passphrase is wrong. Many at once from many threads. */
LARDER_API int larder_cdn_sign (struct larder_store *store, struct larder_arena *arena, const struct larder_cdn_sign *request, const char **ret,
                                struct larder_error *error);

/* What edges hold of these is forgotten, so that the next viewer gets what the store has by then. */
struct larder_cdn_invalidate {
	size_t size;
	const char *const *addresses;    /* STORE:KEY; with * at the end all that begin so */
	size_t count;
	uint32_t flags;                  /* enum larder_cdn_flag */
	int64_t wait;                    /* ns at the most: until it is done, or until the service takes it on; 0: 30 minutes */
};
enum larder_cdn_step { LARDER_CDN_PLANNED, LARDER_CDN_STARTED, LARDER_CDN_RUNNING, LARDER_CDN_DONE };
struct larder_cdn_event {
	size_t size;
	uint32_t step;                   /* enum larder_cdn_step */
	const char *cdn;                 /* section */
	uint64_t paths, wildcards;       /* planned: of this CDN; else of what was started by now. Wildcards are among the paths */
	const char *price, *per;         /* planned: the most it costs, "0.015 USD", and "a path beyond 1,000 a month"; NULL: no table knows */
	const char *token;               /* what the service calls it; NULL while planned */
	int64_t waited, before, most;    /* running: ns since this began to wait, at the event before (-1: none), and at the most */
};
typedef int (*larder_cdn_fn) (void *context, const struct larder_cdn_event *event, struct larder_error *error);
/* One CDN after the other, each path once; where there are more than 1,000 those of the fullest folders as wildcards. All are planned before the first
 * is started. UNSUPPORTED a store without CDN, or whose driver cannot; INVALID a name that edges cannot be told alone (ABOUT); NOTREADY when `wait` is
 * over. Again is harmless. */
LARDER_API int larder_cdn_invalidate (struct larder *larder, const struct larder_cdn_invalidate *request, larder_cdn_fn event, void *context,
                                      struct larder_error *error);

/* What a run changes, for edges to forget when it is over. Each is kept below the state folder before it is changed: a run that is killed, or that its CDN refuses, leaves it to
 * the next of the same pipeline file and profile. */
struct larder_owed;
/* `addresses`: what the run changes lies there or below, and is told as that beyond 10,000 keys. That it can be told at all is looked at, as larder_cdn_invalidate does. Flags:
 * LARDER_CDN_PLAN keeps and tells nothing, LARDER_CDN_WAIT. */
LARDER_API int larder_owed_begin (struct larder *larder, const char *const *addresses, size_t count, uint32_t flags, struct larder_owed **ret, struct larder_error *error);
/* Before it is changed; by one thread at a time. What cannot be kept is told at the end all the same. */
LARDER_API void larder_owed_add (struct larder_owed *owed, const char *address);
/* Tells all, and what earlier runs could not, in one plan: what was told is kept no longer. Code and events as of larder_cdn_invalidate. */
LARDER_API int larder_owed_end (struct larder_owed *owed, larder_cdn_fn event, void *context, struct larder_error *error);
/* After a failure of that: will the next run tell it? */
LARDER_API bool larder_owed_is_kept (const struct larder_owed *owed);
LARDER_API void larder_owed_free (struct larder_owed *owed);     /* NULL allowed; without larder_owed_end what was kept stays */

/* Do the edges serve what the store has? One that everybody may ask, by the address of larder_url, signed where its [cdn] asks for that. */
struct larder_cdn_check {
	size_t size;
	const char *key;
	const char *origin;              /* of a page whose scripts ask for it, "https://pingvas.studio"; NULL: none */
	uint32_t flags;                  /* LARDER_CDN_WAIT: until they do, also while nothing answers */
	int64_t wait;                    /* ns at the most; 0: 30 minutes */
};
/* Findings, of which `backend` is the CDN and `store` the store: "key" (INVALID, and the only one: what signs is none of the key group's), "clock", "status", "bytes", "signature",
 * "cache", "ttl", "etag", "tls", "http", "compression", "cors"; and while it waits "waiting", a note. 0 when all is well; INTEGRITY while an edge serves other bytes than the store has, or any where it has none; NOTFOUND, DENIED, UNAVAILABLE what
 * the edge answers of an object that the store has; CONFLICT for another origin than the store's [cors] lets in, or one that it lets in and the edge does not, for
 * an edge that asks for no signature where its [cdn] does, and there for a clock of this machine that is more than a minute off the edge's. */
LARDER_API int larder_cdn_check (struct larder_store *store, const struct larder_cdn_check *request, larder_checked_fn checked, void *context,
                                 struct larder_error *error);

/* ---- an edge on this machine --------------------------------------------------------------------- */

enum larder_serve_what { LARDER_SERVE_LOOK = 0, LARDER_SERVE_UP = 1, LARDER_SERVE_DOWN = 2 };
struct larder_serve {
	size_t size;
	uint32_t what;                   /* enum larder_serve_what */
	uint32_t flags;                  /* LARDER_DRY_RUN: it is only looked at */
};
/* One [cdn] whose backend runs its edge here. */
struct larder_served {
	size_t size;
	const char *cdn, *backend;       /* sections */
	const char *address;             /* "https://127.0.0.1:8443"; NULL where its [cdn] has no domain */
	const char *state;               /* "up"; "stale": it runs by older settings; "down" */
	const char *done;                /* "started", "reloaded", "same", "stopped", "down"; "": it was looked at */
	const char *ca_file;             /* who vouches for its certificate; NULL before there is one */
	int32_t pid;                     /* 0: it does not run */
};
typedef int (*larder_served_fn) (void *context, const struct larder_served *served, struct larder_error *error);
/* UP: each [store] that such a [cdn] serves is set up, with what it needs, as larder_infra_apply of that section does, and the edge is started, or told what is new. DOWN
 * ends it, and leaves its files. Told is each afterwards. UNSUPPORTED where no [cdn] of the profile is served from this machine. */
LARDER_API int larder_serve (struct larder *larder, const struct larder_serve *request, larder_served_fn served, void *context, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
