using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>
/// Reads the snapshots of one connection, one after the other, each when the one before was taken: a client that does not
/// read holds one. What was invalidated is read along with what was asked for, so that neither waits for the other for ever.
/// </summary>
internal sealed class ConnectionSnapshots(
    SyncConnectionFactory shared, Subscriptions subscriptions, InvalidatedShapes invalidated, ConnectionPump pump, CancellationToken closed)
{
    private const int MaxAttempts = 3;
    private const int RetryMs = 2_000;
    private const int MinPrune = 64;

    private readonly LinkedList<SnapshotRequest> _asked = new();
    private bool _isReading;
    private bool _readAgainAlone;
    private int _shortLogs;
    private int _pruneAt = MinPrune;

    /// <summary>How many requests wait to be read.</summary>
    public int Waiting
    {
        get
        {
            lock (_asked)
            {
                return _asked.Count;
            }
        }
    }

    /// <summary>Lets subscriptions that were asked for together enter.</summary>
    public void Read(IReadOnlyList<OpenSubscription> asked, Resumption? resumed)
    {
        lock (_asked)
        {
            _asked.AddLast(new SnapshotRequest(asked, resumed, []));
            if (_asked.Count > _pruneAt)
            {
                Prune();
            }
        }

        ReadInvalidated();
    }

    /// <summary>Reads again what was invalidated.</summary>
    public void ReadInvalidated()
    {
        lock (_asked)
        {
            if (_isReading)
            {
                return;
            }

            _isReading = true;
        }

        _ = ReadAllAsync();
    }

    /// <summary>Who opens and closes over and over while a snapshot is read leaves nothing behind; no more waits than subscriptions are open.</summary>
    private void Prune()
    {
        for (var node = _asked.First; node is not null;)
        {
            var next = node.Next;
            if (Wanted(node.Value) is null)
            {
                _asked.Remove(node);
            }

            node = next;
        }

        _pruneAt = MinPrune + (2 * _asked.Count);
    }

    private async Task ReadAllAsync()
    {
        await Task.Yield();
        while (Next() is { } request)
        {
            await ReadAsync(request);
        }
    }

    private SnapshotRequest? Next()
    {
        lock (_asked)
        {
            var again = invalidated.Find(out var last);
            var request = again.Count > 0 && _readAgainAlone ? null : TakeAsked();
            _readAgainAlone = false;
            _isReading = !closed.IsCancellationRequested && (request is not null || again.Count > 0);
            return !_isReading ? null
                : request is null ? new([], null, again, last)
                : request with { Again = again, NotBefore = Math.Max(request.NotBefore, last) };
        }
    }

    /// <summary>The next that was asked for and is still wanted.</summary>
    private SnapshotRequest? TakeAsked()
    {
        while (_asked.First?.Value is { } first)
        {
            _asked.RemoveFirst();
            if (Wanted(first) is { } request)
            {
                // From here on it can miss an invalidation.
                var routed = shared.Router.Routed.Offset;
                foreach (var asked in request.Asked)
                {
                    asked.Member.ReadAt = Math.Min(asked.Member.ReadAt, routed);
                }

                return request;
            }
        }

        return null;
    }

    /// <summary>What of a request is still open.</summary>
    private SnapshotRequest? Wanted(SnapshotRequest request)
    {
        var asked = Open(request.Asked);
        var resumed = request.Resumed is { } all && Open(all.Subscriptions) is { Count: > 0 } open ? all with { Subscriptions = open } : null;
        return asked.Count > 0 || resumed is not null ? request with { Asked = asked, Resumed = resumed } : null;
    }

    private List<OpenSubscription> Open(IReadOnlyList<OpenSubscription> all) => [.. all.Where(s => subscriptions.IsOpen(s.Id, s.Member))];

    /// <summary>Reads a snapshot and hands it to the pump. Never throws.</summary>
    private async Task ReadAsync(SnapshotRequest request)
    {
        request = ReadWhatCannotResume(request);
        var members = request.Read();
        var shapes = members.ConvertAll(m => m.Shape.Shape);
        var activity = shapes.Count > 0 ? LiveHubActivities.ReadSnapshot(shapes.Count) : null;
        try
        {
            var entering = Resume(request);
            if (shapes.Count > 0)
            {
                var snapshots = await shared.Snapshots.ReadAsync(shapes, request.NotBefore, closed);
                activity?.SetTag("livehub.rows", snapshots.Sum(s => s.Rows.Count));
                var read = snapshots.Select((s, i) => new EnteringShape(members[i], s.From, s.From.Offset, s.Rows));
                entering = entering with { Shapes = [.. entering.Shapes, .. read], Seen = Math.Max(entering.Seen, snapshots.Max(s => s.Seen.Offset)) };
            }

            activity.End();
            await shared.Router.WaitForAsync(entering.Seen, closed);
            pump.Enter(entering);
            Settle(request, await entering.Written.WaitAsync(closed));
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // The connection has ended; nobody waits for the rows.
        }
        catch (SnapshotTooLargeException e)
        {
            activity.Fail(e);
            Fail(request, ErrorCodes.SnapshotTooLarge,
                $"The rows take more than {shared.Options.MaxSnapshotBytes} bytes. Narrow the filter, open fewer at once, or raise MaxSnapshotBytes on the server.", retryMs: null);
        }
        catch (OperationCanceledException e)
        {
            activity.Fail(e);
            shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            shared.Metrics.Failed(Stages.Snapshot, e);
            Fail(request, ErrorCodes.SnapshotTooSlow,
                $"Reading took longer than {shared.Options.SnapshotTimeout}. Raise SnapshotTimeout on the server, or subscribe to fewer rows.", retryMs: null);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            shared.Metrics.Failed(Stages.Snapshot, e);
            Fail(request, ErrorCodes.SnapshotFailed, "The database could not be read. The client asks again.", RetryMs);
        }
        finally
        {
            activity.End();
        }
    }

    /// <summary>What the client holds is enough where the log reaches back to it, and nothing since then asks for its rows to be read again (rule 20).</summary>
    private SnapshotRequest ReadWhatCannotResume(SnapshotRequest request)
    {
        if (request.Resumed is not { } resumed)
        {
            return request;
        }

        var missed = shared.Router.ReadRouted(resumed.From.Offset, resumed.Joined);
        var invalidations = missed?.SelectMany(e => e.Changeset.Invalidations).ToList();
        var lost = resumed.Subscriptions.ToLookup(s => invalidations is null || invalidations.Exists(i => Differ.MayShow(s.Member.Shape.Shape, i)));
        return ReadInstead(request, [.. lost[true]], [.. lost[false]]);
    }

    /// <summary>The client is told that it gets the rows anew.</summary>
    private SnapshotRequest ReadInstead(SnapshotRequest request, List<OpenSubscription> lost, IReadOnlyList<OpenSubscription> kept)
    {
        lost.ForEach(subscription => pump.Send(subscription.Accepted(resumed: false)));
        return request with { Asked = [.. request.Asked, .. lost], Resumed = kept.Count > 0 ? request.Resumed! with { Subscriptions = kept } : null };
    }

    private static EnteringSnapshot Resume(SnapshotRequest request)
        => request.Resumed is { } resumed
            ? new(request, [.. resumed.Subscriptions.Select(s => s.Member).Distinct().Select(m => new EnteringShape(m, resumed.From, resumed.Joined, Rows: null))], resumed.Joined)
            : new(request, [], Seen: 0);

    private void Settle(SnapshotRequest request, Entry entry)
    {
        _shortLogs = entry is Entry.LogTooShort ? _shortLogs + 1 : 0;
        if (_shortLogs == MaxAttempts)
        {
            _shortLogs = 0;
            Refuse(request, ErrorCodes.SnapshotTooSlow,
                "The log does not reach back to the start of the read. Raise LogRetention on the server, or subscribe to fewer rows.", retryMs: null);
        }
        else if (entry is not Entry.Done)
        {
            AskAgain(ReadInstead(request, [.. request.Resumed?.Subscriptions ?? []], []));
        }
    }

    /// <summary>What was asked for and what was invalidated are read apart before one pays for the other's fault.</summary>
    private void Fail(SnapshotRequest request, string code, string message, int? retryMs)
    {
        if (request.Asked.Count > 0 && request.Again.Count > 0 && request.Attempt < MaxAttempts)
        {
            _readAgainAlone = true;
            AskAgain(request with { Attempt = request.Attempt + 1 });
        }
        else
        {
            if (request.Resumed is not null)
            {
                // They need nothing of what could not be read.
                AskAgain(request with { Asked = [] });
            }

            Refuse(request.Asked.Count > 0 ? request with { Again = [] } : request, code, message, request.Again.Count > 0 ? RetryMs : retryMs);
        }
    }

    private void AskAgain(SnapshotRequest request)
    {
        lock (_asked)
        {
            foreach (var subscription in request.Asked.Where(s => !s.Member.HasEntered))
            {
                subscription.Member.ReadAt = long.MaxValue;
            }

            // What was read already would be of no more use than now.
            _asked.AddFirst(request with { Again = [], NotBefore = shared.Router.Routed.Offset });
        }

        // What waited for them alone need not wait any longer: they are read after it.
        pump.Wake();
    }

    /// <summary>What was live before was not too much then: the client asks for it again.</summary>
    private void Refuse(SnapshotRequest request, string code, string message, int? retryMs)
    {
        foreach (var asked in request.Asked)
        {
            Refuse(asked.Id, asked.Member, code, message, retryMs);
        }

        foreach (var member in request.Again)
        {
            subscriptions.IdsOf(member).ForEach(id => Refuse(id, member, code, message, RetryMs));
        }
    }

    private void Refuse(long id, ShapeMember member, string code, string message, int? retryMs)
    {
        if (subscriptions.IsOpen(id, member))
        {
            subscriptions.Close(id);
            pump.Send(ServerMessages.Error(code, message, id, retryMs));
        }
    }
}
