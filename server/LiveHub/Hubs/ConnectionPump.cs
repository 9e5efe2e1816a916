using System.Collections.Immutable;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>
/// Writes to one connection: takes all that waits and writes it as few hub messages. It runs only while something waits, one
/// run at a time, on the thread pool or on a thread that is lent for once, and waits for the transport alone.
/// </summary>
internal sealed class ConnectionPump : IFrameSink, IThreadPoolWorkItem
{
    /// <summary>What was written so long before the connection's end may not have reached the client.</summary>
    private static readonly TimeSpan MaybeCut = TimeSpan.FromSeconds(1);

    /// <summary>Nobody adds to it.</summary>
    private static readonly List<(EnteringSnapshot Entering, Entry Entry)> Nothing = [];

    private readonly SyncConnectionFactory _shared;
    private readonly SyncConnection _connection;
    private readonly HubConnectionContext _hub;
    private readonly InvalidatedShapes _invalidated;
    private readonly Replies _replies;
    private readonly FrameWriter _writer;
    private readonly ConnectionSteps _steps;
    private readonly Inbox<EnteringSnapshot> _read = new();

    /// <summary>What enters, or is on its way; changed only where snapshots are written.</summary>
    private ImmutableArray<EnteringSnapshot> _entering = [];
    private readonly Inbox<Held> _held = new();
    private LongEntry? _longEnded;
    private int _wakes;
    private int _beats;

    public ConnectionPump(
        SyncConnectionFactory shared, SyncConnection connection, HubConnectionContext hub, SendQueue queue, Replies replies, Subscriptions subscriptions, InvalidatedShapes invalidated)
    {
        _shared = shared;
        _connection = connection;
        _hub = hub;
        _replies = replies;
        _invalidated = invalidated;
        _writer = new(this);
        _steps = new(shared, queue, subscriptions, invalidated, _writer);
    }

    /// <summary>Something waits in the queue, or what held it up is gone.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _wakes) == 1)
        {
            RunOnPool();
        }
    }

    /// <summary>It is time to tell how far the log has come.</summary>
    public void Beat()
    {
        if (_steps.IsPositionOld)
        {
            Volatile.Write(ref _beats, 1);
            Wake();
        }
    }

    /// <summary>
    /// The connection has ended: who operates this hears of what was on its way, which its client has to begin anew. One that is cut again and again never ends. What was
    /// written at last may not have reached the client either.
    /// </summary>
    public void ReportCut()
    {
        var cut = _entering.FirstOrDefault(e => e.Stream?.Number is not null) is { } entering ? LongEntry.Of(entering, at: 0)
            : _longEnded is { } ended && _shared.Time.GetElapsedTime(ended.At) < MaybeCut ? ended
            : null;
        if (cut is not null)
        {
            _shared.Metrics.SnapshotCut();
            _shared.Logger.SnapshotCut(_hub.ConnectionId, cut.Entities);
        }
    }

    /// <summary>Diffs wait in the queue, and this thread may write them: that is sooner done than another thread is woken.</summary>
    public void WakeHere()
    {
        if (Interlocked.Increment(ref _wakes) == 1)
        {
            _ = RunOnceAsync();
        }
    }

    /// <summary>Sends a whole server message, after those sent before.</summary>
    public void Send(ReadOnlyMemory<byte> message)
    {
        _replies.Add(message);
        Wake();
    }

    /// <summary>Sends a whole server message after everything that was routed up to an offset. Completes when it is written.</summary>
    public Task SendAfterAsync(long offset, ReadOnlyMemory<byte> message)
    {
        var held = new Held(offset, message, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _held.Add(held);
        Wake();
        return held.Written.Task;
    }

    /// <summary>A snapshot was read; the router has routed all that it saw.</summary>
    public void Enter(EnteringSnapshot entering)
    {
        _read.Add(entering);
        Wake();
    }

    ValueTask IFrameSink.SendAsync(ReadOnlyMemory<byte> frame) => _hub.WriteAsync(new SerializedHubMessage([new SerializedMessage("json", frame)]));

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Whoever wakes it is done soon, and goes on with it then if no other thread has taken it by that time.</summary>
    private void RunOnPool() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);

    private async Task RunAsync()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _wakes);
            if (!await TryDrainAsync(withSnapshots: true))
            {
                return;
            }
        }
        while (Interlocked.Add(ref _wakes, -seen) != 0);
    }

    /// <summary>On a lent thread: what more there is, and what takes long, is left to the pool.</summary>
    private async Task RunOnceAsync()
    {
        if (await TryDrainAsync(withSnapshots: false) && Interlocked.Decrement(ref _wakes) != 0)
        {
            RunOnPool();
        }
    }

    /// <returns>False where the connection is at its end, and nothing is to be written any more.</returns>
    private async ValueTask<bool> TryDrainAsync(bool withSnapshots)
    {
        var composer = _shared.Composers.Get();
        try
        {
            await DrainAsync(composer, withSnapshots);
            return true;
        }
        catch (QueueClosedException)
        {
            return false;
        }
        catch (Exception e)
        {
            _shared.Logger.PumpFailed(_hub.ConnectionId, e);
            _shared.Metrics.Failed(Stages.Sending, e);
            _hub.Abort();
            return false;
        }
        finally
        {
            _shared.Composers.Return(composer);
        }
    }

    private async ValueTask DrainAsync(StepComposer composer, bool withSnapshots)
    {
        // Both before the replies: what was asked for is accepted before its rows come.
        var held = _held.Take();
        if (withSnapshots)
        {
            _entering = _entering.AddRange(_read.Take());
        }

        foreach (var reply in _replies.Take())
        {
            await _writer.WriteAsync(reply);
            _replies.MarkWritten(reply);
        }

        await _steps.WriteWaitingAsync(composer);
        var entries = withSnapshots ? await EnterAsync(composer) : Nothing;
        if (Interlocked.Exchange(ref _beats, 0) != 0)
        {
            await _steps.WritePositionAsync(composer);
        }

        await WriteHeldAsync(held);

        await _writer.FlushAsync();
        _writer.Release();
        foreach (var (entering, entry) in entries)
        {
            _entering = _entering.Remove(entering);
            entering.MarkWritten(entry);
        }

        if (_entering.Length > 0 && withSnapshots)
        {
            // Whatever waits by now comes first.
            Interlocked.Increment(ref _wakes);
        }

        if (_invalidated.HoldUp)
        {
            _connection.ReadInvalidated();
        }
    }

    /// <summary>Lets in what was read; of what is long, some parts.</summary>
    /// <returns>What became of those that are at their end.</returns>
    private async ValueTask<List<(EnteringSnapshot Entering, Entry Entry)>> EnterAsync(StepComposer composer)
    {
        if (_entering.Length == 0)
        {
            return Nothing;
        }

        var ended = new List<(EnteringSnapshot, Entry)>();
        foreach (var entering in _entering)
        {
            if (await _steps.EnterAsync(composer, entering) is not Entry.OnItsWay and var entry)
            {
                ended.Add((entering, entry));
                if (entering.Stream is not null)
                {
                    _longEnded = LongEntry.Of(entering, _shared.Time.GetTimestamp());
                }
            }

            await _steps.WriteWaitingAsync(composer);
        }

        return ended;
    }

    /// <summary>What was held up is sent, up to where everything was written.</summary>
    private async ValueTask WriteHeldAsync(IReadOnlyList<Held> held)
    {
        foreach (var waiting in held)
        {
            if (waiting.Offset <= _steps.WrittenThrough)
            {
                await _writer.WriteAsync(waiting.Message);
                waiting.Written.SetResult();
            }
            else
            {
                _held.Add(waiting);
            }
        }
    }

    /// <summary>The long snapshot that was written to its end last, and when.</summary>
    private sealed record LongEntry(string Entities, long At)
    {
        public static LongEntry Of(EnteringSnapshot entering, long at) => new(string.Join(", ", entering.Shapes.Select(s => s.Member.Shape.Shape.Entity).Distinct()), at);
    }

    /// <summary>A message that has its place after an entry of the log.</summary>
    private sealed record Held(long Offset, ReadOnlyMemory<byte> Message, TaskCompletionSource Written);
}
