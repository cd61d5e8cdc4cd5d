/* options.c: flags of a command line, by the same tables as everything else. */
#include <larder/larder.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "values.h"

struct parser {
	const struct larder_option *options;
	size_t stride;
	struct larder_values *values;
	char **argv;
	int count, at, kept;     /* arguments, the one being read, operands kept at the front */
	struct larder_error *error;
};

static const struct larder_option *
by_letter (const struct parser *parser, char letter)
{
	for (const struct larder_option *option = parser->options; option && option->key;
	     option = (const void *) ((const char *) option + parser->stride))
		if (option->letter == letter)
			return option;
	return NULL;
}

static int
set (struct parser *parser, const struct larder_option *option, const char *text)
{
	char where[80];
	snprintf (where, sizeof where, "--%s", option->key);
	return values_append (parser->values, option->key, text, where, parser->error);
}

static int
fail_empty (struct parser *parser, const struct larder_option *option)
{
	char next[160];
	snprintf (next, sizeof next, "write --%s=%s", option->key, option->argument ? option->argument : option->values ? option->values : "VALUE");
	return larder_fail_next (parser->error, LARDER_E_INVALID, next, "'--%s' needs a value", option->key);
}

/* The value of a flag that needs one: what stands behind '=', else the next argument. */
static int
set_from_next (struct parser *parser, const struct larder_option *option, const char *attached)
{
	if (attached)
		return set (parser, option, attached);
	if (parser->at + 1 >= parser->count)
		return fail_empty (parser, option);
	return set (parser, option, parser->argv[++parser->at]);
}

static int
fail_unknown (struct parser *parser, const char *flag, const char *key)
{
	int code = larder_fail (parser->error, LARDER_E_INVALID, "unknown option '%s'", flag);
	const char *nearest = key ? values_nearest (parser->options, parser->stride, key) : NULL;
	char next[120];
	if (nearest) {
		snprintf (next, sizeof next, "did you mean '--%s'?", nearest);
		larder_explain (parser->error, LARDER_DETAIL_NEXT, next);
	}
	return code;
}

static int
long_flag (struct parser *parser, const char *flag)
{
	char key[64];
	size_t length = strcspn (flag + 2, "=");
	const char *value = flag[2 + length] ? flag + 3 + length : NULL;
	if (length >= sizeof key)
		return fail_unknown (parser, flag, NULL);
	memcpy (key, flag + 2, length);
	key[length] = '\0';
	const struct larder_option *option = values_option (parser->values, key);
	if (option && option->type == LARDER_BOOL)
		return set (parser, option, value ? value : "yes");
	if (option)
		return set_from_next (parser, option, value);
	if (strncmp (key, "no-", 3) == 0 && !value && (option = values_option (parser->values, key + 3)) && option->type == LARDER_BOOL)
		return set (parser, option, "no");
	return fail_unknown (parser, flag, key);
}

static int
letter_flags (struct parser *parser, const char *flag)
{
	for (const char *letter = flag + 1; *letter; letter++) {
		const struct larder_option *option = by_letter (parser, *letter);
		if (!option)
			return fail_unknown (parser, flag, NULL);
		if (option->type != LARDER_BOOL)
			return set_from_next (parser, option, letter[1] ? letter + 1 : NULL);
		int code = set (parser, option, "yes");
		if (code < 0)
			return code;
	}
	return 0;
}

static int
parse (struct parser *parser)
{
	for (parser->at = 1; parser->at < parser->count; parser->at++) {
		char *argument = parser->argv[parser->at];
		int code = 0;
		if (strcmp (argument, "--") == 0) {
			while (++parser->at < parser->count)
				parser->argv[parser->kept++] = parser->argv[parser->at];
		} else if (strncmp (argument, "--", 2) == 0) {
			code = long_flag (parser, argument);
		} else if (argument[0] == '-' && argument[1]) {
			code = letter_flags (parser, argument);
		} else {
			parser->argv[parser->kept++] = argument;
		}
		if (code < 0)
			return code;
	}
	return 0;
}

int
larder_options_parse (const struct larder_option *options, size_t stride, void *self, int *argc, char **argv,
                      struct larder_values **ret_values, struct larder_error *error)
{
	struct parser parser = { options, stride, values_new (options, stride, self), argv, *argc, 1, 1, error };
	if (!parser.values)
		return larder_fail_memory (error);
	int code = parse (&parser);
	if (code == 0 && (code = values_finish (parser.values, NULL, error)) < 0)
		larder_explain (error, LARDER_DETAIL_NEXT, "give it, as --NAME VALUE; 'larder COMMAND --help' starts with examples");
	if (code < 0) {
		values_free (parser.values);
		return code;
	}
	*argc = parser.kept;
	*ret_values = parser.values;
	return 0;
}

bool
larder_values_given (const struct larder_values *values, const char *key)
{
	return values_text (values, key) != NULL;
}

void
larder_values_free (struct larder_values *values)
{
	values_free (values);
}
