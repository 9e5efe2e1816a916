using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Protocol;
using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>Lets what was read, and what a client goes on with, into one connection's steps (rule 9). For its pump alone.</summary>
internal sealed class ConnectionEntries(
    SyncConnectionFactory shared, SendQueue queue, Subscriptions subscriptions, InvalidatedShapes invalidated, FrameWriter writer, Progress progress, Backlog backlog)
{
    /// <summary>
    /// Lets a snapshot in, in one step: its rows, every diff of their shapes since they were read, and what has waited for them. It
    /// enters as late as it can, but before the next changeset that needs other rows. Of a long one the next parts are written, and what joins it with the last.
    /// </summary>
    public async ValueTask<Entry> EnterAsync(StepComposer composer, EnteringSnapshot entering)
    {
        var open = entering.Open(subscriptions);
        if (entering.Stream is not { } stream)
        {
            return open.Count == 0 ? Entry.Done : await EnterAsync(composer, open, entering.Seen, entering.Resumed(subscriptions));
        }

        var entry = await GoOnAsync(composer, entering, stream, open);
        if (entry is not Entry.OnItsWay && stream.Number is not null)
        {
            await stream.DropAsync(writer);
        }

        return entry;
    }

    /// <summary>What has fallen behind catches up, as far as it can.</summary>
    /// <returns>Whether the log reaches back to where it is.</returns>
    public async ValueTask<bool> CatchUpAsync(StepComposer composer)
        => backlog.From is null || await EnterAsync(composer, [], seen: 0, []) is not Entry.LogTooShort;

    private async ValueTask<Entry> GoOnAsync(StepComposer composer, EnteringSnapshot entering, SnapshotStream stream, List<EnteringShape> open)
    {
        try
        {
            if (open.Count == 0)
            {
                return Entry.Done;
            }

            if (MayStillEnter(entering, open) is not Entry.Done and var entry)
            {
                return entry;
            }

            if (!await stream.WriteAsync(writer, open))
            {
                return Entry.OnItsWay;
            }
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended.
            return Entry.Done;
        }
        catch (IOException e)
        {
            entering.MarkFailed(e);
            return Entry.Done;
        }

        if (stream.HasOther(open, subscriptions))
        {
            await stream.DropAsync(writer);
            return Entry.OnItsWay;
        }

        return await EnterAsync(composer, open, entering.Seen, entering.Resumed(subscriptions), stream);
    }

    /// <summary>What cannot enter any more need not be written to its end.</summary>
    private Entry MayStillEnter(EnteringSnapshot entering, List<EnteringShape> open)
    {
        var since = shared.Router.ReadInvalidations(open.Min(e => e.From.Offset), shared.Router.Routed.Offset);
        return since is null ? Entry.LogTooShort
            : !entering.Request.HoldsUp && since.Any(i => open.Exists(e => !e.Member.HasEntered && i.Concerns(e.Member, e.ReadAt))) ? Entry.Invalidated
            : Entry.Done;
    }

    private async ValueTask<Entry> EnterAsync(
        StepComposer composer, List<EnteringShape> entering, long seen, IEnumerable<OpenSubscription> resumed, SnapshotStream? stream = null)
    {
        List<EnteringShape> open;
        Position end;
        Deliveries? waiting;
        do
        {
            open = backlog.With(entering);
            if (open.Count == 0)
            {
                backlog.Clear();
                return Entry.Done;
            }

            var routed = shared.Router.Routed;
            end = routed.Offset > progress.Position.Offset ? routed : progress.Position;
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
            waiting = composer.Take(queue, end.Offset);
            if (waiting is null)
            {
                backlog.Begin(progress.Position);
            }
            else
            {
                Compose(composer, end, open, joined, waiting, withRows: stream is null);
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

        backlog.CaughtUp(end);
        progress.Position = end;
        await (stream is null ? writer.WriteAsync(composer.Step) : stream.EndAsync(writer, composer.Step));
        shared.Metrics.Sent(open.Sum(e => e.Rows?.Count ?? 0) + composer.Step.Rows);
        return Entry.Done;
    }

    private void Compose(StepComposer composer, Position end, List<EnteringShape> open, IReadOnlyList<LogEntry> joined, Deliveries waiting, bool withRows)
    {
        var entering = open.ConvertAll(e => e.Member);
        RaiseHorizon(open);
        composer.Begin(end, progress.Horizon);
        for (var i = 0; i < waiting.Count;)
        {
            i = WaitingDiffs.AddChangeset(composer, waiting.Span, i, entering);
        }

        composer.GiveBack(waiting);
        if (withRows)
        {
            AddRows(composer, open);
        }

        var catchUp = new CatchUp(open.Select(e => new BehindShape(e.Member, e.From.Offset, mayShowMore: e.Rows is not null, progress.Horizon, e.Rows?.Transactions)));
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
            progress.RaiseHorizon(rows is null ? shared.Backplane.Horizon : rows.Transactions?.XMax ?? default);
        }
    }

    private static void AddRows(StepComposer composer, List<EnteringShape> open)
    {
        foreach (var (member, _, _, rows) in open)
        {
            for (var i = 0; i < rows?.Chunks.Count; i++)
            {
                composer.Step.AddSnapshot(member.Shape.Id, isFirst: i == 0, rows.Chunks[i].Held, rows.Transactions);
            }
        }
    }
}
