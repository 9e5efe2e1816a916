using System.Runtime.InteropServices;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>
/// Writes to one connection: takes all that waits and writes it as few hub messages. It runs only while something waits, one
/// run at a time, and waits for the transport alone.
/// </summary>
internal sealed class ConnectionPump : IThreadPoolWorkItem
{
    private const int KeptCapacity = 64;

    private readonly SyncConnectionFactory _shared;
    private readonly HubConnectionContext _hub;
    private readonly SendQueue _queue;
    private readonly Subscriptions _subscriptions;
    private readonly Action<SnapshotRequest> _readAgain;
    private readonly FrameWriter _writer;
    private readonly Lock _lock = new();
    private List<ReadOnlyMemory<byte>> _messages = [];
    private List<EnteringSnapshot> _entering = [];
    private List<Delivery> _spare = [];
    private int _wakes;

    public ConnectionPump(
        SyncConnectionFactory shared, HubConnectionContext hub, SendQueue queue, Subscriptions subscriptions, Action<SnapshotRequest> readAgain)
    {
        _shared = shared;
        _hub = hub;
        _queue = queue;
        _subscriptions = subscriptions;
        _readAgain = readAgain;
        _writer = new(frame => hub.WriteAsync(new SerializedHubMessage([new SerializedMessage("json", frame)])));
    }

    /// <summary>Something waits in the queue.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _wakes) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Sends a whole server message, after those sent before.</summary>
    public void Send(ReadOnlyMemory<byte> message)
    {
        lock (_lock)
        {
            _messages.Add(message);
        }

        Wake();
    }

    /// <summary>A snapshot was read; the router has routed all that it saw.</summary>
    public void Enter(EnteringSnapshot entering)
    {
        lock (_lock)
        {
            _entering.Add(entering);
        }

        Wake();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        var composer = _shared.Composers.Get();
        try
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _wakes);
                await DrainAsync(composer);
            }
            while (Interlocked.Add(ref _wakes, -seen) != 0);
        }
        catch (Exception e)
        {
            _shared.Logger.PumpFailed(_hub.ConnectionId, e);
            _hub.Abort();
        }
        finally
        {
            _shared.Composers.Return(composer);
        }
    }

    private async ValueTask DrainAsync(StepComposer composer)
    {
        // Read before the queue is taken: what is taken then holds everything up to here.
        var position = _shared.Router.Routed;
        List<ReadOnlyMemory<byte>> messages;
        List<EnteringSnapshot> entering;
        lock (_lock)
        {
            (messages, _messages) = (_messages, _messages.Count == 0 ? _messages : []);
            (entering, _entering) = (_entering, _entering.Count == 0 ? _entering : []);
        }

        var deliveries = _queue.Take(_spare);
        foreach (var message in messages)
        {
            await _writer.WriteAsync(message);
        }

        await WriteStepsAsync(composer, deliveries);
        if (deliveries.Count > 0 && deliveries[^1].Change.Position is var last && last.Offset > position.Offset)
        {
            position = last;
        }

        foreach (var snapshot in entering)
        {
            await WriteSnapshotAsync(composer, snapshot, position);
        }

        await _writer.FlushAsync();
        _writer.Release();
        entering.ForEach(snapshot => snapshot.MarkWritten());
        deliveries.Clear();
        _spare = deliveries.Capacity > KeptCapacity ? [] : deliveries;
    }

    /// <summary>One step a changeset, one op a row.</summary>
    private async ValueTask WriteStepsAsync(StepComposer composer, List<Delivery> deliveries)
    {
        for (var i = 0; i < deliveries.Count;)
        {
            var position = deliveries[i].Change.Position;
            composer.Begin(position);
            while (i < deliveries.Count && deliveries[i].Change.Position == position)
            {
                var first = i;
                while (++i < deliveries.Count && deliveries[i].Change == deliveries[first].Change)
                {
                }

                AddRow(composer, CollectionsMarshal.AsSpan(deliveries)[first..i], position.Offset);
            }

            if (composer.Step.Count > 0)
            {
                await _writer.WriteAsync(composer.Step);
            }
        }
    }

    /// <summary>Leaves out shapes that were closed, and those whose first snapshot is still to come: it brings these diffs along.</summary>
    private static void AddRow(StepComposer composer, Span<Delivery> deliveries, long offset)
    {
        var kept = 0;
        foreach (var delivery in deliveries)
        {
            if (!delivery.Member.HasLeft && delivery.Member.EnteredAt < offset)
            {
                deliveries[kept++] = delivery;
            }
        }

        composer.AddRow(deliveries[..kept]);
    }

    /// <summary>Lets subscriptions in at a position: their snapshot, and every diff since they joined, in one step.</summary>
    private async ValueTask WriteSnapshotAsync(StepComposer composer, EnteringSnapshot entering, Position position)
    {
        var open = entering.Request.Subscriptions.Where(s => _subscriptions.IsOpen(s.Id, s.Member)).Select(s => s.Member).Distinct().ToList();
        if (open.Count == 0)
        {
            return;
        }

        // What was routed, not what the log holds: a late change is in its row's order there.
        var joined = _shared.Router.ReadRouted(entering.From.Offset, position.Offset);
        if (joined is null)
        {
            _readAgain(entering.Request);
            return;
        }

        composer.Begin(position);
        AddSnapshot(composer, entering, open);
        AddChanges(composer, joined, open);
        open.ForEach(member => member.EnteredAt = Math.Min(member.EnteredAt, position.Offset));
        await _writer.WriteAsync(composer.Step);
    }

    private static void AddSnapshot(StepComposer composer, EnteringSnapshot entering, List<ShapeMember> open)
    {
        var members = entering.Request.Subscriptions.Select(s => s.Member).Distinct().ToList();
        foreach (var member in open)
        {
            var chunks = entering.Snapshot.Rows[members.IndexOf(member)].Chunks;
            for (var i = 0; i < chunks.Count; i++)
            {
                composer.Step.AddSnapshot(member.Shape.Id, isFirst: i == 0, chunks[i]);
            }
        }
    }

    private static void AddChanges(StepComposer composer, IReadOnlyList<LogEntry> entries, List<ShapeMember> members)
    {
        foreach (var entry in entries)
        {
            foreach (var change in entry.Changeset.Changes)
            {
                composer.AddChange(change, entry.Position, members);
            }
        }
    }
}
