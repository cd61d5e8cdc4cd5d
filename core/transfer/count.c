/* count.c: each item is counted once: done, skipped, refused or failed. */
#include "transfer.h"

#include "error.h"
#include "store.h"

static void
tell (struct transfer *transfer, const struct larder_event *event)
{
	if (!transfer->event)
		return;
	int code = transfer->event (transfer->context, event);
	if (code != 0 && !transfer->stop)
		transfer->stop = code;
}

void
count_done (struct transfer *transfer, const struct item *item, uint64_t bytes)
{
	uint32_t flags = transfer->request->flags;
	bool dry = flags & LARDER_DRY_RUN;
	transfer->sum.scanned++;
	transfer->sum.done++;
	transfer->sum.bytes += dry ? 0 : bytes;
	struct larder_event event = {
		.size = sizeof event, .from = item->from, .to = item->to, .bytes = bytes,
		.action = flags & LARDER_MOVE ? (dry ? "would-move" : "moved") : dry ? "would-copy" : "copied",
	};
	tell (transfer, &event);
}

void
count_skipped (struct transfer *transfer, const char *from, const char *reason)
{
	transfer->sum.scanned++;
	transfer->sum.skipped++;
	tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "skipped", .from = from, .reason = reason });
}

void
count_failed (struct transfer *transfer, const char *from, const char *to, const struct larder_error *error, int code, bool refused)
{
	if (code == LARDER_E_CANCELLED) {
		transfer->stop = code;
		return;
	}
	transfer->sum.scanned++;
	if (refused)
		transfer->sum.refused++;
	else
		transfer->sum.failed++;
	if (transfer->sum.code == 0)
		transfer->sum.code = code;
	if (transfer->sum.code != code)
		transfer->differ = true;
	struct larder_event event = {
		.size = sizeof event, .action = refused ? "refused" : "failed", .from = from, .to = to, .error = error,
	};
	tell (transfer, &event);
	/* A full disk will not take the next one either. */
	if (code == LARDER_E_NOSPACE && !transfer->stop)
		transfer->stop = code;
}

void
count_progress (struct transfer *transfer, uint64_t bytes)
{
	if (bytes > 0)
		tell (transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "progress", .bytes = bytes });
}

int
transfer_stopped (struct transfer *transfer)
{
	if (!transfer->stop && larder_is_cancelled (transfer->larder))
		transfer->stop = LARDER_E_CANCELLED;
	return transfer->stop;
}

int
count_end (struct transfer *transfer, int code, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_summary *sum = &transfer->sum;
	int reason = sum->code;
	if (transfer->differ)
		sum->code = 0;
	if (ret_summary)
		larder_give (ret_summary, sum);
	if (code < 0)
		return code;
	if (transfer->stop == LARDER_E_CANCELLED)
		return larder_fail_cancelled (error);
	if (transfer->stop == LARDER_E_NOSPACE)
		return larder_fail_next (error, LARDER_E_NOSPACE, "free space or point to another disk, then run it again",
			"stopped: no space left; what was not reported was not tried");
	if (transfer->stop)
		return transfer->stop;
	if (sum->failed + sum->refused == 0)
		return 0;
	return larder_fail_next (error, transfer->differ ? LARDER_E_INVALID : reason, "each of them was told with its own next step",
		"%llu of %llu failed",
	                    (unsigned long long) (sum->failed + sum->refused), (unsigned long long) sum->scanned);
}
