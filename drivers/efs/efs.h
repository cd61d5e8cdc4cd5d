/* efs.h: what the files of this driver share: a folder, usually a mounted file system, whose plain files are the objects. */
#ifndef EFS_EFS_H
#define EFS_EFS_H

#define LARDER_API_VERSION 0
#include <larder/driver.h>
#include "aws-settings.h"

#include <stdatomic.h>
#include <sys/stat.h>

enum { KEY_MOST = 1024, ETAG_ROOM = 64 };

struct efs {
	const char *root, *dir_mode_text, *file_mode_text;
	const char *file_system, *access_point;      /* for export */
	struct aws_settings aws;                     /* for what sets it up: nothing here speaks to a service */
	uint32_t metadata;                           /* index of no|side */
	bool read_only;
	const char *name, *server;                   /* of the section; the service that holds it, or NULL: a plain folder */
	mode_t dir_mode, file_mode;
	atomic_int fd;                               /* the root, once somebody needed it; -1 */
};

/* ---- tree.c: names ---- */
/* The root, which stays open; `make`: where it is missing. NOTFOUND. */
int tree_root (struct efs *efs, bool make, struct larder_error *error);
/* The folder of a bucket; "." is the root itself. For close, or a code. */
int tree_open (struct efs *efs, const char *bucket, bool make, struct larder_error *error);
/* INVALID unless a file can have this name, and it is nobody's private one. */
int tree_check_key (const char *key, struct larder_error *error);
bool tree_is_link (int folder, const char *key);
/* Names that are not objects: the cache's own, private files of writers. */
bool tree_is_private (const char *name);
void tree_etag (const struct stat *facts, char ret[ETAG_ROOM]);
/* Of a file; texts in the call's arena. */
int tree_info (struct larder_call *call, const char *key, const struct stat *facts, struct larder_info *ret, struct larder_error *error);
int tree_fail (const struct efs *efs, int folder, int errnum, const char *what, const char *key, struct larder_error *error);
int tree_cancelled (struct larder_call *call, struct larder_error *error);

/* ---- meta.c: attributes, where they are kept; all of them do nothing where not ---- */
int meta_write (const struct efs *efs, int folder, const char *key, const char *etag, const struct larder_attributes *attributes, struct larder_error *error);
void meta_remove (const struct efs *efs, int folder, const char *key, const struct stat *facts);   /* of the file that was so */
/* Adds them to what is told. */
int meta_read (const struct efs *efs, struct larder_call *call, int folder, const char *key, struct larder_info *info, struct larder_error *error);

/* ---- objects.c ---- */
int efs_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error);
int efs_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error);
int efs_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
                larder_removed_fn removed, void *context, struct larder_error *error);

/* ---- write.c ---- */
int efs_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info,
               struct larder_error *error);

/* ---- export.c ---- */
int efs_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

/* ---- resources.c ---- */
extern const struct larder_resource_type efs_resources[];

/* ---- list.c ---- */
int efs_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page,
              struct larder_error *error);

#endif
