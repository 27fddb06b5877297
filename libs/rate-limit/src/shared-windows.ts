import type { RedisClient } from '@app/redis-store';

import { type Quota, type RateLimitOptions, recordMs } from './caller-window.js';

/**
 * Does in Redis what `CallerWindow.take` does in memory, as one step. The list at KEYS[1] begins with the number of counted
 * requests; the records follow, each as "first latest count".
 *
 * Times are microseconds of Redis' clock: those of the replicas may differ by more than a window. If Redis' clock was set
 * back, records of the future are dropped, since they would count too long.
 *
 * ARGV: requests, window, how close requests must be to share a record. Returns whether the limit is
 * exceeded (0 or 1), the remaining requests, and the milliseconds until there are more.
 */
const TAKE = `
local key, requests, window, together = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function record(index)
  local first, latest, count = string.match(redis.call('LINDEX', key, index) or '', '^(%d+) (%d+) (%d+)$')
  return tonumber(first), tonumber(latest), tonumber(count)
end

local counted = tonumber(redis.call('LPOP', key) or 0)
local first, latest, count = record(-1)
if latest and latest > now then
  redis.call('DEL', key)
  counted = 0
end

first, latest, count = record(0)
while first and now - latest >= window do
  redis.call('LPOP', key)
  counted = counted - count
  first, latest, count = record(0)
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
return { exceeded and 1 or 0, math.max(0, requests - counted), math.ceil((window - (now - next)) / 1000) }
`;

/**
 * Counts a request in the window at a key, which all replicas share.
 *
 * @throws Error if Redis failed
 */
export async function takeShared(redis: RedisClient, key: string, limit: RateLimitOptions): Promise<Quota> {
  // EVAL, not EVALSHA: a restarted Redis would have forgotten the hash.
  const reply = await redis.eval(TAKE, 1, key, limit.requests, limit.windowS * 1e6, recordMs(limit) * 1e3);
  const [exceeded, remaining, resetMs] = reply as [number, number, number];
  return { exceeded: exceeded === 1, remaining, resetMs };
}
