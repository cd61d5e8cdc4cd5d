/* value.c: one value of the INI. Both readings are made at once: as a single text, and as a list; what ${…}
 * brings in is text in either and is never looked at again. */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

struct scan {
	struct value_parser *parser;
	const char *at;
	struct buffer text, item;      /* the single text; the list item being read */
	size_t text_solid, item_solid; /* length up to which trailing white space must stay */
	bool quoted_item, text_bad;    /* the item was quoted; text is not one value */
	bool defaulted;                /* some variable gave its default */
	const char *unset;             /* it, in what is read */
	size_t unset_length;
	const char **items;
	size_t count, room;
};

/* Length of `text` without a trailing comment, and whether there is one. */
static size_t
without_comment (const char *text, bool *ret_cut)
{
	bool quoted = false;
	for (size_t i = 0; text[i]; i++) {
		if (quoted && text[i] == '\\' && text[i + 1])
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == ';' || text[i] == '#') && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t')) {
			*ret_cut = true;
			return i;
		}
	}
	*ret_cut = false;
	return strlen (text);
}

bool
value_continues (const char *text)
{
	bool quoted = false, cut;
	size_t length = strlen (text);
	if (!length || text[length - 1] != '\\' || without_comment (text, &cut) != length)
		return false;
	for (size_t i = 0; i + 1 < length; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
	}
	return !quoted;
}

static void
put (struct scan *scan, const char *bytes, size_t count, bool solid)
{
	buffer_add (&scan->text, bytes, count);
	if (solid || scan->item.length || scan->quoted_item)
		buffer_add (&scan->item, bytes, count);
	if (solid) {
		scan->text_solid = scan->text.length;
		scan->item_solid = scan->item.length;
	}
}

/* ${NAME} or ${NAME:-default} at scan->at. */
static const char *
expand (struct scan *scan)
{
	const char *name = scan->at + 2, *close = strchr (name, '}');
	size_t length = strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	char word[128];
	if (!close || !length || length >= sizeof word || (name[length] != '}' && strncmp (name + length, ":-", 2) != 0))
		return "${…} is not ${NAME} or ${NAME:-default} ($$ gives a dollar)";
	memcpy (word, name, length);
	word[length] = '\0';
	const char *value = scan->parser->lookup ? scan->parser->lookup (scan->parser->context, word) : NULL;
	if (value && (*value || name[length] == '}')) {
		put (scan, value, strlen (value), true);
	} else if (name[length] == ':') {
		scan->defaulted = true;
		scan->unset = name, scan->unset_length = length;
		put (scan, name + length + 2, (size_t) (close - name) - length - 2, true);
	} else {
		snprintf (scan->parser->problem, sizeof scan->parser->problem, "variable '%s' is not set; write ${%s:-default} if it may be missing", word, word);
		return scan->parser->problem;
	}
	scan->at = close + 1;
	return NULL;
}

static const char *
end_item (struct scan *scan)
{
	if (!scan->quoted_item && scan->item_solid == 0)
		return "list item is empty";
	if (scan->count + 2 > scan->room) {
		size_t room = scan->room ? scan->room * 2 : 2;        /* most are one */
		const char **items = arena_alloc (scan->parser->arena, room * sizeof *items);
		if (!items)
			return "out of memory";
		if (scan->count)
			memcpy (items, scan->items, scan->count * sizeof *items);
		scan->items = items;
		scan->room = room;
	}
	scan->items[scan->count++] = arena_copy_bytes (scan->parser->arena, buffer_text (&scan->item), scan->item_solid);
	scan->items[scan->count] = NULL;
	buffer_clear (&scan->item);
	scan->item_solid = 0;
	scan->quoted_item = false;
	return NULL;
}

static const char *
quoted (struct scan *scan)
{
	if (scan->item_solid || scan->quoted_item)
		return "quote stands in the middle of a value; quote the whole of it";
	scan->text_bad |= scan->text_solid > 0 || scan->count > 0;
	buffer_clear (&scan->item);
	scan->quoted_item = true;
	for (scan->at++; *scan->at && *scan->at != '"';) {
		const char *problem = NULL;
		if (scan->at[0] == '\\' && (scan->at[1] == '"' || scan->at[1] == '\\')) {
			put (scan, scan->at + 1, 1, true);
			scan->at += 2;
		} else if (scan->at[0] == '\\') {
			return "backslash in quotes stands only before \" and \\";
		} else if (strncmp (scan->at, "$$", 2) == 0) {
			put (scan, "$", 1, true);
			scan->at += 2;
		} else if (strncmp (scan->at, "${", 2) == 0) {
			problem = expand (scan);
		} else {
			put (scan, scan->at++, 1, true);
		}
		if (problem)
			return problem;
	}
	if (*scan->at != '"')
		return "quote is not closed";
	scan->at++;
	scan->at += strspn (scan->at, " \t");
	return *scan->at && *scan->at != ',' ? "text stands behind the closing quote" : NULL;
}

static const char *
step (struct scan *scan)
{
	if (*scan->at == '"')
		return quoted (scan);
	if (*scan->at == ',') {
		const char *problem = end_item (scan);
		buffer_add_char (&scan->text, ',');
		scan->text_solid = scan->text.length;
		scan->at++;
		return problem;
	}
	if (strncmp (scan->at, "${", 2) == 0)
		return expand (scan);
	if (strncmp (scan->at, "$$", 2) == 0)
		scan->at++;
	put (scan, scan->at, 1, *scan->at != ' ' && *scan->at != '\t');
	scan->at++;
	return NULL;
}

static const char *
scan_all (struct scan *scan, const char *raw, const char **ret_list_problem)
{
	const char *problem = NULL;
	bool was_quoted = *raw == '"';
	for (scan->at = raw; *scan->at && !problem;) {
		problem = step (scan);
		if (problem && strcmp (problem, "list item is empty") == 0) {
			*ret_list_problem = problem;
			problem = NULL;
		}
	}
	if (problem)
		return problem;
	scan->text_bad |= was_quoted && scan->count > 0;
	if (*raw && (problem = end_item (scan)))
		*ret_list_problem = problem;
	return scan->text.failed || scan->item.failed ? "value is longer than 64 KiB" : NULL;
}

const char *
value_parse (struct value_parser *parser, const char *text, struct ini_value *ret)
{
	bool cut;
	text += strspn (text, " \t");
	size_t length = without_comment (text, &cut);
	if (*text == ';' || *text == '#') {
		length = 0;
		cut = true;
	}
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	CLEANUP_ARENA struct larder_arena *own = arena_new ();      /* wiped: it may be a secret */
	char *raw = own ? arena_copy_bytes (own, text, length) : NULL;
	if (!raw)
		return "out of memory";
	struct scan scan = { .parser = parser };
	buffer_init (&scan.text, VALUE_MOST);
	buffer_init (&scan.item, VALUE_MOST);
	const char *list_problem = NULL, *problem = scan_all (&scan, raw, &list_problem);
	if (!problem) {
		bool one = scan.count == 1 && !scan.text_bad && *scan.items && scan.text_solid == strlen (*scan.items) && strncmp (*scan.items, buffer_text (&scan.text), scan.text_solid) == 0;
		ret->text = scan.text_bad ? NULL : one ? *scan.items : arena_copy_bytes (parser->arena, buffer_text (&scan.text), scan.text_solid);
		ret->items = list_problem ? NULL : scan.items;
		ret->count = list_problem ? 0 : scan.count;
		ret->cut = cut;
		ret->blank = scan.defaulted && !scan.text_solid && *raw != '"';
		ret->unset = scan.defaulted ? arena_copy_bytes (parser->arena, scan.unset, scan.unset_length) : NULL;
	}
	buffer_free (&scan.text);
	buffer_free (&scan.item);
	return problem;
}
