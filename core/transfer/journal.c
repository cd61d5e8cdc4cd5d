/* journal.c: see journal.h. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

#define FORMAT "larder-transfer"
enum { VERSION = 2, LINE_MOST = 16 << 10, SIZE_MOST = 8 << 20 };

/* ---- lines ------------------------------------------------------------------------------------- */

/* The line's JSON, or NULL when it is torn or changed. `line` is taken apart. */
static json_t *
parse_line (char *line)
{
	char *blank = strrchr (line, ' ');
	char sum[9];
	if (!blank || strlen (blank + 1) != 8)
		return NULL;
	*blank = '\0';
	snprintf (sum, sizeof sum, "%08" PRIx32, crc32c (0, line, strlen (line)));
	return strcmp (sum, blank + 1) == 0 ? json_loads (line, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static int
append (struct journal *journal, struct buffer *line, struct larder_error *error)
{
	char sum[16];
	if (line->failed)
		return larder_fail_memory (error);
	snprintf (sum, sizeof sum, " %08" PRIx32 "\n", crc32c (0, line->at, line->length));
	buffer_add (line, sum, strlen (sum));
	int failed = line->failed ? -ENOMEM : file_write_all (journal->fd, line->at, line->length);
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot write the transfer's journal") : 0;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static const char *
text_of (const json_t *line, const char *name)
{
	const char *text = json_string_value (json_object_get (line, name));
	return text ? text : "";
}

/* 0, or why it is none: of a version to come, or not one of ours. */
static const char *
head_problem (const json_t *line)
{
	json_int_t version = json_integer_value (json_object_get (line, "version"));
	if (strcmp (text_of (line, "journal"), FORMAT) != 0 || version < 1)
		return "its journal is damaged, or none of larder's";
	return version > VERSION ? "a newer larder wrote its journal" : NULL;
}

/* Is it of a version that we know, and about this transfer? */
static bool
read_head (struct journal *journal, const json_t *line, const struct journal_what *what)
{
	const char *id = text_of (line, "id");
	if (head_problem (line) || strcmp (text_of (line, "kind"), what->kind) != 0 || strcmp (text_of (line, "address"), what->address) != 0
	    || strcmp (text_of (line, "path"), what->path) != 0)
		return false;
	journal->id = *id ? strdup (id) : NULL;
	journal->pin = strdup (text_of (line, "pin"));
	journal->part = (uint64_t) json_integer_value (json_object_get (line, "part"));
	return journal->pin && (journal->id || !*id);
}

static bool
read_piece (struct journal *journal, const json_t *line)
{
	json_int_t number = json_integer_value (json_object_get (line, "piece"));
	uint64_t sum;
	if (number < 1 || number > UINT32_MAX || !crc64nvme_parse (text_of (line, "sum"), &sum))
		return false;
	if ((journal->count & (journal->count - 1)) == 0) {
		struct journal_piece *more = realloc (journal->pieces, (2 * journal->count + 1) * sizeof *more);
		if (!more)
			return false;
		journal->pieces = more;
	}
	journal->pieces[journal->count++] = (struct journal_piece) { (uint32_t) number, sum };
	return true;
}

static void
forget (struct journal *journal)
{
	free (journal->id);
	free (journal->pin);
	free (journal->pieces);
	journal->id = journal->pin = NULL;
	journal->pieces = NULL;
	journal->part = journal->count = 0;
}

/* The store's answer, or a piece. */
static bool
read_record (struct journal *journal, const json_t *line)
{
	const char *upload = text_of (line, "upload");
	if (!*upload)
		return journal->id && read_piece (journal, line);
	free (journal->id);
	journal->id = strdup (upload);
	return journal->id;
}

/* Nothing, or the beginning of a first line: nobody has been asked for anything yet. */
static bool
is_torn (const char *text)
{
	return !*text || (*text == '{' && strlen (text) < 4096 && !strchr (text, '\n'));
}

/* False: something else hangs on what is there than what this journal now knows: an upload whose id never came, or what cannot be read. */
static bool
read_all (struct journal *journal, const struct journal_what *what)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	bool good = file_slurp (journal->folder, journal->name, SIZE_MOST, &text, &length, NULL) == 0;
	if (!good || is_torn (text))
		return good;
	char *rest = text;
	for (unsigned number = 0; good && *rest; number++) {
		char *line = strsep (&rest, "\n");
		json_t *json = rest ? parse_line (line) : NULL;      /* a line without its end is torn */
		good = json && (number == 0 ? read_head (journal, json, what) : read_record (journal, json));
		json_decref (json);
	}
	if (journal->id)
		return true;
	forget (journal);
	return false;
}

/* ---- what it is about --------------------------------------------------------------------------- */

const char *
journal_address (struct larder_store *store, struct larder_arena *arena, const char *key)
{
	CLEANUP_BUFFER struct buffer encoded;
	const char *url = NULL;
	buffer_init (&encoded, LINE_MOST);
	if (store_url (store, arena, key, &url, NULL) == 0)
		return url;
	text_percent (&encoded, key);
	return encoded.failed ? NULL : arena_printf (arena, "%s%s/%s", store_prefix (store), store_bucket (store), buffer_text (&encoded));
}

static struct journal_what
what_of (const struct transfer *transfer, const char *kind, const struct item *item)
{
	return (struct journal_what) {
		.kind = kind, .from = item->from, .to = item->to, .request = transfer->request, .planned = item->expected,
		.metadata = item->kept.name ? (struct larder_pairs) { &item->kept, 1, sizeof item->kept } : transfer->request->attributes.metadata,
	};
}

int
journal_what_stream (const struct transfer *transfer, struct item *item, const char *key, struct journal_what *ret)
{
	*ret = what_of (transfer, "stream", item);
	ret->path = "-";
	ret->address = journal_address (transfer->store, item->arena, key);
	return ret->address ? 0 : LARDER_E_LIMIT;
}

int
journal_what_copy (const struct transfer *transfer, struct item *item, struct journal_what *ret)
{
	*ret = what_of (transfer, "copy", item);
	ret->path = journal_address (item->store, item->arena, item->info.key);
	ret->address = journal_address (transfer->store, item->arena, item->path);
	return ret->path && ret->address ? 0 : LARDER_E_LIMIT;
}

int
journal_what_of (const struct transfer *transfer, const char *kind, struct item *item, const char *key, const char *path, struct journal_what *ret)
{
	struct larder_store *store = item->store ? item->store : transfer->store;
	CLEANUP_FREE char *whole = target_whole_path (path);
	CLEANUP_BUFFER struct buffer encoded;
	*ret = what_of (transfer, kind, item);
	buffer_init (&encoded, LINE_MOST);
	text_percent (&encoded, whole ? whole : path);
	ret->path = encoded.failed ? NULL : arena_copy (item->arena, buffer_text (&encoded));
	ret->address = journal_address (store, item->arena, key);
	return ret->path && ret->address ? 0 : LARDER_E_LIMIT;
}

/* ---- opening ----------------------------------------------------------------------------------- */

/* Named by what goes where, so that the same command finds it again. */
static void
name_of (const struct journal_what *what, char ret[80])
{
	struct sha256 sha;
	char hex[65];
	const char *const texts[] = { what->kind, what->address, what->path };
	sha256_begin (&sha);
	for (size_t i = 0; i < 3; i++)
		sha256_add (&sha, texts[i], strlen (texts[i]) + 1);
	sha256_end_hex (&sha, hex);
	snprintf (ret, 80, "%.40s.journal", hex);
}

json_t *
journal_look (int folder, const char *name, const char **ret_problem)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	*ret_problem = NULL;
	int code = file_slurp (folder, name, SIZE_MOST, &text, &length, NULL);
	if (code < 0 || is_torn (text)) {
		*ret_problem = code < 0 && code != LARDER_E_NOTFOUND ? "its journal cannot be read" : NULL;
		return NULL;
	}
	char *rest = text, *line = strsep (&rest, "\n");
	json_t *head = rest ? parse_line (line) : NULL;
	*ret_problem = head_problem (head);
	if (*ret_problem) {
		json_decref (head);
		return NULL;
	}
	line = strsep (&rest, "\n");
	json_t *answer = rest ? parse_line (line) : NULL;
	if (answer && *text_of (answer, "upload"))
		json_object_set (head, "id", json_object_get (answer, "upload"));
	json_decref (answer);
	return head;
}

int
journal_folder (const char *state)
{
	return file_state_folder (state, "transfers", NULL, false);
}

/* Locked, and still the file of that name: another process may have ended its transfer meanwhile. */
static int
open_locked (struct journal *journal, bool *ret_held)
{
	for (;;) {
		struct stat open_one, named;
		int fd = openat (journal->folder, journal->name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		if (flock (fd, LOCK_EX | LOCK_NB) < 0 || fstat (fd, &open_one) < 0) {
			*ret_held = errno == EWOULDBLOCK;
			close (fd);
			return -1;
		}
		if (fstatat (journal->folder, journal->name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == open_one.st_ino)
			return fd;
		close (fd);
	}
}

/* A name for what no run of the same transfer is to find. */
static void
name_aside (const struct journal *journal, char ret[80])
{
	snprintf (ret, 80, "%.40s-%" PRIx64 ".journal", journal->name, (uint64_t) clock_wall ());
}

void
journal_set_aside (struct journal *journal)
{
	char aside[80];
	bool held = false;
	forget (journal);
	if (journal->fd < 0)
		return;
	name_aside (journal, aside);
	bool gone = renameat (journal->folder, journal->name, journal->folder, aside) == 0;
	close (journal->fd);
	journal->fd = gone ? open_locked (journal, &held) : -1;
	if (journal->fd < 0)
		journal_close (journal);
}

void
journal_open (struct journal *journal, const char *state, const struct journal_what *what)
{
	*journal = (struct journal) JOURNAL_NONE;
	if (!state || (journal->folder = file_state_folder (state, "transfers", NULL, true)) < 0)
		return;
	name_of (what, journal->name);
	journal->fd = open_locked (journal, &journal->beside);
	if (journal->fd < 0 && !journal->beside)
		journal_close (journal);
	else if (journal->fd >= 0 && !read_all (journal, what))
		journal_set_aside (journal);
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* What else the command said, for whoever goes on without its words. */
static void
add_request (struct json *json, const struct journal_what *what)
{
	const struct larder_transfer *request = what->request;
	const struct larder_attributes *attributes = &request->attributes;
	json_member_bool (json, "create_only", request->flags & LARDER_CREATE_ONLY);
	json_member_bool (json, "move", request->flags & LARDER_MOVE);
	json_member (json, "object_version", request->version);
	json_member (json, "content_type", attributes->content_type);
	json_member (json, "content_encoding", attributes->content_encoding);
	json_member (json, "cache_control", attributes->cache_control);
	json_member (json, "content_disposition", attributes->content_disposition);
	json_member (json, "class", attributes->storage_class);
	json_member (json, "encryption", attributes->encryption);
	json_put_name (json, "metadata");
	json_put_array (json);
	for (size_t i = 0; i < what->metadata.count; i++) {
		json_put_text (json, larder_pair_at (&what->metadata, i)->name);
		json_put_text (json, larder_pair_at (&what->metadata, i)->value);
	}
	json_put_array_end (json);
}

/* Another run of the same transfer has its journal: what this one is about to open must be known all the same, under a name of its own. */
static void
begin_beside (struct journal *journal)
{
	char aside[80];
	bool held = false;
	name_aside (journal, aside);
	memcpy (journal->name, aside, sizeof aside);
	journal->fd = open_locked (journal, &held);
}

static int
settle_on_disk (int folder, int fd, struct larder_error *error)
{
	return fsync (fd) < 0 || fsync (folder) < 0 ? larder_fail_errno (error, errno, "cannot make the transfer's journal durable") : 0;
}

int
journal_begin (struct journal *journal, const struct journal_what *what, const char *id, const char *pin, uint64_t part, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	struct json json;
	char time[32];
	buffer_init (&line, LINE_MOST);
	forget (journal);
	if (journal->fd < 0 && journal->beside)
		begin_beside (journal);
	if (journal->fd < 0)
		return 0;
	text_from_time (clock_wall (), time);
	json_begin (&json, &line);
	json_put_object (&json);
	json_member (&json, "journal", FORMAT);
	json_member_uint (&json, "version", VERSION);
	json_member (&json, "kind", what->kind);
	json_member (&json, "begun", time);
	json_member (&json, "from", what->from);
	json_member (&json, "to", what->to);
	json_member (&json, "address", what->address);
	json_member (&json, "path", what->path);
	json_member (&json, "id", id);
	json_member (&json, "pin", pin);
	json_member_uint (&json, "part", part);
	if (what->planned)
		json_member_bool (&json, "planned", true);
	if (what->request)
		add_request (&json, what);
	json_put_object_end (&json);
	if (ftruncate (journal->fd, 0) < 0)
		return larder_fail_errno (error, errno, "cannot empty the transfer's journal");
	int code = append (journal, &line, error);
	return code < 0 ? code : settle_on_disk (journal->folder, journal->fd, error);
}

/* The first line alone, under a name of its own. */
static int
copy_aside (const struct journal *journal, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	char aside[80];
	size_t length;
	name_aside (journal, aside);
	int code = file_slurp (journal->folder, journal->name, SIZE_MOST, &text, &length, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int fd = openat (journal->folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int failed = fd < 0 ? -errno : file_write_all (fd, text, strcspn (text, "\n") + 1);
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot write the transfer's journal") : settle_on_disk (journal->folder, fd, error);
}

int
journal_answered (struct journal *journal, const char *id, bool uncertain, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	struct json json;
	buffer_init (&line, LINE_MOST);
	if (journal->fd < 0)
		return 0;
	int code = uncertain ? copy_aside (journal, error) : 0;
	if (code < 0)
		return code;
	json_begin (&json, &line);
	json_put_object (&json);
	json_member (&json, "upload", id);
	json_put_object_end (&json);
	code = append (journal, &line, error);
	return code < 0 ? code : settle_on_disk (journal->folder, journal->fd, error);
}

int
journal_add (struct journal *journal, uint32_t number, uint64_t sum, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	struct json json;
	char text[16];
	buffer_init (&line, LINE_MOST);
	if (journal->fd < 0)
		return 0;
	crc64nvme_text (sum, text);
	json_begin (&json, &line);
	json_put_object (&json);
	json_member_uint (&json, "piece", number);
	json_member (&json, "sum", text);
	json_put_object_end (&json);
	return append (journal, &line, error);
}

void
journal_remove (struct journal *journal)
{
	if (journal->fd >= 0)
		(void) unlinkat (journal->folder, journal->name, 0);
	journal_close (journal);
}

bool
journal_keeps (const struct journal *journal, int code)
{
	return journal->fd >= 0 && !journal->beside && (code == LARDER_E_CANCELLED || code == LARDER_E_UNAVAILABLE);
}

void
journal_end (struct journal *journal, int code, struct larder_error *error)
{
	if (!journal_keeps (journal, code)) {
		journal_remove (journal);
		return;
	}
	if (error && code == LARDER_E_UNAVAILABLE)
		larder_explain (error, LARDER_DETAIL_NEXT, "the same command goes on from there, once the service answers");
	journal_close (journal);
}

void
journal_close (struct journal *journal)
{
	forget (journal);
	if (journal->fd >= 0)
		close (journal->fd);
	if (journal->folder >= 0)
		close (journal->folder);
	journal->fd = journal->folder = -1;
}

bool
journal_has (const struct journal *journal, uint32_t number, uint64_t *ret_sum)
{
	for (size_t i = journal->count; i-- > 0;)
		if (journal->pieces[i].number == number) {
			*ret_sum = journal->pieces[i].sum;
			return true;
		}
	return false;
}
