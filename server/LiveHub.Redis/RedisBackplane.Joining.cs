using System.Globalization;
using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <content>Which log it is: to join it, to see that it stays the same, and to begin another.</content>
internal sealed partial class RedisBackplane
{
    /// <summary>Of entries and of the state: an older one is begun anew, a newer one is not understood.</summary>
    private const long Format = 1;

    /// <summary>Makes sure that the log goes on from what this node has, or takes another one over, catches up with it, and can write.</summary>
    /// <exception cref="RedisFaultException">It cannot.</exception>
    private async Task JoinAsync(RedisLink link)
    {
        await MakeGoodAsync(link);
        while (true)
        {
            var state = await LookAsync(link, node: "", shown: default);
            if (state.Format > Format)
            {
                throw new RedisFaultException($"The log under the prefix '{_options.Prefix}' is in format {state.Format}, of a later release of LiveHub: this one reads format {Format}. Deploy that release here, too.");
            }

            if (state.Epoch is null || state.Mode != Mode || state.Format < Format || (state.Epoch != _epoch && IsInLog && state.Head.Offset <= _log.Head.Offset))
            {
                await BeginAsync(link, state.Epoch ?? "", isHistory: false);
            }
            else if (await TryJoinAsync(link, state) is not { } isJoined)
            {
                _logger.LogReplaced(state.Epoch);
                await BeginAsync(link, state.Epoch, isHistory: false);
            }
            else if (isJoined && (await LookAsync(link, Self, shown: default)).Epoch == _epoch)
            {
                // A server that can be read and not be written to would count as heard for ever.
                Hear();
                return;
            }
        }
    }

    /// <returns>Whether it has joined: false where the log was replaced meanwhile, null where this one is spoilt, or does not go on from what this node has.</returns>
    private async Task<bool?> TryJoinAsync(RedisLink link, LogState state)
    {
        try
        {
            // Of another log, nothing is taken up to where this node's readers are: they are to see that they have missed something.
            var isKnown = state.Epoch == _epoch;
            var entries = await link.ReadAsync(isKnown ? _log.Head.Offset + 1 : IsInLog ? _log.Head.Offset + 2 : 0);
            if ((await LookAsync(link, node: "", shown: default)).Epoch != state.Epoch)
            {
                return false;
            }

            if (!isKnown)
            {
                await RememberNodesAsync(link, state);
                Adopt(state, entries);
            }

            return await TryCatchUpAsync(link, state, entries) ? true : null;
        }
        catch (FormatException e)
        {
            _metrics.Failed(Stages.Backplane, e);
            return null;
        }
    }

    /// <summary>What this node could not keep until now is nowhere but in the database: everybody reads it there.</summary>
    private async Task MakeGoodAsync(RedisLink link)
    {
        if (!_outgoing.IsLost)
        {
            return;
        }

        var known = await LookAsync(link, node: "", shown: default);
        if (known.Epoch is not null && (known.Lineage != _lineage || IsStray))
        {
            // It may be the log of another database, whose readers miss nothing: once it is known to be of this one, nothing is sent before this is done.
            return;
        }

        // From here on what is saved is kept: it may be missing in what is read from here on.
        _outgoing.TakeLoss();
        try
        {
            // Where somebody else begins one meanwhile, that is as good: all of it was committed before.
            var state = await LookAsync(link, node: "", shown: default);
            await BeginAsync(link, state.Epoch ?? "", isHistory: false);
        }
        catch
        {
            _outgoing.MarkLoss();
            throw;
        }
    }

    /// <summary>A Redis that lost its data has forgotten the nodes, too. One that has not found the way back yet may be gone before it does, with what it has saved: it is missed all the same.</summary>
    private async Task RememberNodesAsync(RedisLink link, LogState state)
    {
        if (state.Lineage != _lineage && _nodes is { Length: > 0 } nodes)
        {
            await link.CallAsync(Scripts.Remember, [_names.Nodes], [.. nodes.Select(n => (RedisValue)n)]);
        }
    }

    /// <summary>It is a log that this node does not know: what it had goes, and its readers find that out.</summary>
    private void Adopt(LogState state, IReadOnlyList<LogFrame> first)
    {
        _own.Clear();
        if (_lineage != state.Lineage)
        {
            // Somebody may have begun it on another database.
            _accepted.Clear();
            _isUntold = !_seen.IsEmpty;
        }

        _lineage = state.Lineage;
        _epoch = state.Epoch!;
        _log.Restart(BeginOf(state, first));
    }

    /// <summary>Goes on from what this node has.</summary>
    /// <returns>False where the log does not: it was replaced.</returns>
    private async Task<bool> TryCatchUpAsync(RedisLink link, LogState state, IReadOnlyList<LogFrame> entries)
    {
        if (entries.Count == 0)
        {
            return state.Head == _log.Head;
        }

        for (; entries.Count > 0; entries = await link.ReadAsync(_log.Head.Offset + 1))
        {
            if (_log.Head.Offset is var last && entries[0].Position.Offset > last + 1)
            {
                // It was away for longer than the log reaches back, or takes longer to read it than others to trim it.
                _logger.FellOutOfTheLog(last);
                _log.Restart(BeginOf(state, entries));
            }

            foreach (var entry in entries)
            {
                if (!TryTake(entry))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>What the stream's first entry comes after.</summary>
    private static Position BeginOf(LogState state, IReadOnlyList<LogFrame> first)
        => first.Count == 0 ? state.Head : new(first[0].Position.Offset - 1, first[0].PreviousTag);

    private async Task BeatAsync(RedisLink link, ChannelWriter<Look> looks, CancellationToken ending)
    {
        using var timer = new PeriodicTimer(_options.HeartbeatInterval, _time);
        var last = DateTimeOffset.MaxValue;
        DateTimeOffset? since = null;
        do
        {
            var head = _log.Head.Offset;
            var state = await LookAsync(link, Self, shown: default);
            Hear();
            looks.TryWrite(new(state, head));
            _nodes = state.Epoch == _epoch ? [.. state.Nodes.Keys] : _nodes;

            // Where Redis stood still, or this node did, others may find it again only now, as after a lost connection.
            since = state.Now - last > NodeTimeout / 2 ? state.Now : since ?? state.Now;
            last = state.Now;
            if (_foreign is null)
            {
                await MournAsync(link, state, since.Value);
            }
        }
        while (await timer.WaitForNextTickAsync(ending));
    }

    /// <summary>
    /// A node that has gone without a word may have committed what it has not brought into the log, be it for lack of a line or for lack of time: the readers start again from snapshots, which
    /// show it (docs/decisions/0018).
    /// </summary>
    private async Task MournAsync(RedisLink link, LogState state, DateTimeOffset since)
    {
        foreach (var (node, at) in state.Nodes)
        {
            // Who has just found the way back to Redis waits for the others to find it, too.
            if (node != _node && state.Now - (at > since ? at : since) >= NodeTimeout && (string)(await BeginAsync(link, state.Epoch!, isHistory: false, gone: node))! != Scripts.Refused)
            {
                _logger.NodeWasLost(node);
                return;
            }
        }
    }

    private async Task<LogState> LookAsync(RedisLink link, string node, TransactionId shown)
    {
        var state = LogState.Read(await link.CallAsync(Scripts.Look, [_names.State, _names.Nodes], [node, shown.Value.ToString(CultureInfo.InvariantCulture)]));
        Volatile.Write(ref _skew, (state.Now - _time.GetUtcNow()).Ticks);
        _log.RaiseHorizon(state.Horizon);
        if (state.Databases.Count > 0)
        {
            _databases = state.Databases;
        }

        return state;
    }

    /// <summary>Begins another log, unless somebody else was first.</summary>
    private Task<RedisResult> BeginAsync(RedisLink link, string expected, bool isHistory, string gone = "")
        => link.CallAsync(
            Scripts.Begin,
            [_names.State, _names.Log, _names.Changesets, _names.Nodes],
            [
                .. NewLog(expected), isHistory ? "1" : "", gone,
                .. _databases.Values.SelectMany(d => new RedisValue[] { d.Database, d.History, d.Version }),
            ]);

    /// <summary>Whether this node has taken part in a log: its readers stand somewhere in it, be that before the first entry.</summary>
    private bool IsInLog => _epoch.Length > 0;

    private RedisValue[] NewLog(string expected) => [expected, LogMessage.NewEpoch(), LogFrame.Write(RandomTag()), IsInLog ? _log.Head.Offset : -1, Mode, Format, _names.Channel];
}
