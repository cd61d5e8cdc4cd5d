/* reader.c: our reader in front of inih. It decides lines, headers, quotes, comments and expansion, keeps
 * the true texts, and hands inih short neutral lines ("[3]", "bucket=17") that refer to them. */
#include "reader.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "config.h"
#include "error.h"
#include "names.h"
#include "problems.h"
#include "value.h"

enum { KEY_MOST = 100, PATH_MOST = 1000, NAME_MOST = CONFIG_NAME_MOST };

struct reader {
	struct larder_arena *arena;
	const char *file;
	const char *at, *end;           /* text not read yet */
	unsigned line;
	ini_lookup_fn lookup;
	void *context;
	struct larder_error *error;
	struct problems *problems;      /* or NULL */
	bool lost;                      /* the header above was a problem: its lines belong nowhere */
	struct ini_section *first, **last, *now;     /* now: the one whose entries are read */
	struct larder_arena *own, *lines;            /* of the reading alone; of the line that is read */
	struct names names;             /* of the sections */
	struct ini_section **numbered;  /* as inih names them */
	size_t section_room;
	struct ini_entry **pending;     /* by number, as inih gives them back */
	size_t count, room;
	struct buffer neutral;
	size_t sections;
};

int
ini_fail (struct larder_error *error, const char *file, unsigned line, const char *format, ...)
{
	char text[400];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	int code = larder_fail (error, LARDER_E_INVALID, "%s:%u: %s", file, line, text);
	larder_explain (error, LARDER_DETAIL_NEXT, "larder.ini(5) tells how the file is written, and what each key takes");
	larder_explain (error, LARDER_DETAIL_FILE, file);
	if (error && error->size >= sizeof *error)
		error->line = line;
	return code;
}

#define FAIL(reader, ...) ini_fail ((reader)->error, (reader)->file, (reader)->line, __VA_ARGS__)

/* The next line without its end (LF or CRLF), until the one behind its entry is read; NULL at the end of the text. */
static char *
next_line (struct reader *reader)
{
	if (reader->at == reader->end)
		return NULL;
	const char *newline = memchr (reader->at, '\n', (size_t) (reader->end - reader->at));
	const char *stop = newline ? newline : reader->end;
	size_t length = (size_t) (stop - reader->at);
	if (length && reader->at[length - 1] == '\r')
		length--;
	char *line = arena_copy_bytes (reader->lines, reader->at, length);
	reader->at = newline ? newline + 1 : reader->end;
	reader->line++;
	return line;
}

static bool
is_word (const char *text, size_t length)
{
	return length > 0 && strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-_") >= length;
}

/* What a module calls a setting, as rule[images].days: in sections of its resources. inih takes ':' for '=': it never sees these. */
static bool
is_path (const char *text, size_t length)
{
	for (size_t n = 0; n < length; n++)
		if ((unsigned char) text[n] <= ' ' || strchr (";#\"\\\x7f", text[n]))
			return false;
	return length > 0;
}

/* Behind a header or a quoted value only white space and a comment may stand. */
static bool
is_rest_empty (const char *at)
{
	at += strspn (at, " \t");
	return *at == '\0' || *at == ';' || *at == '#';
}

static int
parse_name (struct reader *reader, const char **at, char name[NAME_MOST])
{
	size_t length = 0;
	for ((*at)++; **at && **at != '"'; (*at)++) {
		if (**at == '\\' && ((*at)[1] == '"' || (*at)[1] == '\\'))
			(*at)++;
		if (length + 1 >= NAME_MOST || (unsigned char) **at < 0x20)
			return FAIL (reader, "section name is longer than %d bytes or holds control bytes", NAME_MOST - 1);
		name[length++] = **at;
	}
	name[length] = '\0';
	if (**at != '"' || !length)
		return FAIL (reader, "section name is empty or its quote is not closed");
	(*at)++;
	return 0;
}

/* What inih is to call it. */
static int
number (struct reader *reader, struct ini_section *section)
{
	struct ini_section **all = arena_more (reader->own, reader->numbered, reader->sections, &reader->section_room, sizeof *all);
	if (!all)
		return larder_fail_memory (reader->error);
	reader->numbered = all;
	buffer_printf (&reader->neutral, "[%zu]\n", reader->sections);
	all[reader->sections++] = section;
	return 0;
}

static int
add_section (struct reader *reader, const char *kind, const char *name)
{
	const struct name *before = names_next (&reader->names, kind, name, NULL);
	if (before)
		return FAIL (reader, "section [%s%s%s%s] stands already in line %u", kind, *name ? " \"" : "", name, *name ? "\"" : "", ((const struct ini_section *) name_thing (before))->line);
	struct ini_section *section = arena_alloc (reader->arena, sizeof *section);
	if (!section)
		return larder_fail_memory (reader->error);
	section->kind = arena_copy (reader->arena, kind);
	section->name = arena_copy (reader->arena, name);
	section->line = reader->line;
	*reader->last = reader->now = section;
	reader->last = &section->next;
	if (!section->kind || !section->name || names_add (&reader->names, section->kind, section->name, (uintptr_t) section) < 0)
		return larder_fail_memory (reader->error);
	return number (reader, section);
}

static int
parse_header (struct reader *reader, const char *line)
{
	char kind[KEY_MOST], name[NAME_MOST] = "";
	const char *at = line + 1;
	at += strspn (at, " \t");
	size_t length = strcspn (at, " \t\"]");
	if (!is_word (at, length) || length >= sizeof kind)
		return FAIL (reader, "section kind is not a word of small letters: '%s'", line);
	memcpy (kind, at, length);
	kind[length] = '\0';
	at += length;
	at += strspn (at, " \t");
	if (*at == '"') {
		int code = parse_name (reader, &at, name);
		if (code < 0)
			return code;
	}
	at += strspn (at, " \t");
	if (*at != ']' || !is_rest_empty (at + 1))
		return FAIL (reader, "header is not [kind \"name\"]: '%s'", line);
	return add_section (reader, kind, name);
}

/* Remember the entry under a number, and give inih a line that names it. */
static int
add_entry (struct reader *reader, const char *key, const struct ini_value *value, unsigned line)
{
	struct ini_entry **pending = arena_more (reader->own, reader->pending, reader->count, &reader->room, sizeof *pending);
	struct ini_entry *entry = arena_alloc (reader->arena, sizeof *entry);
	if (!entry || !pending)
		return larder_fail_memory (reader->error);
	reader->pending = pending;
	*entry = (struct ini_entry) { .key = key, .value = *value, .line = line };
	buffer_printf (&reader->neutral, "%zu=%zu\n", reader->count, reader->count);
	reader->pending[reader->count++] = entry;
	return 0;
}

static int
parse_entry (struct reader *reader, char *line)
{
	char *equals = strchr (line, '=');
	if (!equals)
		return FAIL (reader, "neither a header, a comment nor 'key = value'");   /* the line may be a secret's: not shown */
	size_t length = (size_t) (equals - line);
	while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	bool resource = reader->now && strcmp (reader->now->kind, "resource") == 0;
	if (resource ? !is_path (line, length) || length >= PATH_MOST : !is_word (line, length) || length >= KEY_MOST)
		return FAIL (reader, "key is not a word of small letters, digits and '-'%s: '%.*s'", resource ? ", nor a path" : "", (int) length, line);
	if (!reader->first)
		return FAIL (reader, "'%.*s' stands before the first section", (int) length, line);
	char *key = arena_copy_bytes (reader->arena, line, length);
	struct value_parser parser = { .arena = reader->arena, .lookup = reader->lookup, .context = reader->context };
	unsigned first_line = reader->line;
	struct buffer whole;
	buffer_init (&whole, VALUE_MOST);
	buffer_add_text (&whole, equals + 1);
	while (value_continues (buffer_text (&whole))) {
		whole.at[--whole.length] = '\0';
		const char *more = next_line (reader);
		if (!more) {
			buffer_free (&whole);
			return FAIL (reader, "'%s': the file ends where a backslash promises more", key);
		}
		buffer_add_text (&whole, more);
	}
	struct ini_value value = { 0 };
	const char *problem = whole.failed ? "value is longer than 64 KiB" : value_parse (&parser, buffer_text (&whole), &value);
	buffer_free (&whole);
	if (problem)
		return ini_fail (reader->error, reader->file, first_line, "'%s': %s", key, problem);
	return add_entry (reader, key, &value, first_line);
}

static int
parse_line (struct reader *reader, char *line)
{
	size_t blank = strspn (line, " \t");
	if (!line[blank] || line[blank] == ';' || line[blank] == '#')
		return 0;
	if (blank) {
		int code = FAIL (reader, "line begins with white space");
		larder_explain (reader->error, LARDER_DETAIL_NEXT, "begin keys and headers at the first column; end a line with \\ to continue its value");
		return code;
	}
	if (line[0] != '[')
		return reader->lost ? 0 : parse_entry (reader, line);
	int code = parse_header (reader, line);
	reader->lost = code < 0;
	return code;
}

/* What was told is left out, and its section is known to lack something. */
static int
pass (struct reader *reader, int code)
{
	if (code >= 0)
		return code;
	for (struct ini_section *section = reader->first; section && !reader->lost; section = section->next)
		section->damaged = section->damaged || !section->next;
	if (reader->lost && reader->problems)
		reader->problems->header_lost = true;
	return problems_pass (reader->problems, code, reader->error);
}

/* inih's view of the neutral lines: put each entry where it belongs. */
static int
take (void *context, const char *section_number, const char *key, const char *number)
{
	struct reader *reader = context;
	size_t of = strtoul (section_number, NULL, 10);
	struct ini_section *section = of < reader->sections ? reader->numbered[of] : NULL;
	(void) key;
	size_t which = strtoul (number, NULL, 10);
	if (!section || which >= reader->count)
		return 0;
	struct ini_entry *entry = reader->pending[which], **last = &section->entries;
	for (; *last; last = &(*last)->next)
		if (strcmp ((*last)->key, entry->key) == 0) {
			if (reader->error->code != 0)   /* inih goes on; the first one counts */
				return 0;
			ini_fail (reader->error, reader->file, entry->line, "key '%s' stands already in line %u", entry->key, (*last)->line);
			section->damaged = true;
			if (problems_pass (reader->problems, LARDER_E_INVALID, reader->error) < 0)
				return 0;
			reader->error->code = 0;
			return 1;
		}
	*last = entry;
	return 1;
}

static int
parse_all (struct reader *reader)
{
	for (char *line; (line = next_line (reader));) {
		int code = pass (reader, parse_line (reader, line));
		arena_clear (reader->lines);
		if (code < 0)
			return code;
	}
	if (reader->neutral.failed)
		return larder_fail_memory (reader->error);
	struct larder_error inner = LARDER_ERROR_INIT, *outer = reader->error;
	reader->error = &inner;
	int status = reader->neutral.length ? ini_parse_string (reader->neutral.at, take, reader) : 0;
	reader->error = outer;
	if (status == 0)
		return 0;
	if (outer && inner.code)
		*outer = inner;
	return inner.code ? inner.code : larder_fail_next (outer, LARDER_E_INVALID, "larder.ini(5) tells how the file is written",
		"%s: cannot be parsed", reader->file);
}

int
ini_read_all (struct larder_arena *arena, const char *file, const char *text, size_t length, ini_lookup_fn lookup, void *context,
              struct problems *problems, struct ini_section **ret, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *own = arena_new (), *lines = arena_new ();
	struct reader reader = {
		.arena = arena, .own = own, .lines = lines, .file = file, .at = text, .end = text + length, .lookup = lookup, .context = context, .error = error, .problems = problems,
	};
	if (!own || !lines)
		return larder_fail_memory (error);
	reader.last = &reader.first;
	names_begin (&reader.names, reader.own);
	buffer_init (&reader.neutral, 4 << 20);
	const char *nul = memchr (text, '\0', length);
	if (nul) {
		unsigned line = 1;
		for (const char *at = text; at < nul; at++)
			line += *at == '\n';
		return ini_fail (error, file, line, "holds a NUL byte");
	}
	if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3;
	int code = parse_all (&reader);
	buffer_free (&reader.neutral);
	if (code == 0)
		*ret = reader.first;
	return code;
}

int
ini_read (struct larder_arena *arena, const char *file, const char *text, size_t length, ini_lookup_fn lookup, void *context,
          struct ini_section **ret, struct larder_error *error)
{
	return ini_read_all (arena, file, text, length, lookup, context, NULL, ret, error);
}
