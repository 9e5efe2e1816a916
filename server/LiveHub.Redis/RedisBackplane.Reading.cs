using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;

namespace LiveHub.Redis;

/// <content>The way of entries from Redis to this node's copy of the log.</content>
internal sealed partial class RedisBackplane
{
    /// <summary>Makes sure that the log goes on from what this node has, or takes another one over, and catches up with it.</summary>
    private async Task JoinAsync(RedisLink link)
    {
        await MakeGoodAsync(link);
        while (true)
        {
            var state = await LookAsync(link, node: "", shown: default);
            if (state.Epoch is null || state.Mode != Mode || (state.Epoch != _epoch && state.Head.Offset <= _log.Head.Offset && _log.Head.Offset > 0))
            {
                await BeginAsync(link, state.Epoch ?? "", isHistory: false);
            }
            else if (await TryReadAsync(link, state, from: state.Epoch == _epoch ? _log.Head.Offset + 1 : 0) is { } entries)
            {
                if (state.Epoch != _epoch)
                {
                    Adopt(state, entries);
                }

                if (await TryCatchUpAsync(link, state, entries))
                {
                    return;
                }

                _logger.LogReplaced(_epoch);
                await BeginAsync(link, _epoch, isHistory: false);
            }
        }
    }

    /// <summary>What this node could not keep until now is nowhere but in the database: everybody reads it there.</summary>
    private async Task MakeGoodAsync(RedisLink link)
    {
        // From here on what is saved is kept: it may be missing in what is read from here on.
        if (!_outgoing.TakeLoss())
        {
            return;
        }

        try
        {
            var state = await LookAsync(link, node: "", shown: default);
            await BeginAsync(link, state.Epoch ?? "", isHistory: false);
        }
        catch
        {
            _outgoing.MarkLoss();
            throw;
        }
    }

    /// <returns>The first entries from an offset on; null where the log was replaced meanwhile.</returns>
    private async Task<IReadOnlyList<LogFrame>?> TryReadAsync(RedisLink link, LogState state, long from)
    {
        var entries = await link.ReadAsync(from, Page);
        return (await LookAsync(link, node: "", shown: default)).Epoch == state.Epoch ? entries : null;
    }

    /// <summary>It is a log that this node does not know: what it had goes, and its readers find that out.</summary>
    private void Adopt(LogState state, IReadOnlyList<LogFrame> first)
    {
        _own.Clear();
        _lineage = state.Lineage;
        _epoch = state.Epoch!;
        _log.Restart(BeginOf(state, first));
    }

    /// <summary>Goes on from what this node has.</summary>
    /// <returns>False where the log does not: it was replaced.</returns>
    private async Task<bool> TryCatchUpAsync(RedisLink link, LogState state, IReadOnlyList<LogFrame> entries)
    {
        var last = _log.Head;
        if (entries.Count == 0)
        {
            return state.Head == last;
        }

        if (entries[0].Position.Offset > last.Offset + 1)
        {
            // It was away for longer than the log reaches back.
            _logger.FellOutOfTheLog(last.Offset);
            _log.Restart(BeginOf(state, entries));
        }

        return await CatchUpAsync(link, entries);
    }

    /// <summary>What the stream's first entry comes after.</summary>
    private static Position BeginOf(LogState state, IReadOnlyList<LogFrame> first)
        => first.Count == 0 ? state.Head : new(first[0].Position.Offset - 1, first[0].PreviousTag);

    /// <summary>Takes entries in, and what comes after them in the stream.</summary>
    /// <returns>False where one does not follow what this node has.</returns>
    private async Task<bool> CatchUpAsync(RedisLink link, IReadOnlyList<LogFrame> entries)
    {
        while (entries.Count > 0)
        {
            foreach (var entry in entries)
            {
                if (!TryTake(entry))
                {
                    return false;
                }
            }

            entries = entries.Count < Page ? [] : await link.ReadAsync(_log.Head.Offset + 1, Page);
        }

        return true;
    }

    /// <summary>Takes what comes over the channel, in the order of the log. What has not come in the time in which deliveries may be out of order is read from the stream.</summary>
    private async Task ListenAsync(RedisLink link, ChannelReader<Look> looks, CancellationToken ending)
    {
        var early = new SortedDictionary<long, LogFrame>();
        var expected = 0L;
        long? missingSince = null;
        var message = link.Messages.WaitToReadAsync(ending).AsTask();
        var look = looks.WaitToReadAsync(ending).AsTask();
        while (true)
        {
            while (link.Messages.TryRead(out var bytes))
            {
                Hear();
                Take(LogMessage.Read(bytes), early);
            }

            while (looks.TryRead(out var looked))
            {
                Check(looked);
                expected = looked.State.Head.Offset;
            }

            var isMissing = early.Count > 0 || expected > _log.Head.Offset;
            missingSince = !isMissing ? null : missingSince ?? _time.GetTimestamp();
            if (missingSince is { } since && _time.GetElapsedTime(since) >= Window)
            {
                await FillAsync(link, early);
                missingSince = null;
                continue;
            }

            if (isMissing)
            {
                await Task.WhenAny(message, look, Task.Delay(Window, _time, ending));
            }
            else
            {
                await Task.WhenAny(message, look);
            }

            message = await IsReadyAsync(message) ? link.Messages.WaitToReadAsync(ending).AsTask() : message;
            look = await IsReadyAsync(look) ? looks.WaitToReadAsync(ending).AsTask() : look;
        }
    }

    /// <summary>Whether something may be read. Fails where nothing more comes.</summary>
    private static async ValueTask<bool> IsReadyAsync(Task<bool> waiting)
        => waiting.IsCompleted && (await waiting ? true : throw new RedisFaultException("The connection has ended."));

    private void Take(LogMessage? message, SortedDictionary<long, LogFrame> early)
    {
        switch (message)
        {
            case LogMessage.Begun { Epoch: var epoch } when epoch != _epoch:
                throw new RedisFaultException("Another log was begun.");
            case LogMessage.Entries { Epoch: var epoch, Frames: var frames } when epoch == _epoch:
                foreach (var frame in frames)
                {
                    early[frame.Position.Offset] = frame;
                }

                TakeEarly(early);
                break;
        }
    }

    private void TakeEarly(SortedDictionary<long, LogFrame> early)
    {
        while (early.Count > 0)
        {
            var (offset, frame) = early.First();
            if (offset > _log.Head.Offset + 1)
            {
                return;
            }

            early.Remove(offset);
            if (!TryTake(frame))
            {
                throw Replaced();
            }
        }
    }

    /// <summary>Whether the log is still the one that this node knows.</summary>
    private void Check(Look look)
    {
        var (state, headBefore) = look;
        if (state.Epoch != _epoch)
        {
            throw new RedisFaultException("The log is another one.");
        }

        if (state.Head.Offset < headBefore || (_log.TagAt(state.Head.Offset) is { } tag && tag != state.Head.Tag))
        {
            throw Replaced();
        }
    }

    private async Task FillAsync(RedisLink link, SortedDictionary<long, LogFrame> early)
    {
        var through = early.Count > 0 ? early.First().Key : long.MaxValue;
        var entries = (await link.ReadAsync(_log.Head.Offset + 1, Page)).TakeWhile(e => e.Position.Offset < through).ToList();
        foreach (var entry in entries)
        {
            if (!TryTake(entry))
            {
                throw Replaced();
            }
        }

        _metrics.Filled(entries.Count);
        TakeEarly(early);
        if (entries.Count == 0 && early.Count > 0)
        {
            // What is missing is no longer in the stream.
            throw new RedisFaultException($"The entry after offset {_log.Head.Offset} is missing.");
        }
    }

    /// <summary>Takes the next entry in. One that this node has already changes nothing.</summary>
    /// <returns>False where it does not follow what this node has, or is another one than this node has there.</returns>
    private bool TryTake(LogFrame frame)
    {
        var last = _log.Head;
        if (frame.Position.Offset <= last.Offset)
        {
            return _log.TagAt(frame.Position.Offset) is not { } tag || tag == frame.Position.Tag;
        }

        if (frame.Position.Offset != last.Offset + 1 || frame.PreviousTag != last.Tag)
        {
            return false;
        }

        _log.Add(_own.TryRemove(frame.Id, out var own) ? own : Read(frame), frame.Position.Tag, frame.At, frame.VersionBefore);
        return true;
    }

    private Changeset Read(LogFrame frame)
    {
        try
        {
            return _codec.Read(frame.Changeset.Span);
        }
        catch (Exception e)
        {
            _logger.EntryUnreadable(frame.Position.Offset, e);
            _metrics.Failed(Stages.Backplane, e);
            return new(frame.Id, Transaction: null, [], [.. _model.Entities.Select(Invalidation.Of)], SizeBytes: 64);
        }
    }

    private static RedisFaultException Replaced() => new("The log does not go on from what this node has.");

    /// <param name="State">What Redis said.</param>
    /// <param name="HeadBefore">What this node had before it asked.</param>
    private sealed record Look(LogState State, long HeadBefore);
}
