import type { RedisClient } from '@app/redis-store';

import { type Quota, type RateLimitOptions, recordMs } from './caller-window.js';

/** More records than any window has: a window has about a hundred, and up to twice as many when its limit changes. */
const MAX_RECORDS = 300;

/**
 * Does in Redis what `CallerWindow.take` does in memory, as one step. The list at KEYS[1] begins with the number of counted
 * requests; the records follow, each as "first latest count".
 *
 * Times are microseconds of Redis' clock: those of the replicas may differ by more than a window. If Redis' clock was set
 * back, there are requests of the future, which would count too long: the window begins anew.
 *
 * Other programs may write to Redis, too. A value that this script cannot have written is rejected, and replaced by a new
 * window. What such a program has counted leaves the window like any other request.
 *
 * ARGV: requests, window, how close requests must be to share a record, the most records. Returns whether the limit is
 * exceeded (0 or 1), the remaining requests, the milliseconds until there are more, and whether a value was rejected (0 or
 * 1).
 */
const TAKE = `
local key, requests, window, together = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function record(index)
  local first, latest, count = string.match(redis.call('LINDEX', key, index) or '', '^(%d+) (%d+) ([1-9]%d*)$')
  return tonumber(first), tonumber(latest), tonumber(count)
end

local head = redis.pcall('LPOP', key)
local counted, rejected = 0, false
if type(head) == 'table' then
  if not string.find(head.err, 'WRONGTYPE', 1, true) then return head end
  rejected = true
elseif head then
  counted = tonumber(string.match(head, '^%d+$'))
  rejected = not (counted and record(0) and record(-1)) or redis.call('LINDEX', key, ARGV[4])
end
if rejected then
  redis.call('DEL', key)
  counted = 0
end

local first, latest, count = record(0)
while first and now - latest >= window do
  redis.call('LPOP', key)
  counted = counted - count
  first, latest, count = record(0)
end
local _, newest = record(-1)
if not first or not newest or math.max(latest, newest) > now then
  redis.call('DEL', key)
  counted = 0
end

local exceeded = counted >= requests
if not exceeded then
  first, latest, count = record(-1)
  if first and now - first < together then
    redis.call('RPOP', key)
  else
    first, count = now, 0
  end
  redis.call('RPUSH', key, string.format('%.0f %.0f %d', first, now, count + 1))
  counted = counted + 1
end

local excess, index, next = counted - requests, 0, now
repeat
  first, latest, count = record(index)
  if not first then break end
  next, excess, index = latest, excess - count, index + 1
until excess < 0

redis.call('LPUSH', key, counted)
redis.call('PEXPIRE', key, math.ceil(window / 1000))
local reset = math.ceil((window - (now - next)) / 1000)
return { exceeded and 1 or 0, math.max(0, requests - counted), reset, rejected and 1 or 0 }
`;

/** What Redis says about the window of a caller. */
export interface SharedQuota extends Quota {
  /** Whether there was a value that no gateway had written. It was replaced. */
  readonly rejected: boolean;
}

/**
 * Counts a request in the window at a key, which all replicas share.
 *
 * @throws Error if Redis failed
 */
export async function takeShared(
  redis: RedisClient,
  key: string,
  limit: RateLimitOptions,
): Promise<SharedQuota> {
  const { requests, windowS } = limit;
  // EVAL, not EVALSHA: a restarted Redis would have forgotten the hash.
  const reply = await redis.eval(TAKE, 1, key, requests, windowS * 1e6, recordMs(limit) * 1e3, MAX_RECORDS);
  const [exceeded, remaining, resetMs, rejected] = reply as unknown[];
  return {
    exceeded: exceeded === 1,
    remaining: within(remaining, requests),
    resetMs: within(resetMs, windowS * 1000),
    rejected: rejected === 1,
  };
}

/** Redis is not trusted: a caller must not be locked out for longer than the window, whatever it answers. */
function within(value: unknown, max: number): number {
  return Math.min(Math.max(Number(value) || 0, 0), max);
}
