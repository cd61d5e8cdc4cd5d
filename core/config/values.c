/* values.c: texts into the fields of a struct, by one option table. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

enum { LIST_MOST = 1024 };

/* What one option holds: the text as given, which STRING, PATH and SECRET fields point to, and for lists the items that the field points to. Options that are at
 * their defaults hold nothing, but for lists: a section has dozens of keys, and says a few. */
struct held {
	size_t at;               /* of which option */
	char *given;             /* NULL: only the default holds */
	char **items;            /* NULL-terminated */
	size_t count;
	struct held *next;
};

struct larder_values {
	const struct larder_option *options;
	size_t stride, count;
	void *self;
	struct held *first;
};

static const struct larder_option *
option_at (const struct larder_option *options, size_t stride, size_t i)
{
	return (const struct larder_option *) (const void *) ((const char *) options + i * stride);
}

static size_t
index_of (const struct larder_values *values, const char *key)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp (option_at (values->options, values->stride, i)->key, key) == 0)
			return i;
	return values->count;
}

static void
wipe_free (char *text)
{
	if (text)
		explicit_bzero (text, strlen (text));
	free (text);
}

static void
held_clear (struct held *held)
{
	wipe_free (held->given);
	for (size_t i = 0; i < held->count; i++)
		wipe_free (held->items[i]);
	free (held->items);
	*held = (struct held) { .at = held->at, .next = held->next };
}

static struct held *
held_find (const struct larder_values *values, size_t at)
{
	struct held *held = values->first;
	while (held && held->at != at)
		held = held->next;
	return held;
}

/* NULL: no memory. */
static struct held *
held_make (struct larder_values *values, size_t at)
{
	struct held *held = held_find (values, at);
	if (!held && (held = calloc (1, sizeof *held))) {
		*held = (struct held) { .at = at, .next = values->first };
		values->first = held;
	}
	return held;
}

/* "a, \"b, c\"" one item at a time; *at moves on. An owned copy, NULL at the end or without memory. */
static char *
next_item (const char **at, bool *ret_bad)
{
	const char *from = *at + strspn (*at, " \t");
	size_t room = strlen (from) + 1, length = 0;
	char *item = malloc (room);
	if (!item || !*from) {
		*ret_bad = !item;
		free (item);
		return NULL;
	}
	if (*from == '"') {
		for (from++; *from && *from != '"'; from++) {
			if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
				from++;
			item[length++] = *from;
		}
		*ret_bad = *from != '"';
		from += *from == '"';
		from += strspn (from, " \t");
		*ret_bad |= *from && *from != ',';
	} else {
		for (; *from && *from != ','; from++)
			item[length++] = *from;
		while (length && (item[length - 1] == ' ' || item[length - 1] == '\t'))
			length--;
		*ret_bad = length == 0;
	}
	item[length] = '\0';
	*at = from + (*from == ',');
	return item;
}

static int
add_item (struct held *held, char *item)
{
	char **items = held->count < LIST_MOST ? realloc (held->items, (held->count + 2) * sizeof *items) : NULL;
	if (!items) {
		free (item);
		return -1;
	}
	held->items = items;
	items[held->count++] = item;
	items[held->count] = NULL;
	return 0;
}

static int
set_list (struct held *held, const char *text)
{
	bool bad = false;
	for (char *item; (item = next_item (&text, &bad));)
		if (add_item (held, item) < 0 || bad)
			return -1;
	if (!bad && !held->items)
		held->items = calloc (1, sizeof *held->items);
	return bad || !held->items ? -1 : 0;
}

static int
enum_index (const char *values, const char *text, uint32_t *ret)
{
	size_t length = strlen (text);
	for (uint32_t i = 0; values; i++) {
		const char *bar = strchr (values, '|');
		size_t word = bar ? (size_t) (bar - values) : strlen (values);
		if (word == length && memcmp (values, text, length) == 0) {
			*ret = i;
			return 0;
		}
		values = bar ? bar + 1 : NULL;
	}
	return -1;
}

static bool
in_range (const struct larder_option *option, __int128 value)
{
	return option->min >= option->max || (value >= option->min && value <= option->max);
}

/* Parse by type into the field. -1: not such a value, -2: out of range, -3: no whole days. */
static int
store_number (const struct larder_option *option, const char *text, void *field)
{
	uint64_t size;
	int64_t number;
	switch (option->type) {
	case LARDER_SIZE: case LARDER_RATE:
		if ((option->type == LARDER_SIZE ? text_size : text_rate) (text, &size) < 0)
			return -1;
		if (!in_range (option, size))
			return -2;
		*(uint64_t *) field = size;
		return 0;
	case LARDER_INT: case LARDER_DURATION:
		if ((option->type == LARDER_INT ? text_int : text_duration) (text, &number) < 0)
			return -1;
		if (!in_range (option, number))
			return -2;
		if ((option->flags & LARDER_WHOLE_DAYS) && !text_is_days (text))
			return -3;
		*(int64_t *) field = number;
		return 0;
	case LARDER_BOOL:
		return text_bool (text, field);
	default:
		return enum_index (option->values, text, field);
	}
}

/* `text` lives as long as the field: the table's own default, or what is held. */
static int
store_value (struct larder_values *values, size_t at, const char *text)
{
	const struct larder_option *option = option_at (values->options, values->stride, at);
	void *field = (char *) values->self + option->at;
	struct held *held;
	switch (option->type) {
	case LARDER_STRING: case LARDER_PATH: case LARDER_SECRET:
		*(const char **) field = text;
		return 0;
	case LARDER_LIST:
		held = held_make (values, at);
		if (!held || set_list (held, text) < 0)
			return -1;
		*(const char *const **) field = (const char *const *) held->items;
		return 0;
	default:
		return store_number (option, text, field);
	}
}

struct larder_values *
values_new (const struct larder_option *options, size_t stride, void *self)
{
	struct larder_values *values = calloc (1, sizeof *values);
	if (!values)
		return NULL;
	*values = (struct larder_values) { .options = options, .stride = stride, .self = self };
	while (options && option_at (options, stride, values->count)->key)
		values->count++;
	for (size_t i = 0; i < values->count; i++) {
		const char *def = option_at (options, stride, i)->def;
		if (def && store_value (values, i, def) < 0) {
			values_free (values);
			return NULL;
		}
	}
	return values;
}

const struct larder_option *
values_option (const struct larder_values *values, const char *key)
{
	size_t at = index_of (values, key);
	return at < values->count ? option_at (values->options, values->stride, at) : NULL;
}

const char *
values_nearest (const struct larder_option *options, size_t stride, const char *key)
{
	const char *words[256];
	size_t count = 0;
	for (; options && count < 256 && option_at (options, stride, count)->key; count++)
		words[count] = option_at (options, stride, count)->key;
	return text_nearest (key, words, count);
}

static const char *
type_words (const struct larder_option *option)
{
	switch (option->type) {
	case LARDER_BOOL: return "yes or no";
	case LARDER_INT: return "a whole number";
	case LARDER_SIZE: return "a size like 8MiB, below 16EiB";
	case LARDER_RATE: return "a rate like 500MB/s";
	case LARDER_DURATION: return "a duration like 30s or 30d";
	case LARDER_LIST: return "a list of items, each may be quoted";
	case LARDER_ENUM: return option->values;
	default: return "a text";
	}
}

/* "etc/larder.ini:12: 'jobs'"; a flag or a variable is the name itself: "'--jobs'". */
static const char *
named (const struct larder_option *option, const char *where, char into[200])
{
	if (where && !strchr (where, ':'))
		snprintf (into, 200, "'%s'", where);
	else
		snprintf (into, 200, "%s%s'%s'", where ? where : "", where ? ": " : "", option->key);
	return into;
}

static void
limit_text (const struct larder_option *option, int64_t limit, char into[32])
{
	if (option->type == LARDER_SIZE || option->type == LARDER_RATE)
		text_from_size ((uint64_t) limit, into);
	else if (option->type == LARDER_DURATION)
		text_from_duration (limit, into);
	else
		snprintf (into, 32, "%lld", (long long) limit);
}

static int
fail_range (const struct larder_option *option, const char *name, const char *text, struct larder_error *error)
{
	char least[32], most[32], next[120];
	limit_text (option, option->min, least);
	limit_text (option, option->max, most);
	if (option->max == INT64_MAX) {
		snprintf (next, sizeof next, "give %s or more", least);
		return larder_fail_next (error, LARDER_E_INVALID, next, "%s is '%s', less than %s", name, text, least);
	}
	snprintf (next, sizeof next, "give %s to %s", least, most);
	return larder_fail_next (error, LARDER_E_INVALID, next, "%s is '%s', out of the range %s to %s", name, text, least, most);
}

static int
fail_days (const char *name, const char *text, struct larder_error *error)
{
	char next[TEXT_DAYS_NEXT];
	return larder_fail_next (error, LARDER_E_INVALID, text_days_next (text, next), "%s is '%s', expected whole days", name, text);
}

/* A secret's value is never repeated, however wrong it is. */
static int
fail_value (const struct larder_option *option, const char *text, const char *where, int status, struct larder_error *error)
{
	char name[200], next[250];
	named (option, where, name);
	if (option->type == LARDER_SECRET)
		return larder_fail_next (error, LARDER_E_INVALID, "give one value, from the environment or a file", "%s cannot take this value", name);
	if (status == -3)
		return fail_days (name, text, error);
	if (status == -2)
		return fail_range (option, name, text, error);
	snprintf (next, sizeof next, "give %s", type_words (option));
	return larder_fail_next (error, LARDER_E_INVALID, next, "%s is '%s', expected %s", name, text, type_words (option));
}

/* The nearest key, or the first ones that there are. */
static void
suggest_key (const struct larder_values *values, const char *key, struct larder_error *error)
{
	char next[200] = "this section takes no keys";
	const char *nearest = values_nearest (values->options, values->stride, key);
	if (nearest)
		snprintf (next, sizeof next, "did you mean '%s'?", nearest);
	for (size_t i = 0, length = 0; !nearest && i < values->count; i++) {
		const char *word = option_at (values->options, values->stride, i)->key;
		bool fits = length + strlen (word) + 20 < sizeof next;
		length += (size_t) snprintf (next + length, sizeof next - length, "%s%s", i ? ", " : "keys here are ", fits ? word : "…");
		if (!fits)
			break;
	}
	larder_explain (error, LARDER_DETAIL_NEXT, next);
}

static int
fail_unknown (const struct larder_values *values, const char *key, const char *where, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_INVALID, "%s%sunknown key '%s'", where ? where : "", where ? ": " : "", key);
	suggest_key (values, key, error);
	return code;
}

int
values_set (struct larder_values *values, const char *key, const char *text, const char *where, struct larder_error *error)
{
	size_t at = index_of (values, key);
	if (at == values->count)
		return fail_unknown (values, key, where, error);
	struct held *held = held_make (values, at);
	char *given = strdup (text);
	if (!held || !given) {
		free (given);
		return larder_fail_memory (error);
	}
	held_clear (held);
	held->given = given;
	int status = store_value (values, at, given);
	if (status == 0)
		return 0;
	held_clear (held);
	return fail_value (option_at (values->options, values->stride, at), text, where, status, error);
}

int
values_append (struct larder_values *values, const char *key, const char *item, const char *where, struct larder_error *error)
{
	size_t at = index_of (values, key);
	if (at == values->count)
		return fail_unknown (values, key, where, error);
	const struct larder_option *option = option_at (values->options, values->stride, at);
	if (option->type != LARDER_LIST)
		return values_set (values, key, item, where, error);
	struct held *held = held_make (values, at);
	if (!held)
		return larder_fail_memory (error);
	if (!held->given) {
		held_clear (held);
		held->given = strdup ("");
	}
	char *copy = strdup (item);
	if (!held->given || !copy || add_item (held, copy) < 0)
		return larder_fail_memory (error);
	*(const char *const **) ((char *) values->self + option->at) = (const char *const *) held->items;
	return 0;
}

static bool
is_given (const struct larder_values *values, size_t at)
{
	const struct held *held = held_find (values, at);
	return held && held->given;
}

int
values_finish (const struct larder_values *values, const char *where, struct larder_error *error)
{
	char missing[256] = "";
	size_t length = 0;
	for (size_t i = 0; i < values->count; i++) {
		const struct larder_option *option = option_at (values->options, values->stride, i);
		if ((option->flags & LARDER_REQUIRED) && !is_given (values, i) && length < sizeof missing)
			length += (size_t) snprintf (missing + length, sizeof missing - length, "%s'%s'", length ? ", " : "", option->key);
	}
	if (!length)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "add it; larder.ini(5) and `larder module info` tell what it takes", "%s%s%s is missing",
		where ? where : "", where ? ": " : "", missing);
}

const char *
values_text (const struct larder_values *values, const char *key)
{
	size_t at = index_of (values, key);
	if (at == values->count || !is_given (values, at))
		return NULL;
	return option_at (values->options, values->stride, at)->type == LARDER_SECRET ? "" : held_find (values, at)->given;
}

void
values_free (struct larder_values *values)
{
	if (!values)
		return;
	for (struct held *held = values->first, *next; held; held = next) {
		next = held->next;
		held_clear (held);
		free (held);
	}
	free (values);
}
