/* leases.c: promises about one lock: taken, renewed, given up, lost. */
#include "suite.h"

static void
token (struct suite *suite)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, "token", name);
	call_begin (&call, false);
	int code = suite->lock->try_acquire (suite->self, &call, name, LONG, "note", &lease, NULL);
	if (code != 0)
		broken (suite, "try_acquire of a free lock: code %d", code);
	else if (!lease.token || !*lease.token)
		broken (suite, "the lease has no token");
	else if (!lease.name || strcmp (lease.name, name) != 0 || lease.fence == 0 || lease.length <= 0 || lease.length > LONG)
		broken (suite, "name, fence or length of the lease are not told");
	if (code == 0)
		remember_lease (suite, suite->self, &lease);
	call_end (&call);
}

static void
held (struct suite *suite)
{
	WANT_CODE (op_acquire (suite, suite->self, "held", LONG, "", NULL), 0, "the first try");
	WANT_CODE (op_acquire (suite, suite->self, "held", LONG, "", NULL), LARDER_E_CONFLICT, "a second try");
	WANT_CODE (op_acquire (suite, suite->other, "held", LONG, "", NULL), LARDER_E_CONFLICT, "a try of another instance");
}

static void
nobody (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_holder (suite, suite->self, "nobody", NULL), LARDER_E_NOTFOUND, "the holder of a lock never taken");
	WANT_CODE (op_acquire (suite, suite->self, "nobody", LONG, "", &lease), 0, "the try");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "the release");
	WANT_CODE (op_holder (suite, suite->self, "nobody", NULL), LARDER_E_NOTFOUND, "the holder of a released lock");
}

static void
holder (struct suite *suite)
{
	struct held lease, seen;
	WANT_CODE (op_acquire (suite, suite->self, "holder", LONG, "pod-7: 12 of 80 GB", &lease), 0, "the try");
	WANT_CODE (op_holder (suite, suite->other, "holder", &seen), 0, "holder, asked by another instance");
	WANT (strcmp (seen.note, "pod-7: 12 of 80 GB") == 0, "the note is '%.100s'", seen.note);
	WANT (seen.fence == lease.fence, "the fence is not the holder's");
	WANT (seen.length > 0 && seen.length <= LONG, "%lld ns are left of 60 s", (long long) seen.length);
	WANT (!strstr (seen.token, lease.token), "the token, the holder's secret, is told");
}

static void
renew (struct suite *suite)
{
	struct held lease, seen;
	int64_t start = clock_boot ();
	WANT_CODE (op_acquire (suite, suite->self, "renew", 4 * SHORT, "first", &lease), 0, "the try");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, "second"), 0, "renew");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, "third"), 0, "renew once more");
	WANT_CODE (op_holder (suite, suite->other, "renew", &seen), 0, "holder");
	WANT (strcmp (seen.note, "third") == 0, "the note is '%.100s', not the last one given", seen.note);
	WANT (seen.length <= LONG, "renewal is not from now: %lld ns are left of 60 s", (long long) seen.length);
	WANT (seen.fence == lease.fence, "a renewal changed the fence");
	wait_until (start + 5 * SHORT);
	WANT_CODE (op_acquire (suite, suite->other, "renew", LONG, "", NULL), LARDER_E_CONFLICT, "a try after the first end");
}

static void
lost (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "lost", LONG, "", &lease), 0, "the try");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "the release");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, ""), LARDER_E_CONFLICT, "renew of a released lease");
	WANT_CODE (op_holder (suite, suite->self, "lost", NULL), LARDER_E_NOTFOUND, "the holder after it");
}

static void
foreign (struct suite *suite)
{
	struct held lease, seen;
	WANT_CODE (op_acquire (suite, suite->self, "foreign", LONG, "mine", &lease), 0, "the try");
	struct held other = lease;
	other.token[0] = other.token[0] == '0' ? '1' : '0';
	WANT_CODE (op_renew (suite, suite->other, &other, LONG, "theirs"), LARDER_E_CONFLICT, "renew with another token");
	WANT_CODE (op_holder (suite, suite->self, "foreign", &seen), 0, "holder");
	WANT (strcmp (seen.note, "mine") == 0, "the note is now '%.100s'", seen.note);
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, "mine"), 0, "renew by the holder");
}

static void
release (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "release", LONG, "", &lease), 0, "the try");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "the release");
	WANT_CODE (op_acquire (suite, suite->other, "release", LONG, "", NULL), 0, "the next try");
}

static void
stranger (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "stranger", LONG, "", &lease), 0, "the try");
	struct held other = lease;
	other.token[0] = other.token[0] == '0' ? '1' : '0';
	WANT_CODE (op_release (suite, suite->other, &other), 0, "release with another token");
	WANT_CODE (op_acquire (suite, suite->other, "stranger", LONG, "", NULL), LARDER_E_CONFLICT, "a try after it");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, ""), 0, "renew by the holder");
}

static void
twice (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "twice", LONG, "", &lease), 0, "the try");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "the release");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "the release once more");
}

static void
expiry (struct suite *suite)
{
	struct held lease, next;
	int64_t start = clock_boot ();
	WANT_CODE (op_acquire (suite, suite->self, "expiry", SHORT, "", &lease), 0, "the try");
	WANT_CODE (op_acquire_at_last (suite, suite->other, "expiry", &next), 0, "a try seconds after its end");
	int64_t when = clock_boot ();
	WANT (when - start >= SHORT, "another got in after %lld ns of %lld", (long long) (when - start), (long long) SHORT);
}

static void
late (struct suite *suite)
{
	struct held lease, next;
	WANT_CODE (op_acquire (suite, suite->self, "late", SHORT, "", &lease), 0, "the try");
	WANT_CODE (op_acquire_at_last (suite, suite->other, "late", &next), 0, "a try seconds after its end");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, ""), LARDER_E_CONFLICT, "renew by the old holder");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "release by the old holder");
	WANT_CODE (op_renew (suite, suite->other, &next, LONG, ""), 0, "renew by the new holder");
}

/* Its lease ended and nobody came: it is lost all the same. */
static void
ended (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "ended", SHORT, "", &lease), 0, "the try");
	wait_until (clock_boot () + SHORT + SHORT / 4);
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, ""), LARDER_E_CONFLICT, "renew of a lease that ended");
	WANT_CODE (op_holder (suite, suite->self, "ended", NULL), LARDER_E_NOTFOUND, "the holder after it");
}

static void
fence (struct suite *suite)
{
	struct held lease;
	uint64_t before = 0;
	for (unsigned i = 0; i < 4; i++) {
		WANT_CODE (op_acquire (suite, suite->self, "fence", LONG, "", &lease), 0, "a try");
		WANT (lease.fence > before, "fence %llu after %llu", (unsigned long long) lease.fence, (unsigned long long) before);
		before = lease.fence;
		WANT_CODE (op_release (suite, suite->self, &lease), 0, "a release");
	}
	WANT_CODE (op_acquire (suite, suite->self, "fence", SHORT, "", NULL), 0, "a short try");
	WANT_CODE (op_acquire_at_last (suite, suite->other, "fence", &lease), 0, "a try seconds after its end");
	WANT (lease.fence > before + 1, "fence %llu after an end by itself", (unsigned long long) lease.fence);
}

static void
tokens (struct suite *suite)
{
	struct held one, two, again;
	WANT_CODE (op_acquire (suite, suite->self, "tokens", LONG, "", &one), 0, "the first lock");
	WANT_CODE (op_acquire (suite, suite->self, "tokens-more", LONG, "", &two), 0, "the second lock");
	WANT (strcmp (one.token, two.token) != 0, "two locks have one token");
	WANT_CODE (op_release (suite, suite->self, &one), 0, "the release");
	WANT_CODE (op_acquire (suite, suite->self, "tokens", LONG, "", &again), 0, "the first lock again");
	WANT (strcmp (one.token, again.token) != 0, "two holders of a lock have one token");
}

const struct promise leases_promises[] = {
	{ "a lease has its name, a token, a fence and a length", token },
	{ "what is held is CONFLICT, for its holder and for another instance", held },
	{ "a lock that nobody holds is NOTFOUND", nobody },
	{ "holder tells note, fence and what is left, never the token", holder },
	{ "renew extends from now and replaces the note", renew },
	{ "renew of a released lease is CONFLICT, and takes nothing", lost },
	{ "renew of a lease that ended is CONFLICT, and takes nothing", ended },
	{ "renew with another token is CONFLICT, and changes nothing", foreign },
	{ "release lets another in", release },
	{ "release with another token frees nothing, and is no error", stranger },
	{ "release of a lost lease is no error", twice },
	{ "a lease ends by itself, and not before", expiry },
	{ "who lost a lease can do nothing to the next holder", late },
	{ "the fence grows with every acquisition", fence },
	{ "no two tokens are alike", tokens },
	{ NULL, NULL }
};
