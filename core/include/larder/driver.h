/* driver.h: the contract of a storage driver.
 *
 * A driver makes one kind of storage answer to buckets, keys and versions. Write
 *
 *     #define LARDER_API_VERSION 0
 *     #include <larder/driver.h>
 *
 * fill one constant `struct larder_driver`, end the file with LARDER_DRIVER (table), and build
 * driver-NAME.so without undefined symbols. doc/examples/hello-driver is a whole one.
 *
 * Life: larder_module_entry once a process; for each [backend] section one instance: core allocates
 * self_size zeroed bytes, fills the options, calls open, then any operations, then close.
 *
 * For every operation
 * - `self` is the instance, `call` this operation (memory for output strings, cancel, progress).
 * - Called on any thread, as parallel as `threads` allows; may block; returns soon after a cancel.
 * - Request structs and all they point to belong to the caller and live until the operation returns.
 * - Output strings come from host->arena (call, …) or from static memory.
 * - NULL in the table means unsupported: core says so before anything is sent.
 * - A bucket or key the storage cannot hold is LARDER_E_INVALID; a missing bucket LARDER_E_NOTFOUND
 *   with a next step.
 */
#ifndef LARDER_DRIVER_H
#define LARDER_DRIVER_H

#ifndef LARDER_API_VERSION
#error "define LARDER_API_VERSION (the contract you wrote your module for) before including this header"
#endif

#include <larder/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requests ---------------------------------------------------------------------------------- */

#define LARDER_TO_END UINT64_MAX

/* Opening an instance. `name` is the section's name, for messages. What the pointers lead to stays until close. */
struct larder_open {
	size_t size;
	const char *name;
	const char *server;      /* row of the capability table ("minio"), or NULL */
	bool read_only;          /* nothing may be written or created */
	const char *const *versioned; /* buckets whose stores ask for versions, ended by NULL; or NULL. For drivers that make buckets */
	const char *const *buckets;   /* of all stores on it, ended by NULL: a driver makes no other, which may be a slip of the pen; NULL: any */
	bool describe;           /* export_resource, policy and supports alone will be asked: the storage need not be there, and nothing is made */
};

/* Which object, and which version of it. */
struct larder_object {
	size_t size;
	const char *bucket, *key;
	const char *version;     /* or NULL for the latest */
};

/* Condition under which a write, copy or finish takes place, decided by the storage atomically. */
struct larder_condition {
	size_t size;
	bool create_only;        /* only if no current object is there (If-None-Match: *) */
	const char *if_match;    /* only if the current object has this etag */
};

struct larder_read {
	size_t size;
	struct larder_object object;
	uint64_t offset;         /* first byte wanted */
	uint64_t length;         /* LARDER_TO_END, or bytes wanted; more than there are is not an error */
	const char *if_match;    /* LARDER_E_CONFLICT unless the object has this etag */
};

struct larder_write {
	size_t size;
	const char *bucket, *key;
	struct larder_attributes attributes;
	struct larder_condition condition;
	uint32_t checksum_type;  /* of the source's bytes, if the caller knows it, else NONE */
	const char *checksum;    /* base64; the storage refuses bytes that do not match (INTEGRITY) */
	bool copied;             /* parts_begin: the parts will come by parts_copy, and only so */
};

struct larder_copy {
	size_t size;
	struct larder_object from;
	const char *bucket, *key;              /* to */
	const char *if_match;                  /* of the source */
	struct larder_attributes attributes;   /* NULL fields keep the source's values */
	struct larder_condition condition;     /* of the destination */
};

struct larder_remove {
	size_t size;
	const char *key;
	const char *version;     /* this version for good; NULL: the object (a delete marker if versioned) */
	const char *if_match;
};

/* A result for each item of a remove, in any order, on the operation's thread; index counts from 0. code is 0 also when
 * nothing was there. info and error live during the call. A non-zero return ends the operation with that code. */
typedef int (*larder_removed_fn) (void *context, size_t index, int code, const struct larder_info *info,
                                  const struct larder_error *error);

struct larder_list {
	size_t size;
	const char *bucket;
	const char *prefix;      /* "" for all */
	const char *delimiter;   /* "" for none; "/" groups */
	const char *start_after; /* only keys above this, or NULL */
	const char *token;       /* from the page before, or NULL for the first */
	uint32_t most;           /* items on the page at the most; 0 for the storage's own number */
	bool versions;           /* every version and delete marker, newest first within a key */
};

/* Items come in byte order of their keys (objects and prefixes together), valid during the call. With LARDER_CAP_ANY_ORDER, and
 * unless versions are asked for, in any order, and then no start_after is asked for. */
typedef int (*larder_item_fn) (void *context, const struct larder_info *info, struct larder_error *error);

struct larder_page {
	size_t size;
	bool complete;           /* the storage itself said that nothing follows; else `token` is set */
	const char *token;       /* opaque, or NULL */
};

/* ---- parts ------------------------------------------------------------------------------------- */

struct larder_upload {
	size_t size;
	const char *bucket, *key, *id;
	int64_t started;         /* set in listings */
	bool uncertain;          /* by parts_begin, also when it fails: an asking whose answer was lost may have opened another */
};

struct larder_part {
	size_t size;
	uint32_t number;         /* 1 … 10000 */
	uint64_t length;
	const char *etag;
	uint32_t checksum_type;
	const char *checksum;
};

struct larder_finish {
	size_t size;
	struct larder_upload upload;
	const struct larder_part *parts;       /* ascending by number */
	size_t count, stride;
	uint64_t length;                       /* of the whole; refused (INTEGRITY) if the parts differ */
	struct larder_condition condition;
	uint32_t checksum_type;                /* of the whole, if known */
	const char *checksum;
};

/* Valid during the call; a non-zero return ends the operation with that code. */
typedef int (*larder_part_fn) (void *context, const struct larder_part *part, struct larder_error *error);
typedef int (*larder_upload_fn) (void *context, const struct larder_upload *upload, struct larder_error *error);

/* ---- more -------------------------------------------------------------------------------------- */

struct larder_retrieval {
	const char *storage_class, *tier;        /* the service's own words */
	int64_t within;                          /* ns that it takes at the most; 0: not told */
};

struct larder_restore {
	size_t size;
	struct larder_object object;
	uint32_t days;           /* 0: for good, where `archive` of its facts says that it is so */
	const char *tier;        /* the service's own word, or NULL */
};

enum larder_url_kind {
	LARDER_URL_PUBLIC = 0,
	LARDER_URL_SIGNED = 1,
	LARDER_URL_COOKIES = 2   /* what a browser is given to be let in, a NAME=VALUE a line, each with its line feed */
};

struct larder_url {
	size_t size;
	struct larder_object object;
	uint32_t kind;           /* enum larder_url_kind */
	const char *method;      /* "GET" */
	int64_t expires_in;      /* ns; for SIGNED and COOKIES */
	int64_t now;             /* wall clock to sign at */
	/* Of what a CDN serves; a driver of stores has a base of its own, and knows no more of these. */
	const char *base;        /* the address as it will be asked for, with its query, but for the signature; NULL: of the object */
	bool below;              /* all addresses that begin so; for COOKIES */
	bool custom;             /* in the longest form, though a shorter one would do */
	int64_t starts;          /* wall clock from when on it holds; 0: at once */
	const char *viewer;      /* from these network addresses alone, "192.0.2.0/24"; NULL: from any */
};

/* A request as somebody who looks at a picture makes it: with no credentials of the backend, and no redirect is followed. */
struct larder_view {
	size_t size;
	const char *method, *url;        /* "GET", and the whole address */
	struct larder_pairs headers;
};

struct larder_viewed {
	size_t size;
	int32_t status;                  /* of HTTP; where the address is none of it, 200 or 404 */
	struct larder_pairs headers;     /* names in lower case */
	const char *tls;                 /* "TLSv1.3"; NULL: it was in clear */
};

/* What a bucket does with the versions of its objects. */
enum larder_versioning {
	LARDER_VERSIONING_NEVER = 0,     /* a removed object is gone, a replaced one too */
	LARDER_VERSIONING_ON = 1,
	LARDER_VERSIONING_SUSPENDED = 2  /* those of before are there; new ones replace the one called "null" */
};

/* One finding of check (for `larder doctor`); verdict is of enum larder_verdict. Texts are read during the call; `next` may be
 * NULL. A non-zero return ends the check with that code. */
typedef int (*larder_finding_fn) (void *context, uint32_t verdict, const char *what, const char *detail, const char *next);

/* What `larder doctor --probe` lets a driver find out by trying. All that is made has a key that begins with `prefix`, which
 * holds a time and chance and which nobody else uses, or with a '/' before it; and all of it is removed before the operation
 * returns, also after a failure or a cancel: clean (context), asked for once, gives a call with some seconds of its own for that. */
struct larder_probe {
	size_t size;
	const char *bucket, *prefix;
	struct larder_call *(*clean) (void *context);
	void *context;
};

/* A line of the [backend] section that fits what was found: a key of the driver's own options, or "server". A non-zero return
 * ends the probe with that code. */
typedef int (*larder_advice_fn) (void *context, const char *key, const char *value);

/* ---- long actions ------------------------------------------------------------------------------ */

/* Something the service works on for minutes or hours: invalidation, backup start, database restore,
 * snapshot copy. Core keeps the journal: `token` is all it needs to ask again, also after a restart. */
/* kind "invalidate": the edges of a CDN forget what they hold. target: identity of the resource, as of type "cdn". An argument is
 * "path", a key of the store, or "below", all keys that begin so. Core sends none with a character of the table's `unmatched`, and none twice: each is paid for. NOTREADY when it
 * is doing as much as it can already.
 * kind "serve": an edge that runs on this machine. Argument "up": it is started, or told what is new, "down": it is ended; without either it is only asked for. target: NULL. The token is what was
 * done, "started", "reloaded", "same", "stopped", "down"; poll, whose token is the identity of a resource of type "cdn", gives the results "state" ("up", "stale": by older settings, "down": it does not run, or serves no such), "pid", and "ca-file": who vouches for it, or "".
 * kind "signing-key": is the key that `url` signs with one of those that edges hold signatures against? Argument "key-group": theirs, as the [cdn] names it. target: NULL; done at once, the
 * token tells which it is, for people. INVALID where it is not, UNSUPPORTED where nothing signs.
 * kind "clock": what plays a service on a clock that can be moved. Argument "ahead": how many ns it is to be ahead of the host's, CONFLICT for less than it is;
 * "reset": they are one again; without either it is only asked for. target: NULL. poll gives the results "now", UTC, and "ahead", in ns.
 * kind "restore": what a resource was at a time, as a new one beside it. target: identity of the resource, as of type "database"; arguments "to": what the new one is to be
 * called, "at": a time, "2026-11-29T10:00:00Z", without it the latest; "try": look at it all, and begin nothing. The new one is to be all that the source is: what the service
 * would give it otherwise is asked for with it, or by poll once it is there, and only then it is DONE, with the results "endpoint" and "port", and a "left" for each that could
 * not be carried over, for people. INVALID a time that the service does not have, `next` which it has; CONFLICT: the name is taken, but by what the same client_token began. */
/* kind "backup": what is told by a section is kept once more, beside what the service does by itself. target: identity of the resource, as of type "backup"; arguments
 * "resource": what is to be kept, as its type tells "id", "rule": by whose terms, where there are several. It is kept where, for as long as, and as whom the target says. One of
 * that resource that was asked for so and is under way is that one. poll gives the result "point" once it is DONE.
 * kind "copy": of a snapshot, that stays until somebody removes it. target: as of type "database"; arguments "point": which, "to": what the copy is called, "region": where it is
 * to be, "key": by which key, where that is another than the snapshot's. poll gives the result "point". CONFLICT: the name is taken, but by a copy of just that.
 * kind "restore" of a target of type "backup": arguments "point": id of what is kept, "to": id of what is there and takes it, in a folder of its own; without it a new one is
 * made; "role": as whom, where the target's own may not. poll gives the result "resource", the id of where it is. */
struct larder_action {
	size_t size;
	const char *kind;
	const char *target;
	struct larder_pairs arguments;
	const char *client_token;        /* the same token starts it once only */
	size_t *ret_taken;               /* of the arguments, from the first: all, or what it takes at a time. NULL: all, or LIMIT */
};

struct larder_progress {
	size_t size;
	uint32_t state;                  /* enum larder_action_state */
	int32_t percent;                 /* or -1 */
	const char *message;             /* the service's own words, or NULL */
	struct larder_pairs results;
};

/* What is kept, or being made. */
enum larder_backups_what {
	LARDER_BACKUPS_POINTS = 0,       /* what can be restored */
	LARDER_BACKUPS_JOBS = 1          /* what is being made of it, or came to nothing; of the last days, as far as the service knows */
};
struct larder_backups {
	size_t size;
	uint32_t what;                   /* enum larder_backups_what */
	const char *type, *identity;     /* of `resources`: "database": of that one; "backup": of all that is kept there */
	const char *id;                  /* of one job; NULL: of all */
};
/* Texts are read during the call. */
typedef int (*larder_backup_fn) (void *context, const struct larder_backup *backup, struct larder_error *error);

/* ---- infrastructure ---------------------------------------------------------------------------- */

/* Desired or observed state: `path = value` lines in byte order of their paths, members of sets keyed
 * by what identifies them: rule[images].transition[GLACIER_IR].days = 30. One line a call. */
struct larder_line { size_t size; const char *path, *value; };

struct larder_lines {
	size_t size;
	void *context;
	int (*next) (void *context, struct larder_line *ret_line, struct larder_error *error); /* 1, 0 at the end, or a code */
	void (*rewind) (void *context);
};

typedef int (*larder_line_fn) (void *context, const struct larder_line *line, struct larder_error *error);

enum larder_path_flag {
	LARDER_PATH_REQUIRED = 1 << 0,
	LARDER_PATH_IMMUTABLE = 1 << 1,  /* a change replaces the resource */
	LARDER_PATH_COMPUTED = 1 << 2,   /* the service decides; never a difference */
	LARDER_PATH_OPTIONAL = 1 << 3,
	LARDER_PATH_SECRET = 1 << 4,
	LARDER_PATH_DOCUMENT = 1 << 5,   /* changes nothing of what else is said: what nobody declared stays, in a member that is ours too, unless adopted */
	LARDER_PATH_NARROWS = 1 << 6,    /* says of what, as whom or whether. Alone in its member (or, in none, in the resource) it does nothing; where
	                                  * it is not supported, that member is not: without it more would be done */
	LARDER_PATH_TELLS = 1 << 7,      /* a change of it makes the computed paths of this flag tell another value */
	LARDER_PATH_OURS = 1 << 8,       /* read tells it of nothing but what was made by us: where nobody declares it, it goes; of a member that nobody declares, with all of it */
	LARDER_PATH_KEEPS = 1 << 9,      /* while read tells it, and not "no", `remove` answers CONFLICT: a plan to destroy tells it as left */
	LARDER_PATH_SWAPS = 1 << 10,     /* a change of it makes a new one, puts that in place of the old one, and removes the old one last: plans tell it */
	LARDER_PATH_INSTEAD = 1 << 11    /* one of two ways to say a thing: where the member is asked to say it by one that is not OPTIONAL, those that are, and are not asked for, go */
};

/* What a resource type says of one path; [*] stands for any member of a set. */
struct larder_path_rule {
	const char *path;
	uint32_t type;           /* enum larder_type */
	uint32_t flags;          /* enum larder_path_flag */
	const char *help;
};

/* What a value may be: all rows about it hold. `words`: alternatives joined by '|'; one that ends in '*' is how it begins ("provisioned *"). `pattern`: an extended
 * regular expression that it must match, or behind a '!' one that it must not. `most`: characters at the most. NULL and 0 demand nothing; `say` is what to write
 * instead, where a pattern or a length tells it.
 * Of a `path` that ends in a member ("cors[*].method[*]", "rule[*].transition[*]") it is what that member may be, whatever is below it, with '=' behind it
 * ("tag[*]=") the value of that line; of one that ends in "[]" ("tag[]") `most` is how many of them there may be; of any other what the value may be. "" is the
 * identity: that of what is there already is nobody's matter. Paths that no row has take anything. What else is written is refused, with file and line, before
 * anything is made, and but for an identity before any service is asked. */
struct larder_words { const char *path, *words, *pattern; size_t most; const char *say; };

enum larder_resource_state {
	LARDER_RESOURCE_ABSENT = 0,
	LARDER_RESOURCE_PENDING = 1,
	LARDER_RESOURCE_READY = 2,
	LARDER_RESOURCE_FAILED = 3
};

struct larder_resource {
	size_t size;
	const char *type;                /* name of its type: one function may serve several */
	const char *section;             /* name of the section it stands for */
	const char *identity;            /* natural name, or value of the tag that identifies it */
	struct larder_lines *desired;    /* all that is to be there, what others declared and stays among it; for read and remove what the sections say, or NULL */
	struct larder_lines *observed;   /* what read gave; NULL for read and create */
};

/* What does not do what its reader thinks, told at plan time unless a section accepts it by name. `when` is over the desired lines and what core
 * knows beside them (doc/dev/infra.md has the list): terms joined by " & ", alternatives by " | ".
 *   PATH          there is such a line; [*] is any member, [@] the same member in all terms of the alternative
 *   !TERM         not so; nor is there such a line among those that were asked for and that the service lacks, which are told as such
 *   PATH=TEXT  PATH~TEXT  PATH<NUMBER  PATH>NUMBER   its value is, holds, is less or more than
 *   A - B<NUMBER, A * B>NUMBER   sums of paths and numbers, with " - ", " * " and " / " (which rounds down), from left to right; one that is not there makes it not so
 *   PATH overlaps PATH    two windows in time, of a day ("03:00-04:00") or of a week ("sun:05:00-sun:05:30")
 *   PATH names NUMBER     its value can be an identifier of so many characters at the most: a letter, then letters, digits and single hyphens, none at
 *                         the end; {date} in it is the ten characters of a day
 *   was:TERM      over the observed lines instead
 * In `text`, {PATH} is its value, {was:PATH} the observed one, {A * B} a sum, [@] is the member that met the condition, and {PATH here} each window of a day, or schedule, in UTC by the clock of who reads it.
 * Other words behind it are as they are, and {PATH days|TEXT} is TEXT where there is no such line. `next` is the way out; NULL: nothing is to be mended, and
 * people decide whether they accept it. */
struct larder_trap {
	const char *name, *when, *text, *next;
	bool refuses;            /* the service refuses it: so does the plan, before anything is made */
};

struct larder_resource_type {
	const char *name;                /* "bucket" */
	const char *summary;
	const struct larder_path_rule *paths; /* ends with a NULL path */
	size_t path_stride;
	/* Called by `infra` alone, one call at a time for one resource, different resources in parallel.
	 * read: the state as the service tells it now, a line a call in byte order of the paths; nothing there is ABSENT with
	 *   0, not NOTFOUND. What may be written in several ways, a key by its alias or a subnet by its tag, is told as `desired` has
	 *   it, where that is the same. While it is PENDING, and of what FAILED, a computed path `state` is what the service calls that.
	 * create: of what read called ABSENT. Started is enough: core reads until READY. Made by an earlier call whose answer
	 *   was lost: 0; owned by somebody else: CONFLICT.
	 * update: changes what differs between observed and desired and nothing else; what is observed and not desired goes, but for
	 *   computed paths.
	 *   Core reads again afterwards: what is then not as desired is a failure.
	 * remove: started is enough; what is there still, once read tells no more PENDING, is asked to go again, and each step is seen
	 *   by read; already gone is 0. A guard that refuses (not empty, protected) is CONFLICT. */
	int (*read) (void *self, struct larder_call *call, const struct larder_resource *resource,
	             larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error);
	int (*create) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);  /* NULL: to make one is somebody else's matter */
	int (*update) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
	int (*remove) (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
	/* Does this instance's service do what the line asks for, or with NULL, has it the type at all? 0, or UNSUPPORTED with the
	 * reason; INVALID where no service does, a slip that `words` cannot tell, or with NULL, none has one of that identity: it is refused as those are. Asks nobody; what is not
	 * supported is never sent. NULL: all that `paths` has. */
	int (*supports) (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error);
	const struct larder_trap *traps; /* ends with a NULL name, or NULL */
	size_t trap_stride;
	/* Tables of other types, of the same stride: names that a section may accept, too, for one pipeline serves several profiles. Ends with NULL, or NULL. */
	const struct larder_trap *const *known_traps;
	const struct larder_words *words;     /* ends with a NULL path, or NULL */
	size_t words_stride;
	/* Of this type, made by us: those whose identity begins with the request's, "ENVIRONMENT/KIND/", as the reads of this run have seen them, one a call:
	 * `path` is the identity, `value` what the service calls it. In any order; asks nobody. NULL: it sees none but those that it reads. */
	int (*others) (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, struct larder_error *error);
};

struct larder_export {
	size_t size;
	const char *format;              /* "terraform": a share is an object of JSON, and those of all resources are joined */
	const char *type, *section, *identity;   /* type NULL: what all resources of this instance need beside themselves, asked for once */
	struct larder_lines *desired;    /* what is to be there, as for an update */
	struct larder_lines *observed;   /* what read told, computed paths with the rest; NULL: nobody asked the service */
};

/* What a role is to be allowed of one resource and no more: "operator" looks at it, makes, changes and removes it, as `resources` does;
 * "worker" puts objects into it and takes them from it; "reader" takes them. */
struct larder_policy {
	size_t size;
	const char *role;
	const char *type, *section, *identity;
	struct larder_lines *desired;    /* what another resource will tell is not among them */
	bool stays;                      /* it is protected: the operator does not remove it */
	struct larder_lines *facts;      /* what core knows of it beside, as conditions of traps have it: `class`, `view[STORE].class`, …; where `size` has it */
};

/* ---- the table --------------------------------------------------------------------------------- */

/* Promises beyond "the operation is there"; caps() may take any away. */
enum larder_cap {
	LARDER_CAP_CREATE_ONLY = 1 << 0,   /* condition.create_only is decided atomically */
	LARDER_CAP_IF_MATCH = 1 << 1,      /* condition.if_match is decided atomically */
	LARDER_CAP_VERSIONS = 1 << 2,
	LARDER_CAP_METADATA = 1 << 3,      /* user metadata and attributes come back as given */
	LARDER_CAP_CLASSES = 1 << 4,
	LARDER_CAP_CHECKSUM = 1 << 5,      /* stores and compares a checksum */
	LARDER_CAP_RANGE = 1 << 6,
	LARDER_CAP_REMOVE_IF_MATCH = 1 << 7,
	LARDER_CAP_ANY_KEY = 1 << 8,           /* stores every key that S3 allows; without it some are INVALID, none is taken for another */
	LARDER_CAP_KEY_BESIDE_PREFIX = 1 << 9, /* 'a' and 'a/b' at once; without it the second is CONFLICT */
	LARDER_CAP_COPY_CREATE_ONLY = 1 << 10, /* a copy's condition.create_only is decided atomically */
	LARDER_CAP_ANY_ORDER = 1 << 11         /* no promise, a liberty: lists come in any order, each key once, and core sorts them */
};

struct larder_driver {
	struct larder_head head;
	const char *name, *version, *summary;
	uint32_t threads;
	const struct larder_option *options;
	size_t self_size;

	uint64_t caps_all;                 /* enum larder_cap: the most any instance can do */
	const char *schemes;               /* URL schemes it claims, "s3 minio", or NULL */
	const char *control;               /* name of its control module for infrastructure, or NULL */
	const struct larder_resource_type *resources; /* ends with a NULL name, or NULL */
	size_t resource_stride;

	/* Life. open is required; it validates, does not connect, and undoes all it did if it fails:
	 * close comes only after a successful open, once, when no operation is running. */
	int (*open) (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error);
	void (*close) (void *self);
	/* For `doctor`: try what an operator would, report each finding. bucket NULL: what concerns no bucket, server and
	 * credentials, of which no secret is told. Else that bucket; may write a scratch key and removes it. A code when it
	 * cannot go on, no credentials for one; what was found until then is told. */
	int (*check) (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context,
	              struct larder_error *error);
	/* After open: take away from *caps what this instance cannot do. Adding is ignored. */
	int (*caps) (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error);

	/* Objects. stat, read, write, remove and list are required, but of a driver that has resources and no objects.
	 * stat: facts without bytes; a delete marker as latest is LARDER_E_NOTFOUND.
	 * read: sink->begin with all facts, then the bytes asked for, in order. Retries of its own only
	 *   before begin; afterwards LARDER_E_RETRY with error->offset. A range beyond the end delivers no
	 *   byte; LARDER_E_INVALID if it starts behind the end of a non-empty object.
	 * write: all or nothing, durable when it returns 0. source->length bytes; a source that gives
	 *   fewer or more is LARDER_E_INTEGRITY and nothing is stored.
	 * remove: each item's outcome by `removed`; the return value tells only whether all were reported.
	 * list: one page; see struct larder_list.
	 * copy: inside this instance, without bytes passing through the caller. */
	int (*stat) (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info,
	             struct larder_error *error);
	int (*read) (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink,
	             struct larder_error *error);
	int (*write) (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
	              struct larder_info *ret_info, struct larder_error *error);
	int (*remove) (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count,
	               size_t stride, larder_removed_fn removed, void *context, struct larder_error *error);
	int (*list) (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
	             struct larder_page *ret_page, struct larder_error *error);
	int (*copy) (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info,
	             struct larder_error *error);

	/* Parts: one object written in pieces, in any order and in parallel, invisible until finish. All
	 * but uploads_list take the upload that parts_begin returned; one that is unknown, finished or aborted is NOTFOUND.
	 * parts_begin: the attributes are those of the object to be; the condition that counts is finish's. ret_upload->uncertain is
	 *   set also when it fails: then it is all that is.
	 * parts_write: a number written again replaces that part. Durable when it returns 0.
	 * parts_copy: the bytes come from an object of this instance; if_match is of that object.
	 * parts_finish: makes the object of exactly the parts given, in one step under its condition. An outcome that is not
	 *   known is UNAVAILABLE, never 0. The upload is gone after 0 and stays after a failure.
	 * parts_abort: frees what was written. parts_list: by number. uploads_list: one page, in byte order of the keys. */
	int (*parts_begin) (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
	                    struct larder_error *error);
	int (*parts_write) (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
	                    const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error);
	int (*parts_copy) (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
	                   const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error);
	int (*parts_finish) (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
	                     struct larder_error *error);
	int (*parts_abort) (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error);
	int (*parts_list) (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
	                   struct larder_error *error);
	int (*uploads_list) (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload,
	                     void *context, struct larder_page *ret_page, struct larder_error *error);

	/* More.
	 * tags_get, tags_set: all tags of an object; set replaces them all, by none if there are none. No object: NOTFOUND.
	 * class_set: moves the object to another storage class; bytes, attributes and metadata stay.
	 * restore: asks for a readable copy of an archived object and returns at once; stat tells how far it is. Asked for
	 *   already is 0; of a copy that is there the days are counted anew. INVALID: a tier that its class does not have, no days;
	 *   CONFLICT: it is not archived.
	 * url: needs no network; its text is in the call's arena.
	 * export_resource: writes a resource, as desired, in another tool's format to the sink (begin is not called). Asks nobody.
	 *   UNSUPPORTED: it knows no such format or type; NOTFOUND: what only the service tells is needed, and observed is NULL.
	 * policy: writes what is asked for, in the service's own form, to the sink (begin is not called); nothing where the role needs
	 *   nothing of it. The form is a JSON document; core lays those of all resources together: members of objects one by one, lists
	 *   as sets, and objects in lists that differ in one list of texts alone are one. *ret_most: characters that such a document may
	 *   have, blanks not counted; 0: any. Asks nobody. */
	int (*tags_get) (void *self, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret_tags,
	                 struct larder_error *error);
	int (*tags_set) (void *self, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags,
	                 struct larder_error *error);
	int (*class_set) (void *self, struct larder_call *call, const struct larder_object *object, const char *storage_class,
	                  struct larder_error *error);
	int (*restore) (void *self, struct larder_call *call, const struct larder_restore *request, struct larder_error *error);
	int (*url) (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url,
	            struct larder_error *error);
	int (*export_resource) (void *self, struct larder_call *call, const struct larder_export *request,
	                        const struct larder_sink *sink, struct larder_error *error);
	int (*policy) (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink,
	               uint64_t *ret_most, struct larder_error *error);

	/* Long actions. start returns when the service has taken it on; the token goes to the journal and serves in later
	 * processes. The same client_token again gives the same action. poll asks once and does not wait; an action that failed
	 * is 0 with LARDER_ACTION_FAILED. */
	int (*action_start) (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token,
	                     struct larder_error *error);
	int (*action_poll) (void *self, struct larder_call *call, const char *kind, const char *token,
	                    struct larder_progress *ret_progress, struct larder_error *error);

	/* versioning: what the bucket does with versions now (enum larder_versioning). One that is made at its first use answers
	 * as it will be made. NULL, or DENIED: core goes by the versions it finds. */
	int (*versioning) (void *self, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error);

	/* probe: what kind of server this is, found out by trying; see struct larder_probe. Each finding is told, PASS where it is
	 * as this instance takes it to be, WARN where not, NOTE where it could not be found out; what was left behind is a FAIL.
	 * Then come the keys of a section that fits. */
	int (*probe) (void *self, struct larder_call *call, const struct larder_probe *request, larder_finding_fn finding,
	              larder_advice_fn advice, void *context, struct larder_error *error);

	/* view: 0 when an answer came, whatever its status; its bytes go to write of the sink (begin is not called). UNAVAILABLE: none came. */
	int (*view) (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink,
	             struct larder_viewed *ret_viewed, struct larder_error *error);

	/* backups: what is kept of a resource, in any order. NOTFOUND: there is no such resource, or no job of that id. */
	int (*backups) (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context,
	                struct larder_error *error);

	/* Characters that no path of an invalidation may have, since the edges would not match it for sure; NULL: any may. Of a key with one core
	 * tells what begins as it does up to there, before it is counted. */
	const char *unmatched;

	/* How archived objects can be asked for: a row for each tier of each class that is archived, or may be; ends with a NULL class. Core refuses
	 * a tier that a class does not have before it asks for anything. NULL: not known. */
	const struct larder_retrieval *retrievals;
	size_t retrieval_stride;
};

#define LARDER_DRIVER_HEAD                                                                                \
	{ sizeof (struct larder_driver), LARDER_API_VERSION, LARDER_KIND_DRIVER, sizeof (struct larder_option) }

/* Last line of a driver's main file. */
#define LARDER_DRIVER(table) LARDER_REGISTER (table)

#ifdef __cplusplus
}
#endif
#endif
