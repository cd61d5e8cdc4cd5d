/* fault-rules.c: scenarios: which rule a request meets. */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

static bool
complain (const char *what, const char *name)
{
	fprintf (stderr, "fault-proxy: %s '%s'\n", what, name);
	return false;
}

json_t *
rule_word (const struct rule *rule, const char *name)
{
	return json_object_get (rule->words, name);
}

static double
number_of (const struct rule *rule, const char *name)
{
	return json_number_value (rule_word (rule, name));
}

static bool
known_words (const struct rule *rule)
{
	static const char *const known[] = { "method", "path", "part", "number", "nth", "every", "share", "times", "lasts", "do", "delay", "reset", "hold",
		"bytes", "count", "code", "status", "headers", "body", "drip", "forward", "set", "find", "put", NULL };
	const char *name;
	json_t *value;
	json_object_foreach (rule->words, name, value) {
		size_t i = 0;
		while (known[i] && strcmp (known[i], name) != 0)
			i++;
		if (!known[i])
			return complain ("no word of a rule is called", name);
	}
	return true;
}

static bool
parse (struct rule *rule, json_t *words, uint64_t seed)
{
	const char *path, *name = json_string_value (json_object_get (words, "do"));
	*rule = (struct rule) { .words = words, .name = name ? name : "pass", .state = seed };
	if (!json_is_object (words) || !known_words (rule))
		return complain ("not a rule:", rule->name);
	rule->method = json_string_value (rule_word (rule, "method"));
	rule->reset = json_is_true (rule_word (rule, "reset"));
	rule->hold = json_is_true (rule_word (rule, "hold"));
	rule->forward = json_is_true (rule_word (rule, "forward"));
	rule->part = (long) number_of (rule, "part");
	rule->every = (long) number_of (rule, "every");
	rule->times = (long) number_of (rule, "times");
	rule->share = number_of (rule, "share");
	rule->lasts = number_of (rule, "lasts");
	rule->delay = number_of (rule, "delay");
	rule->bytes = (uint64_t) number_of (rule, "bytes");
	rule->count = (uint64_t) number_of (rule, "count");
	rule->act = act_named (rule->name);
	path = json_string_value (rule_word (rule, "path"));
	rule->has_path = path != NULL;
	if (path && regcomp (&rule->path, path, REG_EXTENDED | REG_NOSUB) != 0)
		return complain ("no regular expression:", path);
	return rule->act || complain ("nothing to do is called", rule->name);
}

bool
rules_load (struct rules *rules, const char *path)
{
	json_error_t error;
	json_t *top = json_load_file (path, 0, &error), *rule;
	size_t i;
	if (!top) {
		fprintf (stderr, "fault-proxy: %s:%d: %s\n", path, error.line, error.text);
		return false;
	}
	json_t *list = json_is_array (top) ? top : json_object_get (top, "rules");
	uint64_t seed = (uint64_t) json_integer_value (json_object_get (top, "seed"));
	if (!json_is_array (list) || json_array_size (list) > sizeof rules->at / sizeof rules->at[0])
		return complain ("no list of at most 64 rules in", path);
	json_array_foreach (list, i, rule)
		if (!parse (&rules->at[rules->count++], rule, seed + 1 + i))
			return false;
	return true;
}

/* ---- which one --------------------------------------------------------------------------------- */

/* A number, or one of a list; asked for nothing, all do. */
static bool
is_one_of (const json_t *wanted, long value)
{
	size_t i;
	json_t *one;
	if (!wanted || json_integer_value (wanted) == value)
		return true;
	json_array_foreach (wanted, i, one)
		if (json_integer_value (one) == value)
			return true;
	return false;
}

/* The same requests for the same seed, as long as they come in the same order. */
static bool
by_chance (struct rule *rule)
{
	rule->state += UINT64_C (0x9e3779b97f4a7c15);
	uint64_t x = rule->state;
	x = (x ^ x >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C (0x94d049bb133111eb);
	return (double) ((x ^ x >> 31) >> 11) * 0x1p-53 < rule->share;
}

static bool
is_of_part (const struct rule *rule, const char *target)
{
	const char *at = strstr (target, "partNumber=");
	return rule->part == 0 || (at && strtol (at + strlen ("partNumber="), NULL, 10) == rule->part);
}

static bool
applies (struct rule *rule, unsigned long number, const char *method, const char *target)
{
	if ((rule->method && strcmp (rule->method, method) != 0) || !is_of_part (rule, target)
	    || (rule->has_path && regexec (&rule->path, target, 0, NULL, 0) != 0))
		return false;
	rule->matched++;
	if (rule->lasts > 0 && rule->since <= 0)
		rule->since = now ();
	return is_one_of (rule_word (rule, "number"), (long) number) && is_one_of (rule_word (rule, "nth"), rule->matched)
		&& (!rule->every || rule->matched % rule->every == 0) && (rule->share <= 0 || by_chance (rule))
		&& (!rule->times || rule->acted < rule->times) && (rule->lasts <= 0 || now () - rule->since < rule->lasts);
}

const struct rule *
rules_find (struct rules *rules, unsigned long number, const char *method, const char *target)
{
	struct rule *found = NULL;
	pthread_mutex_lock (&rules->lock);
	for (size_t i = 0; i < rules->count; i++)     /* all count, the first acts */
		if (applies (&rules->at[i], number, method, target) && !found)
			found = &rules->at[i];
	if (found)
		found->acted++;
	pthread_mutex_unlock (&rules->lock);
	return found;
}
