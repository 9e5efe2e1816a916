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

    /// <summary>Reads subscriptions that were asked for together.</summary>
    public void Read(IReadOnlyList<(long Id, ShapeMember Member)> asked)
    {
        lock (_asked)
        {
            _asked.AddLast(new SnapshotRequest(asked, [], Attempt: 1));
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
            if (!node.Value.Asked.Any(s => subscriptions.IsOpen(s.Id, s.Member)))
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
            var again = invalidated.Find();
            var request = again.Count > 0 && _readAgainAlone ? null : TakeAsked();
            _readAgainAlone = false;
            _isReading = !closed.IsCancellationRequested && (request is not null || again.Count > 0);
            return !_isReading ? null
                : request is null ? new([], again, Attempt: 1)
                : request with { Again = [.. again.Except(request.Members())] };
        }
    }

    /// <summary>The next that was asked for and is still wanted.</summary>
    private SnapshotRequest? TakeAsked()
    {
        while (_asked.First?.Value is { } first)
        {
            _asked.RemoveFirst();
            var request = first with { Asked = [.. first.Asked.Where(s => subscriptions.IsOpen(s.Id, s.Member))] };
            if (request.Asked.Count > 0)
            {
                // From here on it can miss an invalidation.
                var routed = shared.Router.Routed.Offset;
                foreach (var (_, member) in request.Asked)
                {
                    member.ReadAt = Math.Min(member.ReadAt, routed);
                }

                return request;
            }
        }

        return null;
    }

    /// <summary>Reads a snapshot and hands it to the pump. Never throws.</summary>
    private async Task ReadAsync(SnapshotRequest request)
    {
        var members = request.Members();
        var shapes = members.ConvertAll(m => m.Shape.Shape);
        var activity = LiveHubActivities.ReadSnapshot(shapes.Count);
        try
        {
            var snapshot = await shared.Snapshots.ReadAsync(shapes, closed);
            activity?.SetTag("livehub.rows", snapshot.Rows.Sum(r => r.Count));
            activity.End();
            await shared.Router.WaitForAsync(snapshot.Seen.Offset, closed);
            var entering = new EnteringSnapshot(request, members, snapshot);
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
            AskAgain(request);
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
            Refuse(request.Asked.Count > 0 ? request with { Again = [] } : request, code, message, request.Again.Count > 0 ? RetryMs : retryMs);
        }
    }

    private void AskAgain(SnapshotRequest request)
    {
        lock (_asked)
        {
            foreach (var (_, member) in request.Asked.Where(s => s.Member.EnteredAt == long.MaxValue))
            {
                member.ReadAt = long.MaxValue;
            }

            _asked.AddFirst(request with { Again = [] });
        }

        // What waited for them alone need not wait any longer: they are read after it.
        pump.Wake();
    }

    /// <summary>What was live before was not too much then: the client asks for it again.</summary>
    private void Refuse(SnapshotRequest request, string code, string message, int? retryMs)
    {
        foreach (var (id, member) in request.Asked)
        {
            Refuse(id, member, code, message, retryMs);
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
