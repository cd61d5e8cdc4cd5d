/* change.c: vaults, plan and selections: made, changed, removed. */
#include "backup.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"

enum { PLANS_MOST = 300 };           /* asked, of a vault that is to go, whether they keep to it: as many as an account has in a region */

struct changing {
	struct backup *backup;
	struct larder_call *call;
	struct larder_arena *arena;
	const struct larder_resource *resource;
	struct lines desired;
	struct backup_state state;       /* as it was found; id NULL: not there */
	json_t *others;                  /* plans, of one that goes; NULL: not asked for yet */
};

static int
ask (struct changing *changing, const char *method, const char *path, json_t *body, const char *forgiven, json_t **ret, struct larder_error *error)
{
	bool was;
	json_t *reply = NULL;
	if (!path) {
		json_decref (body);
		return larder_fail_memory (error);
	}
	int code = backup_ask (changing->backup, changing->call, changing->arena, method, path, body, NULL, forgiven, &reply, &was, error);
	if (ret && code == 0)
		*ret = reply;
	else
		json_decref (reply);
	return code;
}

int
backup_note (struct backup *backup, struct backup_asked **list, const char *id, unsigned *ret, struct larder_error *error)
{
	pthread_mutex_lock (&backup->mutex);
	struct backup_asked *one = *list;
	while (one && strcmp (one->id, id) != 0)
		one = one->next;
	const char *kept = one ? one->id : arena_copy (backup->arena, id);
	if (!one && kept && (one = arena_alloc (backup->arena, sizeof *one))) {
		*one = (struct backup_asked) { kept, 0, *list };
		*list = one;
	}
	*ret = one ? ++one->count : 0;
	pthread_mutex_unlock (&backup->mutex);
	return one ? 0 : larder_fail_memory (error);
}

/* Of what is made: sent again, as after a lost reply or by another run at the same time, it makes no second one. What is still not there when it was asked for by an id
 * already, as the service knows that of one that is gone, is asked for by the next. */
static int
request_id (struct changing *changing, const char *where, const json_t *what, char ret[65], struct larder_error *error)
{
	struct sha256 sha;
	char *text = what ? json_dumps (what, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	unsigned count = 0;
	sha256_begin (&sha);
	sha256_add (&sha, where, strlen (where) + 1);
	sha256_add (&sha, text ? text : "", text ? strlen (text) : 0);
	sha256_end_hex (&sha, ret);
	free (text);
	ret[32] = '\0';                                         /* the service takes 50 characters */
	int code = text || !what ? backup_note (changing->backup, &changing->backup->asked, ret, &count, error) : larder_fail_memory (error);
	if (code == 0 && count > 1)
		snprintf (ret + 32, 33, "-%u", count);
	return code;
}

/* ---- vaults ---- */

static int
make_vaults (struct changing *changing, const json_t *plan, struct larder_error *error)
{
	CLEANUP_JSON json_t *vaults = json_incref (changing->state.vaults);
	const json_t *rule;
	size_t index;
	int code = vaults ? 0 : backup_vaults (changing->backup, changing->call, changing->arena, &vaults, error);
	json_array_foreach (json_object_get (plan, "Rules"), index, rule) {
		const char *name = backup_text (rule, "TargetBackupVaultName");
		if (code == 0 && *name && !backup_has_vault (vaults, name))
			code = ask (changing, "PUT", arena_printf (changing->arena, "backup-vaults/%s", name),
				json_pack ("{s:{s:s}}", "BackupVaultTags", "larder:id", changing->resource->identity), "AlreadyExistsException", NULL, error);
	}
	return code;
}

/* All plans but this one, as documents, once. */
static int
read_others (struct changing *changing, struct larder_error *error)
{
	CLEANUP_JSON json_t *plans = NULL;
	const json_t *one;
	size_t index;
	if (changing->others)
		return 0;
	changing->others = json_array ();
	int code = backup_plans (changing->backup, changing->call, changing->arena, &plans, error);
	if (code == 0 && json_array_size (plans) > PLANS_MOST)
		return larder_fail_next (error, LARDER_E_CONFLICT, "remove the vault at its service, when none of them keeps to it", "a vault stays: there are %zu backup plans, too many to ask each whether it keeps to it", json_array_size (plans));
	json_array_foreach (plans, index, one) {
		const char *id = backup_text (one, "BackupPlanId");
		json_t *whole = NULL;
		if (code == 0 && strcmp (id, changing->state.id) != 0)
			code = ask (changing, "GET", arena_printf (changing->arena, "backup/plans/%s/", id), NULL, "ResourceNotFoundException", &whole, error);
		if (json_is_object (json_object_get (whole, "BackupPlan")))
			json_array_append (changing->others, json_object_get (whole, "BackupPlan"));
		json_decref (whole);
	}
	return code;
}

static bool
keeps_to (const json_t *plan, const char *vault, const char *arn)
{
	const json_t *rule, *copy;
	size_t r, c;
	json_array_foreach (json_object_get (plan, "Rules"), r, rule) {
		if (strcmp (backup_text (rule, "TargetBackupVaultName"), vault) == 0)
			return true;
		json_array_foreach (json_object_get (rule, "CopyActions"), c, copy)
			if (*arn && strcmp (backup_text (copy, "DestinationBackupVaultArn"), arn) == 0)
				return true;
	}
	return false;
}

static bool
was_seen (struct backup *backup, const char *plan)
{
	pthread_mutex_lock (&backup->mutex);
	const struct backup_asked *one = backup->seen;
	while (one && strcmp (one->id, plan) != 0)
		one = one->next;
	pthread_mutex_unlock (&backup->mutex);
	return one;
}

/* 1: no other plan keeps to it. 0: it stays for one that was looked at in this run: the last of those takes it along, whichever made it. CONFLICT: it stays for one that the sections do not know. */
static int
may_remove_vault (struct changing *changing, const char *name, const char *arn, struct larder_error *error)
{
	const json_t *plan;
	size_t index;
	int code = read_others (changing, error);
	json_array_foreach (changing->others, index, plan) {
		const char *user = backup_text (plan, "BackupPlanName");
		if (code == 0 && keeps_to (plan, name, arn))
			return was_seen (changing->backup, user) ? 0 : larder_fail_next (error, LARDER_E_CONFLICT, "nothing is to be done while that plan needs it", "vault '%s' stays: backup plan '%s' keeps to it",
				name, user);
	}
	return code < 0 ? code : 1;
}

/* One that was made here and holds nothing goes; one with recovery points is a CONFLICT, as what it holds is what it is for. */
static int
remove_vault (struct changing *changing, const char *name, const char *arn, struct larder_error *error)
{
	CLEANUP_JSON json_t *tags = NULL;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = ask (changing, "GET", arena_printf (changing->arena, "tags/%s/", arn), NULL, NULL, &tags, error);
	if (code < 0 || !*backup_text (json_object_get (tags, "Tags"), "larder:id"))
		return code;
	code = may_remove_vault (changing, name, arn, error);
	if (code <= 0)
		return code;
	code = ask (changing, "DELETE", arena_printf (changing->arena, "backup-vaults/%s", name), NULL, NULL, NULL, &why);
	if (code < 0 && strcmp (why.provider, "InvalidRequestException") == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "remove its recovery points first, when they are really to go", "vault '%s' holds recovery points: it stays", name);
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}

/* Each once, though several rules keep to it. */
static int
remove_vaults (struct changing *changing, struct larder_error *error)
{
	const json_t *vault;
	size_t index;
	int code = 0;
	json_array_foreach (changing->state.vaults, index, vault) {
		const char *name = backup_text (vault, "BackupVaultName"), *arn = backup_text (vault, "BackupVaultArn");
		if (code == 0 && keeps_to (changing->state.plan, name, ""))
			code = remove_vault (changing, name, arn, error);
	}
	return code;
}

/* ---- the plan ---- */

static int
set_plan (struct changing *changing, const json_t *plan, struct larder_error *error)
{
	CLEANUP_JSON json_t *sent = backup_plan_sent (plan), *is = changing->state.plan ? backup_plan_sent (changing->state.plan) : NULL;
	int code = sent ? make_vaults (changing, plan, error) : larder_fail_memory (error);
	if (code < 0 || (is && json_equal (sent, is)))
		return code;
	if (changing->state.id)
		return ask (changing, "POST", arena_printf (changing->arena, "backup/plans/%s", changing->state.id), json_pack ("{s:O}", "BackupPlan", sent), NULL, NULL, error);
	char once[65];
	code = request_id (changing, changing->resource->identity, NULL, once, error);        /* one plan of a name, whatever is in it: what differs is changed afterwards */
	return code < 0 ? code : ask (changing, "PUT", "backup/plans/", json_pack ("{s:O, s:{s:s}, s:s}", "BackupPlan", sent, "BackupPlanTags", "larder:id", changing->resource->identity,
		"CreatorRequestId", once), NULL, NULL, error);
}

/* ---- selections ---- */

static int
remove_selection (struct changing *changing, const char *id, struct larder_error *error)
{
	return ask (changing, "DELETE", arena_printf (changing->arena, "backup/plans/%s/selections/%s", changing->state.id, id), NULL, "ResourceNotFoundException", NULL, error);
}

/* Those that are as they are to be stay, and are taken from `wanted`; the others go. */
static int
keep_selections (struct changing *changing, json_t *wanted, struct larder_error *error)
{
	const json_t *one;
	size_t index;
	int code = 0;
	json_array_foreach (changing->state.selections, index, one) {
		const json_t *selection = json_object_get (one, "selection");
		const char *name = backup_text (selection, "SelectionName");
		if (code < 0)
			break;
		if (json_equal (json_object_get (wanted, name), selection))
			json_object_del (wanted, name);
		else
			code = remove_selection (changing, backup_text (one, "id"), error);
	}
	return code;
}

/* A role that was just made cannot be taken everywhere at once. */
static int
make_selection (struct changing *changing, json_t *selection, struct larder_error *error)
{
	char once[65];
	int64_t end = larder_host->boot () + 60 * NS_PER_S;
	int code = request_id (changing, changing->state.id, selection, once, error);
	while (code == 0) {
		struct larder_error why = LARDER_ERROR_INIT;
		code = ask (changing, "PUT", arena_printf (changing->arena, "backup/plans/%s/selections/", changing->state.id),
			json_pack ("{s:O, s:s}", "BackupSelection", selection, "CreatorRequestId", once), NULL, NULL, &why);
		bool waits = code < 0 && strstr (why.message, "cannot be assumed") && larder_host->boot () < end;
		struct pollfd cancel = { .fd = larder_host->cancel_fd (changing->call), .events = POLLIN };
		if (waits)
			(void) poll (&cancel, 1, 1000);
		if (waits && !larder_host->cancelled (changing->call)) {
			code = 0;
			continue;
		}
		if (code < 0 && error)
			larder_give (error, &why);
		break;
	}
	return code;
}

static int
set_selections (struct changing *changing, struct larder_error *error)
{
	CLEANUP_JSON json_t *wanted = backup_selections (&changing->desired, changing->state.selections);
	const char *lack = NULL, *unfit = wanted ? backup_selection_unfit (wanted, &lack) : NULL, *name;
	json_t *one;
	if (!wanted)
		return larder_fail_memory (error);
	if (unfit)
		return larder_fail_next (error, LARDER_E_INVALID, strcmp (lack, "role") == 0 ? "role = ARN of one that the service may take" : "resources = NAME, …",
			"selection '%s' of backup plan '%s' has no %s%s", unfit, changing->resource->identity, lack, strcmp (lack, "role") == 0 ? "" : ": the service would take it for everything");
	int code = keep_selections (changing, wanted, error);
	json_object_foreach (wanted, name, one) {
		if (code == 0)
			code = make_selection (changing, one, error);
	}
	return code;
}

/* ---- the acts ---- */

static int
begin (struct changing *changing, struct backup *backup, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	*changing = (struct changing) { .backup = backup, .call = call, .arena = arena_new (), .resource = resource };
	if (!changing->arena)
		return larder_fail_memory (error);
	if (larder_host->cancelled (call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	lines_begin (&changing->desired, changing->arena);
	int code = backup_refuse_read_only (backup, error);
	if (code == 0)
		code = lines_take (&changing->desired, resource->desired, error);
	if (code == 0)
		code = backup_find (backup, call, changing->arena, resource->identity, &changing->state, error);
	return code < 0 ? code : 0;
}

static void
end (struct changing *changing)
{
	backup_state_end (&changing->state);
	json_decref (changing->others);
	arena_free (changing->arena);
}

static int
set (struct changing *changing, bool selections, struct larder_error *error)
{
	CLEANUP_JSON json_t *plan = backup_plan (changing->resource->identity, &changing->desired, changing->state.plan);
	struct backup *backup = changing->backup;
	const char *name = changing->resource->identity;
	bool ours = backup_role_asked (&changing->desired), before = backup_role_used (&changing->state, changing->arena, name);
	int code = plan ? set_plan (changing, plan, error) : larder_fail_memory (error);
	if (code < 0 || !selections)
		return code;
	if (ours)
		code = backup_role_set (backup, changing->call, name, &changing->desired, error);
	if (code == 0)
		code = set_selections (changing, error);
	return code == 0 && before && !ours ? backup_role_remove (backup, changing->call, changing->arena, name, error) : code;
}

/* The plan alone: what is selected comes by an update, once it is there. */
int
backup_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct changing changing;
	int code = begin (&changing, self, call, resource, error);
	if (code == 0 && !changing.state.id)
		code = set (&changing, false, error);
	end (&changing);
	return code;
}

int
backup_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct changing changing;
	int code = begin (&changing, self, call, resource, error);
	if (code == 0 && !changing.state.id)
		code = larder_fail (error, LARDER_E_NOTFOUND, "backup plan '%s' is gone", resource->identity);
	if (code == 0)
		code = set (&changing, true, error);
	end (&changing);
	return code;
}

/* The vaults before the plan, which alone tells of them: a run that ends between the two finds both. One that holds something stays, and the plan goes. */
static int
remove_all (struct backup *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct changing changing;
	struct larder_error why = LARDER_ERROR_INIT;
	const json_t *one;
	size_t index;
	int code = begin (&changing, self, call, resource, error), kept = 0;
	json_array_foreach (changing.state.selections, index, one)
		if (code == 0)
			code = remove_selection (&changing, backup_text (one, "id"), error);
	if (code == 0 && changing.state.id && backup_role_asked (&changing.desired))
		code = backup_role_remove (self, call, changing.arena, resource->identity, error);
	if (code == 0 && changing.state.plan)
		kept = remove_vaults (&changing, &why);
	if (code == 0 && kept < 0 && kept != LARDER_E_CONFLICT)
		code = kept;
	if (code == 0 && changing.state.id)
		code = ask (&changing, "DELETE", arena_printf (changing.arena, "backup/plans/%s", changing.state.id), NULL, "ResourceNotFoundException", NULL, error);
	if (kept < 0 && (code == 0 || code == kept)) {
		code = kept;
		if (error)
			larder_give (error, &why);
	}
	end (&changing);
	return code;
}

int
backup_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct backup *backup = self;
	pthread_mutex_lock (&backup->going);
	int code = remove_all (backup, call, resource, error);
	pthread_mutex_unlock (&backup->going);
	return code;
}
