/** What BullMQ has no call for; each runs in one piece inside Redis. A lane is given by what its keys begin with. */

/** KEYS: the lane's waiting set, the set of lanes. ARGV: ticket, job, the lane's name. Gives a job that BullMQ has just put at the end its place. */
export const PLACE_IN_LINE = `
redis.call('ZADD', KEYS[1], 'XX', 'LT', ARGV[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
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
