using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;

namespace LiveHub.Redis;

/// <content>The way of entries from Redis to this node's copy of the log.</content>
internal sealed partial class RedisBackplane
{
    /// <summary>After so many times that something was missing, and nothing had come over the channel meanwhile, the channel is not heard.</summary>
    private const int MaxDeafFills = 3;

    /// <summary>Takes what comes over the channel, in the order of the log. What has not come in the time in which deliveries may be out of order is read from the stream.</summary>
    private async Task ListenAsync(RedisLink link, ChannelReader<Look> looks, CancellationToken ending)
    {
        var early = new SortedDictionary<long, LogFrame>();
        var (expected, announced) = (0L, 0L);
        long? missingSince = null;
        var deafFills = 0;
        var more = link.WaitToReadAsync(ending).AsTask();
        var look = looks.WaitToReadAsync(ending).AsTask();
        while (true)
        {
            while (link.TryRead(out var bytes))
            {
                deafFills = 0;
                var message = LogMessage.Read(bytes);
                Take(message, early);
                if (message is LogMessage.Grown { Epoch: var epoch, Head: var grown } && epoch == _epoch)
                {
                    announced = Math.Max(announced, grown);
                }
            }

            while (looks.TryRead(out var looked))
            {
                Check(looked);
                expected = looked.State.Head.Offset;
            }

            var isAnnounced = announced > _log.Head.Offset;
            var isMissing = isAnnounced || early.Count > 0 || expected > _log.Head.Offset;
            missingSince = !isMissing ? null : missingSince ?? _time.GetTimestamp();
            if (isMissing && (isAnnounced || _time.GetElapsedTime(missingSince!.Value) >= Window))
            {
                if (!isAnnounced && ++deafFills > MaxDeafFills)
                {
                    throw new RedisFaultException("Nothing comes over the channel.");
                }

                await FillAsync(link, early, isHole: !isAnnounced);
                missingSince = null;
                continue;
            }

            if (isMissing)
            {
                await Task.WhenAny(more, look, Task.Delay(Window, _time, ending));
            }
            else
            {
                await Task.WhenAny(more, look);
            }

            more = await IsReadyAsync(more) ? link.WaitToReadAsync(ending).AsTask() : more;
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
                throw new AnotherLogException("Another log was begun.");
            case LogMessage.Ask:
                Ask();
                break;
            case LogMessage.Entries { Epoch: var epoch, Frames: var frames } when epoch == _epoch:
                foreach (var frame in frames)
                {
                    if (frame.Position.Offset > _log.Head.Offset + 1)
                    {
                        early[frame.Position.Offset] = frame;
                    }
                    else if (!TryTake(frame))
                    {
                        throw Replaced();
                    }
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
            throw new AnotherLogException("The log is another one.");
        }

        if (state.Head.Offset < headBefore || (_log.TagAt(state.Head.Offset) is { } tag && tag != state.Head.Tag))
        {
            throw Replaced();
        }
    }

    /// <param name="isHole">It should have come over the channel.</param>
    private async Task FillAsync(RedisLink link, SortedDictionary<long, LogFrame> early, bool isHole)
    {
        var through = early.Count > 0 ? early.First().Key : long.MaxValue;
        var entries = (await link.ReadAsync(_log.Head.Offset + 1)).TakeWhile(e => e.Position.Offset < through).ToList();
        foreach (var entry in entries)
        {
            if (!TryTake(entry))
            {
                throw Replaced();
            }
        }

        _metrics.Filled(isHole ? entries.Count : 0);
        TakeEarly(early);
        if (entries.Count == 0)
        {
            // What is missing is no longer in the stream.
            throw new AnotherLogException($"The entry after offset {_log.Head.Offset} is missing.");
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

        _log.Add(_own.TryRemove(frame.Id, out var own) ? own : Read(frame), frame.Position.Tag, frame.At - Skew, frame.VersionBefore);
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

    private static AnotherLogException Replaced() => new("The log does not go on from what this node has.");

    /// <param name="State">What Redis said.</param>
    /// <param name="HeadBefore">What this node had before it asked.</param>
    private sealed record Look(LogState State, long HeadBefore);
}
