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

    /// <summary>Answers with <c>2</c> where the log cannot go on: somebody else has written into it, or nodes on another database are using it.</summary>
    public const string Impossible = "2";

    /// <summary>
    /// Appends changesets, drops what is beyond retention, and publishes what is new in one message, or, where that is much, that there is something. A changeset that is there already is left out.
    /// KEYS: state, log, changesets. ARGV: epoch, channel, entries, bytes and milliseconds to keep; the field with the highest version of the database of all of them (or empty); then id, tag, version
    /// and bytes of each changeset.
    /// </summary>
    public const string Append = """
        local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'tag', 'bytes', 'first', 'firstAt', ARGV[6])
        if state[1] ~= ARGV[1] then return 0 end
        local head, tag, bytes, first, firstAt = tonumber(state[2]), state[3], tonumber(state[4]), tonumber(state[5]), tonumber(state[6])
        local maxCount, maxBytes, maxAge = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local at = struct.pack('>I8', now)
        local new, version = {}, tonumber(state[7] or '0')
        for i = 7, #ARGV, 4 do
          local offset = string.format('%.0f', head + 1)
          if redis.call('HSETNX', KEYS[3], ARGV[i], offset) == 1 then
            local frame = tag .. ARGV[i + 1] .. at .. struct.pack('>I8', ARGV[6] ~= '' and version or 0) .. ARGV[i] .. ARGV[i + 3]
            local added = redis.pcall('XADD', KEYS[2], offset .. '-0', 'e', frame)
            if type(added) == 'table' and added.err then
              redis.call('HDEL', KEYS[3], ARGV[i])
              if string.find(added.err, 'equal or smaller', 1, true) or string.find(added.err, 'WRONGTYPE', 1, true) then return 2 end
              return added
            end
            version = math.max(version, tonumber(ARGV[i + 2]))
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
        local page = #new / 2 + 1
        while isOver() do
          local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', math.min(page, 33))
          page = 2 * page
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
          'first', string.format('%.0f', first), 'firstAt', string.format('%.0f', firstAt), unpack(ARGV[6] ~= '' and { ARGV[6], string.format('%.0f', version) } or {}))
        local entries = table.concat(new)
        if #entries <= 1048576 then
          redis.call('PUBLISH', ARGV[2], 'E' .. ARGV[1] .. struct.pack('>I8', head - #new / 2 + 1) .. entries)
        else
          redis.call('PUBLISH', ARGV[2], 'L' .. ARGV[1] .. struct.pack('>I8', head))
        end
        return 1
        """;

    /// <summary>
    /// Begins another log where the caller knows which one there is (empty: none), and, where it is for a node that is gone, nobody else has done so. KEYS: state, log, changesets, nodes. ARGV: the
    /// epoch that there is, the new one, a tag, where the caller stands, capture mode, format, channel; whether a database has become another one (1 or empty), the node that is gone (or empty);
    /// then name, history and version of each database that the caller knows, which counts where Redis knows nothing.
    /// </summary>
    public const string Begin = Restart + """
        if (redis.call('HGET', KEYS[1], 'epoch') or '') ~= ARGV[1] then return 0 end
        if ARGV[9] ~= '' and redis.call('HDEL', KEYS[4], ARGV[9]) == 0 then return 0 end
        local lineage = restart(ARGV[8] == '1')
        for i = 10, #ARGV, 3 do
          redis.call('HSETNX', KEYS[1], 'history:' .. ARGV[i], lineage .. ARGV[i + 1])
          redis.call('HSETNX', KEYS[1], 'version:' .. ARGV[i], ARGV[i + 2])
        end
        return 1
        """;

    /// <summary>
    /// A database was seen. Where the log is of another history of it, another log is begun, once, however many nodes find that out. A node that has just come must not: as long as others are there
    /// whose database it is, they are asked. KEYS: state, log, changesets, nodes. ARGV: the epoch that there is, the new one, a tag, where the caller stands, capture mode, format, channel; name, history and version of the
    /// database, whether the caller knew it as another (1 or empty), since which lineage (or empty), the node, whether it has just come (1 or empty), for how many milliseconds another one counts as
    /// being there.
    /// </summary>
    public const string Observe = Restart + """
        if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
        local history, version = 'history:' .. ARGV[8], 'version:' .. ARGV[8]
        local known = redis.call('HGET', KEYS[1], history)
        local isNoticed = known and ARGV[12] ~= '' and string.sub(known, 1, 16) ~= ARGV[12]
        local isOther = known and string.sub(known, 17) ~= ARGV[9]
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        if isOther and ARGV[14] == '1' then
          local nodes = redis.call('HGETALL', KEYS[4])
          for i = 1, #nodes, 2 do
            local at = string.match(nodes[i + 1], '^(%d+)%+$')
            if nodes[i] ~= ARGV[13] and at and now - tonumber(at) < tonumber(ARGV[15]) then
              redis.call('PUBLISH', ARGV[7], 'A')
              return 2
            end
          end
        end
        if isOther or (known and ARGV[11] == '1' and not isNoticed) then
          local lineage = restart(true)
          redis.call('HMSET', KEYS[1], history, lineage .. ARGV[9], version, ARGV[10])
        elseif not known then
          redis.call('HSET', KEYS[1], history, redis.call('HGET', KEYS[1], 'lineage') .. ARGV[9])
          if tonumber(ARGV[10]) > tonumber(redis.call('HGET', KEYS[1], version) or '0') then redis.call('HSET', KEYS[1], version, ARGV[10]) end
        end
        redis.call('HSET', KEYS[4], ARGV[13], string.format('%.0f', now) .. '+')
        return 1
        """;

    /// <summary>A node leaves. KEYS: nodes. ARGV: the node. Returns whether it was there.</summary>
    public const string Leave = "return redis.call('HDEL', KEYS[1], ARGV[1])";

    /// <summary>Nodes that may be there, and are taken for gone unless they say that they are. KEYS: nodes. ARGV: the nodes.</summary>
    public const string Remember = """
        local time = redis.call('TIME')
        local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
        for _, node in ipairs(ARGV) do redis.call('HSETNX', KEYS[1], node, now) end
        return 1
        """;

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
          redis.call('HSET', KEYS[2], ARGV[1], now .. string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '%+?$'))
          nodes = redis.call('HGETALL', KEYS[2])
        end
        return { now, redis.call('HGETALL', KEYS[1]), nodes }
        """;

    /// <summary>The first entries from an offset on, ids and frames in turn. KEYS: log. ARGV: offset, how many entries at most, how many bytes, of which the last entry may have more.</summary>
    public const string Read = """
        local entries, bytes, from = {}, 0, ARGV[1] .. '-0'
        while true do
          local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 8)
          for i = 1, #page do
            entries[#entries + 1] = page[i][1]
            entries[#entries + 1] = page[i][2][2]
            bytes = bytes + #page[i][2][2]
            if #entries >= 2 * tonumber(ARGV[2]) or bytes >= tonumber(ARGV[3]) then return entries end
          end
          if #page < 8 then return entries end
          from = string.format('%.0f', tonumber(string.match(page[8][1], '^%d+')) + 1) .. '-0'
        end
        """;

    /// <summary>
    /// Begins another log in place of what there is, as ARGV 2 to 7 of its callers say. Offsets go on; one is left out, so that whoever stood at the head sees that it has missed something (-1: the caller stands nowhere).
    /// In another lineage, no node has said yet that its databases are those of the log: a plus behind its time. Returns the lineage.
    /// </summary>
    private const string Restart = """
        local function restart(isAnother)
          local epoch = ARGV[2]
          local state = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'lineage', 'horizon')
          local head = math.max(tonumber(state[2] or '-1'), tonumber(ARGV[4])) + 1
          local lineage, horizon = state[3], state[4] or '0'
          if not lineage or isAnother then lineage, horizon = epoch, '0' end
          if lineage == epoch then
            local nodes = redis.call('HGETALL', KEYS[4])
            for i = 1, #nodes, 2 do redis.call('HSET', KEYS[4], nodes[i], string.match(nodes[i + 1], '^%d+')) end
          end
          redis.call('DEL', KEYS[2], KEYS[3])
          redis.call('HMSET', KEYS[1], 'epoch', epoch, 'head', string.format('%.0f', head), 'tag', ARGV[3], 'bytes', '0',
            'first', string.format('%.0f', head + 1), 'firstAt', '0', 'mode', ARGV[5], 'format', ARGV[6], 'lineage', lineage, 'horizon', horizon)
          redis.call('PUBLISH', ARGV[7], 'B' .. epoch)
          return lineage
        end

        """;
}
