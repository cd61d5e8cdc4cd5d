/* profile-file.c: the text of AWS's own configuration files. Pure.
 *
 * It is INI, and not of our kind: sections are [profile NAME], [sso-session NAME], [services NAME] and [default], or just
 * [NAME] in the credentials file; values have neither quotes nor continuation; lines indented below a key without value
 * are a table of their own. */
#include "identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

#define WORDS_MOST 256

struct parser {
	struct larder_arena *arena;
	const char *file;
	bool config;
	unsigned line;
	struct aws_line *first, **end;
	struct aws_line *section, *above;         /* that we are in; the last line that was not indented */
	struct larder_error *error;
};

static int
malformed (struct parser *parser, const char *why)
{
	larder_fail (parser->error, LARDER_E_INVALID, "%s:%u: %s", parser->file, parser->line, why);
	larder_explain (parser->error, LARDER_DETAIL_NEXT, "correct that line; the AWS CLI reads this file too");
	larder_explain (parser->error, LARDER_DETAIL_FILE, parser->file);
	if (parser->error && parser->error->size >= sizeof *parser->error)
		parser->error->line = parser->line;
	return LARDER_E_INVALID;
}

static bool
is_blank (char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static char *
trim (char *text)
{
	while (is_blank (*text))
		text++;
	size_t length = strlen (text);
	while (length > 0 && is_blank (text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* What stands behind a blank and '#' or ';' is a comment. */
static void
cut_comment (char *text)
{
	for (char *at = text; *at; at++)
		if ((*at == '#' || *at == ';') && (at == text || is_blank (at[-1]))) {
			*at = '\0';
			return;
		}
}

static struct aws_line *
add (struct parser *parser)
{
	struct aws_line *line = arena_alloc (parser->arena, sizeof *line);
	if (!line) {
		larder_fail_memory (parser->error);
		return NULL;
	}
	line->line = parser->line;
	*parser->end = line;
	parser->end = &line->next;
	return line;
}

/* ---- sections ---- */

/* The name behind the section's word, which may be quoted; NULL when there is none, or more. */
static char *
name_behind (char *header, const char *word)
{
	size_t length = strlen (word);
	if (strncmp (header, word, length) != 0 || !is_blank (header[length]))
		return NULL;
	char *name = trim (header + length), quote = *name;
	if (quote == '"' || quote == '\'') {
		char *close = strchr (name + 1, quote);
		if (!close || close[1])
			return NULL;
		*close = '\0';
		return name + 1;
	}
	return *name && !strpbrk (name, " \t") ? name : NULL;
}

static void
name_section (const struct parser *parser, char *header, struct aws_line *section)
{
	static const char *const words[] = { "profile", "sso-session", "services" };
	section->section = AWS_SECTION_OTHER;
	section->name = header;
	if (!parser->config || strcmp (header, "default") == 0) {
		section->section = AWS_SECTION_PROFILE;
		return;
	}
	for (uint32_t i = 0; i < 3; i++) {
		char *name = name_behind (header, words[i]);
		if (name) {
			section->section = i;
			section->name = name;
			return;
		}
	}
}

static int
read_section (struct parser *parser, char *text)
{
	char *close = strchr (text, ']');
	if (!close)
		return malformed (parser, "the section's name has no ']'");
	cut_comment (close + 1);
	if (*trim (close + 1))
		return malformed (parser, "something stands behind the section's ']'");
	*close = '\0';
	struct aws_line section = { .line = 0 };
	name_section (parser, trim (text + 1), &section);
	if (section.section != AWS_SECTION_OTHER && aws_section_exists (parser->first, section.section, section.name))
		return malformed (parser, "this section was there already");
	struct aws_line *line = add (parser);
	if (!line)
		return LARDER_E_LIMIT;
	line->section = section.section;
	line->name = section.name;
	parser->section = line;
	parser->above = NULL;
	return 0;
}

/* ---- keys ---- */

static int
read_key (struct parser *parser, char *text, bool indented)
{
	if (!parser->section)
		return malformed (parser, "it stands before the first [section]");
	if (indented && (!parser->above || *parser->above->value))
		return malformed (parser, "it is indented, but the line above is no key without a value");
	cut_comment (text);
	char *sign = strpbrk (text, "=:");
	if (!sign || sign == text)
		return malformed (parser, "it is neither KEY = VALUE nor a [section] nor a comment");
	*sign = '\0';
	char *key = trim (text), *value = trim (sign + 1);
	for (char *at = key; *at; at++)
		*at = (char) tolower ((unsigned char) *at);
	const char *under = indented ? parser->above->key : NULL;
	if (parser->section->section != AWS_SECTION_OTHER &&
	    aws_line_find (parser->section, parser->section->section, parser->section->name, under, key))
		return malformed (parser, "this key was there already");
	struct aws_line *line = add (parser);
	if (!line)
		return LARDER_E_LIMIT;
	line->section = parser->section->section;
	line->name = parser->section->name;
	line->key = key;
	line->value = value;
	line->under = under;
	if (!indented)
		parser->above = line;
	return 0;
}

static int
read_line (struct parser *parser, const char *at, size_t length)
{
	parser->line++;
	char *text = memchr (at, '\0', length) ? NULL : arena_copy_bytes (parser->arena, at, length);
	if (!text)
		return memchr (at, '\0', length) ? malformed (parser, "it holds a NUL byte") : larder_fail_memory (parser->error);
	bool indented = is_blank (*text);
	char *trimmed = trim (text);
	if (!*trimmed || *trimmed == '#' || *trimmed == ';')
		return 0;
	return *trimmed == '[' && !indented ? read_section (parser, trimmed) : read_key (parser, trimmed, indented);
}

int
aws_profile_file_read (struct larder_arena *arena, const char *file, bool config, const char *text, size_t length,
                       struct aws_line **ret, struct larder_error *error)
{
	struct parser parser = { .arena = arena, .file = file, .config = config, .error = error };
	parser.end = &parser.first;
	const char *end = text + length;
	for (const char *at = text; at < end; ) {
		const char *newline = memchr (at, '\n', (size_t) (end - at)), *stop = newline ? newline : end;
		int code = read_line (&parser, at, (size_t) (stop - at));
		if (code < 0)
			return code;
		at = newline ? newline + 1 : end;
	}
	*ret = parser.first;
	return 0;
}

/* ---- looking up ---- */

static bool
same (const char *a, const char *b)
{
	return a == b || (a && b && strcmp (a, b) == 0);
}

const char *
aws_line_find (const struct aws_line *lines, uint32_t section, const char *name, const char *under, const char *key)
{
	for (const struct aws_line *line = lines; line; line = line->next)
		if (line->key && line->section == section && same (line->name, name) && same (line->under, under) && same (line->key, key))
			return line->value;
	return NULL;
}

bool
aws_section_exists (const struct aws_line *lines, uint32_t section, const char *name)
{
	for (const struct aws_line *line = lines; line; line = line->next)
		if (!line->key && line->section == section && same (line->name, name))
			return true;
	return false;
}

/* ---- a command line ---- */

/* One word, its quotes and backslashes resolved in place; NULL when a quote stays open or nothing follows a backslash. */
static char *
take_word (char **at)
{
	char *from = *at, *word = from, *to = from, quote = '\0';
	for (; *from && (quote || !is_blank (*from)); from++) {
		bool escapes = *from == '\\' && quote != '\'' && (!quote || from[1] == '"' || from[1] == '\\');
		if (escapes && !from[1])
			return NULL;
		else if (escapes)
			*to++ = *++from;
		else if (quote ? *from == quote : *from == '"' || *from == '\'')
			quote = quote ? '\0' : *from;
		else
			*to++ = *from;
	}
	*at = *from ? from + 1 : from;
	*to = '\0';
	return quote ? NULL : word;
}

int
aws_command_words (struct larder_arena *arena, const char *text, char ***ret, struct larder_error *error)
{
	char *at = arena_copy (arena, text), **words = arena_alloc (arena, (WORDS_MOST + 1) * sizeof *words);
	if (!at || !words)
		return larder_fail_memory (error);
	for (size_t count = 0; *(at += strspn (at, " \t")); count++) {
		char *word = count < WORDS_MOST ? take_word (&at) : NULL;
		if (!word)
			return larder_fail_next (error, LARDER_E_INVALID, "write it as for a shell, without variables",
			                         "a command %s", count < WORDS_MOST ? "leaves a quote open" : "has too many words");
		words[count] = word;
	}
	*ret = words;
	return words[0] ? 0 : larder_fail_next (error, LARDER_E_INVALID, "write the program and its arguments", "a command is empty");
}
