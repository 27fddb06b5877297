/**
 * Writes the hash at KEYS[1] unless it holds a newer entry of the same format, and answers whether it did. Anything
 * else under that key is overwritten. A time to live of 0 or less leaves nothing there.
 *
 * An entry that claims to be later than the latest credible time does not count as newer.
 *
 * ARGV: format, storedAt (epoch milliseconds), time to live (milliseconds), latest credible time (epoch milliseconds),
 * then the hash's fields and values.
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

/** Deletes the lock KEYS[1] if it still holds the token ARGV[1]: it may have expired and be another's by now. */
export const RELEASE_IF_OURS = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;
