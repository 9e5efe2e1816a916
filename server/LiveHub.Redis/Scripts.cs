namespace LiveHub.Redis;

/// <summary>
/// What happens in Redis at once. The log is a stream whose ids are the offsets; the state beside it says which log it is and where it ends. An entry is the tag of the one before it,
/// its own tag, when it came (milliseconds since 1970), the highest version before it, the changeset's id, and the changeset: <see cref="LogFrame"/>. Versions are numbers of Lua, exact below
/// 2^53: a database's log would be 9 petabytes long.
/// </summary>
internal static class Scripts
{
    /// <summary>Answers with <c>0</c> where the log is another one than the caller means.</summary>
    public const string Refused = "0";

    /// <summary>
    /// Appends changesets, drops what is beyond retention, and publishes what is new in one message. A changeset that is there already is left out.
    /// KEYS: state, log, changesets. ARGV: epoch, channel, entries, bytes and milliseconds to keep; then id, tag, database (or empty), version and bytes of each changeset.
    /// </summary>
    public const string Append = """
        local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'tag', 'bytes', 'first', 'firstAt')
        if state[1] ~= ARGV[1] then return 0 end
        local head, tag, bytes, first, firstAt = tonumber(state[2]), state[3], tonumber(state[4]), tonumber(state[5]), tonumber(state[6])
        local maxCount, maxBytes, maxAge = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local at = struct.pack('>I8', now)
        local new, versions = {}, {}
        for i = 6, #ARGV, 5 do
          local offset = string.format('%.0f', head + 1)
          if redis.call('HSETNX', KEYS[3], ARGV[i], offset) == 1 then
            local database, before = ARGV[i + 2], 0
            if database ~= '' then
              before = versions[database] or tonumber(redis.call('HGET', KEYS[1], 'version:' .. database) or '0')
              versions[database] = math.max(before, tonumber(ARGV[i + 3]))
            end
            local frame = tag .. ARGV[i + 1] .. at .. struct.pack('>I8', before) .. ARGV[i] .. ARGV[i + 4]
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
            redis.call('HDEL', KEYS[3], string.sub(frame, 33, 48))
            dropped = dropped + 1
            first, bytes = first + 1, bytes - #frame
            firstAt = struct.unpack('>I8', oldest[dropped + 1][2][2], 17)
          end
          redis.call('XTRIM', KEYS[2], 'MAXLEN', string.format('%.0f', head - first + 1))
          if dropped == 0 then break end
        end
        redis.call('HMSET', KEYS[1], 'head', string.format('%.0f', head), 'tag', tag, 'bytes', string.format('%.0f', bytes),
          'first', string.format('%.0f', first), 'firstAt', string.format('%.0f', firstAt))
        for database, version in pairs(versions) do redis.call('HSET', KEYS[1], 'version:' .. database, string.format('%.0f', version)) end
        redis.call('PUBLISH', ARGV[2], 'E' .. ARGV[1] .. struct.pack('>I8', head - #new / 2 + 1) .. table.concat(new))
        return 1
        """;

    /// <summary>
    /// Begins another log where the caller knows which one there is (empty: none), and, where it is for a node that is gone, nobody else has done so. KEYS: state, log, changesets, nodes. ARGV: the
    /// epoch that there is, the new one, a tag, where the caller stands, the capture mode, whether a database has become another one (1 or empty), channel, the node that is gone (or empty);
    /// then name, history and version of each database that the caller knows, which counts where Redis knows nothing.
    /// </summary>
    public const string Begin = Restart + """
        if (redis.call('HGET', KEYS[1], 'epoch') or '') ~= ARGV[1] then return 0 end
        if ARGV[8] ~= '' and redis.call('HDEL', KEYS[4], ARGV[8]) == 0 then return 0 end
        local lineage = restart(ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6] == '1', ARGV[7])
        for i = 9, #ARGV, 3 do
          redis.call('HSETNX', KEYS[1], 'history:' .. ARGV[i], lineage .. ARGV[i + 1])
          redis.call('HSETNX', KEYS[1], 'version:' .. ARGV[i], ARGV[i + 2])
        end
        return 1
        """;

    /// <summary>
    /// A database was seen. Where the log is of another history of it, another log is begun, once, however many nodes find that out. KEYS: state, log, changesets. ARGV: the epoch that there is, the
    /// new one, a tag, where the caller stands, the capture mode, channel; name, history and version of the database, whether the caller knew it as another (1 or empty), and since which lineage
    /// (or empty).
    /// </summary>
    public const string Observe = Restart + """
        if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
        local history, version = 'history:' .. ARGV[7], 'version:' .. ARGV[7]
        local known = redis.call('HGET', KEYS[1], history)
        local isNoticed = known and ARGV[11] ~= '' and string.sub(known, 1, 16) ~= ARGV[11]
        if known and (string.sub(known, 17) ~= ARGV[8] or (ARGV[10] == '1' and not isNoticed)) then
          local lineage = restart(ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], true, ARGV[6])
          redis.call('HMSET', KEYS[1], history, lineage .. ARGV[8], version, ARGV[9])
        elseif not known then
          redis.call('HSET', KEYS[1], history, redis.call('HGET', KEYS[1], 'lineage') .. ARGV[8])
          if tonumber(ARGV[9]) > tonumber(redis.call('HGET', KEYS[1], version) or '0') then redis.call('HSET', KEYS[1], version, ARGV[9]) end
        end
        return 1
        """;

    /// <summary>A node leaves. KEYS: nodes. ARGV: the node. Returns whether it was there.</summary>
    public const string Leave = "return redis.call('HDEL', KEYS[1], ARGV[1])";

    /// <summary>
    /// Where the log is. KEYS: state, nodes. ARGV: the node that is there (empty: it is not said), a transaction that some snapshot may show everything below. Returns the time, the state's fields with
    /// their values (none where there is no log), and, where a node is named, all nodes with their times.
    /// </summary>
    public const string Look = """
        local time = redis.call('TIME')
        local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
        local horizon = redis.call('HGET', KEYS[1], 'horizon')
        if horizon and tonumber(ARGV[2]) > tonumber(horizon) then redis.call('HSET', KEYS[1], 'horizon', ARGV[2]) end
        local nodes = {}
        if ARGV[1] ~= '' then
          redis.call('HSET', KEYS[2], ARGV[1], now)
          nodes = redis.call('HGETALL', KEYS[2])
        end
        return { now, redis.call('HGETALL', KEYS[1]), nodes }
        """;

    /// <summary>
    /// Begins another log in place of what there is: <c>restart(epoch, tag, where the caller stands, mode, whether the database is another one, channel)</c>. Offsets go on; one is left out, so that
    /// whoever stood at the head sees that it has missed something. Returns the lineage.
    /// </summary>
    private const string Restart = """
        local function restart(epoch, tag, at, mode, isAnother, channel)
          local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'lineage', 'horizon')
          local head = math.max(tonumber(state[2] or '0'), at)
          if state[1] or head > 0 then head = head + 1 end
          local lineage, horizon = state[3], state[4] or '0'
          if not lineage or isAnother then lineage, horizon = epoch, '0' end
          redis.call('DEL', KEYS[2], KEYS[3])
          redis.call('HMSET', KEYS[1], 'epoch', epoch, 'head', string.format('%.0f', head), 'tag', tag, 'bytes', '0',
            'first', string.format('%.0f', head + 1), 'firstAt', '0', 'mode', mode, 'lineage', lineage, 'horizon', horizon)
          redis.call('PUBLISH', channel, 'B' .. epoch)
          return lineage
        end

        """;
}
