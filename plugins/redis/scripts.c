/* scripts.c: what Redis does in one step. The lock's key is its name and nothing else, with a random value and a time to live, set by
 * one SET: workers that lock by SET NX on the same key, and know nothing of us, are kept out and keep us out. The fence counts
 * under a key of its own, from the time of day on, so that it does not go back when Redis has lost its data. Note and fence of the
 * holder lie under a third one, which ends with the lease, behind the owner that they are of. Run twice, each does what once does. */
#include "lock-redis.h"

#include <stdio.h>

#include "error.h"

#define FENCE_LIVES "2592000000"   /* thirty days in ms: an unused one goes */

/* What is told of the holder: how long, and owner, fence and note in one text, or "" for a stranger's lock. */
#define TELL \
	"local function tell(owner)\n" \
	"  local note = redis.call('GET', KEYS[3]) or ''\n" \
	"  if string.sub(note, 1, #owner + 1) ~= owner .. ' ' then note = '' end\n" \
	"  return redis.call('PTTL', KEYS[1]), string.sub(note, #owner + 2)\n" \
	"end\n"

static const char acquire[] = TELL
	"if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then\n"
	"  local owner = redis.call('GET', KEYS[1])\n"
	"  local left, note = tell(owner)\n"
	"  return {owner == ARGV[1] and 1 or 0, left, note}\n"
	"end\n"
	"local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(ARGV[4]))\n"
	"local text = string.format('%.0f', fence)\n"
	"redis.call('SET', KEYS[2], text, 'PX', " FENCE_LIVES ")\n"
	"redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. text .. ' ' .. ARGV[3], 'PX', ARGV[2])\n"
	"return {1, tonumber(ARGV[2]), text .. ' ' .. ARGV[3]}\n";

static const char renew[] =
	"if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
	"redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
	"redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. ARGV[4] .. ' ' .. ARGV[3], 'PX', ARGV[2])\n"
	"return 1\n";

static const char release[] =
	"if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[3]) end\n"
	"return 0\n";

static const char holder[] = TELL
	"local owner = redis.call('GET', KEYS[1])\n"
	"if not owner then return {0, 0, ''} end\n"
	"local left, note = tell(owner)\n"
	"return {1, left, note}\n";

/* The part of a name that decides the slot: between the first '{' and the next '}', where there is something; then all that has it
 * in it lies in the same slot. Any other name becomes such a part itself; one with a '}' but no such part cannot, and is for no cluster. */
static bool
has_tag (const char *name)
{
	const char *open = strchr (name, '{'), *close = open ? strchr (open + 1, '}') : NULL;
	return close && close > open + 1;
}

int
scripts_keys (struct larder_call *call, const char *name, struct keys *ret, struct larder_error *error)
{
	size_t room = strlen (name) + 10;
	bool bare = has_tag (name);
	ret->fence = larder_host->arena (call, room);
	ret->note = larder_host->arena (call, room);
	if (!ret->fence || !ret->note)
		return larder_fail_memory (error);
	(void) snprintf (ret->fence, room, bare ? "%s:fence" : "{%s}:fence", name);
	(void) snprintf (ret->note, room, bare ? "%s:note" : "{%s}:note", name);
	return 0;
}

void
words_add (struct words *words, const char *text)
{
	words->lengths[words->count] = strlen (text);
	words->at[words->count++] = text;
}

static void
put (struct words *ret, const char *script, const char *name, const struct keys *keys, const char *const *arguments)
{
	const char *const head[] = { "EVAL", script, "3", name, keys->fence, keys->note };
	ret->count = 0;
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		words_add (ret, head[i]);
	for (; *arguments; arguments++)
		words_add (ret, *arguments);
}

void
scripts_acquire (struct words *ret, const char *name, const struct keys *keys, const char *owner, const char *ms, const char *note, const char *floor)
{
	put (ret, acquire, name, keys, (const char *const[]) { owner, ms, note, floor, NULL });
}

void
scripts_renew (struct words *ret, const char *name, const struct keys *keys, const char *owner, const char *ms, const char *note, const char *fence)
{
	put (ret, renew, name, keys, (const char *const[]) { owner, ms, note, fence, NULL });
}

void
scripts_release (struct words *ret, const char *name, const struct keys *keys, const char *owner)
{
	put (ret, release, name, keys, (const char *const[]) { owner, NULL });
}

void
scripts_holder (struct words *ret, const char *name, const struct keys *keys)
{
	put (ret, holder, name, keys, (const char *const[]) { NULL });
}
