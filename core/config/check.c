/* check.c: values that are well formed for their type and wrong all the same: refused here, not at the first picture. */
#include "reference.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
	char next[250];
	text_suggest (next, sizeof next, word, words, count);
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

enum { BUILT_IN = 8, VALUES_MOST = 32 };
static const char *const built_in[BUILT_IN] = { "user", "job", "year", "month", "day", "ext", "hash8", "now" };

/* The pipeline's own placeholders: words, none of larder's, none twice. */
static int
check_declared (const struct config_section *section, const char *const *values, struct larder_error *error)
{
	size_t count = 0;
	for (; values && values[count]; count++) {
		const char *value = values[count];
		if (!*value || value[strspn (value, "abcdefghijklmnopqrstuvwxyz_")])
			return refuse (section, "values", error, "'values' has '%s', not a word of a-z and '_'", value);
		if (is_among (value, built_in, BUILT_IN))
			return refuse (section, "values", error, "'values' has '%s', which is always there", value);
		if (is_among (value, values, count))
			return refuse (section, "values", error, "'values' has '%s' twice", value);
		if (count == VALUES_MOST)
			return refuse (section, "values", error, "'values' has more than %d names", VALUES_MOST);
	}
	return 0;
}

/* The template is well formed; `now` is for metadata alone: a key with it would be another one at each try. */
static int
check_placeholders (const struct config_section *section, const char *key, const char *text, bool now, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = section->filled;
	const char *words[BUILT_IN + VALUES_MOST];
	size_t count = 0;
	for (size_t i = 0; i < BUILT_IN - (now ? 0 : 1); i++)
		words[count++] = built_in[i];
	for (const char *const *value = pipeline->values; value && *value; value++)
		words[count++] = *value;
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

/* A whole number of digits alone, from `least` to `most`; what follows it, or NULL. */
static const char *
skip_number (const char *text, unsigned least, unsigned most)
{
	size_t length = strspn (text, "0123456789");
	unsigned number = 0;
	for (size_t i = 0; i < length && number <= most; i++)
		number = number * 10 + (unsigned) (text[i] - '0');
	return length && number >= least && number <= most ? text + length : NULL;
}

static bool
is_number (const char *text, unsigned most)
{
	const char *end = skip_number (text, 0, most);
	return end && !*end;
}

/* "webp quality=90": the format, then settings. PNG has no quality; asked for by name, it would be a wish without effect. */
static int
check_encode (const struct config_section *section, const char *key, const char *text, char format[32], struct larder_error *error)
{
	static const char *const words[] = { "quality", "effort", "lossless" };
	*format = '\0';
	for (const char *at = text + strspn (text, " "); *at; at += strspn (at, " ")) {
		char word[32];
		size_t length = strcspn (at, " ");
		snprintf (word, sizeof word, "%.*s", (int) length, at);
		at += length;
		bool quality = strncmp (word, "quality=", 8) == 0;
		if (!*format) {
			if (length >= sizeof word || strchr (word, '='))
				return refuse (section, key, error, "'%s' is '%s', which begins with no format", key, text);
			memcpy (format, word, sizeof word);
			continue;
		}
		if (quality && strcasecmp (format, "png") == 0)
			return refuse (section, key, error, "'%s' has '%s', but png has no quality", key, word);
		if (length < sizeof word && ((quality && is_number (word + 8, 100)) || (strncmp (word, "effort=", 7) == 0 && is_number (word + 7, 9)) || strcmp (word, "lossless") == 0))
			continue;
		int code = refuse (section, key, error, "'%s' has '%s', which is not quality=0…100, effort=0…9 or lossless", key, word);
		word[strcspn (word, "=")] = '\0';
		return is_among (word, words, 3) ? code : suggest (code, word, words, 3, error);
	}
	return *format ? 0 : refuse (section, key, error, "'%s' names no format", key);
}

/* Objects are told by their names too: what ends in .webp holds webp. Formats that core does not know end as they like. */
static int
check_extension (const struct config_section *section, const char *template, const char *format, struct larder_error *error)
{
	static const struct { const char *format, *extensions[2]; } known[] = {
		{ "png", { ".png", ".png" } }, { "webp", { ".webp", ".webp" } }, { "jpeg", { ".jpg", ".jpeg" } }, { "jpg", { ".jpg", ".jpeg" } } };
	const char *dot = strrchr (template, '.');
	if (!dot || strpbrk (dot, "/{}"))
		return 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasecmp (format, known[i].format) == 0 && !is_among (dot, known[i].extensions, 2)) {
			const char *key = config_entry_find (section, "thumbnail-key") ? "thumbnail-key" : "thumbnail-encode";
			return refuse (section, key, error, "'thumbnail-key' ends in '%s', but 'thumbnail-encode' makes %s", dot, format);
		}
	return 0;
}

static int
check_thumbnail (const struct config_section *section, struct larder_error *error)
{
	static const char *const keys[] = { "thumbnail-key", "thumbnail-fit", "thumbnail-encode" };
	const struct schema_pipeline *pipeline = section->filled;
	for (size_t i = 0; i < 3 && !pipeline->thumbnail_store; i++)
		if (config_entry_find (section, keys[i])) {
			int code = refuse (section, keys[i], error, "'%s' without 'thumbnail-store': no thumbnail is made", keys[i]);
			larder_explain (error, LARDER_DETAIL_NEXT, "name the store of the thumbnails in 'thumbnail-store'");
			return code;
		}
	if (!pipeline->thumbnail_store)
		return 0;
	char format[32];
	int code = check_placeholders (section, "thumbnail-key", pipeline->thumbnail_key, false, error);
	if (code == 0)
		code = check_encode (section, "thumbnail-encode", pipeline->thumbnail_encode, format, error);
	if (code == 0)
		code = check_extension (section, pipeline->thumbnail_key, format, error);
	const char *end = code == 0 ? skip_number (pipeline->thumbnail_fit, 1, 65535) : NULL;
	end = end && *end == 'x' ? skip_number (end + 1, 1, 65535) : NULL;
	if (code == 0 && (!end || *end))
		return refuse (section, "thumbnail-fit", error, "'thumbnail-fit' is '%s', not WIDTHxHEIGHT, each from 1 to 65535", pipeline->thumbnail_fit);
	return code;
}

static int
check_background (const struct config_section *section, const char *colour, struct larder_error *error)
{
	if (!colour || (colour[0] == '#' && strlen (colour) == 7 && strspn (colour + 1, "0123456789abcdefABCDEF") == 6))
		return 0;
	int code = refuse (section, "background", error, "'background' is '%s', not \"#rrggbb\"", colour);
	if (config_entry_find (section, "background")->value.cut)
		larder_explain (error, LARDER_DETAIL_NEXT, "quote it: # begins a comment");
	return code;
}

static int
check_pipeline (const struct config_section *section, struct problems *problems, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = section->filled;
	char format[32];
	int code = problems_pass (problems, check_declared (section, pipeline->values, error), error);
	if (code == 0)
		code = problems_pass (problems, check_strip (section, pipeline->strip, error), error);
	if (code == 0)
		code = problems_pass (problems, check_placeholders (section, "key", pipeline->key, false, error), error);
	if (code == 0)
		code = problems_pass (problems, check_metadata (section, pipeline->metadata, error), error);
	if (code == 0)
		code = problems_pass (problems, check_encode (section, "encode", pipeline->encode, format, error), error);
	if (code == 0)
		code = problems_pass (problems, check_background (section, pipeline->background, error), error);
	return code ? code : problems_pass (problems, check_thumbnail (section, error), error);
}

/* ---- places ------------------------------------------------------------------------------------ */

static int
check_expected_size (const struct config_section *section, const char *text, struct larder_error *error)
{
	uint64_t size;
	return !text || text_size (text, &size) == 0 ? 0 : refuse (section, "expected-size", error, "'expected-size' is '%s', not a size like 10TB", text);
}

static int
check_store (const struct config_section *section, struct larder_error *error)
{
	const struct schema_store *store = section->filled;
	if (store->bucket && !*store->bucket)
		return refuse (section, "bucket", error, "'bucket' is empty");
	if (store->bucket && strchr (store->bucket, '/'))
		return refuse (section, "bucket", error, "'bucket' is '%s': a bucket's name holds no '/'", store->bucket);
	const char *slash = store->expected_rate ? strchr (store->expected_rate, '/') : NULL;
	char size[40];
	uint64_t number;
	snprintf (size, sizeof size, "%.*s", slash ? (int) (slash - store->expected_rate) : 0, slash ? store->expected_rate : "");
	if (store->expected_rate && (!slash || (strcmp (slash, "/month") != 0 && strcmp (slash, "/day") != 0) || text_size (size, &number) < 0))
		return refuse (section, "expected-rate", error, "'expected-rate' is '%s', not SIZE/month or SIZE/day", store->expected_rate);
	return check_expected_size (section, store->expected_size, error);
}

/* Age and class; an age of 0 is one like others. */
static int
check_transitions (const struct config_section *section, const char *const *items, struct larder_error *error)
{
	for (const char *const *item = items; item && *item; item++) {
		size_t length = strcspn (*item, " ");
		const char *class = *item + length + strspn (*item + length, " ");
		char age[32];
		int64_t time;
		snprintf (age, sizeof age, "%.*s", (int) length, *item);
		if (length >= sizeof age || text_duration (age, &time) < 0 || !*class
		    || class[strspn (class, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
			return refuse (section, "transition", error, "'transition' item '%s' is not AGE CLASS, as 30d GLACIER_IR", *item);
	}
	return 0;
}

int
check_values (const struct config_section *section, struct problems *problems, struct larder_error *error)
{
	int code = 0;
	if (strcmp (section->kind, "pipeline") == 0)
		return check_pipeline (section, problems, error);
	if (strcmp (section->kind, "filesystem") == 0)
		code = check_expected_size (section, ((const struct schema_filesystem *) section->filled)->expected_size, error);
	if (strcmp (section->kind, "lifecycle") == 0)
		code = check_transitions (section, ((const struct schema_lifecycle *) section->filled)->transition, error);
	if (strcmp (section->kind, "store") == 0)
		code = check_store (section, error);
	return problems_pass (problems, code, error);
}
