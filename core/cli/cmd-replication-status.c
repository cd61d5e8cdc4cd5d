/* cmd-replication-status.c: larder replication status: is it set up, and what becomes of the objects? */
#include "replication.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "line.h"
#include "text.h"

enum { NAMED = 20, KEY_ROOM = 1026, EXIT_SEVERAL = 1, EXIT_DIFFERS = 6, EXIT_LATE = 9 };

struct status { int64_t sample; bool all; };
static const struct larder_option options[] = { SAMPLE_OPTIONS (struct status, sample, all), { 0 } };

struct named { int64_t mtime; char key[KEY_ROOM]; };

/* Of one [replication]. */
struct tally {
	struct cli *cli;
	const struct copying *copying;
	uint64_t listed, looked, words[REPLICATION_WORDS], late;
	struct named oldest, failed[NAMED];           /* of those that are pending; the latest come first */
	size_t failed_count;
	int64_t now, ahead;                           /* ahead: of this machine's clock the service's is, at the least, by what it has written; 0: nothing tells so */
};

/* Of one store: what infra tells. Texts live in the run's arena; NULL: not known. */
struct set_up { struct cli *cli; const char *store, *to; uint32_t mark; int code; const char *why, *source, *target; };

/* ---- what is set up ---- */

static const char *
word_of (uint32_t mark)
{
	switch (mark) {
	case LARDER_INFRA_SAME: case LARDER_INFRA_UNMANAGED: return "as declared";
	case LARDER_INFRA_CREATE: return "not set up";
	case LARDER_INFRA_LACKING: return "not supported here";
	case LARDER_INFRA_FAILED: return "cannot be told";
	default: return "not as declared";
	}
}

/* The bucket's own line of a store, whichever of the two it is. */
static const char **
side_of (struct set_up *is, const struct larder_infra_change *change)
{
	if (strcmp (change->type, "bucket") != 0 || strcmp (change->kind, "store") != 0)
		return NULL;
	return strcmp (change->section, is->store) == 0 ? &is->source : strcmp (change->section, is->to) == 0 ? &is->target : NULL;
}

static int
on_change (void *context, const struct larder_infra_change *change, struct larder_error *error)
{
	struct set_up *is = context;
	const char **side = side_of (is, change);
	(void) error;
	if (change->path)
		return 0;
	if (side && change->mark == LARDER_INFRA_CREATE)
		*side = "bucket is not there";
	if (side && change->mark == LARDER_INFRA_FAILED)
		*side = "cannot be told";
	if (strcmp (change->type, "replication") != 0 || strcmp (change->section, is->store) != 0)
		return 0;
	is->mark = change->mark;
	is->code = change->code;
	is->why = arena_copy (is->cli->arena, change->why);
	return 0;
}

static int
on_observed (void *context, const struct larder_infra_change *line, struct larder_error *error)
{
	const char **side = side_of (context, line);
	(void) error;
	if (side && line->path && strcmp (line->path, "versioning") == 0)
		*side = line->was && strcmp (line->was, "yes") == 0 ? "yes" : "no";
	return 0;
}

static int
look_set_up (struct cli *cli, struct set_up *is, struct larder_error *error)
{
	const struct larder_infra_request request = { .size = sizeof request, .only = arena_printf (cli->arena, "store/%s", is->store) };
	struct larder_infra *infra = NULL;
	int code = request.only ? larder_infra_open (cli->larder, &request, &infra, error) : larder_fail_memory (error);
	if (code == 0)
		code = larder_infra_observed (infra, on_observed, is, error);
	if (code == 0)
		code = larder_infra_changes (infra, on_change, is, error);
	larder_infra_free (infra);
	is->source = is->source ? is->source : "no";
	is->target = is->target ? is->target : "no";
	return code;
}

/* ---- the objects ---- */

static void
set_named (struct named *named, const struct looked *one)
{
	named->mtime = one->mtime;
	memcpy (named->key, one->key, strnlen (one->key, KEY_ROOM - 1) + 1);
	named->key[KEY_ROOM - 1] = '\0';
}

/* In its place among the latest. */
static void
add_failed (struct tally *tally, const struct looked *one)
{
	size_t at = tally->failed_count;
	while (at > 0 && tally->failed[at - 1].mtime < one->mtime)
		at--;
	if (at == NAMED)
		return;
	if (tally->failed_count < NAMED)
		tally->failed_count++;
	memmove (&tally->failed[at + 1], &tally->failed[at], (tally->failed_count - 1 - at) * sizeof *tally->failed);
	set_named (&tally->failed[at], one);
}

/* At the least. What was written after this began is behind by nothing. */
static int64_t
age_of (const struct tally *tally, int64_t mtime)
{
	int64_t age = tally->now + tally->ahead - mtime;
	return age > 0 ? age : 0;
}

/* What is there was written: a time to come is one of a clock that is right, or of ours that is behind. */
static void
hear_clock (struct tally *tally, const struct looked *one)
{
	int64_t ahead = one->mtime - clock_wall ();
	if (ahead > NS_PER_S && ahead > tally->ahead)
		tally->ahead = ahead;
}

/* What is known of the clock by the end: the oldest of them is late where any is. */
static uint64_t
late (const struct tally *tally)
{
	bool any = *tally->oldest.key && age_of (tally, tally->oldest.mtime) > tally->copying->within;
	return tally->late ? tally->late : any;
}

static void
add_pending (struct tally *tally, const struct looked *one)
{
	tally->late += age_of (tally, one->mtime) > tally->copying->within;
	if (!*tally->oldest.key || one->mtime < tally->oldest.mtime)
		set_named (&tally->oldest, one);
}

static int
on_looked (void *context, const struct looked *one, struct larder_error *error)
{
	struct tally *tally = context;
	(void) error;
	if (one->code == LARDER_E_CANCELLED)
		return one->code;
	if (one->code < 0) {
		item_failed (tally->cli, arena_printf (tally->cli->arena, "%s:%s", tally->copying->store, one->key), &one->error, one->code, false);
		return 0;
	}
	item_done (tally->cli, 0);
	tally->looked++;
	hear_clock (tally, one);
	for (size_t n = 0; n < REPLICATION_WORDS; n++)
		tally->words[n] += one->replication == replication_words[n];
	if (strcmp (one->replication, "FAILED") == 0)
		add_failed (tally, one);
	if (strcmp (one->replication, "PENDING") == 0)
		add_pending (tally, one);
	return 0;
}

static uint64_t
count_of (const struct tally *tally, const char *word)
{
	for (size_t n = 0; n < REPLICATION_WORDS; n++)
		if (strcmp (replication_words[n], word) == 0)
			return tally->words[n];
	return 0;
}

/* ---- telling ---- */

static void
json_counts (struct json *json, const struct tally *tally)
{
	json_member_uint (json, "listed", tally->listed);
	json_member_uint (json, "looked", tally->looked);
	json_put_name (json, "objects");
	json_put_object (json);
	for (size_t n = 0; n < REPLICATION_WORDS; n++)
		json_member_uint (json, replication_words[n], tally->words[n]);
	json_put_object_end (json);
	json_member_uint (json, "late", late (tally));
	if (tally->ahead)
		json_member_uint (json, "clock_behind_seconds", (uint64_t) (tally->ahead / NS_PER_S));
	if (*tally->oldest.key) {
		json_member_bytes (json, "oldest_pending", tally->oldest.key);
		json_member_uint (json, "behind_seconds", (uint64_t) (age_of (tally, tally->oldest.mtime) / NS_PER_S));
	}
}

static void
json_status (struct cli *cli, const struct tally *tally, const struct set_up *is)
{
	struct line line;
	json_line (cli, &line, "replication");
	json_member (&line.json, "store", tally->copying->store);
	json_member (&line.json, "name", tally->copying->name);
	json_member (&line.json, "to", tally->copying->to);
	json_member (&line.json, "set_up", word_of (is->mark));
	json_member (&line.json, "why", is->why);
	json_member (&line.json, "versioning", is->source);
	json_member (&line.json, "versioning_to", is->target);
	json_counts (&line.json, tally);
	json_put_name (&line.json, "failed");
	json_put_array (&line.json);
	for (size_t n = 0; n < tally->failed_count; n++) {
		json_put_object (&line.json);
		json_member_bytes (&line.json, "key", tally->failed[n].key);
		json_put_object_end (&line.json);
	}
	json_put_array_end (&line.json);
	json_line_end (cli, &line);
}

static void
out_counts (struct cli *cli, const struct tally *tally)
{
	char text[96], time[32];
	snprintf (text, sizeof text, "%" PRIu64 " of %" PRIu64 " objects", tally->looked, tally->listed);
	out_fact (cli, "looked at", text);
	for (size_t n = 0; n < REPLICATION_WORDS; n++) {
		snprintf (text, sizeof text, "%" PRIu64, tally->words[n]);
		out_fact (cli, replication_words[n], tally->words[n] ? text : NULL);
	}
	if (*tally->oldest.key) {
		out_printf (cli, "  %-16s %s behind: ", "oldest PENDING", text_from_duration (age_of (tally, tally->oldest.mtime), time));
		out_name (cli, tally->oldest.key);
		out_text (cli, "\n");
	}
	for (size_t n = 0; n < tally->failed_count; n++)
		out_fact (cli, n == 0 ? "latest FAILED" : "", tally->failed[n].key);
}

static void
out_status (struct cli *cli, const struct tally *tally, const struct set_up *is)
{
	copying_head (cli, tally->copying);
	out_printf (cli, "  %-16s %s%s%s\n", "set up", word_of (is->mark), is->why ? ": " : "", is->why ? is->why : "");
	out_printf (cli, "  %-16s %s: %s, %s: %s\n", "versioning", tally->copying->store, is->source, tally->copying->to, is->target);
	out_counts (cli, tally);
	out_flush (cli);
}

/* What to do about it. */
static void
tell_next (struct cli *cli, const struct tally *tally, const struct set_up *is)
{
	const char *store = tally->copying->store;
	char time[32];
	if (is->mark != LARDER_INFRA_SAME && is->mark != LARDER_INFRA_UNMANAGED && is->mark != LARDER_INFRA_LACKING)
		say (cli, "%s: 'larder infra plan --only store/%s' tells what is not as declared, and 'larder infra apply' sets it up", store, store);
	if (count_of (tally, "FAILED"))
		say (cli, "%s: %" PRIu64 " failed, and the service does not try again: 'larder replication repair %s' copies them", store, count_of (tally, "FAILED"), store);
	if (tally->ahead)
		say (cli, "%s: this machine's clock is %s behind that of its service, or more: what is pending is so for as long as that tells at the least; set it (timedatectl)", store, text_from_duration (tally->ahead, time));
	if (late (tally))
		say (cli, "%s: %" PRIu64 " have been pending for more than %s", store, late (tally), text_from_duration (tally->copying->within, time));
	if (count_of (tally, "none"))
		say (cli, "%s: %" PRIu64 " have no status: %s; 'larder replication check %s' compares them, and 'larder replication repair %s' copies what is missing", store, count_of (tally, "none"),
			count_of (tally, "none") == tally->looked ? "nothing is copied here by itself, or all are older than the rule" : "the rule does not cover them, or they are older", store, store);
}

/* Of all stores together: for one reason its own status, for several 1. */
static void
add_reason (struct cli *cli, int status)
{
	int before = cli->status_when_well;
	cli->status_when_well = before && before != status ? EXIT_SEVERAL : status;
}

static void
judge (struct cli *cli, const struct tally *tally, const struct set_up *is)
{
	bool whole = is->mark == LARDER_INFRA_LACKING
		|| ((is->mark == LARDER_INFRA_SAME || is->mark == LARDER_INFRA_UNMANAGED) && strcmp (is->source, "yes") == 0 && strcmp (is->target, "yes") == 0);
	if (count_of (tally, "FAILED") || !whole)
		add_reason (cli, EXIT_DIFFERS);
	if (late (tally))
		add_reason (cli, EXIT_LATE);
}

/* ---- one of them, and all ---- */

static int
status_of (struct cli *cli, const struct copying *copying, void *context, struct larder_error *error)
{
	const struct status *flags = context;
	struct set_up is = { .cli = cli, .store = copying->store, .to = copying->to, .mark = LARDER_INFRA_LACKING };
	struct tally tally = { .cli = cli, .copying = copying, .now = clock_wall () };
	const struct looking looking = {
		.store = copying->store, .prefix = copying->prefix, .sample = flags->all ? 0 : (uint64_t) flags->sample, .looked = on_looked, .context = &tally,
	};
	int code = look_set_up (cli, &is, error);
	if (code == 0)
		code = look_each (cli, &looking, &tally.listed, error);
	if (code < 0)
		return code;
	if (cli->globals.json)
		json_status (cli, &tally, &is);
	else
		out_status (cli, &tally, &is);
	tell_next (cli, &tally, &is);
	judge (cli, &tally, &is);
	return 0;
}

struct stores { struct cli *cli; const char **at; size_t count, room; };

static int
on_store (void *context, const struct larder_store_facts *facts)
{
	struct stores *stores = context;
	struct larder_arena *arena = stores->cli->arena;
	const char *names, *path = arena_printf (arena, "store.%s.replication", facts->name);
	if (!path || cli_setting (stores->cli, path, &names, NULL) < 0)
		return LARDER_E_LIMIT;
	if (!*names)
		return 0;
	const char **more = arena_more (arena, stores->at, stores->count, &stores->room, sizeof *stores->at);
	if (!more)
		return LARDER_E_LIMIT;
	stores->at = more;
	stores->at[stores->count++] = arena_copy (arena, facts->name);
	return 0;
}

/* Those that have one; one whose service cannot be reached keeps no other from being told. */
static int
all_stores (struct cli *cli, const void *self, struct larder_error *error)
{
	struct stores stores = { .cli = cli };
	int code = larder_store_each (cli->larder, on_store, &stores, error);
	if (code == 0 && stores.count == 0)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "write replication = NAME in a [store], and a section [replication \"NAME\"] with to = STORE; then 'larder infra apply'",
			"no [store] of the pipeline has a replication");
	for (size_t n = 0; code == 0 && n < stores.count; n++) {
		struct larder_error one = LARDER_ERROR_INIT;
		int failed = copying_each (cli, stores.at[n], status_of, (void *) self, &one);
		if (failed == LARDER_E_CANCELLED)
			return failed;
		if (failed < 0)
			item_failed (cli, stores.at[n], &one, failed, false);
	}
	return code;
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code < 0)
		return code;
	return cli->operands ? copying_each (cli, cli->operand[0], status_of, (void *) self, error) : all_stores (cli, self, error);
}

const struct larder_cmd cmd_replication_status = {
	.name = "replication status", .summary = "is it set up, and are objects copied?", .operands = "[STORE]",
	.examples = "larder replication status|of every store that has a [replication]\n"
		"larder replication status --all images|every object, a request each",
	.text = "Tells whether the rule is as its section says, whether both sides keep versions, and what the service says of the objects: COMPLETED, PENDING, FAILED, REPLICA, "
		"none, or OTHER for a word that is none of these. Each object is asked, so a sample of them is, others each time. Of what is pending the oldest tells how far behind the copies are, by the time since it was written; of what failed the latest 20 are named. "
		"An object without a status is not covered: it is older than the rule, or the service copies nothing by itself. "
		"The exit status is 6 when any failed, the rule is not as declared, or a side keeps no versions; 9 when any has been pending longer than 'time-control' of the [replication], or 15 minutes where it says none; and 1 where it is both; "
		"a backend that has no replication at all is no failure.",
	.options = options, .self_size = sizeof (struct status), .least = 0, .most = 1, .verdict = true, .run = run,
};
