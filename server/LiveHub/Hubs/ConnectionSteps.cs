using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>Writes the steps of one connection, each at a position that holds for all that the connection shows (rule 9). For its pump alone.</summary>
internal sealed class ConnectionSteps(
    SyncConnectionFactory shared, SendQueue queue, Subscriptions subscriptions, InvalidatedShapes invalidated, FrameWriter writer)
{
    private static readonly List<ShapeMember> None = [];

    private Deliveries _spare = new();

    /// <summary>No snapshot that the client has shows a transaction from here on.</summary>
    private TransactionId _horizon;

    /// <summary>The offset that the client was told last.</summary>
    private long _told;

    /// <summary>The end of the last step: everything up to here was written.</summary>
    private Position _position;

    /// <summary>What the shapes that have entered are as of, where that is behind the queue.</summary>
    private Position? _behind;

    /// <summary>Where it is behind: up to here everything is in the log alone.</summary>
    private long _droppedThrough;

    /// <summary>Where the router was when the queue was last taken: what came up to here was written.</summary>
    private Position _written;

    /// <summary>Everything up to this offset was written, or concerns nothing of the connection.</summary>
    public long WrittenThrough => Math.Min(_behind?.Offset ?? _written.Offset, invalidated.Through);

    /// <summary>Whether the log has come further than the client knows.</summary>
    public bool IsPositionOld => shared.Router.Routed.Offset > Volatile.Read(ref _told);

    /// <summary>Writes what waits, up to the first changeset that needs rows from the database: one step a changeset, one op a row.</summary>
    public async ValueTask WriteWaitingAsync(StepComposer composer)
    {
        do
        {
            if (_behind is not null && await EnterAsync(composer, [], seen: 0, []) is Entry.LogTooShort)
            {
                queue.GiveUp(Resets.Slow);
                return;
            }

            // Read before the queue is looked at: it then holds everything up to here.
            var routed = shared.Router.Routed;
            if (queue.Take(_spare, routed.Offset) is not { } deliveries)
            {
                FallBehind();
                continue;
            }

            var rows = 0;
            for (var i = WriteShared(deliveries.Span, ref rows); i < deliveries.Count; i += WriteShared(deliveries.Span[i..], ref rows))
            {
                _position = deliveries.Span[i].Change.Position;
                composer.Begin(_position, _horizon);
                i = AddChangeset(composer, deliveries.Span, i, None);
                if (composer.Step.Count > 0)
                {
                    await writer.WriteAsync(composer.Step);
                    rows += composer.Step.Rows;
                }
            }

            shared.Metrics.Sent(rows);
            GiveBack(deliveries);
            _written = routed;
            Volatile.Write(ref _told, _position.Offset);
        }
        while (invalidated.Settle() || _behind?.Offset < Math.Min(_droppedThrough, invalidated.Through));
    }

    /// <summary>
    /// Lets a snapshot in, in one step: its rows, every diff of their shapes since they were read, and what has waited for them. It
    /// enters as late as it can, but before the next changeset that needs other rows.
    /// </summary>
    public ValueTask<Entry> EnterAsync(StepComposer composer, EnteringSnapshot entering)
        => entering.Open(subscriptions) is { Count: > 0 } open
            ? EnterAsync(composer, open, entering.Seen, entering.Resumed(subscriptions))
            : new(Entry.Done);

    /// <summary>Where nothing came of late, tells how far the log has come: a step without ops.</summary>
    public async ValueTask WritePositionAsync(StepComposer composer)
    {
        if (_written.Offset > _position.Offset && WrittenThrough >= _written.Offset && Entered().Count > 0)
        {
            _position = _written;
            composer.Begin(_position);
            await writer.WriteAsync(composer.Step);
            Volatile.Write(ref _told, _position.Offset);
        }
    }

    private async ValueTask<Entry> EnterAsync(StepComposer composer, List<EnteringShape> entering, long seen, IEnumerable<OpenSubscription> resumed)
    {
        List<EnteringShape> open;
        Position end;
        Deliveries? waiting;
        do
        {
            open = WithWhatIsBehind(entering);
            if (open.Count == 0)
            {
                _behind = null;
                return Entry.Done;
            }

            var routed = shared.Router.Routed;
            end = routed.Offset > _position.Offset ? routed : _position;
            var next = invalidated.First(open);
            var through = next is null ? end.Offset : next.Position.Offset - 1;
            if (seen > through)
            {
                return Entry.Invalidated;
            }

            // What was routed, not what the log holds: a late change is in its row's order there.
            var from = open.MinBy(e => e.From.Offset)!.From;
            if (entering.Count == 0 && through == from.Offset)
            {
                return Entry.Done;
            }

            var joined = shared.Router.ReadRouted(from.Offset, through);
            if (joined is null)
            {
                return Entry.LogTooShort;
            }

            // Rows that were read for somebody else already may lack what was invalidated before this connection took part.
            if (joined.Any(e => e.Changeset.Invalidations.Any(i => open.Exists(s => e.Position.Offset > s.ReadAt && Differ.MayShow(s.Member.Shape.Shape, i)))))
            {
                return Entry.Invalidated;
            }

            if (next is not null)
            {
                end = joined.Count > 0 ? joined[^1].Position : from;
            }

            queue.Settle(end.Offset);
            waiting = queue.Take(_spare, end.Offset);
            if (waiting is null)
            {
                FallBehind();
            }
            else
            {
                Compose(composer, end, open, joined, waiting);
            }
        }
        while (waiting is null);

        foreach (var (member, _, readAt, _) in open)
        {
            member.EnteredAt = Math.Min(member.EnteredAt, end.Offset);
            member.ReadAt = readAt;
        }

        foreach (var subscription in resumed)
        {
            await writer.WriteAsync(subscription.Accepted(resumed: true));
        }

        _behind = _behind is not null && end.Offset < _droppedThrough ? end : null;
        _position = end;
        await writer.WriteAsync(composer.Step);
        shared.Metrics.Sent(open.Sum(e => e.Rows?.Count ?? 0) + composer.Step.Rows);
        return Entry.Done;
    }

    /// <summary>
    /// More was routed than may wait for the connection, and was dropped. The log has it: the connection goes on from its last step (rule 19), up to the
    /// first invalidation of what was dropped.
    /// </summary>
    private void FallBehind()
    {
        _behind ??= _position;
        _droppedThrough = shared.Router.Reopen(queue);
        var entered = Entered();
        var dropped = shared.Router.ReadRouted(_behind.Value.Offset, _droppedThrough) ?? [];
        queue.PutBack(dropped.SelectMany(e => e.Changeset.Invalidations.Select(i => new RoutedInvalidation(i, e.Position))).Where(i => entered.Exists(i.Concerns)));
    }

    /// <summary>All that the connection shows is at one position: what has fallen behind comes along.</summary>
    private List<EnteringShape> WithWhatIsBehind(List<EnteringShape> entering)
    {
        if (_behind is not { } behind)
        {
            return entering;
        }

        var known = entering.Select(e => e.Member).ToHashSet();
        return [.. entering, .. Entered().Where(m => !known.Contains(m)).Select(m => new EnteringShape(m, behind, m.ReadAt, Rows: null))];
    }

    private List<ShapeMember> Entered() => subscriptions.Members().FindAll(m => m.HasEntered);

    private void Compose(StepComposer composer, Position end, List<EnteringShape> open, IReadOnlyList<LogEntry> joined, Deliveries waiting)
    {
        var entering = open.ConvertAll(e => e.Member);
        RaiseHorizon(open);
        composer.Begin(end, _horizon);
        for (var i = 0; i < waiting.Count;)
        {
            i = AddChangeset(composer, waiting.Span, i, entering);
        }

        GiveBack(waiting);
        foreach (var (member, _, _, rows) in open)
        {
            if (rows is not null)
            {
                AddSnapshot(composer, member.Shape.Id, rows);
            }
        }

        var catchUp = new CatchUp(open.Select(e => new BehindShape(e.Member, e.From.Offset, mayShowMore: e.Rows is not null, e.Rows?.Transactions)));
        foreach (var entry in joined)
        {
            catchUp.Add(entry);
        }

        catchUp.AddTo(composer);
    }

    /// <summary>Who goes on brings the snapshots of before along: none of this node's reaches further than the last that was read.</summary>
    private void RaiseHorizon(List<EnteringShape> open)
    {
        foreach (var (_, _, _, rows) in open)
        {
            var reaches = rows is null ? shared.Snapshots.Horizon : rows.Transactions?.XMax ?? default;
            _horizon = reaches.Value > _horizon.Value ? reaches : _horizon;
        }
    }

    private static void AddSnapshot(StepComposer composer, long shape, SnapshotRows rows)
    {
        for (var i = 0; i < rows.Chunks.Count; i++)
        {
            composer.Step.AddSnapshot(shape, isFirst: i == 0, rows.Chunks[i], rows.Transactions);
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
            if (!isAlone || !diff.IsShared || diff.Change.IsBefore(_horizon))
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
        => !member.HasLeft && member.EnteredAt < change.Position.Offset && !entering.Contains(member);

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
