using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>
/// Reads the snapshots of one connection, one after the other, each when the one before was taken: a client that does not
/// read holds one.
/// </summary>
internal sealed class ConnectionSnapshots(
    SyncConnectionFactory shared, Subscriptions subscriptions, ConnectionPump pump, CancellationToken closed)
{
    private const int MaxAttempts = 3;
    private const int RetryMs = 2_000;

    private readonly Queue<SnapshotRequest> _toRead = new();

    public void Read(SnapshotRequest request)
    {
        lock (_toRead)
        {
            _toRead.Enqueue(request);
            if (_toRead.Count > 1)
            {
                return;
            }
        }

        _ = ReadAllAsync();
    }

    private async Task ReadAllAsync()
    {
        await Task.Yield();
        while (true)
        {
            SnapshotRequest next;
            lock (_toRead)
            {
                next = _toRead.Peek();
            }

            await ReadAsync(next);
            lock (_toRead)
            {
                _toRead.Dequeue();
                if (_toRead.Count == 0)
                {
                    return;
                }
            }
        }
    }

    /// <summary>The log no longer reaches back to where a snapshot was read.</summary>
    public void ReadAgain(SnapshotRequest request)
    {
        if (request.Attempt < MaxAttempts)
        {
            Read(new(request.Subscriptions, request.Attempt + 1));
        }
        else
        {
            Refuse(request, ErrorCodes.SnapshotTooSlow,
                "The log does not reach back to the start of the read. Raise LogRetention on the server, or subscribe to fewer rows.", retryMs: null);
        }
    }

    /// <summary>Reads a snapshot and hands it to the pump. Never throws.</summary>
    private async Task ReadAsync(SnapshotRequest request)
    {
        request = request with { Subscriptions = [.. request.Subscriptions.Where(s => subscriptions.IsOpen(s.Id, s.Member))] };
        if (request.Subscriptions.Count == 0)
        {
            return;
        }

        var shapes = request.Subscriptions.Select(s => s.Member.Shape.Shape).Distinct().ToList();
        try
        {
            var from = shared.Router.Routed;
            var snapshot = await shared.Snapshots.ReadAsync(shapes, closed);
            await shared.Router.WaitForAsync(snapshot.Seen.Offset, closed);
            var entering = new EnteringSnapshot(request, from, snapshot);
            pump.Enter(entering);
            await entering.Written.WaitAsync(closed);
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            // The connection has ended; nobody waits for the rows.
        }
        catch (SnapshotTooLargeException)
        {
            Refuse(request, ErrorCodes.SnapshotTooLarge,
                $"The rows take more than {shared.Options.MaxSnapshotBytes} bytes. Narrow the filter, open fewer at once, or raise MaxSnapshotBytes on the server.", retryMs: null);
        }
        catch (OperationCanceledException e)
        {
            shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            Refuse(request, ErrorCodes.SnapshotTooSlow,
                $"Reading took longer than {shared.Options.SnapshotTimeout}. Raise SnapshotTimeout on the server, or subscribe to fewer rows.", retryMs: null);
        }
        catch (Exception e)
        {
            shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            Refuse(request, ErrorCodes.SnapshotFailed, "The database could not be read. The client asks again.", RetryMs);
        }
    }

    private void Refuse(SnapshotRequest request, string code, string message, int? retryMs)
    {
        foreach (var (id, member) in request.Subscriptions)
        {
            if (subscriptions.IsOpen(id, member))
            {
                subscriptions.Close(id);
                pump.Send(ServerMessages.Error(code, message, id, retryMs));
            }
        }
    }
}
