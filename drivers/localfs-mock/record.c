/* record.c: the record of one key as text.
 *
 *     larder-object 1
 *     key photos/a.png
 *     version 18a2…             one block a version, newest first
 *     data 18a2…                or the line `marker`
 *     mtime 1763000000000000000
 *     ahead 86400000000000      by so many ns the mock's clock was, where it was
 *     length 5
 *     restored 17630… 17640…  from, until: a copy of what is archived, where one was asked for
 *     etag …
 *     checksum …
 *     content-type image/png    texts that are not set have no line
 *     meta user_id u1           name, value
 *     tag kind holiday
 *     end 0123456789abcdef      CRC64NVME of all bytes before this line
 *
 * Control bytes, DEL and '%' are written %XX, in names the space too: a line is a line. */
#include "record.h"

#include <inttypes.h>
#include <stdio.h>

#include "checksum.h"

#define HEAD "larder-object 1\n"

struct field { const char *name; size_t at; };

static const struct field text_fields[] = {
	{ "etag", offsetof (struct version, etag) },
	{ "checksum", offsetof (struct version, checksum) },
	{ "content-type", offsetof (struct version, attributes.content_type) },
	{ "content-encoding", offsetof (struct version, attributes.content_encoding) },
	{ "cache-control", offsetof (struct version, attributes.cache_control) },
	{ "content-disposition", offsetof (struct version, attributes.content_disposition) },
	{ "class", offsetof (struct version, attributes.storage_class) },
	{ "encryption", offsetof (struct version, attributes.encryption) },
};
#define TEXT_FIELDS (sizeof text_fields / sizeof *text_fields)

static const char **
text_at (const struct version *version, size_t i)
{
	return (const char **) (void *) ((char *) (size_t) version + text_fields[i].at);
}

/* ---- writing ---- */

static void
add_escaped (struct buffer *into, const char *text, bool name)
{
	for (const unsigned char *at = (const unsigned char *) text; *at; at++)
		if (*at < 0x20 || *at == 0x7f || *at == '%' || (name && *at == ' '))
			buffer_printf (into, "%%%02X", *at);
		else
			buffer_add_char (into, (char) *at);
}

static void
add_line (struct buffer *into, const char *word, const char *text)
{
	buffer_printf (into, "%s ", word);
	add_escaped (into, text, false);
	buffer_add_char (into, '\n');
}

static void
add_pairs (struct buffer *into, const char *word, const struct larder_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct larder_pair *pair = larder_pair_at (pairs, i);
		buffer_printf (into, "%s ", word);
		add_escaped (into, pair->name, true);
		buffer_add_char (into, ' ');
		add_escaped (into, pair->value, false);
		buffer_add_char (into, '\n');
	}
}

void
record_format (const struct record *record, struct buffer *into)
{
	buffer_add_text (into, HEAD);
	add_line (into, "key", record->key);
	for (const struct version *version = record->versions; version < record->versions + record->count; version++) {
		add_line (into, "version", version->id);
		if (version->data)
			add_line (into, "data", version->data);
		else
			buffer_add_text (into, "marker\n");
		buffer_printf (into, "mtime %" PRId64 "\n", version->mtime);
		if (version->ahead)
			buffer_printf (into, "ahead %" PRId64 "\n", version->ahead);
		if (version->data)
			buffer_printf (into, "length %" PRIu64 "\n", version->length);
		if (version->restored_until)
			buffer_printf (into, "restored %" PRId64 " %" PRId64 "\n", version->restored_from, version->restored_until);
		for (size_t i = 0; i < TEXT_FIELDS; i++)
			if (*text_at (version, i))
				add_line (into, text_fields[i].name, *text_at (version, i));
		add_pairs (into, "meta", &version->attributes.metadata);
		add_pairs (into, "tag", &version->tags);
	}
	buffer_printf (into, "end %016" PRIx64 "\n", crc64nvme (0, into->at, into->length));
}

/* ---- memory ---- */

int
pairs_copy (struct larder_arena *arena, const struct larder_pairs *from, struct larder_pairs *ret)
{
	struct larder_pair *at = arena_alloc (arena, (from->count + 1) * sizeof *at);
	if (!at)
		return -1;
	for (size_t i = 0; i < from->count; i++) {
		const struct larder_pair *pair = larder_pair_at (from, i);
		at[i] = (struct larder_pair) { arena_copy (arena, pair->name), arena_copy (arena, pair->value) };
		if (!at[i].name || !at[i].value)
			return -1;
	}
	*ret = (struct larder_pairs) { at, from->count, sizeof *at };
	return 0;
}

static bool
is_power (size_t count)
{
	return (count & (count - 1)) == 0;
}

static int
pairs_add (struct larder_arena *arena, struct larder_pairs *pairs, char *name, char *value)
{
	struct larder_pair *at = (struct larder_pair *) (size_t) pairs->at;
	if (is_power (pairs->count)) {          /* full: 0, 1, 2, 4, … */
		at = arena_alloc (arena, (2 * pairs->count + 1) * sizeof *at);
		if (!at)
			return -1;
		if (pairs->count)
			memcpy (at, pairs->at, pairs->count * sizeof *at);
	}
	at[pairs->count] = (struct larder_pair) { name, value };
	*pairs = (struct larder_pairs) { at, pairs->count + 1, sizeof *at };
	return 0;
}

static struct version *
versions_grown (const struct record *record, struct larder_arena *arena)
{
	if (!is_power (record->count))
		return record->versions;
	struct version *at = arena_alloc (arena, (2 * record->count + 1) * sizeof *at);
	if (at && record->count)
		memcpy (at, record->versions, record->count * sizeof *at);
	return at;
}

struct version *
record_push (struct record *record, struct larder_arena *arena)
{
	struct version *at = arena_alloc (arena, (record->count + 1) * sizeof *at);
	if (!at)
		return NULL;
	if (record->count)
		memcpy (at + 1, record->versions, record->count * sizeof *at);
	record->versions = at;
	record->count++;
	at->attributes.size = sizeof at->attributes;
	return at;
}

void
record_drop (struct record *record, size_t index)
{
	record->count--;
	memmove (record->versions + index, record->versions + index + 1, (record->count - index) * sizeof *record->versions);
}

void
record_drop_null (struct record *record)
{
	for (size_t i = record->count; i-- > 0;)
		if (strcmp (record->versions[i].id, "null") == 0)
			record_drop (record, i);
}

/* ---- reading ---- */

struct reading {
	struct larder_arena *arena;
	struct record *record;
	struct version *version;        /* the block under way, or NULL */
	bool mtime, length, marker;     /* seen in it */
};

static int
digit (char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place; the text, or NULL for a broken escape. */
static char *
unescaped (char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		if (*from == '%') {
			int high = digit (from[1]), low = high < 0 ? -1 : digit (from[2]);
			if (low < 0 || (high == 0 && low == 0))
				return NULL;
			*to++ = (char) (high * 16 + low);
			from += 2;
		} else
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

static int
read_uint (const char *text, uint64_t *ret)
{
	*ret = 0;
	if (!*text || (*text == '0' && text[1]))
		return -1;
	for (; *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow (*ret, 10, ret) || __builtin_add_overflow (*ret, *text - '0', ret))
			return -1;
	return 0;
}

static int
read_time (const char *text, int64_t *ret)
{
	uint64_t value;
	bool minus = *text == '-';
	if (read_uint (text + minus, &value) < 0 || value > INT64_MAX)
		return -1;
	*ret = minus ? -(int64_t) value : (int64_t) value;
	return 0;
}

/* Has the block under way all it needs? */
static bool
is_whole (const struct reading *reading)
{
	const struct version *version = reading->version;
	if (!version)
		return true;
	return reading->mtime && (reading->marker ? !version->data && !reading->length && !version->restored_until
	                                          : version->data && reading->length && version->etag && version->checksum);
}

static int
read_version (struct reading *reading, char *id)
{
	struct record *record = reading->record;
	if (!record->key || !is_whole (reading) || !*id)
		return -1;
	struct version *versions = versions_grown (record, reading->arena);
	if (!versions)
		return -1;
	record->versions = versions;
	reading->version = &versions[record->count++];
	*reading->version = (struct version) { .id = id, .attributes.size = sizeof reading->version->attributes };
	reading->mtime = reading->length = reading->marker = false;
	return 0;
}

static int
read_pair (struct reading *reading, struct larder_pairs *pairs, char *text)
{
	char *space = strchr (text, ' ');
	if (!space || space == text)
		return -1;
	*space = '\0';
	char *name = unescaped (text), *value = unescaped (space + 1);
	return name && value ? pairs_add (reading->arena, pairs, name, value) : -1;
}

static int
read_text (struct version *version, const char *word, char *text)
{
	for (size_t i = 0; i < TEXT_FIELDS; i++)
		if (strcmp (word, text_fields[i].name) == 0) {
			const char **at = text_at (version, i);
			if (*at || !(*at = unescaped (text)))
				return -1;
			return 0;
		}
	return -1;
}

/* "FROM UNTIL"; neither is negative. */
static int
read_restored (struct version *version, char *text)
{
	char *space = strchr (text, ' ');
	if (!space || version->restored_until)
		return -1;
	*space = '\0';
	if (read_time (text, &version->restored_from) < 0 || read_time (space + 1, &version->restored_until) < 0)
		return -1;
	return version->restored_from >= 0 && version->restored_from < version->restored_until ? 0 : -1;
}

static int
once (bool *seen)
{
	int code = *seen ? -1 : 0;
	*seen = true;
	return code;
}

static int
read_line (struct reading *reading, char *line)
{
	struct version *version = reading->version;
	char *space = strchr (line, ' '), *text = space ? space + 1 : NULL;
	if (!space)
		return version && strcmp (line, "marker") == 0 ? once (&reading->marker) : -1;
	*space = '\0';
	if (strcmp (line, "version") == 0)
		return read_version (reading, unescaped (text) ? text : (char[1]) { "" });
	if (!version) {
		if (reading->record->key || strcmp (line, "key") != 0)
			return -1;
		return (reading->record->key = unescaped (text)) && *text ? 0 : -1;
	}
	if (strcmp (line, "meta") == 0)
		return read_pair (reading, &version->attributes.metadata, text);
	if (strcmp (line, "tag") == 0)
		return read_pair (reading, &version->tags, text);
	if (strcmp (line, "mtime") == 0)
		return once (&reading->mtime) < 0 ? -1 : read_time (text, &version->mtime);
	if (strcmp (line, "ahead") == 0)
		return version->ahead || read_time (text, &version->ahead) < 0 || version->ahead <= 0 ? -1 : 0;
	if (strcmp (line, "length") == 0)
		return once (&reading->length) < 0 ? -1 : read_uint (text, &version->length);
	if (strcmp (line, "restored") == 0)
		return read_restored (version, text);
	if (strcmp (line, "data") == 0) {
		if (version->data || strspn (text, "0123456789abcdef") != strlen (text) || !*text)
			return -1;
		version->data = text;
		return 0;
	}
	return read_text (version, line, text);
}

int
record_parse (const char *text, size_t length, struct larder_arena *arena, struct record *ret)
{
	static const size_t tail = sizeof "end 0123456789abcdef\n" - 1, head = sizeof HEAD - 1;
	if (length < head + tail || memcmp (text, HEAD, head) != 0 || memchr (text, '\0', length))
		return -1;
	char end[32];
	snprintf (end, sizeof end, "end %016" PRIx64 "\n", crc64nvme (0, text, length - tail));
	if (memcmp (text + length - tail, end, tail) != 0)
		return -1;
	struct record record = { 0 };
	struct reading reading = { .arena = arena, .record = &record };
	char *at = arena_copy_bytes (arena, text + head, length - head - tail);
	if (!at)
		return -1;
	for (char *newline; *at; at = newline + 1) {
		newline = strchr (at, '\n');
		if (!newline)
			return -1;
		*newline = '\0';
		if (read_line (&reading, at) < 0)
			return -1;
	}
	if (!record.key || !is_whole (&reading))
		return -1;
	*ret = record;
	return 0;
}
