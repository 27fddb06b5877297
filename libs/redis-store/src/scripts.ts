/**
 * Writes the hash at KEYS[1] unless it holds a newer entry of the same format. Any other value is overwritten. With a
 * time to live of 0 the key is deleted. Returns 1 if it has written, else 0.
 *
 * An entry from after the latest credible time does not count as newer, because its writer's clock was wrong.
 *
 * ARGV: format, storedAt (epoch milliseconds), time to live (milliseconds), latest credible time (epoch milliseconds),
 * then the fields and values of the hash.
 */
export const WRITE_UNLESS_NEWER = `
local known = redis.pcall('HMGET', KEYS[1], 'format', 'storedAt')
if not known.err and known[1] == ARGV[1] then
  local storedAt = tonumber(known[2] or nil)
  if storedAt and storedAt > tonumber(ARGV[2]) and storedAt <= tonumber(ARGV[4]) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
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

/**
 * Returns the fields ARGV[3] and following of the hash at KEYS[1], or nothing if it is of the format ARGV[1] and not newer
 * than ARGV[2] (epoch milliseconds).
 */
export const READ_IF_NEWER = `
local known = redis.call('HMGET', KEYS[1], 'format', 'storedAt')
local storedAt = known[1] == ARGV[1] and tonumber(known[2] or nil)
if storedAt and storedAt <= tonumber(ARGV[2]) then return {} end
return redis.call('HMGET', KEYS[1], unpack(ARGV, 3))
`;
