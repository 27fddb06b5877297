// Each script uses one key, so all of them work in a cluster.

/**
 * Returns the value at KEYS[1]; its length if it is longer than ARGV[1] bytes, because a huge value that was planted must not
 * reach the gateway; nothing if it is of the format ARGV[2] and not newer than ARGV[3] (epoch milliseconds).
 */
export const READ_IF_NEWER = `
local length = redis.call('STRLEN', KEYS[1])
if length > tonumber(ARGV[1]) then return length end
local format, time = string.match(redis.call('GETRANGE', KEYS[1], 0, 63), '^(%d+) ([%d.]+) ')
local storedAt = format == ARGV[2] and tonumber(time)
if storedAt and storedAt <= tonumber(ARGV[3]) then return false end
return redis.call('GET', KEYS[1])
`;

/**
 * Writes the value at KEYS[1] unless there is a newer entry of the same format. Any other value is overwritten. With a
 * time to live of 0 the key is deleted. Returns 1 if it has written, else 0.
 *
 * An entry from after the latest credible time does not count as newer, because its writer's clock was wrong.
 *
 * ARGV: format, storedAt (epoch milliseconds), time to live (milliseconds), latest credible time (epoch milliseconds),
 * value.
 */
export const WRITE_UNLESS_NEWER = `
local known = redis.pcall('GETRANGE', KEYS[1], 0, 63)
if type(known) == 'table' then
  if not string.find(known.err, 'WRONGTYPE', 1, true) then return known end
else
  local format, time = string.match(known, '^(%d+) ([%d.]+) ')
  local storedAt = format == ARGV[1] and tonumber(time)
  if storedAt and storedAt > tonumber(ARGV[2]) and storedAt <= tonumber(ARGV[4]) then return 0 end
end
if tonumber(ARGV[3]) > 0 then
  redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1
`;

/**
 * Locks KEYS[1] with the token ARGV[1] for ARGV[2] milliseconds, unless it is locked. No gateway locks a key for longer, so a
 * value that would outlast that was planted, and is replaced. Returns 0 if the key is locked, 1 if it was free, and 2 if a
 * value was replaced.
 */
export const LOCK = `
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 1 end
local left = redis.call('PTTL', KEYS[1])
if left >= 0 and left <= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 2
`;

/** Deletes the lock at KEYS[1] if it still holds the token ARGV[1]. The lock may have expired and have a new owner. */
export const RELEASE_IF_OURS = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/** Lets the lock at KEYS[1] expire after ARGV[2] milliseconds, if it still holds the token ARGV[1]. */
export const RENEW_IF_OURS = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`;
