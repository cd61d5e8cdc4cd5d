/* manifest-write.c: what one run writes, a line each as it is written: in memory, and beyond that in a file without a name. */
#include "manifest.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "random.h"
#include "store.h"
#include "text.h"

enum { FLUSH_FROM = 64 << 10, NAME_ROOM = 100 };
#define ONE_MOST (UINT64_C (64) << 20)      /* what a store takes in one request, and in the second after a cancel: another begins behind it */

/* One object of lines. */
struct volume {
	int fd;                       /* the first `length` bytes, or -1 */
	uint64_t length;
	struct buffer lines;          /* those behind them */
	struct sha256 sha;
	uint64_t count, bytes;
	int64_t began;
	unsigned char id[8];
};

struct manifest {
	struct manifest_place place;
	struct larder_store *of;
	const char *command, *address;
	pthread_mutex_t mutex;        /* of all below; no request is made under it */
	struct volume now;            /* that lines go to */
	bool full;                    /* of what is not yet in the file nothing can go there: the buffer has what it holds */
	uint64_t lost;                /* lines that could not be kept */
	int code;                     /* why, or what else went wrong first; sticks */
	struct larder_error error;
};

static void
begin_one (struct manifest *manifest)
{
	manifest->now = (struct volume) { .fd = -1, .began = clock_wall () };
	manifest->full = false;
	buffer_init (&manifest->now.lines, FLUSH_FROM + 2 * MANIFEST_LINE_MOST);
	sha256_begin (&manifest->now.sha);
	random_bytes (manifest->now.id, sizeof manifest->now.id);
}

static void
volume_end (struct volume *volume)
{
	cleanup_close_at (&volume->fd);
	buffer_free (&volume->lines);
}

int
manifest_new (struct manifest **ret, struct larder *larder, struct larder_store *of, const char *command, struct larder_error *error)
{
	*ret = NULL;
	if (!manifest_where (larder))
		return 0;
	struct manifest *manifest = calloc (1, sizeof *manifest);
	if (!manifest)
		return larder_fail_memory (error);
	*manifest = (struct manifest) { .of = of, .command = command, .mutex = PTHREAD_MUTEX_INITIALIZER, .error = LARDER_ERROR_INIT };
	begin_one (manifest);
	int code = manifest_place_begin (&manifest->place, larder, of, error);
	if (code == 0) {
		manifest->address = arena_printf (manifest->place.arena, "%s%s", store_prefix (manifest->place.store), manifest->place.prefix);
		code = manifest->address ? 0 : larder_fail_memory (error);
	}
	if (code < 0) {
		manifest_free (manifest);
		return code;
	}
	*ret = manifest;
	return 0;
}

void
manifest_free (struct manifest *manifest)
{
	if (!manifest)
		return;
	volume_end (&manifest->now);
	manifest_place_end (&manifest->place);
	free (manifest);
}

const char *
manifest_address (const struct manifest *manifest)
{
	return manifest->address;
}

bool
manifest_is_one (const struct manifest *manifest, const char *key)
{
	return manifest && manifest_place_has (&manifest->place, manifest->of, key);
}

/* ---- lines, under the mutex ---- */

/* The first alone is told, with its own reason. */
static void
fail (struct manifest *manifest, int code, const struct larder_error *why)
{
	if (manifest->code < 0 || code == 0)
		return;
	manifest->code = code;
	manifest->error = *why;
}

static void
line_begin (struct manifest *manifest, struct json *json)
{
	json_begin (json, &manifest->now.lines);
	json_put_object (json);
}

static void
line_end (struct manifest *manifest, struct json *json)
{
	json_put_object_end (json);
	buffer_add_char (&manifest->now.lines, '\n');
}

/* What stands in the buffer from there on is one more line, unless it is longer than is ever read. */
static bool
take_line (struct manifest *manifest, size_t begun)
{
	bool fits = !manifest->now.lines.failed && manifest->now.lines.length - begun <= MANIFEST_LINE_MOST;
	if (fits) {
		sha256_add (&manifest->now.sha, manifest->now.lines.at + begun, manifest->now.lines.length - begun);
		return true;
	}
	struct larder_error why = LARDER_ERROR_INIT;
	buffer_cut (&manifest->now.lines, begun);
	manifest->lost++;
	fail (manifest, larder_fail (&why, LARDER_E_LIMIT, "a line of it would be too long"), &why);
	return false;
}

static void
put_head (struct manifest *manifest)
{
	struct json json;
	char time[32];
	size_t begun = manifest->now.lines.length;
	line_begin (manifest, &json);
	json_member_uint (&json, "larder-manifest", MANIFEST_VERSION);
	json_member (&json, "command", manifest->command);
	json_member (&json, "store", manifest->place.of);
	json_member (&json, "bucket", store_bucket (manifest->of));
	json_member (&json, "profile", larder_profile (store_larder (manifest->of)));
	json_member (&json, "began", text_from_time (manifest->now.began, time));
	line_end (manifest, &json);
	(void) take_line (manifest, begun);
}

static void
put_end (struct manifest *manifest)
{
	struct json json;
	char hex[65];
	struct sha256 whole = manifest->now.sha;
	sha256_end_hex (&whole, hex);
	line_begin (manifest, &json);
	json_member_uint (&json, "count", manifest->now.count);
	json_member_uint (&json, "bytes", manifest->now.bytes);
	json_member (&json, "sha256", hex);
	line_end (manifest, &json);
}

static void
put_checksum (struct json *json, const struct larder_info *info)
{
	const char *algorithm = checksum_name (info->checksum_type);
	if (!info->checksum || !algorithm)
		return;
	json_put_name (json, "checksum");
	json_put_object (json);
	json_member (json, "algorithm", algorithm);
	json_member (json, "value", info->checksum);
	if (info->checksum_composite)
		json_member_bool (json, "composite", true);
	json_put_object_end (json);
}

/* NULL: it was removed. */
static void
put_object (struct manifest *manifest, const char *key, const struct larder_info *info)
{
	struct json json;
	char time[32];
	size_t begun = manifest->now.lines.length;
	line_begin (manifest, &json);
	json_member_bytes (&json, "key", key);
	if (info) {
		json_member (&json, "version", info->version);
		json_member_uint (&json, "size", info->length);
		put_checksum (&json, info);
		json_member (&json, "etag", info->etag);
	} else {
		json_member_bool (&json, "removed", true);
	}
	json_member (&json, "time", text_from_time_exact (clock_wall (), time));
	line_end (manifest, &json);
	if (take_line (manifest, begun)) {
		manifest->now.count++;
		manifest->now.bytes += info ? info->length : 0;
	}
}

/* The buffer behind the file. What fails stays in the buffer, which takes no more. */
static void
flush (struct manifest *manifest)
{
	struct larder_error why = LARDER_ERROR_INIT;
	if (manifest->now.fd < 0)
		manifest->now.fd = file_temporary (&why);
	int failed = manifest->now.fd < 0 ? 0 : file_pwrite_all (manifest->now.fd, manifest->now.lines.at, manifest->now.lines.length, manifest->now.length);
	manifest->full = manifest->now.fd < 0 || failed < 0;
	if (manifest->full) {
		fail (manifest, failed < 0 ? larder_fail_errno (&why, -failed, "cannot write a temporary file") : manifest->now.fd, &why);
		return;
	}
	manifest->now.length += manifest->now.lines.length;
	buffer_clear (&manifest->now.lines);
}

static int finish (const struct manifest *manifest, struct volume *volume, struct larder_error *error);

/* What is full is put by the thread that filled it, while the others go on with the next. */
static void
finish_aside (struct manifest *manifest, struct volume *volume)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = finish (manifest, volume, &why);
	volume_end (volume);
	pthread_mutex_lock (&manifest->mutex);
	fail (manifest, code, &why);
	pthread_mutex_unlock (&manifest->mutex);
}

static void
add (struct manifest *manifest, const char *key, const struct larder_info *info)
{
	struct volume whole = { .fd = -1 };
	if (!manifest_takes_key (key))
		return;
	pthread_mutex_lock (&manifest->mutex);
	if (manifest->now.lines.length >= FLUSH_FROM && !manifest->full)
		flush (manifest);
	if (manifest->now.length >= ONE_MOST) {
		put_end (manifest);
		whole = manifest->now;
		begin_one (manifest);
	}
	if (manifest->full) {
		manifest->lost++;
	} else {
		if (manifest->now.length + manifest->now.lines.length == 0)
			put_head (manifest);
		put_object (manifest, key, info);
	}
	pthread_mutex_unlock (&manifest->mutex);
	if (whole.length)
		finish_aside (manifest, &whole);
}

void
manifest_add (struct manifest *manifest, const char *key, const struct larder_info *info)
{
	if (manifest)
		add (manifest, key, info);
}

void
manifest_removed (struct manifest *manifest, const char *key)
{
	if (manifest)
		add (manifest, key, NULL);
}

/* ---- all of it ---- */

/* What the file has, and then what the buffer has: a full disk costs no line that was written before. */
static int64_t
pread_both (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct volume *volume = context;
	uint64_t file = volume->length, whole = file + volume->lines.length;
	if (offset >= whole)
		return 0;
	if (offset >= file) {
		size_t left = (size_t) (whole - offset), got = count < left ? count : left;
		memcpy (into, volume->lines.at + (offset - file), got);
		return (int64_t) got;
	}
	int64_t got = file_pread_all (volume->fd, into, file - offset < count ? (size_t) (file - offset) : count, offset);
	return got < 0 ? larder_fail_errno (error, (int) -got, "cannot read a temporary file") : got;
}

static void
name_of (const struct manifest *manifest, const struct volume *volume, char ret[NAME_ROOM])
{
	char time[32], hex[2 * sizeof volume->id + 1], plain[32];
	size_t length = 0;
	text_from_time (volume->began, time);
	for (const char *at = time; *at && length < sizeof plain - 1; at++)
		if (*at != ':')
			plain[length++] = *at;
	plain[length] = '\0';
	text_hex (volume->id, sizeof volume->id, hex);
	snprintf (ret, NAME_ROOM, "%s-%s-%s.ndjson", plain, manifest->command, hex);
}

static int
fail_put (const struct manifest *manifest, const char *name, const struct larder_error *why, int kept, struct larder_error *error)
{
	char next[256];
	struct larder *larder = store_larder (manifest->of);
	int code = why->code == LARDER_E_CANCELLED ? LARDER_E_UNAVAILABLE : why->code;
	if (kept == 0)
		snprintf (next, sizeof next, "it waits below '%s/manifests': put that right and run it again, which writes it too", larder_state (larder));
	else
		snprintf (next, sizeof next, "it could be kept nowhere, so verify --manifest will tell these as 'not in a manifest'; with --state DIR the next run writes what one could not");
	return larder_fail_next (error, code, next, "what was written to '%s' is there, but not its manifest '%s%s': %s", store_prefix (manifest->of), manifest->address, name, why->message);
}

/* One that has its last line. */
static int
finish (const struct manifest *manifest, struct volume *volume, struct larder_error *error)
{
	char name[NAME_ROOM];
	struct larder_error why = LARDER_ERROR_INIT;
	name_of (manifest, volume, name);
	const struct larder_source source = { .size = sizeof source, .context = volume, .length = volume->length + volume->lines.length, .pread = pread_both };
	int code = manifest_put (&manifest->place, name, &source, &why);
	return code < 0 ? fail_put (manifest, name, &why, manifest_keep (&manifest->place, name, &source, NULL), error) : code;
}

static int
fail_lost (const struct manifest *manifest, struct larder_error *error)
{
	if (manifest->lost == 0) {
		if (error)
			larder_give (error, &manifest->error);
		return manifest->code;
	}
	return larder_fail_next (error, manifest->code, "free space where TMPDIR points (or /tmp); verify --manifest tells these as 'not in a manifest' until they are written again",
		"what was written to '%s' is there, but %" PRIu64 " of it in no manifest: %s", store_prefix (manifest->of), manifest->lost, manifest->error.message);
}

int
manifest_end (struct manifest *manifest, struct larder_error *error)
{
	struct larder *larder = store_larder (manifest->of);
	if (manifest->now.count)
		put_end (manifest);
	int code = manifest->now.count ? finish (manifest, &manifest->now, error) : 0;
	if (code == 0 && !larder_is_cancelled (larder))
		code = manifest_deliver (&manifest->place, error);
	return code == 0 && manifest->code < 0 ? fail_lost (manifest, error) : code;
}
