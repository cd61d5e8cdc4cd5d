/* store.h: the handle and its stores, for the rooms above. Objects are read and written through the public
 * functions of larder.h, which live here. */
#ifndef LARDER_STORE_STORE_H
#define LARDER_STORE_STORE_H

#include <larder/larder.h>
#include "config.h"
#include "schema.h"
#include "module.h"

struct larder;

struct registry *larder_registry (struct larder *larder);
const struct config *larder_configuration (struct larder *larder);  /* NULL with LARDER_NO_CONFIG */
/* Folder for journals, or NULL. */
const char *larder_state (const struct larder *larder);
/* Nothing can be kept in that folder: said once. Who gave none wanted none. */
void larder_tell_no_journal (struct larder *larder);
/* [larder]; NULL without configuration. */
const struct schema_larder *larder_settings_of (const struct larder *larder);
uint64_t larder_memory_of (const struct larder *larder);       /* the budget for buffers and pictures */
/* A call for this handle: its cancel, the given arena (NULL: outputs are not wanted; a private one is used by the callee). */
struct larder_call larder_call_begin (struct larder *larder, struct larder_arena *arena);
/* One that no cancel ends, for what a run has to do that was cancelled: it has a second of its own, after which `timer`, the caller's to close, ends it. */
int larder_call_last (struct larder *larder, struct larder_arena *arena, int *ret_timer, struct larder_call *ret, struct larder_error *error);
/* A handle for some of the work of another, which shares all with it and ends with its cancel, but can be cancelled alone. Closed before that one. */
int larder_part_open (struct larder *of, struct larder **ret, struct larder_error *error);
void larder_part_close (struct larder *part);                  /* NULL allowed */
bool larder_is_cancelled (const struct larder *larder);        /* or past its deadline */
bool larder_is_late (const struct larder *larder);             /* past its deadline, and nobody cancelled it */
int larder_fail_cancelled (struct larder_error *error);
int larder_rest (struct larder *larder, int64_t ns, struct larder_error *error);       /* a cancel ends it */
/* From 0.1 s on twice as long each time, 5 s at the most, and no longer than what is left. `*pause` is 0 before the first. */
int larder_rest_longer (struct larder *larder, int64_t *pause, int64_t left, struct larder_error *error);

/* The instance of a [backend], opened when it is the first use; it stays the handle's. */
int backend_open (struct larder *larder, const char *name, struct instance **ret, struct larder_error *error);
/* An instance of a [backend] that is asked for export_resource alone, to be freed; the storage need not be there. What it was told is in the arena. */
int backend_describe (struct larder *larder, const char *name, struct larder_arena *arena, struct instance **ret, struct larder_error *error);
/* The same two of the driver's control module, which takes what it knows of the section's keys. */
int backend_control_open (struct larder *larder, const char *name, const char *control, struct instance **ret, struct larder_error *error);
int backend_control_describe (struct larder *larder, const char *name, const char *control, struct larder_arena *arena, struct instance **ret, struct larder_error *error);

/* The option of a [backend]'s driver; NULL: it has none of that name, or is not installed, and nothing is known of it. */
const struct larder_option *backend_option (struct larder *larder, const struct config_section *backend, const char *key);
/* The class of what is written to a [store] and names none: its section's, else the option `class` of its backend's driver, as given there or by default; NULL: the service's own. */
const char *store_class (struct larder *larder, const struct config_section *store);

/* Is the value of this key of a [backend], [lock] or [codec] hidden, by what its module says? `larder` is the handle. */
bool backend_is_secret (void *larder, const struct config_section *section, const char *key);

/* Facts of an open store. */
struct larder *store_larder (const struct larder_store *store);
const char *store_name (const struct larder_store *store);
const char *store_prefix (const struct larder_store *store);     /* what addresses of its objects begin with: "images:", "s3://bucket/" */
const char *store_bucket (const struct larder_store *store);
const char *store_replica (const struct larder_store *store);    /* the store that is read in its stead, or NULL */
/* As larder_store_open; but of a handle that reads replicas it is read itself where it has none, which is said. */
int store_open_or_itself (struct larder *larder, const char *name, struct larder_store **ret, struct larder_error *error);
/* The [store] whose bucket it is, also of a view and of a URL, and of a replica whose it is; SCHEME:BUCKET where no section tells of that. In the arena; NULL: no memory. */
const char *store_place (const struct larder_store *store, struct larder_arena *arena);
const struct schema_store *store_section (const struct larder_store *store);  /* of the view itself */
/* A class that the configuration wishes: NULL in a storage that has no classes, so that one pipeline file serves everywhere; said once a run. What a caller
 * asks for himself is refused there instead. */
const char *store_wished_class (const struct larder_store *store, const char *class);
bool store_class_is_deeper (const char *class, const char *than);        /* on the way that lifecycles go: GLACIER than STANDARD */
int store_check_class (const char *class, struct larder_error *error);   /* INVALID: there is none of that name. NULL is well */
uint64_t store_caps (const struct larder_store *store);                  /* enum larder_cap */
bool store_can (const struct larder_store *store, size_t op_offset);     /* offsetof (struct larder_driver, copy) */
int store_writable (const struct larder_store *store, struct larder_error *error);   /* DENIED, or CONFLICT, where the handle writes nothing */
/* The driver's instance, for operations that larder.h does not have (parts, …). */
struct instance *store_instance (const struct larder_store *store);

/* The [cdn] that serves it, or NULL. */
const struct config_section *store_cdn (const struct larder_store *store);
/* By what a CDN is known again, ENVIRONMENT/cdn/NAME. NULL: no memory. */
char *cdn_identity (const struct larder *larder, struct larder_arena *arena, const char *name);
/* Is the key that the [backend] of a [cdn] signs with one of that group, as its edges look at it? `*ret_told` says which it is, for people. INVALID where it is not, UNSUPPORTED
 * where nobody can say. */
int cdn_check_key (struct larder *larder, struct instance *signer, struct larder_arena *arena, const char *group, const char **ret_told, struct larder_error *error);
/* The driver's own address of an object, whatever CDN stands before the store: equal ones are one object. */
int store_url (struct larder_store *store, struct larder_arena *arena, const char *key, const char **ret_url, struct larder_error *error);

/* larder_list, with a pause after each page in which no call to the driver is running: there what was listed may be changed,
 * but for the last item of the page, from where the next one goes on. */
typedef int (*store_page_fn) (void *context, bool last, struct larder_error *error);
int store_list (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, store_page_fn page_end, void *context,
                struct larder_error *error);

/* Does this storage give its items in any order? store_list then sorts all of them, for each call anew; whoever goes through a
 * large listing in pieces keeps one of these. */
bool store_is_unsorted (const struct larder_store *store, const struct larder_listing *request);
struct store_sorted;
int store_sorted_begin (struct larder_store *store, const struct larder_listing *request, struct store_sorted **ret, struct larder_error *error);
/* 1 and what lives until the next call, 0 at the end, or a code. */
int store_sorted_next (struct store_sorted *sorted, struct larder_info *ret, struct larder_error *error);
void store_sorted_free (struct store_sorted *sorted);         /* NULL allowed */

/* What the bucket does with versions (enum larder_versioning): 0 and true, or false where the driver cannot or may not tell.
 * UNSUPPORTED for a storage without versions. */
int store_versioning (struct larder_store *store, uint32_t *ret_state, bool *ret_known, struct larder_error *error);
/* Removes versions for good; NULL for a version: the object, which puts a delete marker where versions are kept. A result for each, by
 * index; 0 when all were told. */
struct store_version { const char *key, *version; };
typedef int (*store_version_fn) (void *context, size_t index, int code, const struct larder_error *error);
int store_remove_versions (struct larder_store *store, const struct store_version *items, size_t count, store_version_fn removed,
                           void *context, struct larder_error *error);

/* An instance of a codec, with the options of its [codec "name"] section where there is one. */
int codec_open (struct larder *larder, const struct module *module, struct instance **ret, struct larder_error *error);

/* ---- one object in parts; see driver.h ---- */

struct larder_upload;
struct larder_part;
/* Can it be written in parts, in ranges be read? */
bool store_has_parts (const struct larder_store *store);
/* copied: the parts will come by store_parts_copy alone. */
int store_parts_begin (struct larder_store *store, struct larder_arena *arena, const struct larder_put *put, bool copied, struct larder_upload *ret_upload,
                       struct larder_error *error);
int store_parts_write (struct larder_store *store, struct larder_arena *arena, const struct larder_upload *upload, uint32_t number,
                       const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error);
struct larder_read;
/* Does it copy inside the service, and can it do so in parts? The bytes of a part come from an object of the same instance. */
bool store_copies_within (const struct larder_store *from, const struct larder_store *to, bool create_only);
bool store_has_parts_copy (const struct larder_store *store);
int store_parts_copy (struct larder_store *store, struct larder_arena *arena, const struct larder_upload *upload, uint32_t number,
                      const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error);
/* larder_copy_object, with somebody (or NULL) who is told of bytes where they pass through this process: each as it comes, and as it goes; non-zero
 * ends it. */
struct store_watch { int (*moved) (void *context, size_t count, struct larder_error *error); void *context; };
int store_copy (struct larder_store *from, struct larder_store *to, struct larder_arena *arena, const struct larder_copy_object *request,
                const struct store_watch *watch, struct larder_info *ret_info, struct larder_error *error);
/* Attributes of a copy: what was asked for, else the source's; its class where one driver serves both, for such a word is the service's own. */
struct larder_attributes store_copy_attributes (const struct larder_store *from, const struct larder_store *to, const struct larder_attributes *asked, const struct larder_info *source);
/* Hands on the code of a read, or of a copy from the store, of `key`; of what is archived it says so, and what to do, which a driver that knows no stores cannot. */
int store_read_failed (const struct larder_store *store, const char *key, int code, struct larder_error *error);
/* The source's tags, where both have such. */
int store_copy_tags (struct larder_store *from, const char *key, const char *version, struct larder_store *to, const char *to_key, struct larder_arena *arena,
                     struct larder_error *error);
/* parts[0 … count) must be 1 … count without a gap, and `length` together: INTEGRITY before anything is asked. `crc64` is of
 * the whole, or NULL. */
int store_parts_finish (struct larder_store *store, struct larder_arena *arena, const struct larder_put *put, const struct larder_upload *upload,
                        const struct larder_part *parts, size_t count, uint64_t length, const uint64_t *crc64, struct larder_info *ret_info,
                        struct larder_error *error);
/* What the store has of an upload, by number; NOTFOUND when it is unknown or over, UNSUPPORTED. */
typedef int (*store_part_fn) (void *context, const struct larder_part *part, struct larder_error *error);
int store_parts_list (struct larder_store *store, const struct larder_upload *upload, store_part_fn part, void *context, struct larder_error *error);
/* Also after a cancel: it has a second of its own. 0 also when it was over. */
int store_parts_abort (struct larder_store *store, const struct larder_upload *upload, struct larder_error *error);
/* The open uploads of this very key; UNSUPPORTED where they cannot be listed. */
typedef int (*store_upload_fn) (void *context, const struct larder_upload *upload, struct larder_error *error);
int store_uploads (struct larder_store *store, const char *key, store_upload_fn upload, void *context, struct larder_error *error);
/* Those of all keys. */
int store_uploads_all (struct larder_store *store, store_upload_fn upload, void *context, struct larder_error *error);

/* How far the clock that the storage goes by is ahead of this machine's, in ns: 0 but where it plays a service on one of its own. */
int store_ahead (struct larder_store *store, int64_t *ret, struct larder_error *error);
/* The n-th row of what the driver says of retrievals; NULL: there are no more. */
const struct larder_retrieval *store_retrieval (const struct larder_store *store, size_t n);
/* Asks for a readable copy of an archived object; returns at once, stat tells how far it is. 0 also when it is on its way; CONFLICT: it is not archived.
 * UNSUPPORTED where nothing is archived. */
int store_restore (struct larder_store *store, const char *key, const char *version, const char *tier, uint32_t days, struct larder_error *error);

/* larder_put, also after a cancel or a deadline: then within a second. */
int store_put_last (struct larder_store *store, struct larder_arena *arena, const struct larder_put *request, const struct larder_source *source,
                    struct larder_info *ret_info, struct larder_error *error);

/* Remove with conditions; one key. `if_match` may be NULL. */
int store_remove_if (struct larder_store *store, const char *key, const char *if_match, struct larder_error *error);
/* Remove the object that `seen` tells of and no other: under its etag, or where the storage does not look at that, its
 * version for good; UNSUPPORTED where there is neither. */
int store_remove_seen (struct larder_store *store, const char *key, const struct larder_info *seen, struct larder_error *error);

#endif
