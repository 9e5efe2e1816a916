using System.Buffers;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <content>The way of what this node saves into the log: one call for all that waits, and the next when that is answered.</content>
internal sealed partial class RedisBackplane
{
    /// <summary>More than this is no changeset to send around: its rows are read again.</summary>
    private const int MaxChangesetBytes = 16 << 20;

    /// <summary>Which database this is, is asked once a heartbeat.</summary>
    private const int TriesUntilSaid = 4;

    private async Task SendAsync(RedisLink link, CancellationToken ending)
    {
        // What was sent over another link is read from its bytes, should it still come.
        _own.Clear();
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var database in _seen.Keys.Where(database => !_accepted.Contains(database)))
        {
            await TellAsync(link, database, ending);
        }

        _isUntold = false;
        while (true)
        {
            ending.ThrowIfCancellationRequested();
            var batch = await _outgoing.PeekAsync(MaxBatch, MaxBatchBytes, ending);
            if (batch[0].Changeset is null)
            {
                if (batch[0].Sighting is { Database.Database: var seen })
                {
                    await TellAsync(link, seen, ending);
                    _outgoing.Sent([batch[0]]);
                }
                else if ((string)(await BeginAsync(link, _epoch, isHistory: true))! != Scripts.Refused)
                {
                    _outgoing.Sent([batch[0]]);
                }

                await CheckEpochAsync(link);
                continue;
            }

            // Those of one database: it is nearly always all of them.
            var database = batch.Select(NameOf).FirstOrDefault(name => name is not null);
            var changesets = batch.TakeWhile(o => o.Changeset is not null && (NameOf(o) ?? database) == database).ToList();
            var values = new List<RedisValue>(6 + (4 * changesets.Count))
            {
                _epoch, _names.Channel, _retention.Count, _retention.Bytes, (long)_retention.Age.TotalMilliseconds, database is null ? "" : LogState.Version + database,
            };
            foreach (var outgoing in changesets)
            {
                var changeset = outgoing.Lineage == _lineage ? outgoing.Changeset! : outgoing.Changeset!.Doubted();
                buffer.ResetWrittenCount();
                _own[changeset.Id] = changeset = Write(changeset, buffer);
                values.Add(LogFrame.Write(changeset.Id));
                values.Add(LogFrame.Write(outgoing.Tag));
                values.Add(changeset.Changes is [var first, ..] ? first.Version : 0);
                values.Add(buffer.WrittenSpan.ToArray());
            }

            var answer = await link.CallAsync(Scripts.Append, [_names.State, _names.Log, _names.Changesets], [.. values]);
            switch ((string)answer!)
            {
                case Scripts.Refused:
                    throw new AnotherLogException("The log is another one.");
                case Scripts.Impossible:
                    _logger.LogReplaced(_epoch);
                    await BeginAsync(link, _epoch, isHistory: false);
                    throw new AnotherLogException("Somebody else has written into the log.");
            }

            _outgoing.Sent(changesets);
        }
    }

    /// <summary>Tells what was seen of a database last, and again until that is good: meanwhile, it may be seen anew.</summary>
    private async Task TellAsync(RedisLink link, string database, CancellationToken ending)
    {
        for (var tries = 1; ; tries++)
        {
            var sighting = _seen[database];
            var (seen, isAnother) = (sighting.Database, sighting.IsAnother);
            var answer = (string)(await link.CallAsync(
                Scripts.Observe,
                [_names.State, _names.Log, _names.Changesets, _names.Nodes],
                [
                    .. NewLog(_epoch), seen.Database, seen.History, seen.Version, isAnother ? "1" : "", seen.Lineage, _node, _accepted.Contains(database) ? "" : "1",
                    (long)Silence.TotalMilliseconds,
                ]))!;
            switch (answer)
            {
                case Scripts.Impossible:
                    await StrayAsync(link, seen, isSaid: tries == TriesUntilSaid);
                    await Task.Delay(_options.HeartbeatInterval, _time, ending);
                    continue;
                case Scripts.Refused:
                    throw new AnotherLogException("The log is another one.");
            }

            // It is not told a second time that it is another one.
            _seen.TryUpdate(database, sighting with { IsAnother = false }, sighting);
            _accepted.Add(database);
            _foreign = null;
            return;
        }
    }

    private async Task CheckEpochAsync(RedisLink link)
    {
        if ((await LookAsync(link, node: "", shown: default)).Epoch != _epoch)
        {
            throw new AnotherLogException("A database has become another one.");
        }
    }

    /// <summary>Nodes are there that are on another database: nothing of this one goes into their log, and nobody is to be shown what is in it.</summary>
    /// <param name="link">The way there.</param>
    /// <param name="seen">What this node is on.</param>
    /// <param name="isSaid">After a restore, those who find out later are so for a moment; who remains so is worth a word.</param>
    private async Task StrayAsync(RedisLink link, DatabaseHistory seen, bool isSaid)
    {
        _foreign = $"The log under the prefix '{_options.Prefix}' in Redis is of another database, and nodes that are on that one use it ({seen.Database} is {seen.History} here). " +
            $"If this is another application, or the same one elsewhere (staging, a tenant), give it a {nameof(RedisOptions)}.{nameof(RedisOptions.Prefix)} of its own. " +
            "If all nodes are to move to another database, stop them all first.";
        if (isSaid)
        {
            _logger.LogIsForeign(_foreign);
        }

        // Nobody is to miss it, and its database may have been restored meanwhile.
        await link.CallAsync(Scripts.Leave, [_names.Nodes], [_node]);
        Ask();
    }

    /// <summary>The database whose rows it has; null where it has none.</summary>
    private string? NameOf(Outgoing outgoing) => outgoing.Changeset?.Changes is [var first, ..] ? _model.NameOf(first.Entity.ContextType) : null;

    /// <returns>What was written.</returns>
    private Changeset Write(Changeset changeset, ArrayBufferWriter<byte> buffer)
    {
        try
        {
            _codec.Write(buffer, changeset);
            if (buffer.WrittenCount <= MaxChangesetBytes)
            {
                return changeset;
            }
        }
        catch (Exception e)
        {
            _logger.ChangesetUnwritable(e);
            _metrics.Failed(Stages.Backplane, e);
        }

        buffer.ResetWrittenCount();
        var doubted = Doubt(changeset);
        _codec.Write(buffer, doubted);
        return doubted;
    }

    /// <summary>A changeset that is not sent around: all of its entities are read again.</summary>
    private static Changeset Doubt(Changeset changeset)
        => changeset with
        {
            Changes = [],
            Invalidations = [.. changeset.Changes.Select(c => c.Entity).Concat(changeset.Invalidations.Select(i => i.Entity)).Distinct().Select(Invalidation.Of)],
            SizeBytes = 64,
        };
}
