using System.Buffers;
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

    private async Task SendAsync(RedisLink link, CancellationToken ending)
    {
        // What was sent over another link is read from its bytes, should it still come.
        _own.Clear();
        var buffer = new ArrayBufferWriter<byte>();
        while (true)
        {
            var batch = await _outgoing.PeekAsync(MaxBatch, MaxBatchBytes, ending);
            if (batch[0].Changeset is null)
            {
                await TellAsync(link, batch[0]);
                continue;
            }

            var changesets = batch.TakeWhile(o => o.Changeset is not null).ToList();
            var values = new List<RedisValue>
            {
                _epoch, _names.Channel, _retention.Count, _retention.Bytes, (long)_retention.Age.TotalMilliseconds,
            };
            foreach (var outgoing in changesets)
            {
                var changeset = outgoing.Lineage == _lineage ? outgoing.Changeset! : outgoing.Changeset!.Doubted();
                buffer.ResetWrittenCount();
                _own[changeset.Id] = changeset = Write(changeset, buffer);
                values.Add(LogFrame.Write(changeset.Id));
                values.Add(LogFrame.Write(outgoing.Tag));
                values.Add(changeset.Changes is [var first, ..] ? _model.NameOf(first.Entity.ContextType) : "");
                values.Add(changeset.Changes is [var same, ..] ? same.Version : 0);
                values.Add(buffer.WrittenSpan.ToArray());
            }

            var answer = await link.CallAsync(Scripts.Append, [_names.State, _names.Log, _names.Changesets], [.. values]);
            if ((string)answer! == Scripts.Refused)
            {
                throw new RedisFaultException("The log is another one.");
            }

            _outgoing.Sent(changesets);
        }
    }

    /// <summary>Tells what was seen of a database, or that one has become another one. Where that begins another log, this node joins it first.</summary>
    private async Task TellAsync(RedisLink link, Outgoing outgoing)
    {
        var answer = outgoing.Sighting is not { Database: var seen, IsAnother: var isAnother }
            ? await BeginAsync(link, _epoch, isHistory: true)
            : await link.CallAsync(
                Scripts.Observe,
                [_names.State, _names.Log, _names.Changesets],
                [.. NewLog(_epoch), _names.Channel, seen.Database, seen.History, seen.Version, isAnother ? "1" : "", seen.Lineage]);
        if ((string)answer! != Scripts.Refused)
        {
            _outgoing.Sent([outgoing]);
        }

        if ((await LookAsync(link, node: "", shown: default)).Epoch != _epoch)
        {
            throw new RedisFaultException("The log is another one.");
        }
    }

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
        var entities = changeset.Changes.Select(c => c.Entity).Concat(changeset.Invalidations.Select(i => i.Entity)).Distinct();
        var doubted = changeset with { Changes = [], Invalidations = [.. entities.Select(Invalidation.Of)], SizeBytes = 64 };
        _codec.Write(buffer, doubted);
        return doubted;
    }
}
