/* writes.c: promises about writing and removing. */
#include "suite.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "checksum.h"
#include "clock.h"
#include "file.h"


/* ---- sources that lie ---- */

struct liar { uint64_t gives, next; int code; uint64_t fails_at; struct larder_call *call; unsigned slow; };

static int64_t
liar_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	struct liar *liar = context;
	(void) error;
	if (liar->slow) {
		usleep (liar->slow);
		count = count < 1024 ? count : 1024;
	}
	if (liar->code && offset + count > liar->fails_at)
		return liar->code;
	if (offset >= liar->gives)
		return 0;
	uint64_t left = liar->gives - offset;
	count = left < count ? (size_t) left : count;
	memset (into, 'z', count);
	return (int64_t) count;
}

static int64_t
liar_read (void *context, void *into, size_t count, struct larder_error *error)
{
	struct liar *liar = context;
	int64_t got = liar_pread (context, into, count < 777 ? count : 777, liar->next, error);
	liar->next += got > 0 ? (uint64_t) got : 0;
	return got;
}

static int
liar_rewind (void *context, struct larder_error *error)
{
	(void) error;
	((struct liar *) context)->next = 0;
	return 0;
}

static int
write_liar (struct suite *suite, const char *name, struct liar *liar, uint64_t length)
{
	const struct larder_source source = { .size = sizeof source, .context = liar, .length = length, .pread = liar_pread };
	return op_write_source (suite, name, &source, NULL);
}

static void
keep_short_source (struct suite *suite)
{
	struct liar liar = { .gives = 99 };
	WANT_CODE (write_liar (suite, "short-source", &liar, 100), LARDER_E_INTEGRITY, "a source that ends early");
	WANT_CODE (op_stat (suite, "short-source", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

static void
keep_long_source (struct suite *suite)
{
	struct liar liar = { .gives = 101 };
	WANT_CODE (write_liar (suite, "long-source", &liar, 100), LARDER_E_INTEGRITY, "a source that gives more");
	WANT_CODE (op_stat (suite, "long-source", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

static void
keep_failed_source (struct suite *suite)
{
	struct liar liar = { .gives = 3 << 20, .code = LARDER_E_UNAVAILABLE, .fails_at = 2 << 20 };
	WANT_CODE (write_liar (suite, "failed-source", &liar, 3 << 20), LARDER_E_UNAVAILABLE, "a source that fails in the middle");
	WANT_CODE (op_stat (suite, "failed-source", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

static void
keep_old_object (struct suite *suite)
{
	struct liar liar = { .gives = 3 << 20, .code = LARDER_E_DENIED, .fails_at = 1 << 20 };
	WANT_CODE (op_write (suite, "old-object", "old", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (write_liar (suite, "old-object", &liar, 3 << 20), LARDER_E_DENIED, "a source that fails");
	WANT (is_there (suite, "old-object", "old", 3), "the object of before is not there any more");
}

static void
keep_sequential (struct suite *suite)
{
	struct liar liar = { .gives = 5000, .next = 4000 };
	char want[5000];
	const struct larder_source source = { .size = sizeof source, .context = &liar, .length = 5000, .read = liar_read, .rewind = liar_rewind };
	memset (want, 'z', sizeof want);
	WANT_CODE (op_write_source (suite, "sequential", &source, NULL), 0, "write of a source with read and rewind");
	WANT (is_there (suite, "sequential", want, sizeof want), "its bytes did not come back");
}

static void
keep_checksum (struct suite *suite)
{
	char key[1100], right[16];
	struct larder_call call;
	struct larder_info info = { .size = sizeof info };
	struct memory_source memory;
	struct larder_source source;
	struct fact fact;
	key_of (suite, "checksum", key);
	memory_source_begin (&memory, "hello", 5, &source);
	crc64nvme_text (crc64nvme (0, "jello", 5), right);
	struct larder_write request = { .size = sizeof request, .bucket = suite->bucket, .key = key, .checksum_type = LARDER_CHECKSUM_CRC64NVME,
	                                .checksum = right };
	call_begin (&call);
	enter (suite);
	int wrong_code = suite->driver->write (suite->self, &call, &request, &source, &info, NULL);
	int absent = op_stat (suite, "checksum", NULL, NULL);
	crc64nvme_text (crc64nvme (0, "hello", 5), right);
	int right_code = suite->driver->write (suite->self, &call, &request, &source, &info, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (wrong_code, LARDER_E_INTEGRITY, "bytes that do not match the checksum given");
	WANT_CODE (absent, LARDER_E_NOTFOUND, "stat after it");
	WANT_CODE (right_code, 0, "bytes that match the checksum given");
	WANT_CODE (op_stat (suite, "checksum", NULL, &fact), 0, "stat");
	WANT (fact.checksum_type == LARDER_CHECKSUM_CRC64NVME && strcmp (fact.checksum, right) == 0, "the checksum told is %u '%s', not '%s'",
	      fact.checksum_type, fact.checksum, right);
}

/* ---- conditions ---- */

static void
keep_create_only (struct suite *suite)
{
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	WANT_CODE (op_write (suite, "create-only", "one", 3, NULL, &only, NULL), 0, "create-only where nothing is");
	WANT_CODE (op_write (suite, "create-only", "two", 3, NULL, &only, NULL), LARDER_E_CONFLICT, "create-only where an object is");
	WANT (is_there (suite, "create-only", "one", 3), "the first object is not there any more");
	WANT_CODE (op_remove (suite, "create-only", NULL, NULL), 0, "remove");
	WANT_CODE (op_write (suite, "create-only", "two", 3, NULL, &only, NULL), 0, "create-only after a removal");
}

struct racer { struct suite *suite; const char *name; const struct larder_condition *condition; char text[32]; int code; pthread_barrier_t *start; };

static void *
race (void *context)
{
	struct racer *racer = context;
	pthread_barrier_wait (racer->start);
	racer->code = op_write (racer->suite, racer->name, racer->text, strlen (racer->text), NULL, racer->condition, NULL);
	return NULL;
}

/* Of eight writers at once one wins, and its bytes are there. */
static void
race_once (struct suite *suite, const char *name, const struct larder_condition *condition)
{
	enum { RACERS = 8 };
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	pthread_barrier_t start;
	int winners = 0, winner = 0;
	pthread_barrier_init (&start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer) { .suite = suite, .name = name, .condition = condition, .start = &start };
		snprintf (racers[i].text, sizeof racers[i].text, "racer %d", i);
		if (pthread_create (&threads[i], NULL, race, &racers[i]) != 0)
			abort ();
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join (threads[i], NULL);
		if (racers[i].code == 0) {
			winners++;
			winner = i;
		}
	}
	pthread_barrier_destroy (&start);
	for (int i = 0; i < RACERS; i++)
		WANT (racers[i].code == 0 || racers[i].code == LARDER_E_CONFLICT, "a loser's code is %d, not CONFLICT", racers[i].code);
	WANT (winners == 1, "%d of %d writers won", winners, RACERS);
	WANT (is_there (suite, name, racers[winner].text, strlen (racers[winner].text)), "the winner's bytes are not there");
}

static void
keep_create_race (struct suite *suite)
{
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	for (int round = 0; round < 20 && !suite->why[0]; round++) {
		char name[32];
		snprintf (name, sizeof name, "create-race/%d", round);
		race_once (suite, name, &only);
	}
}

static void
keep_if_match (struct suite *suite)
{
	struct fact fact;
	struct larder_condition match = { .size = sizeof match, .if_match = fact.etag };
	WANT_CODE (op_write (suite, "if-match", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "if-match", NULL, &fact), 0, "stat");
	WANT_CODE (op_write (suite, "if-match", "two", 3, NULL, &match, NULL), 0, "write with the right etag");
	WANT_CODE (op_write (suite, "if-match", "three", 5, NULL, &match, NULL), LARDER_E_CONFLICT, "write with an old etag");
	WANT (is_there (suite, "if-match", "two", 3), "a write with an old etag changed the object");
	int code = op_write (suite, "if-match/missing", "one", 3, NULL, &match, NULL);
	WANT (code == LARDER_E_CONFLICT || code == LARDER_E_NOTFOUND, "if-match where nothing is: code %d", code);
}

static void
keep_match_race (struct suite *suite)
{
	for (int round = 0; round < 20 && !suite->why[0]; round++) {
		struct fact fact;
		char text[32];
		snprintf (text, sizeof text, "round %d", round);
		const struct larder_condition match = { .size = sizeof match, .if_match = fact.etag };
		WANT_CODE (op_write (suite, "match-race", text, strlen (text), NULL, NULL, NULL), 0, "write");
		WANT_CODE (op_stat (suite, "match-race", NULL, &fact), 0, "stat");
		race_once (suite, "match-race", &match);
	}
}

/* ---- overwriting under readers ---- */

#define OVERWRITTEN_READS 150

/* etags[i]: all that were seen with bytes[i]. Equal bytes may have other etags each time, other bytes never the same. */
struct overwriting {
	struct suite *suite;
	volatile int stop;
	char *bytes[2];
	char etags[2][OVERWRITTEN_READS + 1][sizeof ((struct fact *) 0)->etag];
	int count[2];
};

static void
note_etag (struct overwriting *work, int which, const char *etag)
{
	for (int i = 0; i < work->count[!which]; i++)
		if (strcmp (work->etags[!which][i], etag) == 0)
			broken (work->suite, "a reader saw bytes with another object's etag");
	snprintf (work->etags[which][work->count[which]++], sizeof work->etags[which][0], "%s", etag);
}

static void *
overwrite (void *context)
{
	struct overwriting *work = context;
	for (int i = 0; !__atomic_load_n (&work->stop, __ATOMIC_ACQUIRE); i++)
		(void) op_write (work->suite, "overwritten", work->bytes[i & 1], 100000 + (size_t) (i & 1), NULL, NULL, NULL);
	return NULL;
}

static void
read_overwritten (struct suite *suite, struct overwriting *work)
{
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 1 << 20);
	for (int i = 0; i < OVERWRITTEN_READS; i++) {
		struct fact fact;
		int code = op_read (suite, "overwritten", NULL, 0, LARDER_TO_END, NULL, &got, &fact);
		WANT (code == 0, "read of an object that is always there: code %d", code);
		int which = fact.length == 100001;
		WANT (got.length == fact.length && memcmp (got.at, work->bytes[which], got.length) == 0, "a reader saw bytes that nobody wrote");
		note_etag (work, which, fact.etag);
	}
}

static void
keep_overwritten (struct suite *suite)
{
	struct overwriting work = { .suite = suite };
	struct fact fact;
	pthread_t thread;
	for (int i = 1; i >= 0; i--) {
		work.bytes[i] = malloc (100001);
		fill_random (work.bytes[i], 100001, suite->seed + (uint64_t) i);
		if (op_write (suite, "overwritten", work.bytes[i], 100000 + (size_t) i, NULL, NULL, NULL) != 0
		    || op_stat (suite, "overwritten", NULL, &fact) != 0)
			broken (suite, "write and stat");
		else
			note_etag (&work, i, fact.etag);
	}
	if (!suite->why[0] && pthread_create (&thread, NULL, overwrite, &work) == 0) {
		read_overwritten (suite, &work);
		__atomic_store_n (&work.stop, 1, __ATOMIC_RELEASE);
		pthread_join (thread, NULL);
	}
	free (work.bytes[0]);
	free (work.bytes[1]);
}

/* ---- removing ---- */

struct outcomes { int codes[8]; unsigned times[8]; };

static int
note_outcome (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	struct outcomes *outcomes = context;
	(void) info;
	(void) error;
	if (index >= 8)
		return LARDER_E_INVALID;
	outcomes->codes[index] = code;
	outcomes->times[index]++;
	return 0;
}

static void
keep_remove (struct suite *suite)
{
	char keys[4][1100];
	struct { struct larder_remove item; char newer[24]; } items[4];      /* a stride that is not our size */
	struct outcomes outcomes = { 0 };
	struct larder_call call;
	for (int i = 0; i < 4; i++) {
		char name[32];
		snprintf (name, sizeof name, "remove/%d", i);
		key_of (suite, name, keys[i]);
		WANT_CODE (i == 2 ? 0 : op_write (suite, name, "x", 1, NULL, NULL, NULL), 0, "write");
		memset (&items[i], 0, sizeof items[i]);
		items[i].item = (struct larder_remove) { .size = sizeof items[i].item, .key = keys[i] };
	}
	call_begin (&call);
	enter (suite);
	int code = suite->driver->remove (suite->self, &call, suite->bucket, &items[0].item, 3, sizeof items[0], note_outcome, &outcomes, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (code, 0, "remove");
	for (int i = 0; i < 3; i++)
		WANT (outcomes.times[i] == 1 && outcomes.codes[i] == 0, "item %d was reported %u times, code %d", i, outcomes.times[i], outcomes.codes[i]);
	WANT_CODE (op_stat (suite, "remove/0", NULL, NULL), LARDER_E_NOTFOUND, "stat of what was removed");
	WANT_CODE (op_stat (suite, "remove/1", NULL, NULL), LARDER_E_NOTFOUND, "stat of what was removed");
	WANT (is_there (suite, "remove/3", "x", 1), "an object that nobody removed is gone");
}

static void
keep_remove_if_match (struct suite *suite)
{
	struct fact fact;
	WANT_CODE (op_write (suite, "remove-match", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "remove-match", NULL, &fact), 0, "stat");
	WANT_CODE (op_write (suite, "remove-match", "two", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_remove (suite, "remove-match", NULL, fact.etag), LARDER_E_CONFLICT, "remove with an old etag");
	WANT (is_there (suite, "remove-match", "two", 3), "it went all the same");
	WANT_CODE (op_stat (suite, "remove-match", NULL, &fact), 0, "stat");
	WANT_CODE (op_remove (suite, "remove-match", NULL, fact.etag), 0, "remove with the right etag");
	WANT_CODE (op_stat (suite, "remove-match", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

/* ---- cancel ---- */

struct cancelling { struct larder_call *call; int64_t at; };

static void *
cancel_soon (void *context)
{
	struct cancelling *cancelling = context;
	struct larder_call *call = cancelling->call;
	usleep (100000);
	cancelling->at = clock_boot ();
	__atomic_store_n (&call->cancelled, 1, __ATOMIC_RELEASE);
	uint64_t one = 1;
	(void) !write (call->cancel_fd, &one, sizeof one);
	return NULL;
}

/* A second, or that many times as long as LARDER_SLOW says of this machine. */
static int64_t
second (void)
{
	const char *slow = getenv ("LARDER_SLOW");
	return (int64_t) ((double) NS_PER_S * (slow ? strtod (slow, NULL) : 1));
}

static void
keep_cancel (struct suite *suite)
{
	char key[1100];
	struct larder_call call;
	struct larder_info info = { .size = sizeof info };
	struct liar liar = { .gives = 4 << 20, .slow = 1000 };           /* four seconds, if nobody looks */
	const struct larder_source source = { .size = sizeof source, .context = &liar, .length = 4 << 20, .pread = liar_pread };
	pthread_t thread;
	key_of (suite, "cancel", key);
	const struct larder_write request = { .size = sizeof request, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	call.cancel_fd = eventfd (0, EFD_CLOEXEC);
	struct cancelling cancelling = { .call = &call };
	if (pthread_create (&thread, NULL, cancel_soon, &cancelling) != 0)
		abort ();
	enter (suite);
	int code = suite->driver->write (suite->self, &call, &request, &source, &info, NULL);
	leave (suite);
	int64_t ended = clock_boot ();
	pthread_join (thread, NULL);
	int64_t took = ended - cancelling.at;
	call_end (&call);
	WANT_CODE (code, LARDER_E_CANCELLED, "a write that was cancelled");
	WANT (took < second (), "it returned %lld ms after the cancel", (long long) (took / 1000000));
	WANT_CODE (op_stat (suite, "cancel", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

const struct promise writes_promises[] = {
	{ "a source that ends early is INTEGRITY, and nothing is stored", 0, 0, keep_short_source },
	{ "a source that gives more is INTEGRITY, and nothing is stored", 0, 0, keep_long_source },
	{ "a source that fails in the middle leaves nothing", 0, 0, keep_failed_source },
	{ "a write that fails leaves the object of before", 0, 0, keep_old_object },
	{ "a source with read and rewind is read from its start", 0, 0, keep_sequential },
	{ "bytes that do not match a given checksum are INTEGRITY; the checksum is told", 0, LARDER_CAP_CHECKSUM, keep_checksum },
	{ "create-only is CONFLICT where an object is", 0, LARDER_CAP_CREATE_ONLY, keep_create_only },
	{ "of eight create-only writers at once exactly one wins", 0, LARDER_CAP_CREATE_ONLY, keep_create_race },
	{ "if-match writes over the object with that etag only", 0, LARDER_CAP_IF_MATCH, keep_if_match },
	{ "of eight writers with one etag exactly one wins", 0, LARDER_CAP_IF_MATCH, keep_match_race },
	{ "a reader sees one whole object while another takes its place", 0, 0, keep_overwritten },
	{ "remove reports each item, also where nothing was", 0, 0, keep_remove },
	{ "remove under if-match takes the object with that etag only", 0, LARDER_CAP_REMOVE_IF_MATCH, keep_remove_if_match },
	{ "a cancelled write returns within a second and leaves nothing", 0, 0, keep_cancel },
	{ NULL, 0, 0, NULL }
};
