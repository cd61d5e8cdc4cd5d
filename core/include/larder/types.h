/* types.h: what applications and modules of every kind share.
 *
 * Reads top to bottom: errors, pairs, object facts, bytes in and out, options,
 * one call, the host table, the module head.
 *
 * Rules that hold for everything here
 * - Every struct that crosses between core and a module starts with its size in bytes. Whoever
 *   allocates it sets the size; whoever reads it looks no further than that. Fields are only appended.
 * - Arrays cross with a count and a stride, so that elements may grow too.
 * - Text is NUL-terminated UTF-8 unless said otherwise; object keys are bytes without NUL.
 * - Times are nanoseconds since 1970-01-01 UTC; lengths are bytes; durations are nanoseconds.
 * - Enumerations are open: a reader meets numbers it does not know and treats them as "other".
 * - A function that can fail returns 0 or a negative LARDER_E_ code; outputs (ret_*) are untouched
 *   when it fails; details are in the last parameter, which may be NULL.
 */
#ifndef LARDER_TYPES_H
#define LARDER_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define LARDER_PRINTF(at, first) __attribute__ ((format (printf, at, first)))
#define LARDER_EXPORT __attribute__ ((visibility ("default")))
#define LARDER_HIDDEN __attribute__ ((visibility ("hidden")))
#else
#define LARDER_PRINTF(at, first)
#define LARDER_EXPORT
#define LARDER_HIDDEN
#endif

/* The contract of this header. 0 may change until it has carried every module of the mission; from 1
 * on, fields and operations are only appended. */
#define LARDER_API_CURRENT 0
#define LARDER_API_OLDEST 0

/* ---- errors ------------------------------------------------------------------------------------ */

/* What the caller does next decides the code; larder_exit_code() gives the exit status of each. */
enum larder_code {
	LARDER_OK = 0,
	LARDER_E_INVALID = -1,     /* usage, configuration, malformed input: do not repeat */
	LARDER_E_UNSUPPORTED = -2, /* this backend, format or build cannot do it */
	LARDER_E_LIMIT = -3,       /* over a limit of ours or of the service, memory included */
	LARDER_E_NOTFOUND = -4,    /* no such object, bucket, module, section */
	LARDER_E_DENIED = -5,      /* credentials or permission */
	LARDER_E_CONFLICT = -6,    /* exists already, condition not met, lock held, refused by a guard */
	LARDER_E_INTEGRITY = -7,   /* checksum, damaged picture, source changed while being read */
	LARDER_E_NOSPACE = -8,     /* disk full or quota */
	LARDER_E_UNAVAILABLE = -9, /* network, service or device, after retries; deadline passed */
	LARDER_E_NOTREADY = -10,   /* archived and not restored, or still in progress */
	LARDER_E_CANCELLED = -11,  /* the caller asked to stop */
	LARDER_E_RETRY = -12       /* from a driver to core only: resume at error->offset */
};

/* Details of one failure. Allocated and initialised by the caller (LARDER_ERROR_INIT), filled by
 * whoever detects it, valid until the caller reuses it. Fixed arrays: nothing to free. Texts are cut
 * at a UTF-8 boundary when they do not fit. Never holds a secret. */
struct larder_error {
	size_t size;
	int32_t code;             /* LARDER_E_… */
	int32_t status;           /* HTTP status, or 0 */
	int32_t errnum;           /* errno, or 0 */
	uint32_t line;            /* line of `file`, or 0 */
	uint64_t offset;          /* bytes delivered before a LARDER_E_RETRY */
	char message[512];        /* what and which object; lower case, no full stop, subject in '' */
	char next[256];           /* what the reader can do about it, or "" */
	char provider[64];        /* the service's own code, "AccessDenied", or "" */
	char request[128];        /* the service's request id, or "" */
	char file[256];           /* configuration file the failure is about, or "" */
};

#define LARDER_ERROR_INIT { sizeof (struct larder_error), 0, 0, 0, 0, 0, "", "", "", "", "" }

/* Which text larder_explain() sets. */
enum larder_detail {
	LARDER_DETAIL_NEXT = 1,
	LARDER_DETAIL_PROVIDER = 2,
	LARDER_DETAIL_REQUEST = 3,
	LARDER_DETAIL_FILE = 4
};

/* Give a filled struct to a caller whose struct may be older and shorter, or newer and longer. Both
 * sizes are set; the caller's stays what it was. */
static inline void
larder_give (void *ret, const void *from)
{
	size_t room = *(const size_t *) ret, have = *(const size_t *) from;
	memcpy (ret, from, have < room ? have : room);
	*(size_t *) ret = room;
}

/* ---- pairs ------------------------------------------------------------------------------------- */

struct larder_pair { const char *name, *value; };

/* `count` pairs, `stride` bytes apart; reads as empty when zeroed. Borrowed, never owned. */
struct larder_pairs { const struct larder_pair *at; size_t count, stride; };

static inline const struct larder_pair *
larder_pair_at (const struct larder_pairs *pairs, size_t i)
{
	return (const struct larder_pair *) (const void *) ((const char *) pairs->at + i * pairs->stride);
}

/* ---- object facts ------------------------------------------------------------------------------ */

enum larder_info_flag {
	LARDER_INFO_LATEST = 1 << 0,        /* the version that a read without version gives */
	LARDER_INFO_DELETE_MARKER = 1 << 1, /* a deletion in a versioned bucket; has no bytes */
	LARDER_INFO_PREFIX = 1 << 2         /* a common prefix of a listing with delimiter; only `key` is set */
};

enum larder_checksum {
	LARDER_CHECKSUM_NONE = 0,
	LARDER_CHECKSUM_CRC32 = 1,
	LARDER_CHECKSUM_CRC32C = 2,
	LARDER_CHECKSUM_CRC64NVME = 3,
	LARDER_CHECKSUM_SHA1 = 4,
	LARDER_CHECKSUM_SHA256 = 5
};

enum larder_restore_state {
	LARDER_RESTORE_NONE = 0,     /* readable, or archived and never asked for: see storage_class */
	LARDER_RESTORE_RUNNING = 1,
	LARDER_RESTORE_DONE = 2      /* readable until restore_expiry */
};

/* What a store says of one object (or version). Unknown texts are NULL, unknown numbers 0. */
struct larder_info {
	size_t size;
	uint32_t flags;                 /* enum larder_info_flag */
	uint32_t checksum_type;         /* enum larder_checksum */
	bool checksum_composite;        /* value is of part checksums, not of the object's bytes */
	uint32_t restore_state;         /* enum larder_restore_state */
	uint64_t length;
	int64_t mtime;
	int64_t restore_expiry;
	const char *key, *version, *etag; /* etag without quotes; only ever compared with an etag */
	const char *storage_class;      /* the service's own word, "STANDARD", "GLACIER_IR" */
	const char *checksum;           /* base64, as the service writes it */
	const char *content_type, *content_encoding, *cache_control, *content_disposition;
	const char *replication;        /* the service's own word or NULL */
	const char *encryption;         /* echo of the server-side encryption or NULL */
	struct larder_pairs metadata;   /* user metadata; names in lower case, without prefix */
	const char *archive;            /* archived though its class alone does not say so: the service's own word, "ARCHIVE_ACCESS"; it is restored for good, and not for days. NULL: not so */
};

/* What a writer sets. NULL leaves a field to the service; in a copy it keeps the source's value. */
struct larder_attributes {
	size_t size;
	const char *content_type, *content_encoding, *cache_control, *content_disposition;
	const char *storage_class, *encryption;
	bool metadata_given;            /* in a copy: replace the metadata, by none if it is empty */
	struct larder_pairs metadata;
};

/* ---- what a service works on for long, and what it keeps ---------------------------------------- */

enum larder_action_state { LARDER_ACTION_RUNNING = 1, LARDER_ACTION_DONE = 2, LARDER_ACTION_FAILED = 3 };

/* Something that can be restored, or that makes such a thing. */
struct larder_backup {
	size_t size;
	const char *id;                  /* as "point" of an action takes it; of a job the token of its action */
	const char *resource;            /* of what, as its type tells "id" */
	const char *kind, *place;        /* the service's own words: "automated", "EFS"; the vault. Or NULL */
	uint32_t state;                  /* enum larder_action_state: of a point RUNNING is being made, DONE can be restored */
	const char *status, *message;    /* the service's own words; message may be NULL */
	int64_t begun, ended, expires;   /* ns; 0: not told, or not at all */
	uint64_t bytes;                  /* UINT64_MAX: not told */
	int32_t percent;                 /* or -1 */
};

/* ---- bytes in and out -------------------------------------------------------------------------- */

/* Where bytes come from. `length` is known. Give `pread` (any thread, any order) or `read` with
 * `rewind` (one thread, in order). Both return the bytes read, 0 at the end, or a negative code; a
 * short read is not an end. The callee does not keep the source after the operation returns. */
struct larder_source {
	size_t size;
	void *context;
	uint64_t length;
	int64_t (*pread) (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error);
	int64_t (*read) (void *context, void *into, size_t count, struct larder_error *error);
	int (*rewind) (void *context, struct larder_error *error);
};

/* Where bytes go. `begin` comes once, before the first byte, and may refuse (wrong etag, size or
 * range): its code then ends the operation. `begin` may be NULL. `write` takes all of `count` or fails.
 * Calls come one at a time, from the thread of the operation. */
struct larder_sink {
	size_t size;
	void *context;
	int (*begin) (void *context, const struct larder_info *info, struct larder_error *error);
	int (*write) (void *context, const void *bytes, size_t count, struct larder_error *error);
};

/* ---- findings ---------------------------------------------------------------------------------- */

/* Of one thing that a check looked at. A note is neither good nor bad: where credentials were looked for, and not found. */
enum larder_verdict { LARDER_PASS = 0, LARDER_WARN = 1, LARDER_FAIL = 2, LARDER_NOTE = 3 };

/* ---- options ----------------------------------------------------------------------------------- */

/* Type of an option and of the field it fills:
 *   STRING, PATH, SECRET  const char *          kept by core until the instance is closed; NULL if unset
 *   BOOL                  bool                  yes/no, true/false, on/off, 1/0
 *   INT                   int64_t
 *   SIZE                  uint64_t, bytes       "8MiB", "500MB", "10TB"
 *   RATE                  uint64_t, bytes/s     "500MB/s"
 *   DURATION              int64_t, ns           "30s", "10m", "30d"
 *   ENUM                  uint32_t              index into `values` ("auto|path|host")
 *   LIST                  const char *const *   NULL-terminated; NULL if unset
 */
enum larder_type {
	LARDER_STRING = 1,
	LARDER_PATH = 2,
	LARDER_SECRET = 3,
	LARDER_BOOL = 4,
	LARDER_INT = 5,
	LARDER_SIZE = 6,
	LARDER_RATE = 7,
	LARDER_DURATION = 8,
	LARDER_ENUM = 9,
	LARDER_LIST = 10
};

enum larder_option_flag {
	LARDER_REQUIRED = 1 << 0,
	LARDER_HIDDEN_OPTION = 1 << 1, /* parsed, but absent from help and man pages */
	LARDER_WHOLE_DAYS = 1 << 2     /* DURATION: days are meant, and nothing between: "30", which is seconds, is no slip of a month to a day */
};

/* One option. A table ends with an element whose key is NULL. Core parses, checks ranges and fills the
 * field at offset `at` of the instance before open(). Whether the user gave it at all is a separate
 * question: host->option(). */
struct larder_option {
	const char *key;        /* "part-size"; as a flag "--part-size" */
	uint32_t type;          /* enum larder_type */
	uint32_t flags;         /* enum larder_option_flag */
	size_t at;              /* offsetof (struct instance, field) */
	const char *def;        /* default as the user would write it, or NULL: field stays zero */
	const char *help;       /* one line, lower case, no full stop */
	const char *values;     /* ENUM: "a|b|c" */
	const char *argument;   /* word for the value in help ("FILE"), or NULL for one by type */
	int64_t min, max;       /* range for numbers when min < max, in the field's own unit */
	char letter;            /* short flag of a command's option, or 0 */
};

/* ---- one call ---------------------------------------------------------------------------------- */

/* One operation under way: its arena, its cancel, its progress. Opaque; used through the host table. */
struct larder_call;

enum larder_level { LARDER_LOG_ERROR = 1, LARDER_LOG_WARN = 2, LARDER_LOG_INFO = 3, LARDER_LOG_DEBUG = 4 };

/* ---- host table -------------------------------------------------------------------------------- */

/* What core offers to modules. All functions may be called from any thread. Codecs use only alloc,
 * free, arena, log, fail, explain and cancelled: they also run in a child without store or network. */
struct larder_host {
	size_t size;
	uint32_t api;       /* core's LARDER_API_CURRENT */

	/* Memory. alloc gives zeroed bytes or NULL; free takes NULL. arena gives zeroed bytes that live
	 * as long as the caller's arena of this call (output strings go there), or NULL. */
	void *(*alloc) (size_t count);
	void (*free) (void *memory);
	void *(*arena) (struct larder_call *call, size_t count);

	/* Errors and talk. vfail fills *error (if not NULL) and returns code. explain adds one detail.
	 * log is for a developer reading a debug log; modules never print. */
	int (*vfail) (struct larder_error *error, int code, const char *format, va_list arguments);
	void (*explain) (struct larder_error *error, int detail, const char *text);
	void (*log) (int level, const char *format, ...) LARDER_PRINTF (2, 3);

	/* The text the user gave for an option of this instance, or NULL when only the default holds:
	 * "not given", "empty" and "0" are three things. SECRET options answer "" when given. */
	const char *(*option) (const void *self, const char *key);

	/* Cancel. cancel_fd is readable from the moment the call must end (do not read it; -1 when the
	 * call cannot be cancelled); cancelled says the same without a system call. An operation returns
	 * LARDER_E_CANCELLED within a second of it. */
	int (*cancel_fd) (struct larder_call *call);
	bool (*cancelled) (struct larder_call *call);

	/* Progress: bytes moved since the last report. */
	void (*progress) (struct larder_call *call, uint64_t bytes);

	/* Clocks, in ns. wall is UTC; boot counts suspension and never jumps: leases and deadlines.
	 * store_now is the wall clock that a mock store may move; only ages of objects may use it. */
	int64_t (*wall) (void);
	int64_t (*boot) (void);
	int64_t (*store_now) (void);

	/* One object for each key in the process, across modules and instances (credentials, idle
	 * connections). create runs once under a lock of that key; the object stays until the last
	 * unshare, then destroy frees it. */
	int (*share) (const char *key, int (*create) (void *argument, void **ret_object, struct larder_error *error),
	              void (*destroy) (void *object), void *argument, void **ret_object, struct larder_error *error);
	void (*unshare) (const char *key);

	/* Pace: what the user allows a second, for all calls of a handle together. A driver waits for its turn before each
	 * request that goes out (each try anew; without a network: each operation), and before bytes of a body move either
	 * way; pace_bytes tells how many of `count` may, 1 … count. At once where nothing is limited. CANCELLED ends the wait. */
	int (*pace_request) (struct larder_call *call, struct larder_error *error);
	int64_t (*pace_bytes) (struct larder_call *call, uint64_t count, struct larder_error *error);
};

/* ---- module head ------------------------------------------------------------------------------- */

enum larder_kind { LARDER_KIND_DRIVER = 1, LARDER_KIND_CODEC = 2, LARDER_KIND_LOCK = 3 };

/* How parallel core may call one instance. A ceiling. */
enum larder_threads {
	LARDER_THREADS_SERIAL_ALL = 0, /* one call at a time into the module, all instances together */
	LARDER_THREADS_SERIAL = 1,     /* one call at a time into each instance */
	LARDER_THREADS_PARALLEL = 2    /* any number */
};

/* First member of every module table; the macros LARDER_DRIVER_HEAD and so on fill it. */
struct larder_head {
	size_t size;            /* of the whole table */
	uint32_t api;           /* LARDER_API_VERSION that the author states */
	uint32_t kind;          /* enum larder_kind */
	size_t option_stride;   /* sizeof (struct larder_option) at the author's compiler */
};

/* What every module table begins with, whatever its kind. */
struct larder_module {
	struct larder_head head;
	const char *name;       /* [a-z0-9-]+, as in the file name: driver-NAME.so */
	const char *version;    /* the module's own, "0.1.0" */
	const char *summary;    /* one line for `larder module list` */
	uint32_t threads;       /* enum larder_threads */
	const struct larder_option *options; /* or NULL */
	size_t self_size;       /* bytes of an instance; core allocates them zeroed */
};

/* The one symbol a module exports. Called once, after vetting, with a host table that stays valid for
 * the life of the process. Returns the module's constant table, or NULL. */
#define LARDER_MODULE_ENTRY "larder_module_entry"

#ifdef LARDER_API_VERSION
/* For module authors. LARDER_DRIVER, LARDER_CODEC and LARDER_LOCK define these, once a module. */
extern LARDER_HIDDEN const struct larder_host *larder_host;
LARDER_HIDDEN int larder_fail (struct larder_error *error, int code, const char *format, ...) LARDER_PRINTF (3, 4);
LARDER_HIDDEN void larder_explain (struct larder_error *error, int detail, const char *text);

LARDER_EXPORT const struct larder_head *larder_module_entry (const struct larder_host *host);

#define LARDER_REGISTER(table)                                                                            \
	const struct larder_host *larder_host;                                                                \
	int larder_fail (struct larder_error *error, int code, const char *format, ...)                       \
	{                                                                                                     \
		va_list arguments;                                                                                \
		va_start (arguments, format);                                                                     \
		code = larder_host->vfail (error, code, format, arguments);                                       \
		va_end (arguments);                                                                               \
		return code;                                                                                      \
	}                                                                                                     \
	void larder_explain (struct larder_error *error, int detail, const char *text)                        \
	{                                                                                                     \
		larder_host->explain (error, detail, text);                                                       \
	}                                                                                                     \
	LARDER_EXPORT const struct larder_head *larder_module_entry (const struct larder_host *host)          \
	{                                                                                                     \
		larder_host = host;                                                                               \
		return &(table).head;                                                                             \
	}
#endif

#ifdef __cplusplus
}
#endif
#endif
