/* drill-manifest.c: what the manifests of the store tell of what was kept, beside what the store tells itself. */
#include "drill.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

/* ---- their lines, in order ---- */

int
drill_manifests_pass (struct drilling *all, struct larder_error *error)
{
	int code = manifests_next (all->manifests, &all->line, error);
	all->has_line = code == 1;
	return code < 0 ? code : 0;
}

int
drill_manifests_begin (struct drilling *all, struct larder_error *error)
{
	all->has_line = false;
	if (!manifest_where (all->larder))
		return 0;
	int code = all->manifest_place.store ? 0 : manifest_place_begin (&all->manifest_place, all->larder, all->store, error);
	if (code == 0)
		code = manifests_open (all->store, all->prefix, &all->manifests, error);
	if (code < 0)
		return code;
	all->sum.manifests = manifests_count (all->manifests);
	if (all->sum.manifests > 0)
		return drill_manifests_pass (all, error);
	drill_manifests_end (all);
	return 0;
}

void
drill_manifests_end (struct drilling *all)
{
	manifests_close (all->manifests);
	all->manifests = NULL;
	all->has_line = false;
}

int
drill_manifests_until (struct drilling *all, const char *key, drill_key_fn passed, struct larder_error *error)
{
	int code = 0;
	while (code == 0 && all->has_line && (!key || strcmp (all->line.key, key) < 0)) {
		code = passed ? passed (all, all->line.key, error) : 0;
		if (code == 0)
			code = drill_manifests_pass (all, error);
	}
	return code;
}

bool
drill_manifests_have (const struct drilling *all, const char *key)
{
	return all->has_line && strcmp (all->line.key, key) == 0;
}

/* ---- what is gone ---- */

int
drill_is_in_store (const struct drilling *all, const char *key, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_stat (all->store, all->each, key, NULL, &info, &why);
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		*error = why;
	return code == 0 ? 1 : code == LARDER_E_NOTFOUND ? 0 : code;
}

static int
tell_missing (struct drilling *all, const char *key)
{
	struct larder_error why = LARDER_ERROR_INIT;
	char time[32];
	drill_mark (all, key);
	if (drill_manifests_have (all, key))
		larder_fail_next (&why, LARDER_E_INTEGRITY, "'larder undelete' brings it back where there are versions; else write it again, or if it was to go, remove it by a sync, which tells so",
			"'%s%s' is not there, and '%s' tells of %" PRIu64 " bytes of %s", all->place, key, all->line.manifest, all->line.length, text_from_time (all->line.time, time));
	else
		larder_fail_next (&why, LARDER_E_INTEGRITY, "'larder versions' tells whether it was removed meanwhile", "'%s%s' was there when the drill began, and is there no more", all->place, key);
	return drill_found (all, FOUND_MISSING, key, &why);
}

/* What is in the store, and was not restored, was told when it was tried; of what nobody can tell whether it is, nothing is proven. */
static int
tell_gone (struct drilling *all, const char *key)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int there = drill_is_in_store (all, key, &why);
	if (there >= 0)
		return there ? 0 : tell_missing (all, key);
	drill_mark (all, key);
	return drill_found (all, FOUND_FAILED, key, &why);
}

/* ---- a file and its line ---- */

struct summing { struct drilling *all; uint64_t sum; };

static int
add_piece (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct summing *summing = context;
	summing->sum = checksum_add (summing->all->line.checksum_type, summing->sum, bytes, count);
	return larder_is_cancelled (summing->all->larder) ? larder_fail_cancelled (error) : 0;
}

static int
differs (struct drilling *all, const char *key, const char *how)
{
	const struct manifest_line *line = &all->line;
	struct larder_error why = LARDER_ERROR_INIT;
	larder_fail_next (&why, LARDER_E_INTEGRITY, "if nobody wrote it since, bring back what it was: 'larder versions' lists what there is; else a sync or archive put leaves a newer line",
		"what was restored of '%s%s' is not what '%s' tells%s%s: %s", all->place, key, line->manifest, line->version ? " of version " : "", line->version ? line->version : "", how);
	return drill_found (all, FOUND_DIFFERS, key, &why);
}

/* Where no checksum of ours was told, or a bundle came as its members, the store says whether it is the one that was written. */
static int
compare_told (struct drilling *all, const char *key, const struct larder_info *now)
{
	const struct larder_info told = manifest_info (&all->line);
	bool same = false, known = same_as_told (&told, now, &same);
	if (!known)
		same = (manifest_has_version (&told) && manifest_is_told (told.version, now->version)) || manifest_is_told (told.etag, now->etag);
	if (same && told.length == now->length)
		return 0;
	return differs (all, key, known ? "it has other bytes" : "it is another version, and nothing tells what bytes were written");
}

/* Of what is asked for again. */
static int
compare_in_store (struct drilling *all, const char *key, bool counted)
{
	struct larder_info now = { .size = sizeof now };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_stat (all->store, all->each, key, NULL, &now, &why);
	if (code == LARDER_E_NOTFOUND)
		return tell_missing (all, key);
	if (code < 0)
		return drill_found (all, FOUND_FAILED, key, &why);
	all->sum.bytes += counted ? now.length : 0;
	return drill_manifests_have (all, key) ? compare_told (all, key, &now) : 0;
}

static int
compare_sum (struct drilling *all, const char *key, int fd, struct larder_error *error)
{
	struct summing summing = { .all = all };
	struct file_source file;
	struct larder_source source;
	char sum[16];
	int code = file_source_begin (&file, fd, key, &source, error);
	if (code == 0)
		code = source_each (&source, add_piece, &summing, error);
	if (code < 0)
		return code;
	checksum_text (all->line.checksum_type, summing.sum, sum);
	return strcmp (sum, all->line.checksum) == 0 ? 0 : differs (all, key, "it has other bytes");
}

static int
compare_file (struct drilling *all, const char *key, int fd, uint64_t length, struct larder_error *error)
{
	const struct manifest_line *line = &all->line;
	char how[80];
	all->sum.with_manifest++;
	if (length != line->length) {
		snprintf (how, sizeof how, "%" PRIu64 " bytes came, and %" PRIu64 " were written", length, line->length);
		return differs (all, key, how);
	}
	bool ours = line->checksum && !line->checksum_composite && checksum_is_ours (line->checksum_type);
	return ours ? compare_sum (all, key, fd, error) : compare_in_store (all, key, false);
}

/* ---- each key ---- */

static int
prove_key (struct drilling *all, const char *key, struct larder_error *error)
{
	struct stat facts;
	int code = drill_manifests_until (all, key, NULL, error);
	if (code < 0)
		return code;
	int packed = drill_is_packed (all, key, error);
	if (packed < 0)
		return packed;
	if (packed) {
		all->sum.with_manifest += drill_manifests_have (all, key);
		all->sum.not_in_manifest += all->manifests && !drill_manifests_have (all, key);
		return compare_in_store (all, key, true);
	}
	CLEANUP_CLOSE int fd = file_open_beneath (all->tree, key, O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0 || fstat (fd, &facts) < 0)
		return tell_gone (all, key);
	uint64_t length = S_ISREG (facts.st_mode) ? (uint64_t) facts.st_size : 0;
	all->sum.bytes += length;
	if (drill_manifests_have (all, key))
		return S_ISREG (facts.st_mode) ? compare_file (all, key, fd, length, error) : 0;
	all->sum.not_in_manifest += all->manifests != NULL;
	return 0;
}

int
drill_prove (struct drilling *all, struct larder_error *error)
{
	int code = drill_manifests_begin (all, error);
	if (code == 0)
		code = drill_each_key (all, prove_key, error);
	drill_manifests_end (all);
	return code;
}
