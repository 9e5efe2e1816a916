namespace LiveHub.Redis;

/// <summary>
/// What happens in Redis at once. The log is a stream whose ids are the offsets; the state beside it says which log it is and where it ends. An entry is the tag of the one before it,
/// its own tag, when it came (milliseconds since 1970), the changeset's id, and the changeset: <see cref="LogFrame"/>.
/// </summary>
internal static class Scripts
{
    /// <summary>Answers with <c>0</c> where the log is another one than the caller means.</summary>
    public const string Refused = "0";

    /// <summary>
    /// Appends changesets, drops what is beyond retention, and publishes what is new in one message. A changeset that is there already is left out.
    /// KEYS: state, log, changesets. ARGV: epoch, channel, entries, bytes and milliseconds to keep; then id, tag and bytes of each changeset.
    /// </summary>
    public const string Append = """
        local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'tag', 'bytes', 'first', 'firstAt')
        if state[1] ~= ARGV[1] then return 0 end
        local head, tag, bytes, first, firstAt = tonumber(state[2]), state[3], tonumber(state[4]), tonumber(state[5]), tonumber(state[6])
        local maxCount, maxBytes, maxAge = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local at = struct.pack('>I8', now)
        local new = {}
        for i = 6, #ARGV, 3 do
          local offset = string.format('%.0f', head + 1)
          if redis.call('HSETNX', KEYS[3], ARGV[i], offset) == 1 then
            local frame = tag .. ARGV[i + 1] .. at .. ARGV[i] .. ARGV[i + 2]
            redis.call('XADD', KEYS[2], offset .. '-0', 'e', frame)
            if first > head then firstAt = now end
            head, tag, bytes = head + 1, ARGV[i + 1], bytes + #frame
            new[#new + 1] = struct.pack('>I4', #frame)
            new[#new + 1] = frame
          end
        end
        if #new == 0 then return 1 end
        local function isOver()
          local count = head - first + 1
          return count > 1 and (count > maxCount or bytes > maxBytes or now - firstAt > maxAge)
        end
        while isOver() do
          local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 33)
          local dropped = 0
          while isOver() and dropped + 1 < #oldest do
            local frame = oldest[dropped + 1][2][2]
            redis.call('HDEL', KEYS[3], string.sub(frame, 25, 40))
            dropped = dropped + 1
            first, bytes = first + 1, bytes - #frame
            firstAt = struct.unpack('>I8', oldest[dropped + 1][2][2], 17)
          end
          redis.call('XTRIM', KEYS[2], 'MAXLEN', string.format('%.0f', head - first + 1))
          if dropped == 0 then break end
        end
        redis.call('HMSET', KEYS[1], 'head', string.format('%.0f', head), 'tag', tag, 'bytes', string.format('%.0f', bytes),
          'first', string.format('%.0f', first), 'firstAt', string.format('%.0f', firstAt))
        redis.call('PUBLISH', ARGV[2], 'E' .. ARGV[1] .. struct.pack('>I8', head - #new / 2 + 1) .. table.concat(new))
        return 1
        """;

    /// <summary>
    /// Begins another log where the caller knows which one there is (empty: none), and, where it is for a node that is gone, nobody else has done so. Offsets go on; one is left out, so that whoever stood at the head sees that it has missed something. KEYS: state, log, changesets, nodes. ARGV: the epoch that there is, the new one, a tag, where the caller stands, the capture mode, whether the database's
    /// history is another one (1 or empty), channel, the node that is gone (or empty).
    /// </summary>
    public const string Begin = """
        local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'lineage', 'horizon')
        if (state[1] or '') ~= ARGV[1] then return 0 end
        if ARGV[8] ~= '' and redis.call('HDEL', KEYS[4], ARGV[8]) == 0 then return 0 end
        local head = math.max(tonumber(state[2] or '0'), tonumber(ARGV[4]))
        if state[1] or head > 0 then head = head + 1 end
        local lineage = state[3]
        local horizon = state[4] or '0'
        if not lineage or ARGV[6] == '1' then lineage, horizon = ARGV[2], '0' end
        redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
        redis.call('HMSET', KEYS[1], 'epoch', ARGV[2], 'head', string.format('%.0f', head), 'tag', ARGV[3], 'bytes', '0',
          'first', string.format('%.0f', head + 1), 'firstAt', '0', 'mode', ARGV[5], 'lineage', lineage, 'horizon', horizon)
        redis.call('PUBLISH', ARGV[7], 'B' .. ARGV[2])
        return 1
        """;

    /// <summary>A node leaves. KEYS: nodes. ARGV: the node. Returns whether it was there.</summary>
    public const string Leave = "return redis.call('HDEL', KEYS[1], ARGV[1])";

    /// <summary>
    /// Where the log is. KEYS: state, nodes. ARGV: the node that is there (empty: it is not said), a transaction that some snapshot may show everything below. Returns the time, epoch, head, tag,
    /// lineage, mode and horizon (nil where there is no log), and, where a node is named, all nodes with their times.
    /// </summary>
    public const string Look = """
        local time = redis.call('TIME')
        local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
        local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'tag', 'lineage', 'mode', 'horizon')
        if state[1] and tonumber(ARGV[2]) > tonumber(state[6]) then
          redis.call('HSET', KEYS[1], 'horizon', ARGV[2])
          state[6] = ARGV[2]
        end
        local nodes = {}
        if ARGV[1] ~= '' then
          redis.call('HSET', KEYS[2], ARGV[1], now)
          nodes = redis.call('HGETALL', KEYS[2])
        end
        return { now, state[1], state[2], state[3], state[4], state[5], state[6], nodes }
        """;
}
