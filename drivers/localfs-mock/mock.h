/* mock.h: what the files of this driver share. README.md tells how objects lie on the disk. */
#ifndef LOCALFS_MOCK_MOCK_H
#define LOCALFS_MOCK_MOCK_H

#define LARDER_API_VERSION 0
#include <larder/driver.h>

#include "key-path.h"
#include "record.h"

#define PATH_ROOM 3400          /* folder, path of a key, version */
#define ID_ROOM 32
#define TRUTH ".larder"         /* folder of a bucket that is not for people */
#define SETTINGS TRUTH "/settings"      /* of a bucket, as infra made them */

struct mock {
	const char *root;
	bool create, fsync, versioning;         /* options */
	bool read_only;
	const char *name;                       /* of the section */
	const char *const *versioned;           /* buckets that keep versions, also without the option; or NULL */
	char *root_path;                        /* absolute */
	int root_fd;                            /* -1: the root was not there yet, and `create` lets the first use make it */
	unsigned writes;                        /* counted atomically: now and then left-over private files are swept */
};

/* ---- bucket.c: a bucket held open ---- */

struct bucket {
	const struct mock *mock;
	struct larder_call *call;
	const char *name;
	int root, top, truth;                   /* the instance's root, or one of its own; the bucket's folder, and TRUTH in it */
	bool versioning;
	bool suspended;                         /* kept versions once, does no more */
	int64_t now, ahead;                     /* by the mock's clock; by so much that is ahead of the machine's */
	struct larder_arena *settings;          /* of what follows */
	struct rule *rules;                     /* of its lifecycle */
	bool within;                            /* bytes that come are of the storage itself: nobody waits for them */
};

#define BUCKET_NONE { .root = -1, .top = -1, .truth = -1 }
#define CLEANUP_BUCKET __attribute__ ((cleanup (bucket_close)))

/* An operation on it, whose turn is waited for. `write`: makes it if the options say so; DENIED in a read-only instance. */
int bucket_open (const struct mock *mock, struct larder_call *call, const char *name, bool write, struct bucket *ret,
                 struct larder_error *error);
/* The same, of the second bucket of an operation, or for what S3 sends no request. */
int bucket_open_beside (const struct mock *mock, struct larder_call *call, const char *name, bool write, struct bucket *ret,
                        struct larder_error *error);
void bucket_close (struct bucket *bucket);
/* Keeps versions from now on, or does so no more; nothing where it never did and is not asked to. */
int bucket_set_versioning (struct bucket *bucket, bool on, struct larder_error *error);
/* Of an empty one: it is gone. */
int bucket_unmake (const struct mock *mock, struct larder_call *call, const char *name, struct larder_error *error);
/* The root, to be closed: as it is there (-1: it is not), or made (less than 0: a code). */
int mock_root (const struct mock *mock);
int mock_root_made (const struct mock *mock, struct larder_error *error);
/* INVALID unless it can be a key. */
int bucket_key (const struct bucket *bucket, const char *key, char ret[KEY_PATH_ROOM], struct larder_error *error);
int mock_cancelled (struct larder_call *call, struct larder_error *error);
int mock_refuse_read_only (const struct mock *mock, struct larder_error *error);
/* Where whoever is on this machine finds what is in a bucket. */
struct buffer;
void mock_address (const struct mock *mock, const char *bucket, struct buffer *into);

/* ---- clock.c: a clock that can be moved ---- */

/* `root`: -1 where it is not there yet. */
int mock_ahead (const struct mock *mock, int root, int64_t *ret, struct larder_error *error);
int mock_now (const struct mock *mock, int root, int64_t *ret, struct larder_error *error);
/* The action "clock", and what it tells. */
int clock_start (const struct mock *mock, const struct larder_action *action, struct larder_error *error);
int clock_poll (const struct mock *mock, struct larder_call *call, struct larder_pairs *ret, struct larder_error *error);

/* Of a cdn, what infra made of it: does it serve that bucket? */
#define MOCK_CDNS ".larder-resources/cdn"
struct lines;
bool cdn_serves (const struct lines *lines, const char *bucket, size_t length);

/* ---- cors.c: whose scripts may read it ---- */

/* Of BUCKET/KEY, what a viewer with these headers is told. */
int mock_cors (int root, struct larder_call *call, const char *path, const struct larder_pairs *headers, struct larder_pairs *ret, struct larder_error *error);

/* ---- signed.c: addresses and cookies for a while ---- */

int mock_sign (const struct mock *mock, struct larder_call *call, const struct larder_url *asked, const char **ret, struct larder_error *error);
/* May who asks for BUCKET/KEY by that address see it? */
int mock_lets_in (const struct mock *mock, int root, const char *path, const char *url, bool *ret, struct larder_error *error);

/* ---- lifecycle.c: rules of a lifecycle ---- */

void lifecycle_read (struct bucket *bucket);
/* The versions of a key as they are by now: other classes, a delete marker, what is gone. */
int lifecycle_apply (const struct bucket *bucket, struct larder_arena *arena, struct record *record, struct larder_error *error);
/* Nobody ended the upload in time. */
bool lifecycle_gave_up (const struct bucket *bucket, const struct record *upload);
/* What the rules have removed by now is gone from each key's record, with its bytes and readable file; a class is written down by the next change of its key alone. */
int lifecycle_settle (struct bucket *bucket, struct larder_error *error);

/* ---- place.c: private files, and giving them their place ---- */

struct temp {
	int fd, truth;
	char name[ID_ROOM + 8];                 /* below TRUTH; "" once placed */
};

#define TEMP_NONE { .fd = -1, .truth = -1 }
#define CLEANUP_TEMP __attribute__ ((cleanup (temp_abort)))

/* Sortable by time, unique. `after`: an id that the new one must be above, or NULL. */
void id_new (int64_t now, const char *after, char ret[ID_ROOM]);
int temp_open (const struct bucket *bucket, struct temp *ret, struct larder_error *error);
int temp_settle (const struct bucket *bucket, struct temp *temp, struct larder_error *error);   /* bytes durable */
int temp_place (const struct bucket *bucket, struct temp *temp, const char *path, struct larder_error *error);
void temp_abort (struct temp *temp);
/* Private files whose process is gone. */
void temp_sweep (const struct bucket *bucket);
void meta_path (const char *path, char ret[PATH_ROOM]);
void data_path (const char *path, const char *data, char ret[PATH_ROOM]);
/* Adds the names of all files with bytes of the key, a line each; only those with that inode, if it is not 0. */
void data_names (const struct bucket *bucket, const char *path, uint64_t inode, struct buffer *into);
/* Make ROOT/BUCKET/PATH what the record says; a file there that is not a link to bytes of the key, of its record or
 * of the lines of `note` (may be NULL), stays. Before bytes go, or their link looks like such a file. Convenience: never fails. */
void readable_set (const struct bucket *bucket, const char *path, const struct record *record, const char *note);

/* ---- change.c: changing one key ---- */

struct change {
	struct bucket *bucket;
	struct larder_arena *arena;
	struct record record;                   /* change this, then commit */
	struct record before;
	int lock;
	bool damaged;                           /* the record before could not be read, and is to be replaced */
	char path[KEY_PATH_ROOM];
};

/* Waits until nobody else holds that file or folder, as long as nobody cancels. */
int mock_lock (struct larder_call *call, int fd, const char *what, const char *in, struct larder_error *error);

#define CHANGE_NONE { .lock = -1 }
#define CLEANUP_CHANGE __attribute__ ((cleanup (change_end)))

/* Waits for other writers of the key; loads its record, empty when there is none. `replace`: also when it is damaged. */
int change_begin (struct bucket *bucket, const char *key, bool replace, struct change *ret, struct larder_error *error);
/* Object that a reader sees, or NULL. */
const struct version *change_current (const struct change *change);
int change_condition (const struct change *change, const struct larder_condition *condition, struct larder_error *error);
/* The one moment at which the change is there. `temp`: bytes of versions[0], or NULL when no bytes are new. */
int change_commit (struct change *change, struct temp *temp, struct larder_error *error);
void change_end (struct change *change);
/* New version at the front, taking the place of the "null" version where the bucket keeps none. */
struct version *change_push (struct change *change, struct larder_error *error);
/* Bring the readable file up to date if it is not. A writer links it after its commit is durable: where one died between the
 * two, this makes it so, for whoever is told of the object and builds on it. */
void change_repair (struct bucket *bucket, const char *key);

/* ---- read.c ---- */

struct view {
	struct larder_arena *arena;
	struct record record;
	const struct version *version;
	int fd;                                 /* bytes */
	char path[KEY_PATH_ROOM];
};

#define VIEW_NONE { .fd = -1 }
#define CLEANUP_VIEW __attribute__ ((cleanup (view_close)))

/* As it was written, and as the lifecycle has made it. */
int record_load (const struct bucket *bucket, const char *path, struct larder_arena *arena, struct record *ret, struct larder_error *error);
int record_look (const struct bucket *bucket, const char *path, struct larder_arena *arena, struct record *ret, struct larder_error *error);
/* NOTFOUND when the version, or an object, is not there; INTEGRITY when its bytes are not, or not as many as were written; NOTREADY when it is archived.
 * Without `read` they are only looked at. */
int view_open (const struct bucket *bucket, const struct larder_object *object, bool read, struct view *ret, struct larder_error *error);
void view_close (struct view *view);
struct version *record_find (const struct record *record, const char *id);   /* NULL: the newest, if not a marker */
bool etag_matches (const struct version *version, const char *etag);
void info_fill (const struct bucket *bucket, const struct record *record, const struct version *version, struct larder_info *ret);  /* texts stay the record's */
int info_give (struct larder_call *call, const struct larder_info *info, struct larder_info *ret, struct larder_error *error);

int mock_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info,
               struct larder_error *error);
int mock_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink,
               struct larder_error *error);

/* ---- write.c ---- */

struct staged {
	uint64_t length, crc;
	char etag[40], checksum[16];
};

/* The whole source into a private durable file. */
int stage (const struct bucket *bucket, const struct larder_source *source, uint32_t checksum_type, const char *checksum,
           struct temp *temp, struct staged *ret, struct larder_error *error);
int check_attributes (const struct larder_attributes *attributes, struct larder_error *error);
int attributes_set (struct larder_arena *arena, const struct larder_attributes *from, struct version *version, struct larder_error *error);
/* Staged bytes become the newest version. `attributes`, `tags` may be NULL. */
int publish (struct bucket *bucket, const char *key, const struct larder_condition *condition, const struct larder_attributes *attributes,
             const struct larder_pairs *tags, struct temp *temp, const struct staged *staged, struct larder_info *ret_info,
             struct larder_error *error);
/* A part of an open version as a source. */
struct extract { int fd; uint64_t offset, length; const char *key; };
void extract_source (struct extract *extract, struct larder_source *ret);

int mock_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
                struct larder_info *ret_info, struct larder_error *error);
int mock_copy (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info,
               struct larder_error *error);

/* ---- modify.c ---- */

/* The version that `object` means, ready to be changed. */
int version_begin (void *self, struct larder_call *call, const struct larder_object *object, struct bucket *bucket, struct change *change,
                   struct version **ret, struct larder_error *error);

int mock_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count,
                 size_t stride, larder_removed_fn removed, void *context, struct larder_error *error);
int mock_tags_get (void *self, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret_tags,
                   struct larder_error *error);
int mock_tags_set (void *self, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags,
                   struct larder_error *error);
int mock_class_set (void *self, struct larder_call *call, const struct larder_object *object, const char *storage_class,
                    struct larder_error *error);

/* ---- restore.c ---- */

/* The midnight after that many days, as the service counts them. */
int64_t midnight_after (int64_t from, int64_t days);
/* enum larder_restore_state */
uint32_t restore_state (const struct version *version, int64_t now);
/* NOTREADY for bytes that are archived and not restored. */
int restore_check (const struct bucket *bucket, const char *key, const struct version *version, struct larder_error *error);
int mock_restore (void *self, struct larder_call *call, const struct larder_restore *request, struct larder_error *error);

/* ---- list.c ---- */

int mock_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
               struct larder_page *ret_page, struct larder_error *error);

/* ---- remains.c: what is left of uploads that have ended ---- */

/* A part, as its file's name tells: NUMBER.LENGTH.ETAG.CRC.ID */
struct piece {
	uint32_t number;
	uint64_t length, crc;
	char etag[40], id[ID_ROOM];
};

bool upload_is_id (const char *id);
int piece_parse (const char *name, struct piece *ret);
/* 1 and the record of an upload; 0: there is none; or a code. */
int upload_read (const struct bucket *bucket, const char *id, struct larder_arena *arena, struct record *ret, struct larder_error *error);
/* The parts in "uploads/ID/", and the folder; nothing while the upload's record is there. */
void remains_remove (const struct bucket *bucket, const char *folder);
/* Of all uploads. */
void remains_sweep (const struct bucket *bucket);

/* ---- resources.c ---- */

extern const struct larder_resource_type mock_resources[];
/* Of its file beneath the root: any but a bucket. */
int resource_path (const char *type, const char *identity, char ret[512], struct larder_error *error);
int mock_has_resource (struct mock *mock, struct larder_call *call, const char *type, const char *identity, bool *ret, struct larder_error *error);

/* ---- action.c ---- */

int mock_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int mock_view (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error);
int mock_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error);

/* ---- kept.c: the actions "backup", "restore" and "copy", and what there is ---- */

int kept_start (struct mock *mock, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int kept_poll (struct mock *mock, struct larder_call *call, const char *token, struct larder_progress *progress, struct larder_error *error);
int mock_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error);

/* ---- parts.c ---- */

int mock_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
                      struct larder_error *error);
int mock_parts_write (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                      const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error);
int mock_parts_copy (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                     const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error);
int mock_parts_finish (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
                       struct larder_error *error);
int mock_parts_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error);
int mock_parts_list (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
                     struct larder_error *error);
int mock_uploads_list (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload,
                       void *context, struct larder_page *ret_page, struct larder_error *error);

#endif
