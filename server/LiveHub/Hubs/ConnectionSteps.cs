using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>Writes the steps of one connection, each at a position that holds for all that the connection shows (rule 9). For its pump alone.</summary>
internal sealed class ConnectionSteps
{
    private static readonly List<ShapeMember> None = [];

    private readonly SyncConnectionFactory _shared;
    private readonly SendQueue _queue;
    private readonly Subscriptions _subscriptions;
    private readonly InvalidatedShapes _invalidated;
    private readonly FrameWriter _writer;
    private readonly Progress _progress = new();
    private readonly Backlog _backlog;
    private readonly ConnectionEntries _entries;

    public ConnectionSteps(SyncConnectionFactory shared, SendQueue queue, Subscriptions subscriptions, InvalidatedShapes invalidated, FrameWriter writer)
    {
        _shared = shared;
        _queue = queue;
        _subscriptions = subscriptions;
        _invalidated = invalidated;
        _writer = writer;
        _backlog = new(shared.Router, queue, subscriptions);
        _entries = new(shared, queue, subscriptions, invalidated, writer, _progress, _backlog);
    }

    /// <summary>Everything up to this offset was written, or concerns nothing of the connection.</summary>
    public long WrittenThrough => Math.Min(_backlog.From?.Offset ?? _progress.Written.Offset, _invalidated.Through);

    /// <summary>Whether the log has come further than the client knows.</summary>
    public bool IsPositionOld => _shared.Router.Routed.Offset > _progress.Told;

    /// <summary>Writes what waits, up to the first changeset that needs rows from the database: one step a changeset, one op a row.</summary>
    public async ValueTask WriteWaitingAsync(StepComposer composer)
    {
        do
        {
            if (!await _entries.CatchUpAsync(composer))
            {
                _queue.GiveUp(Resets.Slow);
                return;
            }

            // Read before the queue is looked at: it then holds everything up to here.
            var routed = _shared.Router.Routed;
            if (composer.Take(_queue, routed.Offset) is not { } deliveries)
            {
                _backlog.Begin(_progress.Position);
                continue;
            }

            var rows = 0;
            for (var i = WriteShared(deliveries.Span, ref rows); i < deliveries.Count; i += WriteShared(deliveries.Span[i..], ref rows))
            {
                _progress.Position = deliveries.Span[i].Change.Position;
                composer.Begin(_progress.Position, _progress.Horizon);
                i = WaitingDiffs.AddChangeset(composer, deliveries.Span, i, None);
                if (composer.Step.Count > 0)
                {
                    await _writer.WriteAsync(composer.Step);
                    rows += composer.Step.Rows;
                }
            }

            _shared.Metrics.Sent(rows);
            composer.GiveBack(deliveries);
            _progress.Written = routed;
        }
        while (_invalidated.Settle() || _backlog.MayGoOn(_invalidated.Through));
    }

    /// <inheritdoc cref="ConnectionEntries.EnterAsync(StepComposer, EnteringSnapshot)"/>
    public ValueTask<Entry> EnterAsync(StepComposer composer, EnteringSnapshot entering) => _entries.EnterAsync(composer, entering);

    /// <summary>Where nothing came of late, tells how far the log has come: a step without ops.</summary>
    public async ValueTask WritePositionAsync(StepComposer composer)
    {
        var written = _progress.Written;
        if (written.Offset > _progress.Position.Offset && WrittenThrough >= written.Offset && _subscriptions.Entered().Count > 0)
        {
            _progress.Position = written;
            composer.Begin(written);
            await _writer.WriteAsync(composer.Step);
        }
    }

    /// <summary>Writes the steps of changesets of which the connection sees one row, as others do: the first ones, as many as fit into the hub message in hand.</summary>
    /// <returns>How many diffs are written.</returns>
    private int WriteShared(ReadOnlySpan<Delivery> deliveries, ref int rows)
    {
        for (var i = 0; i < deliveries.Length; i++)
        {
            var (diff, member) = deliveries[i];
            var position = diff.Change.Position;
            var isAlone = i + 1 == deliveries.Length || deliveries[i + 1].Change.Position.Offset != position.Offset;
            if (!isAlone || !diff.IsShared || diff.Change.IsBefore(_progress.Horizon))
            {
                return i;
            }

            if (WaitingDiffs.IsFor(member, diff.Change, None))
            {
                if (!_writer.TryWrite(diff.Op, position))
                {
                    return i;
                }

                rows++;
            }

            _progress.Position = position;
        }

        return deliveries.Length;
    }
}
