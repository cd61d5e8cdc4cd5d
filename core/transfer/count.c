/* count.c: each item is counted once: done, skipped, refused or failed. */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "store.h"

enum { BARREN_MOST = 20 };

static void
stop (struct transfer *transfer, int code)
{
	int none = 0;
	atomic_compare_exchange_strong (&transfer->stop, &none, code);
}

/* Under the mutex: one event at a time. */
static void
tell (struct transfer *transfer, const struct larder_event *event)
{
	int code = transfer->event ? transfer->event (transfer->context, event) : 0;
	if (code != 0)
		stop (transfer, code);
}

void
count_event (struct transfer *transfer, const struct larder_event *event)
{
	atomic_fetch_add (&transfer->succeeded, 1);
	pthread_mutex_lock (&transfer->mutex);
	transfer->barren = 0;
	transfer->sum.scanned++;
	transfer->sum.done++;
	transfer->sum.bytes += event->bytes;
	tell (transfer, event);
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_done (struct transfer *transfer, const struct item *item, uint64_t bytes)
{
	uint32_t flags = transfer->request->flags;
	bool dry = flags & LARDER_DRY_RUN;
	if (transfer->plan)
		plan_copy (transfer->plan, item);
	bool leaves = flags & LARDER_MOVE && item->store;
	count_event (transfer, &(struct larder_event) {
		.storage_class = leaves ? item->info.storage_class : NULL, .length = item->info.length, .written = item->info.mtime,
		.size = sizeof (struct larder_event), .from = item->from, .to = item->removal ? NULL : item->to, .bytes = bytes,
		.action = item->removal ? (dry ? "would-remove" : "removed")
			: flags & LARDER_MOVE ? (dry ? "would-move" : "moved") : dry ? "would-copy" : "copied",
	});
}

void
count_skipped (struct transfer *transfer, const char *from, const char *reason)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->sum.scanned++;
	transfer->sum.skipped++;
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "skipped", .from = from, .reason = reason });
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_kept (struct transfer *transfer, const char *from, const char *reason)
{
	pthread_mutex_lock (&transfer->mutex);
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "kept", .from = from, .reason = reason });
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_before (struct transfer *transfer, const char *action, const char *from, const char *to)
{
	if (!(transfer->request->flags & LARDER_TELL_BEFORE))
		return;
	pthread_mutex_lock (&transfer->mutex);
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = action, .from = from, .to = to });
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_unchanged (struct transfer *transfer)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->sum.scanned++;
	transfer->sum.skipped++;
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_again (struct transfer *transfer, const char *from, const char *to, const struct larder_error *error)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->sum.again++;
	tell (transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .action = "again", .from = from, .to = to, .reason = error ? error->message : NULL,
	});
	pthread_mutex_unlock (&transfer->mutex);
}

/* Under the mutex. */
static void
tally (struct transfer *transfer, const char *action, int code)
{
	transfer->sum.scanned++;
	if (strcmp (action, "refused") == 0)
		transfer->sum.refused++;
	else
		transfer->sum.failed++;
	if (transfer->sum.code == 0)
		transfer->sum.code = code;
	if (transfer->sum.code != code)
		transfer->differ = true;
}

void
count_last (struct transfer *transfer, const char *from, const struct larder_error *error, int code)
{
	pthread_mutex_lock (&transfer->mutex);
	tally (transfer, "failed", code);
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "failed", .from = from, .error = error });
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_unlike (struct transfer *transfer, const char *action, const char *from, const char *to, const struct larder_error *error, int code)
{
	if (code == LARDER_E_CANCELLED) {
		stop (transfer, code);
		return;
	}
	pthread_mutex_lock (&transfer->mutex);
	tally (transfer, action, code);
	transfer->barren = code == LARDER_E_UNAVAILABLE ? transfer->barren + 1 : 0;
	bool gone = transfer->barren >= BARREN_MOST;
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = action, .from = from, .to = to, .error = error });
	pthread_mutex_unlock (&transfer->mutex);
	/* A full disk will not take the next one either, nor a read-only one, nor will a service that took none of the last. */
	bool frozen = to && error && error->errnum == EROFS;
	bool ends = transfer->strict && strcmp (action, "refused") != 0;
	if (code == LARDER_E_NOSPACE || gone || ends || frozen)
		stop (transfer, code);
}

void
count_failed (struct transfer *transfer, const char *from, const char *to, const struct larder_error *error, int code, bool refused)
{
	count_unlike (transfer, refused ? "refused" : "failed", from, to, error, code);
}

static void
progress (struct transfer *transfer, uint64_t known, uint64_t bytes)
{
	if (bytes == 0)
		return;
	pthread_mutex_lock (&transfer->mutex);
	transfer->known += known;
	tell (transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .action = "progress", .bytes = bytes, .total = transfer->endless ? 0 : transfer->known,
		.growing = !transfer->found_all || transfer->undecided > 0,
	});
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_progress (struct transfer *transfer, uint64_t bytes)
{
	progress (transfer, 0, bytes);
}

void
count_aside (struct transfer *transfer, uint64_t bytes)
{
	progress (transfer, bytes, bytes);
}

/* ---- how much there is ---- */

void
count_known (struct transfer *transfer, uint64_t bytes)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->known += bytes;
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_spared (struct transfer *transfer, uint64_t bytes)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->known -= bytes < transfer->known ? bytes : transfer->known;
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_found_all (struct transfer *transfer)
{
	pthread_mutex_lock (&transfer->mutex);
	transfer->found_all = true;
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_item (struct transfer *transfer, struct item *item, uint64_t bytes)
{
	if (transfer->request->flags & LARDER_DRY_RUN || item->removal || item->verify)
		return;
	pthread_mutex_lock (&transfer->mutex);
	item->undecided = item->same;
	transfer->undecided += item->undecided;
	transfer->known += item->undecided ? 0 : bytes;
	transfer->endless |= item->stream >= 0;
	pthread_mutex_unlock (&transfer->mutex);
}

void
count_decided (struct transfer *transfer, struct item *item, bool moves, uint64_t bytes)
{
	pthread_mutex_lock (&transfer->mutex);
	if (item->undecided) {
		item->undecided = false;
		transfer->undecided--;
		transfer->known += moves ? bytes : 0;
	}
	pthread_mutex_unlock (&transfer->mutex);
}

int
transfer_stopped (struct transfer *transfer)
{
	if (larder_is_cancelled (transfer->larder))
		stop (transfer, LARDER_E_CANCELLED);
	return atomic_load (&transfer->stop);
}

int
count_end (struct transfer *transfer, int code, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_summary *sum = &transfer->sum;
	int reason = sum->code, ended = atomic_load (&transfer->stop);
	if (code >= 0 && ended == LARDER_E_CANCELLED)
		code = larder_fail_cancelled (error);
	code = larder_late (transfer->larder, code, error);
	if (transfer->differ)
		sum->code = 0;
	sum->ended = code < 0 ? code : ended;
	if (ret_summary)
		larder_give (ret_summary, sum);
	if (code < 0)
		return code;
	if (ended == LARDER_E_NOSPACE)
		return larder_fail_next (error, LARDER_E_NOSPACE, "free space or point to another disk, then run it again",
			"stopped: no space left; what was not reported was not tried");
	if (ended == LARDER_E_DENIED && !transfer->strict)
		return larder_fail_next (error, LARDER_E_DENIED, "mount it for writing, or name another place, then run it again",
			"stopped: the destination is mounted read-only; what was not reported was not tried");
	if (ended == LARDER_E_UNAVAILABLE)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "run it again once the service answers",
			"stopped: none of the last %d got through; what was not reported was not tried", BARREN_MOST);
	if (ended && transfer->strict)
		return larder_fail_next (error, ended, ended == LARDER_E_CONFLICT ? "look what changed, then plan again with 'larder sync --plan'" : "put that right, then apply the same plan again",
			"stopped: %llu of the plan's operations were done now, %llu before; the rest was not tried", (unsigned long long) sum->done,
			(unsigned long long) sum->skipped);
	if (ended)
		return ended;
	if (sum->failed + sum->refused == 0)
		return 0;
	return larder_fail_next (error, transfer->differ ? LARDER_E_INVALID : reason, "each of them was told with its own next step",
		"%llu of %llu failed",
	                    (unsigned long long) (sum->failed + sum->refused), (unsigned long long) sum->scanned);
}
