/** What BullMQ has no call for; each runs in one piece inside Redis. A lane is given by what its keys begin with. */

/** BullMQ's lowest priority: where a job waits for the moment until it has its place. */
export const LAST = 2 ** 21 - 1;

/**
 * KEYS: the lane's waiting set, the set of lanes. ARGV: ticket, job, the lane's name, where news of lanes are told. Gives a
 * job that BullMQ has just put at the end its place, and tells of it; one that has a place keeps it.
 */
export const PLACE_IN_LINE = `
local score = redis.call('ZSCORE', KEYS[1], ARGV[2])
if score and tonumber(score) >= ${LAST} * 2 ^ 32 then redis.call('ZADD', KEYS[1], 'XX', ARGV[1], ARGV[2]) end
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3])
`;

/** KEYS: lanes. Answers how many jobs wait. */
export const SIZE_OF = `
local size = 0
for _, lane in ipairs(KEYS) do
  size = size + redis.call('ZCARD', lane .. 'prioritized') + redis.call('LLEN', lane .. 'wait')
end
return size
`;

/** KEYS: lanes. Answers which one has the lowest ticket, counted from 1; 0 if nobody waits. What is handed out again comes first. */
export const FIRST_OF = `
local first, lowest = 0, math.huge
for at, lane in ipairs(KEYS) do
  if redis.call('LLEN', lane .. 'wait') > 0 then return at end
  local ticket = tonumber(redis.call('ZRANGE', lane .. 'prioritized', 0, 0, 'WITHSCORES')[2])
  if ticket and ticket < lowest then first, lowest = at, ticket end
end
return first
`;

/** KEYS: lanes. ARGV: ticket and job, again and again. */
export const MOVE_IN_LINE = `
for at = 1, #ARGV, 2 do
  for _, lane in ipairs(KEYS) do
    local waiting = lane .. 'prioritized'
    if redis.call('ZSCORE', waiting, ARGV[at + 1]) then
      redis.call('ZADD', waiting, 'XX', ARGV[at], ARGV[at + 1])
      redis.call('HSET', lane .. ARGV[at + 1], 'data', ARGV[at])
    end
  end
end
`;

/** KEYS: lanes. ARGV: jobs. Answers those that no lane knows. */
export const MISSING_IN = `
local missing = {}
for _, job in ipairs(ARGV) do
  local known = false
  for _, lane in ipairs(KEYS) do known = known or redis.call('EXISTS', lane .. job) == 1 end
  if not known then missing[#missing + 1] = job end
end
return missing
`;

/** KEYS: lanes. ARGV: jobs. Answers each one's place, 0 for one that does not wait. Those handed out again come first. */
export const PLACES_OF = `
local function placeOf(job)
  local ahead = 0
  for _, lane in ipairs(KEYS) do
    local length = redis.call('LLEN', lane .. 'wait')
    local index = length > 0 and redis.call('LPOS', lane .. 'wait', job)
    if index then return ahead + length - index end
    ahead = ahead + length
  end
  for _, lane in ipairs(KEYS) do
    local ticket = redis.call('ZSCORE', lane .. 'prioritized', job)
    if ticket then
      for _, other in ipairs(KEYS) do
        ahead = ahead + redis.call('ZCOUNT', other .. 'prioritized', '-inf', '(' .. ticket)
      end
      return ahead + 1
    end
  end
  return 0
end
local places = {}
for at, job in ipairs(ARGV) do places[at] = placeOf(job) end
return places
`;
