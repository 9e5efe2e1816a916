using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Protocol;
using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>Writes the steps of one connection, each at a position that holds for all that the connection shows (rule 9). For its pump alone.</summary>
internal sealed class ConnectionSteps(
    SyncConnectionFactory shared, SendQueue queue, Subscriptions subscriptions, InvalidatedShapes invalidated, FrameWriter writer)
{
    private static readonly List<ShapeMember> None = [];

    private Deliveries _spare = new();

    /// <summary>The end of the last step: everything up to here was written.</summary>
    private Position _position;

    /// <summary>Writes what waits, up to the first changeset that needs rows from the database: one step a changeset, one op a row.</summary>
    public async ValueTask WriteWaitingAsync(StepComposer composer)
    {
        do
        {
            var deliveries = queue.Take(_spare, shared.Router.Routed.Offset);
            var rows = 0;
            for (var i = WriteShared(deliveries.Span, ref rows); i < deliveries.Count; i += WriteShared(deliveries.Span[i..], ref rows))
            {
                _position = deliveries.Span[i].Change.Position;
                composer.Begin(_position);
                i = AddChangeset(composer, deliveries.Span, i, None);
                if (composer.Step.Count > 0)
                {
                    await writer.WriteAsync(composer.Step);
                    rows += composer.Step.Rows;
                }
            }

            shared.Metrics.Sent(rows);
            GiveBack(deliveries);
        }
        while (invalidated.Settle());
    }

    /// <summary>
    /// Lets a snapshot in, in one step: its rows, every diff of their shapes since they were read, and what has waited for them. It
    /// enters as late as it can, but before the next changeset that needs other rows.
    /// </summary>
    public async ValueTask<Entry> EnterAsync(StepComposer composer, EnteringSnapshot entering)
    {
        var open = entering.Open(subscriptions);
        if (open.Count == 0)
        {
            return Entry.Done;
        }

        // Read before the queue is looked at: it then holds everything up to here.
        var routed = shared.Router.Routed;
        var end = routed.Offset > _position.Offset ? routed : _position;
        var next = invalidated.First(open);
        var through = next is null ? end.Offset : next.Position.Offset - 1;
        if (entering.Seen > through)
        {
            return Entry.Invalidated;
        }

        // What was routed, not what the log holds: a late change is in its row's order there.
        var from = open.MinBy(e => e.From.Offset)!.From;
        var joined = shared.Router.ReadRouted(from.Offset, through);
        if (joined is null)
        {
            return Entry.LogTooShort;
        }

        if (next is not null)
        {
            end = joined.Count > 0 ? joined[^1].Position : from;
        }

        Compose(composer, end, open, joined);
        foreach (var (member, _, readAt, _) in open)
        {
            member.EnteredAt = Math.Min(member.EnteredAt, end.Offset);
            member.ReadAt = readAt;
        }

        foreach (var resumed in entering.Resumed(subscriptions))
        {
            await writer.WriteAsync(resumed.Accepted(resumed: true));
        }

        _position = end;
        await writer.WriteAsync(composer.Step);
        shared.Metrics.Sent(open.Sum(e => e.Rows?.Count ?? 0) + composer.Step.Rows);
        return Entry.Done;
    }

    private void Compose(StepComposer composer, Position end, List<EnteringShape> open, IReadOnlyList<LogEntry> joined)
    {
        var entering = open.ConvertAll(e => e.Member);
        composer.Begin(end);
        queue.Settle(end.Offset);
        var deliveries = queue.Take(_spare, end.Offset);
        for (var i = 0; i < deliveries.Count;)
        {
            i = AddChangeset(composer, deliveries.Span, i, entering);
        }

        GiveBack(deliveries);
        foreach (var (member, _, _, rows) in open)
        {
            if (rows is not null)
            {
                member.Shown = rows.Transactions;
                AddSnapshot(composer, member.Shape.Id, rows.Chunks);
            }
        }

        var catchUp = new CatchUp(open.Select(e => new BehindShape(e.Member, e.From.Offset, mayShowMore: e.Rows is not null)));
        foreach (var entry in joined)
        {
            catchUp.Add(entry);
        }

        catchUp.AddTo(composer);
    }

    private static void AddSnapshot(StepComposer composer, long shape, IReadOnlyList<ReadOnlyMemory<byte>> chunks)
    {
        for (var i = 0; i < chunks.Count; i++)
        {
            composer.Step.AddSnapshot(shape, isFirst: i == 0, chunks[i]);
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
            if (!isAlone || !diff.IsShared)
            {
                return i;
            }

            if (IsFor(member, diff.Change, None))
            {
                if (!writer.TryWrite(diff.Op, position))
                {
                    return i;
                }

                rows++;
            }

            _position = position;
        }

        return deliveries.Length;
    }

    /// <returns>Where the next changeset begins.</returns>
    private static int AddChangeset(StepComposer composer, Span<Delivery> deliveries, int start, List<ShapeMember> entering)
    {
        var offset = deliveries[start].Change.Position.Offset;
        var i = start;
        while (i < deliveries.Length && deliveries[i].Change.Position.Offset == offset)
        {
            var first = i;
            while (++i < deliveries.Length && deliveries[i].Change == deliveries[first].Change)
            {
            }

            AddRow(composer, deliveries[first..i], entering);
        }

        return i;
    }

    /// <summary>Leaves out shapes that were closed, and those whose snapshot enters with this step or later: it brings these diffs along.</summary>
    private static bool IsFor(ShapeMember member, RoutedChange change, List<ShapeMember> entering)
        => !member.HasLeft && member.EnteredAt < change.Position.Offset && !entering.Contains(member) && !member.Shows(change.Transaction);

    private static void AddRow(StepComposer composer, Span<Delivery> deliveries, List<ShapeMember> entering)
    {
        var kept = 0;
        for (var i = 0; i < deliveries.Length; i++)
        {
            if (IsFor(deliveries[i].Member, deliveries[i].Change, entering))
            {
                if (kept < i)
                {
                    deliveries[kept] = deliveries[i];
                }

                kept++;
            }
        }

        composer.AddRow(deliveries[..kept]);
    }

    private void GiveBack(Deliveries deliveries)
    {
        deliveries.Clear();
        _spare = deliveries;
    }
}
