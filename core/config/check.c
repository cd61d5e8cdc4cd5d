/* check.c: values that are well formed for their type and wrong all the same: refused here, not at the first picture. */
#include "reference.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "schema.h"
#include "text.h"

/* Where `key` was given, or the section when only its default holds. */
static int LARDER_PRINTF (4, 5)
refuse (const struct config_section *section, const char *key, struct larder_error *error, const char *format, ...)
{
	char text[400];
	va_list list;
	va_start (list, format);
	vsnprintf (text, sizeof text, format, list);
	va_end (list);
	const struct config_entry *entry = config_entry_find (section, key);
	return ini_fail (error, entry ? entry->file : section->file, entry ? entry->line : section->line, "%s", text);
}

/* The nearest of the words, or all of them. */
static int
suggest (int code, const char *word, const char *const *words, size_t count, struct larder_error *error)
{
	char next[250] = "one of ";
	const char *nearest = text_nearest (word, words, count);
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	for (size_t i = 0, length = strlen (next); !nearest && i < count && length < sizeof next; i++, length = strlen (next))
		snprintf (next + length, sizeof next - length, "%s%s", i ? ", " : "", words[i]);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

static bool
is_among (const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp (word, words[i]) == 0)
			return true;
	return false;
}

/* ---- templates --------------------------------------------------------------------------------- */

/* The template is well formed; `now` is for metadata alone: a key with it would be another one at each try. */
static int
check_placeholders (const struct config_section *section, const char *key, const char *text, bool now, struct larder_error *error)
{
	static const char *const words[] = { "user", "job", "year", "month", "day", "ext", "now" };
	const size_t count = sizeof words / sizeof *words - (now ? 0 : 1);
	for (const char *at = text; (at = strchr (at, '{')); at++) {
		char word[80];
		snprintf (word, sizeof word, "%.*s", (int) strcspn (at + 1, "}"), at + 1);
		if (!is_among (word, words, count))
			return suggest (refuse (section, key, error, "'%s' has the unknown placeholder {%s}", key, word), word, words, count, error);
	}
	return 0;
}

static int
check_metadata (const struct config_section *section, const char *const *items, struct larder_error *error)
{
	for (const char *const *item = items; item && *item; item++) {
		size_t length = strspn (*item, "abcdefghijklmnopqrstuvwxyz0123456789_-");
		if (length == 0 || (*item)[length] != '=')
			return refuse (section, "metadata", error, "'metadata' item '%s' is not NAME=TEMPLATE with a NAME of a-z, 0-9, '_' and '-'", *item);
		if (strncmp (*item, "larder-", 7) == 0)
			return refuse (section, "metadata", error, "'metadata' item '%s': names that begin with 'larder-' are larder's own", *item);
		for (const char *const *before = items; before < item; before++)
			if (strncmp (*before, *item, length + 1) == 0)
				return refuse (section, "metadata", error, "'metadata' has '%.*s' twice", (int) length, *item);
		int code = check_placeholders (section, "metadata", *item + length + 1, true, error);
		if (code < 0)
			return code;
	}
	return 0;
}

/* ---- pictures ---------------------------------------------------------------------------------- */

static int
check_strip (const struct config_section *section, const char *const *items, struct larder_error *error)
{
	static const char *const words[] = { "no", "location", "text", "all" };
	bool no = false;
	size_t count = 0;
	for (; items && items[count]; count++) {
		if (!is_among (items[count], words, 4))
			return suggest (refuse (section, "strip", error, "'strip' has the unknown item '%s'", items[count]), items[count], words, 4, error);
		no = no || strcmp (items[count], "no") == 0;
	}
	return no && count > 1 ? refuse (section, "strip", error, "'strip' has 'no' beside other items") : 0;
}

static int
check_pipeline (const struct config_section *section, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = section->filled;
	int code = check_strip (section, pipeline->strip, error);
	if (code == 0)
		code = check_placeholders (section, "key", pipeline->key, false, error);
	if (code == 0 && pipeline->thumbnail_store)
		code = check_placeholders (section, "thumbnail-key", pipeline->thumbnail_key, false, error);
	return code ? code : check_metadata (section, pipeline->metadata, error);
}

int
check_values (const struct config_section *section, struct larder_error *error)
{
	return strcmp (section->kind, "pipeline") == 0 ? check_pipeline (section, error) : 0;
}
