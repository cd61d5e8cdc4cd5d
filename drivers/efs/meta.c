/* meta.c: attributes of an object in a file beside the tree, where the section asks for them. It is named by key and etag, so that it is written before
 * the file it tells of appears, and tells of no other: somebody who replaces the file without us leaves its attributes behind. */
#include "efs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

enum { META_MOST = 64 << 10, PATH_ROOM = 96 };

static void
meta_path (const char *key, const char *etag, char ret[PATH_ROOM])
{
	unsigned char sum[32];
	char hex[2 * sizeof sum + 1];
	struct sha256 sha;
	sha256_begin (&sha);
	sha256_add (&sha, key, strlen (key) + 1);
	sha256_add (&sha, etag, strlen (etag));
	sha256_end_hex (&sha, hex);
	snprintf (ret, PATH_ROOM, ".larder/meta/%.2s/%s", hex, hex + 2);
}

/* ---- lines: a letter, perhaps a name, and a value, both percent-encoded ---- */

static void
put (struct buffer *text, char kind, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_add_char (text, kind);
	buffer_add_char (text, ' ');
	if (name) {
		text_percent (text, name);
		buffer_add_char (text, ' ');
	}
	text_percent (text, value);
	buffer_add_char (text, '\n');
}

int
meta_write (const struct efs *efs, int folder, const char *key, const char *etag, const struct larder_attributes *attributes, struct larder_error *error)
{
	char path[PATH_ROOM];
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, META_MOST);
	if (!efs->metadata)
		return 0;
	put (&text, 't', NULL, attributes->content_type);
	put (&text, 'e', NULL, attributes->content_encoding);
	put (&text, 'c', NULL, attributes->cache_control);
	put (&text, 'd', NULL, attributes->content_disposition);
	for (size_t i = 0; i < attributes->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&attributes->metadata, i);
		put (&text, 'm', pair->name, pair->value);
	}
	if (text.failed)
		return larder_fail (error, LARDER_E_LIMIT, "'%.300s' has more attributes than a file beside it takes: %d bytes", key, META_MOST);
	if (!text.length)
		return 0;
	meta_path (key, etag, path);
	return file_publish (folder, path, text.at, text.length, efs->file_mode, FILE_REPLACE, true, error);
}

void
meta_remove (const struct efs *efs, int folder, const char *key, const struct stat *facts)
{
	char path[PATH_ROOM], etag[ETAG_ROOM];
	if (!efs->metadata)
		return;
	tree_etag (facts, etag);
	meta_path (key, etag, path);
	if (file_unlink_beneath (folder, path) == 0)
		file_trim_parents (folder, path);
}

static void
take_line (char *line, struct larder_info *info, struct larder_pair *pairs)
{
	char *value = line + 2, *blank = line[0] == 'm' ? strchr (value, ' ') : NULL;
	if (blank)
		*blank++ = '\0';
	if (!text_from_percent (value) || (blank && !text_from_percent (blank)))
		return;
	switch (line[0]) {
	case 't': info->content_type = value; break;
	case 'e': info->content_encoding = value; break;
	case 'c': info->cache_control = value; break;
	case 'd': info->content_disposition = value; break;
	case 'm': if (blank) pairs[info->metadata.count++] = (struct larder_pair) { value, blank };
	}
}

int
meta_read (const struct efs *efs, struct larder_call *call, int folder, const char *key, struct larder_info *info, struct larder_error *error)
{
	char path[PATH_ROOM], *save = NULL;
	CLEANUP_FREE char *text = NULL;
	size_t length = 0, lines = 0;
	if (!efs->metadata)
		return 0;
	meta_path (key, info->etag, path);
	int code = file_slurp (folder, path, META_MOST, &text, &length, NULL);
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : larder_fail (error, code, "cannot read the attributes of '%.300s' in '%s'", key, path);
	for (const char *at = text; (at = strchr (at, '\n')); at++)
		lines++;
	char *kept = larder_host->arena (call, length + 1);
	struct larder_pair *pairs = larder_host->arena (call, (lines + 1) * sizeof *pairs);
	if (!kept || !pairs)
		return larder_fail_memory (error);
	memcpy (kept, text, length + 1);
	info->metadata = (struct larder_pairs) { pairs, 0, sizeof *pairs };
	for (char *line = strtok_r (kept, "\n", &save); line; line = strtok_r (NULL, "\n", &save))
		if (strlen (line) > 2)
			take_line (line, info, pairs);
	return 0;
}
