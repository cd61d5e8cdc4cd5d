/* larder.h: the library for applications. The tool larder(1) uses nothing else.
 *
 * A handle (struct larder) is a configuration with the modules it names. It may be used from many
 * threads. A child of fork opens its own, and leaves its parent's alone. The library never prints, never
 * exits, installs no signal handler and keeps no global state.
 *
 * Every function may be called on any thread and may block, those of one struct larder_arena on one thread at a time;
 * callbacks come on the caller's thread, one at a time, where nothing else is said. Lengths are bytes, times and durations
 * nanoseconds (types.h). What a request points to is read during the call and not kept.
 *
 * Strings that a call gives back live in the arena passed to it, until larder_arena_free or
 * larder_arena_clear; those handed to a callback live until the callback returns. A callback that
 * returns non-zero ends the call with that value. See types.h for errors, sources and sinks.
 */
#ifndef LARDER_LARDER_H
#define LARDER_LARDER_H

#include <larder/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LARDER_API LARDER_EXPORT

/* ---- the library ------------------------------------------------------------------------------- */

/* The release, "0.1.0"; static. */
LARDER_API const char *larder_version (void);
/* "NOTFOUND" for LARDER_E_NOTFOUND; "OTHER" for unknown ones. */
LARDER_API const char *larder_code_name (int code);
/* Exit status of the tool for a code: 0 … 9, 130. */
LARDER_API int larder_exit_code (int code);

/* Memory for what calls give back; clear keeps it for the next ones. NULL: no memory. */
struct larder_arena;
LARDER_API struct larder_arena *larder_arena_new (void);
LARDER_API void larder_arena_clear (struct larder_arena *arena);
LARDER_API void larder_arena_free (struct larder_arena *arena);   /* NULL allowed */

/* Where a time may be left out. */
#define LARDER_NO_TIME INT64_MIN

/* ---- the handle -------------------------------------------------------------------------------- */

struct larder;

enum larder_setting_flag {
	LARDER_NO_CONFIG = 1 << 0,   /* modules only: no pipeline, no profile, no stores */
	LARDER_READ_ONLY = 1 << 1,   /* refuse everything that would write */
	LARDER_REPLICA = 1 << 2      /* every store is read where the first [replication] of its section copies it to, by the same keys, and is read-only: a write is CONFLICT;
	                              * INVALID a store that has none. Which is read where is logged as a warning, once for each */
};

typedef void (*larder_log_fn) (void *context, int level, const char *text);

struct larder_finding;
typedef int (*larder_finding_cb) (void *context, const struct larder_finding *finding);

struct larder_settings {
	size_t size;
	uint32_t flags;                  /* enum larder_setting_flag */
	const char *config;              /* pipeline file; NULL: LARDER_CONFIG, then the usual places */
	const char *profile;             /* NULL: LARDER_PROFILE; neither is an error, there is no default */
	struct larder_pairs larder_keys; /* values from flags for keys of [larder]; they win */
	const char *module_dir;          /* NULL: LARDER_MODULE_DIR (ignored when set-uid), then the built-in one */
	larder_log_fn log;               /* NULL: no log; may be called from any thread */
	void *log_context;
	int log_level;                   /* enum larder_level */
	larder_finding_cb problem;       /* told every problem of the configuration; NULL: larder_open's error is the first one */
	void *problem_context;
	const char *state;               /* folder for what outlives a process, made at first use; NULL: a transfer that breaks off begins
	                                  * anew the next time */
	const char *backend;             /* of addresses like s3://bucket/key; NULL: the one whose driver claims that scheme */
};

/* Reads and checks pipeline file and profile, and loads no module. INVALID with file and line for what is wrong in them.
 * Settings are copied; log_context and problem_context must outlive the handle. Close what it gave. */
LARDER_API int larder_open (const struct larder_settings *settings, struct larder **ret, struct larder_error *error);
/* No call may be running. NULL allowed. */
LARDER_API void larder_close (struct larder *larder);
/* Every running and later call ends with LARDER_E_CANCELLED within about a second. Async-signal-safe. */
LARDER_API void larder_cancel (struct larder *larder);
/* Takes a cancel back: calls that begin from now on run again. Those that were cancelled must have ended. */
LARDER_API void larder_uncancel (struct larder *larder);
/* What a call that ended with `code` tells its user: CANCELLED by nobody but the handle's deadline is UNAVAILABLE with its next step, and anything
 * else what it is. Transfers have asked already. A handle of NULL has no deadline. */
LARDER_API int larder_late (const struct larder *larder, int code, struct larder_error *error);
/* Profile and pipeline file in use, for the line every run prints; "" without configuration. */
LARDER_API const char *larder_profile (const struct larder *larder);
LARDER_API const char *larder_config_path (const struct larder *larder);

/* ---- options ----------------------------------------------------------------------------------- */

/* Parse flags of argv by a table (each `stride` bytes) into *self; values stay until
 * larder_values_free. Operands and everything behind "--" are moved to the front of argv in order and
 * *argc is their number (argv[0], the command's name, stays in place and counts). Flags: --key VALUE,
 * --key=VALUE, --key / --no-key for BOOL, -n, -nq for letters. A repeated LIST appends. `-` is an operand. */
struct larder_values;
LARDER_API int larder_options_parse (const struct larder_option *options, size_t stride, void *self, int *argc, char **argv,
                                     struct larder_values **ret_values, struct larder_error *error);
/* Was the flag on the command line? */
LARDER_API bool larder_values_given (const struct larder_values *values, const char *key);
LARDER_API void larder_values_free (struct larder_values *values);

/* ---- configuration ----------------------------------------------------------------------------- */

enum larder_origin {
	LARDER_FROM_DEFAULT = 0,
	LARDER_FROM_PIPELINE = 1,
	LARDER_FROM_PROFILE = 2,
	LARDER_FROM_ENVIRONMENT = 3,
	LARDER_FROM_FLAG = 4
};

/* One value of the configuration. SECRET values read "(secret)". */
struct larder_setting {
	size_t size;
	const char *kind, *name;         /* of the section; name "" for [larder] */
	const char *key, *value;         /* value after quotes, comments and ${…}; "" with origin DEFAULT if unset */
	const char *help;                /* of the key's table, or NULL */
	const char *file;                /* or NULL */
	uint32_t line;
	uint32_t origin;                 /* enum larder_origin */
	bool winner;                     /* false: overridden by the one reported before it */
};
typedef int (*larder_setting_fn) (void *context, const struct larder_setting *setting);

/* Every value in force: sections in file order, in each what is written, then what is left at its default. */
LARDER_API int larder_config_each (struct larder *larder, larder_setting_fn setting, void *context, struct larder_error *error);
/* One key, "store.images.bucket" or "larder.environment": the value in force, then what it overrode. */
LARDER_API int larder_config_explain (struct larder *larder, const char *key, larder_setting_fn setting, void *context,
                                      struct larder_error *error);
/* Everything that larder_open leaves to its first use: modules named, backends, templates, traps. */
struct larder_finding {
	size_t size;
	int code;                        /* 0 is a note */
	const char *section, *text, *next, *file;
	uint32_t line;
};
/* 0 also when something was found: the findings say it. Backends of stores are opened, which asks no service. */
LARDER_API int larder_config_check (struct larder *larder, larder_finding_cb finding, void *context, struct larder_error *error);

/* ---- looking after it ------------------------------------------------------------------------------- */

/* One finding about a backend, or about a bucket on it. */
struct larder_checked {
	size_t size;
	const char *backend;             /* name of its section */
	const char *store;               /* whose bucket was looked at, or NULL */
	uint32_t verdict;                /* enum larder_verdict */
	const char *what, *detail;       /* "endpoint", "http://127.0.0.1:9000" */
	const char *next;                /* or NULL */
	const struct larder_error *error;/* why no more can be found out of this backend; else NULL */
};
typedef int (*larder_checked_fn) (void *context, const struct larder_checked *checked);

/* Asks the services themselves: each backend that a store uses, or the one named. Without `stores` only what concerns no
 * bucket: server and credentials, never a secret. With it each store's bucket too, where a scratch object is written and
 * removed. 0 also when something was found: the findings say it. NOTFOUND for a backend that is not there. */
LARDER_API int larder_check (struct larder *larder, const char *backend, bool stores, larder_checked_fn checked, void *context,
                             struct larder_error *error);

/* Tries with two processes, on scratch files below the folder `path` that are removed again, whether locks, links, rename and fsync there
 * behave as a model cache needs it, and names the options that an NFS mount should have; `backend` of the findings is "mount". 0 also when
 * something was found; DENIED, NOTFOUND for the folder itself. */
LARDER_API int larder_check_mount (const char *path, larder_checked_fn checked, void *context, struct larder_error *error);

/* A line of a [backend] section. */
struct larder_advice { size_t size; const char *backend, *driver, *key, *value; };
typedef int (*larder_advised_fn) (void *context, const struct larder_advice *advice);

/* Finds out by trying what the server of a store does with each optional part of its protocol, below a prefix of the store's
 * bucket that nobody else uses and of which nothing is left. Each finding is told, then each key of a [backend] section that
 * fits it. UNSUPPORTED where the driver has nothing to try; DENIED for a backend that may not be written to. */
LARDER_API int larder_probe_store (struct larder *larder, const char *store, larder_checked_fn checked, larder_advised_fn advised, void *context,
                             struct larder_error *error);

/* ---- modules ----------------------------------------------------------------------------------- */

struct larder_module_facts {
	size_t size;
	const char *kind, *name, *version, *summary, *path;
	uint32_t api;
	const char *problem;             /* why it is not usable, or NULL; the fields above may then be NULL */
	int problem_code;
	const struct larder_option *options; /* core's own copies, sizeof (struct larder_option) apart, or NULL */
	struct larder_pairs facts;       /* "can_list" = "yes", "threads" = "parallel", … for info */
};
typedef int (*larder_module_fn) (void *context, const struct larder_module_facts *facts);

/* Every file of the module folder, in order of name, also those that are refused (`problem`). No instance is opened. */
LARDER_API int larder_module_each (struct larder *larder, larder_module_fn module, void *context, struct larder_error *error);
/* One, by name ("png", "codec-png") or path of a .so. NOTFOUND; DENIED or INVALID when it is refused. */
LARDER_API int larder_module_info (struct larder *larder, const char *name, larder_module_fn module, void *context,
                                   struct larder_error *error);
/* Write the skeleton of a module ("driver", "codec", "lock") into a new folder `into`/NAME; one that is there is refused. */
LARDER_API int larder_module_new (const char *kind, const char *name, const char *into, struct larder_error *error);

/* ---- stores and addresses ---------------------------------------------------------------------- */

struct larder_store_facts {
	size_t size;
	const char *name, *driver, *backend, *bucket, *purpose;
	const char *view_of;             /* store whose bucket it shares, or NULL */
	const char *storage_class, *protection; /* words for people, "versioned, AES256, public blocked" */
	const char *expected;            /* "10TB", "100GB a month", or NULL */
};
/* Every store of the pipeline, in file order; no backend is opened. */
typedef int (*larder_store_fn) (void *context, const struct larder_store_facts *facts);
LARDER_API int larder_store_each (struct larder *larder, larder_store_fn store, void *context, struct larder_error *error);

/* "images:a/b" is store and key, "./x", "/x", "-" and a bare name without colon are local. An unknown store
 * before the first colon is an error with the nearest match. */
struct larder_address {
	size_t size;
	const char *store;               /* NULL: local */
	const char *path;                /* key, prefix or local path; may be "" for a store */
};
LARDER_API int larder_address_parse (struct larder *larder, struct larder_arena *arena, const char *text,
                                     struct larder_address *ret, struct larder_error *error);

struct larder_store;
/* Opens the backend's driver on first use; stores are cached in the handle. Close each you opened. */
LARDER_API int larder_store_open (struct larder *larder, const char *name, struct larder_store **ret, struct larder_error *error);
LARDER_API void larder_store_close (struct larder_store *store);  /* NULL allowed */

/* ---- objects ----------------------------------------------------------------------------------- */

struct larder_get {
	size_t size;
	const char *key, *version;
	uint64_t offset, length;         /* length UINT64_MAX for all */
	const char *if_match;
};

struct larder_put {
	size_t size;
	const char *key;
	struct larder_attributes attributes; /* content_type NULL: by the key's extension */
	bool create_only;
	const char *if_match;
};

struct larder_copy_object {
	size_t size;
	const char *key, *version;       /* from */
	const char *to;                  /* key */
	struct larder_attributes attributes;
	bool create_only;
	const char *if_match;            /* of the source: CONFLICT unless it has this etag */
};

struct larder_listing {
	size_t size;
	const char *prefix;              /* "" for all */
	const char *delimiter;           /* "" or "/" */
	const char *start_after;         /* or NULL */
	bool versions;
};
typedef int (*larder_info_fn) (void *context, const struct larder_info *info);

/* Facts without bytes; version NULL for the latest. NOTFOUND, DENIED. */
LARDER_API int larder_stat (struct larder_store *store, struct larder_arena *arena, const char *key, const char *version,
                            struct larder_info *ret_info, struct larder_error *error);
/* Resumes by range with If-Match after a break; the bytes are compared with the stored checksum. CONFLICT when the object was
 * replaced meanwhile or has another etag, INTEGRITY when bytes are damaged or missing: what the sink has is then worth nothing. */
LARDER_API int larder_get (struct larder_store *store, const struct larder_get *request, const struct larder_sink *sink,
                           struct larder_error *error);
/* All or nothing, durable when it returns 0. The source is read twice, for its checksum and for its bytes. CONFLICT when the
 * condition does not hold, INTEGRITY when the source changes, NOSPACE. */
LARDER_API int larder_put (struct larder_store *store, struct larder_arena *arena, const struct larder_put *request,
                           const struct larder_source *source, struct larder_info *ret_info, struct larder_error *error);
/* All pages, in byte order, in flat memory. A page that lies (token repeated, order broken, an end
 * without proof) is LARDER_E_UNAVAILABLE. */
LARDER_API int larder_list (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context,
                            struct larder_error *error);
/* Server side when both stores share a backend, else through this process; errors as of get and put. */
LARDER_API int larder_copy_object (struct larder_store *from, struct larder_store *to, struct larder_arena *arena,
                                   const struct larder_copy_object *request, struct larder_info *ret_info,
                                   struct larder_error *error);
/* Removes keys[0 … count); reports each, code 0 also when nothing was there. 0 only if all went, else the code of one. */
typedef int (*larder_removed_cb) (void *context, const char *key, int code, const struct larder_error *error);
LARDER_API int larder_remove (struct larder_store *store, const char *const *keys, size_t count, larder_removed_cb removed,
                              void *context, struct larder_error *error);
/* Public address of an object as its [cdn] or backend says; no network, and no look whether it is there. UNSUPPORTED when the
 * store has none. */
LARDER_API int larder_url (struct larder_store *store, struct larder_arena *arena, const char *key, const char **ret_url,
                           struct larder_error *error);

/* ---- clocks ------------------------------------------------------------------------------------ */

/* Of a [backend] that plays a service, whose restores take hours by it. */
struct larder_clock {
	size_t size;
	const char *backend;
	int64_t now, ahead;              /* ns: UTC, and how far it is ahead of this machine's */
};
struct larder_clock_move {
	size_t size;
	const char *name;                /* of a store or a [backend]; NULL: all that have one */
	int64_t by;                      /* ns, never back; 0: it is only looked at */
	bool reset;                      /* as this machine's again */
	uint32_t flags;                  /* LARDER_DRY_RUN: told as they would be */
};
typedef int (*larder_clock_fn) (void *context, const struct larder_clock *clock, struct larder_error *error);
/* What the clocks tell, and moving them. UNSUPPORTED where there is none. */
LARDER_API int larder_clock (struct larder *larder, const struct larder_clock_move *request, larder_clock_fn clock, void *context, struct larder_error *error);

/* ---- transfers --------------------------------------------------------------------------------- */

/* One thing that happened to one item; also the lines of --json. */
struct larder_event {
	size_t size;
	const char *action;              /* "copied", "moved", "removed", "restored", "skipped", "would-copy", …, "same", "differs", "missing", "kept", "again", "failed", "progress", "waiting" */
	const char *from, *to;           /* addresses; to may be NULL */
	const char *reason;              /* of skipped, kept, again and waiting */
	uint64_t bytes;                  /* of progress: since the last one; of waiting: how many of `total` the other has */
	const struct larder_error *error;/* of failed, refused, differs and missing */
	const char *version;             /* of the object, where versions are dealt with, or NULL */
	uint64_t total;                  /* of progress: all bytes that this run is known to move; 0: not known */
	int64_t spent;                   /* of waiting: ns that the other has worked on it */
	bool growing;                    /* of progress: more may come to `total` */
	const char *storage_class;       /* of what is removed, or moved out of a store, as the listing told: its class, or NULL, its length, and when it was written */
	uint64_t length;
	int64_t written;
};
/* One at a time, perhaps on a thread of the transfer's own; a non-zero return ends it with that code. */
typedef int (*larder_event_fn) (void *context, const struct larder_event *event);

/* scanned = done + skipped + refused + failed. */
struct larder_summary {
	size_t size;
	uint64_t scanned, done, skipped, refused, failed;
	uint64_t bytes;                  /* of what was done, or would be in a dry run */
	int code;                        /* the one code of all failures, or 0 when they differ or none failed */
	int ended;                       /* what ended the run before its time, or 0 */
	uint64_t again;                  /* objects and parts that went once more, as their bytes had been damaged on the way */
};

enum larder_transfer_flag {
	LARDER_RECURSIVE = 1 << 0,
	LARDER_DRY_RUN = 1 << 1,
	LARDER_MOVE = 1 << 2,            /* remove each source after its copy is proven (size and checksum) */
	LARDER_CREATE_ONLY = 1 << 3,
	LARDER_TELL_BEFORE = 1 << 4      /* before an object of a store is changed: "replaces", for which each is looked at, or "removes"; "creates" once it is made. Also in a dry run, and in no sum */
};

struct larder_transfer {
	size_t size;
	uint32_t flags;                  /* enum larder_transfer_flag */
	const char *const *from;         /* addresses; "-" is standard input; of two things that would become one: INVALID, and nothing is written */
	size_t count;
	const char *to;                  /* address; ends in "/" or is a folder: sources keep their last component */
	struct larder_attributes attributes;
	const char *version;             /* of the one source, also over that object itself; NULL: the latest */
	uint64_t expected;               /* about so many bytes come by standard input: the parts are made for them, up to 48.8 TiB; 0: not known, and
	                                  * parts grow, to 45.5 TiB together */
};

/* Copy between any two of store and local. Some failed: LARDER_E of the one reason, or LARDER_E_INVALID…
 * look at the summary, which is always filled. */
LARDER_API int larder_transfer (struct larder *larder, const struct larder_transfer *request, larder_event_fn event, void *context,
                                struct larder_summary *ret_summary, struct larder_error *error);
/* Remove addresses; with LARDER_RECURSIVE everything below ADDRESS/ and the object ADDRESS itself. */
LARDER_API int larder_transfer_remove (struct larder *larder, const char *const *addresses, size_t count, uint32_t flags,
                                       larder_event_fn event, void *context, struct larder_summary *ret_summary,
                                       struct larder_error *error);

/* ---- transfers that broke off -------------------------------------------------------------------- */

/* One that left a journal in the state folder; texts live during the call. */
struct larder_pending {
	size_t size;
	const char *kind;                /* "upload", "download", "copy" between stores, "stream" from standard input; "unknown": its journal cannot be read */
	const char *from, *to;           /* a file from the root on, an object's address, "-"; of an unknown one: the journal's name, and nothing */
	int64_t begun;
	bool running;                    /* a process is at it */
	const char *problem;             /* why this handle can do nothing about it (another profile), or NULL */
	const char *no_resume;           /* why it cannot be gone on with, though given up; or NULL */
};
typedef int (*larder_pending_fn) (void *context, const struct larder_pending *pending);
/* Each of them, in no order; none when there is no state folder. A non-zero return ends it with that code. */
LARDER_API int larder_transfers_each (struct larder *larder, larder_pending_fn pending, void *context, struct larder_error *error);
/* Goes on with each, one after the other, as its command would; those that run or belong elsewhere are "skipped". Flags:
 * LARDER_DRY_RUN. Events, summary and code as of larder_transfer. */
LARDER_API int larder_transfers_resume (struct larder *larder, uint32_t flags, larder_event_fn event, void *context,
                                        struct larder_summary *ret_summary, struct larder_error *error);
/* Gives up those begun more than `older_than` ns ago: the open upload, or the private file, and the journal ("removed"). Only what
 * the journals tell of is touched. */
LARDER_API int larder_transfers_gc (struct larder *larder, int64_t older_than, uint32_t flags, larder_event_fn event, void *context,
                                    struct larder_summary *ret_summary, struct larder_error *error);

/* ---- one tree like another ---------------------------------------------------------------------- */

enum larder_sync_flag {              /* beside LARDER_DRY_RUN */
	LARDER_SYNC_DELETE = 1 << 8,     /* remove at the destination what the source does not have */
	LARDER_SYNC_EMPTY_SOURCE = 1 << 9, /* with it: also when the source is empty */
	LARDER_SYNC_SIZE_ONLY = 1 << 10, /* one size is one content, whatever the times */
	LARDER_SYNC_CHECKSUM = 1 << 11,  /* bytes decide: files are read, and each object is asked for its checksum, or read */
	LARDER_VERIFY_DOWNLOAD = 1 << 12, /* larder_verify: every byte of both is read, whatever checksums say */
	LARDER_SYNC_EXACT_TIMES = 1 << 13, /* times to the nanosecond, as uploads keep them in the metadata "mtime": each object of one size is asked */
	LARDER_SYNC_FOLLOW_LINKS = 1 << 14, /* links of a local source are what they lead to, as long as that lies in it; those that lead out, or
	                                    * back to a folder that they lie in, are refused */
	LARDER_VERIFY_SOURCE = 1 << 15,  /* larder_verify: `to` is to have what `from` has; what it has besides is nobody's matter */
	LARDER_VERIFY_MANIFEST = 1 << 16 /* larder_verify: `from`, which is in a store, is to have what its manifests tell; `to` is NULL */
};

struct larder_sync {
	size_t size;
	uint32_t flags;                  /* enum larder_sync_flag */
	const char *from, *to;           /* addresses of trees: a folder, STORE:, STORE:PREFIX */
	const char *const *include, *const *exclude; /* globs of whole keys below the two, where * also stands for '/' */
	size_t include_count, exclude_count;
	uint64_t delete_most;            /* the most to remove, 0: no such ceiling; both 0: 1000, and half of what is there or 10 */
	uint32_t delete_most_percent;    /* of the objects or files of the destination */
	uint32_t mode;                   /* of files and folders of a local destination, also of those that are there; 0: by umask */
	uint32_t shard, shards;          /* the keys of one of so many shards, counted from 0; 0 of 0: all */
	const char *failed_to;           /* file that gets the key of each that failed or was refused, percent-encoded, one a line; NULL: none */
	const char *only;                /* such a file: these keys alone take part, and of one that ends in '/' all below it; NULL: all */
	const char *plan;                /* file that gets what would be done, for larder_apply; nothing is done. NULL: none */
	const char *storage_class;       /* of what is copied into a store, where that has classes; NULL: as its section says. No part of a plan */
};

/* Makes `to` like `from`: copies what is missing or different there. Two listings are merged in byte order, in flat memory, and
 * what they hold decides: size, and the time; between two stores the checksum or etag where both tell it. An unchanged one is
 * counted as skipped and not told. Keys that a filter or the shard leaves out are neither copied nor removed. With
 * LARDER_SYNC_DELETE what is left over goes at the end, if both listings were whole: CONFLICT and nothing removed, while the copies are done and stay, when a part of
 * the source could not be read, when it is empty, or when more would go than may. INVALID when one lies in the other. Events,
 * code and summary as of larder_transfer. */
LARDER_API int larder_sync (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context,
                            struct larder_summary *ret_summary, struct larder_error *error);

/* Does what a plan of larder_sync says, in its order, and nothing else. The file is read whole and compared with its checksum
 * before anything begins: INTEGRITY when it was cut short or changed, INVALID when it was made with another profile or for other
 * places. Each operation first looks whether both sides are as they were planned upon: what is done already is "skipped", anything
 * else is CONFLICT, and whatever fails ends the run; but a key that another one excludes (a and a/b in a storage of files) is tried again at the
 * end and then "refused". Flags: LARDER_DRY_RUN looks and does nothing. Events and summary as of
 * larder_transfer; the code is that of the failure. */
LARDER_API int larder_apply (struct larder *larder, const char *plan, uint32_t flags, larder_event_fn event, void *context,
                             struct larder_summary *ret_summary, struct larder_error *error);

/* Do two trees, or a file or object and another, have the same bytes? Of the request counts: from, to, the filters, the shard, of trees `only`, and
 * LARDER_SYNC_SIZE_ONLY, LARDER_VERIFY_DOWNLOAD and LARDER_VERIFY_SOURCE; nothing is changed. Where both sides tell a checksum of the whole of one kind, nothing is
 * read; where one does, the other is read. What is alike is "same" and counts as done; what "differs", or is "missing" on
 * the other side, counts as failed with INTEGRITY; what could not be compared is "failed" with its own code, as NOTREADY of an archived
 * object that has to be read. NOTFOUND when nothing is on either side.
 * With LARDER_VERIFY_MANIFEST each key below `from` is compared with the newest line that the manifests of [larder] manifests have of it: length, version
 * and checksum as the store tells them; what only LARDER_VERIFY_DOWNLOAD, or a line without a checksum, makes necessary is read. What no manifest has is "skipped", and told
 * as "not in a manifest". INTEGRITY for a manifest that was cut or changed, INVALID without [larder] manifests, NOTFOUND when there is none. */
LARDER_API int larder_verify (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context,
                              struct larder_summary *ret_summary, struct larder_error *error);

/* ---- versions ---------------------------------------------------------------------------------- */

/* What is to be done with versions at some addresses; larder_list with `versions` shows them. */
struct larder_versions {
	size_t size;
	uint32_t flags;                  /* LARDER_RECURSIVE, LARDER_DRY_RUN, LARDER_TELL_BEFORE of enum larder_transfer_flag */
	const char *const *addresses;
	size_t count;
	int64_t at;                      /* larder_undelete: as it was then; LARDER_NO_TIME: only what was deleted */
	const char *version;             /* larder_remove_versions: this one of the one address; NULL: all */
};

/* Takes away the delete markers on top of each key, so that the last version is the latest again with its bytes and attributes
 * ("restored"); a key that is there is "skipped". With `at`, each key gets what was its latest version then, by the clock of the
 * storage: the version is copied over it within the storage ("restored"), or where there was none a delete marker is put
 * ("removed"); a key with those bytes and attributes is "skipped", and no version is lost. In memory for one page of the listing.
 * Of an address: NOTFOUND when there is no trace of it, UNSUPPORTED when its store keeps no versions. The code is as of
 * larder_transfer, the summary always filled. */
LARDER_API int larder_undelete (struct larder *larder, const struct larder_versions *request, larder_event_fn event, void *context,
                                struct larder_summary *ret_summary, struct larder_error *error);

/* Removes versions and delete markers for good, also those of deleted keys: each is "removed". The latest of a key goes last, and
 * is "skipped" where an older one could not be removed, so that no old version comes to light. Of a whole store the open uploads
 * that it tells of are ended, each "removed" with a reason. Of an address: NOTFOUND when
 * there is no trace of it, or no such version. Code, summary and memory as of larder_undelete. */
LARDER_API int larder_remove_versions (struct larder *larder, const struct larder_versions *request, larder_event_fn event, void *context,
                                       struct larder_summary *ret_summary, struct larder_error *error);

/* ---- pictures ---------------------------------------------------------------------------------- */

/* Raw pixels; borrowed for the call, never changed. */
struct larder_raster {
	size_t size;
	const void *rows;
	uint32_t width, height, pixels;  /* pixels: as in codec.h: 1 GREY8, 2 GREYA8, 3 RGB8, 4 RGBA8, 5…8 with 16 bits */
	size_t stride;                   /* bytes from row to row */
	const void *icc;
	size_t icc_length;
};

/* One picture to take in: exactly one of file, source and raster. */
struct larder_ingest {
	size_t size;
	const char *pipeline;            /* NULL: "image" */
	const char *user, *job;          /* placeholders {user} and {job} */
	struct larder_pairs values;      /* the placeholders that the pipeline declares in its `values`: all of them, no other */
	const char *format;              /* "png", "webp", "jpeg"; NULL: as the pipeline says */
	int64_t at;                      /* the job's time, or LARDER_NO_TIME for now */
	bool overwrite;                  /* replace another picture of the same job */
	bool dry_run;
	const char *name;                /* what to call it in messages; NULL: the file's path */
	const char *file;                /* path; "-" is standard input */
	const struct larder_source *source;
	const struct larder_raster *raster;
};

enum larder_stored { LARDER_STORED_NEW = 0, LARDER_STORED_ALREADY = 1, LARDER_STORED_REPLACED = 2, LARDER_STORED_WOULD = 3 };

struct larder_ingested {
	size_t size;
	uint32_t stored;                 /* enum larder_stored */
	const char *bucket, *key, *thumbnail_bucket, *thumbnail_key; /* thumbnails NULL when the pipeline makes none */
	const char *url, *thumbnail_url; /* NULL when the store has none */
	const char *content_type;
	const char *note;                /* what was odd but harmless, or NULL */
	uint64_t length, thumbnail_length;
	uint32_t width, height, thumbnail_width, thumbnail_height; /* upright */
	int64_t elapsed;                 /* ns */
};

/* Take in one picture: image, thumbnail and metadata together or not at all. Again with the same bytes: ALREADY. CONFLICT when
 * the job has another picture, INTEGRITY for a damaged one, LIMIT, UNSUPPORTED for a format that nobody reads, NOSPACE. */
LARDER_API int larder_ingest (struct larder *larder, struct larder_arena *arena, const struct larder_ingest *request,
                              struct larder_ingested *ret, struct larder_error *error);

/* Many, in parallel. `next` fills the next request and returns 1, 0 at the end, or a code; it is called under
 * a lock, from any thread, and what it points to lives until that item's `done`. A code from `next` with a
 * filled error costs that item (refused) when ret_item->name is set, else it ends the batch. `done` comes once an item, under
 * another lock, so also while `next` waits, in the order of completion; `item` is the request, code 0 with result or code
 * with error. */
struct larder_batch {
	size_t size;
	uint32_t jobs;                   /* parallel; 0: one a core */
	void *context;
	int (*next) (void *context, struct larder_ingest *ret_item, struct larder_error *error);
	int (*done) (void *context, const struct larder_ingest *item, int code, const struct larder_ingested *result,
	             const struct larder_error *error);
	void (*replaces) (void *context, const char *address);   /* NULL, or told of each object that is there before it is written over or removed; one at a time, on any thread */
};
LARDER_API int larder_ingest_batch (struct larder *larder, const struct larder_batch *batch, struct larder_summary *ret_summary,
                                    struct larder_error *error);

/* Removes what ingests of this pipeline (NULL: "image") began and nobody finished: thumbnails that name an image which is not there.
 * Only those older than `older_than` ns and than the pipeline's grace time. Each object of the store of the thumbnails that is old
 * enough is asked for its metadata: a request an object. Flags: LARDER_DRY_RUN. Events ("removed", "would-remove", "failed"), summary
 * (whole ones count as skipped) and code as of larder_transfer. */
LARDER_API int larder_images_gc (struct larder *larder, const char *pipeline, int64_t older_than, uint32_t flags, larder_event_fn event,
                                 void *context, struct larder_summary *ret_summary, struct larder_error *error);

/* Key of the thumbnail of a stored picture, from the picture's key alone: the pipeline's key template read backwards,
 * its thumbnail template forwards. No network. INVALID when the pipeline did not make `key`. */
LARDER_API int larder_thumbnail_key (struct larder *larder, struct larder_arena *arena, const char *pipeline, const char *key,
                                     const char **ret, struct larder_error *error);

/* The thumbnail of a picture, for the caller and in no store: fits into the box, sides in proportion, never enlarged, upright, in sRGB,
 * 8 bits a sample, grey and alpha kept. Of `picture` count pipeline (its limits), name, and file, source or raster. Rows live in the
 * arena. INTEGRITY for a damaged picture, LIMIT, UNSUPPORTED for a format that nobody reads. */
LARDER_API int larder_thumbnail (struct larder *larder, struct larder_arena *arena, const struct larder_ingest *picture, uint32_t width,
                                 uint32_t height, struct larder_raster *ret, struct larder_error *error);

struct larder_probed {
	size_t size;
	const char *format, *content_type, *colour, *profile, *note;
	uint32_t width, height;          /* upright */
	uint32_t depth, orientation, frames;
	bool alpha, interlaced, rows, trailing;
	uint64_t memory;                 /* a decode needs */
	uint32_t thumbnail_width, thumbnail_height;
	const char *would;               /* what ingest would do with it, one sentence; NULL without pipeline */
};
/* What a picture is and what ingest would do with it: decoded and encoded whole as ingest would, without looking at a store. What
 * ingest would refuse the picture for is refused here with the same error: INTEGRITY for a damaged one, LIMIT, UNSUPPORTED. */
LARDER_API int larder_probe (struct larder *larder, struct larder_arena *arena, const char *file, struct larder_probed *ret,
                             struct larder_error *error);

#ifdef __cplusplus
}
#endif

#include <larder/models.h>
#include <larder/infra.h>
#include <larder/archive.h>
#include <larder/cdn.h>
#include <larder/recovery.h>

#endif
