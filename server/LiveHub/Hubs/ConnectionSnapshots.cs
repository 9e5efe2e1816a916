using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Snapshots;

namespace LiveHub.Hubs;

/// <summary>
/// Reads the snapshots of one connection, one after the other, each when the one before was taken: a client that does not
/// read holds one. What was invalidated is read along with what was asked for, so that neither waits for the other for ever. What is new and long is
/// on its way for a while, and keeps nothing else waiting but what is as long, and what was asked for after that.
/// </summary>
internal sealed class ConnectionSnapshots(
    SyncConnectionFactory shared, Subscriptions subscriptions, InvalidatedShapes invalidated, ConnectionPump pump, Ending ending)
{
    private const int MaxAttempts = 3;
    private const int RetryMs = 2_000;

    private readonly SnapshotRequests _requests = new(shared.Router, subscriptions, invalidated, ending);
    private int _shortLogs;
    private int _shortLogsOfStreams;

    /// <summary>How many requests wait to be read.</summary>
    public int Waiting => _requests.Count;

    /// <summary>Lets subscriptions that were asked for together enter.</summary>
    public void Read(IReadOnlyList<OpenSubscription> asked, Resumption? resumed)
    {
        _requests.Add(new(asked, resumed, []));
        ReadInvalidated();
    }

    /// <summary>Reads again what was invalidated.</summary>
    public void ReadInvalidated()
    {
        if (_requests.TryBegin())
        {
            _ = ReadAllAsync();
        }
    }

    private async Task ReadAllAsync()
    {
        ending.Begin();
        await Task.Yield();
        while (_requests.Next() is { } request)
        {
            await ReadAsync(request);
        }

        ending.Finish();
    }

    /// <summary>Reads a snapshot and lets it enter. Never throws.</summary>
    /// <returns>When it is in, or is long and may take its time.</returns>
    private async Task ReadAsync(SnapshotRequest request)
    {
        EnteringSnapshot entering;
        try
        {
            request = ReadWhatCannotResume(request);
            entering = await ReadRowsAsync(request);
        }
        catch (Exception e)
        {
            Fail(request, e);
            return;
        }

        await (entering.Stream is null || request.Asked.Count == 0 ? EnterAsync(entering) : EnterApartAsync(entering));
    }

    /// <summary>What is live already, or goes on, does not wait until long rows that are new are in.</summary>
    private async Task EnterApartAsync(EnteringSnapshot entering)
    {
        var (request, _, seen, taken) = entering;
        var members = request.Asked.Select(s => s.Member).Except(request.Again).ToHashSet();
        var isNew = entering.Shapes.ToLookup(s => members.Contains(s.Member));
        if (isNew[false].Any())
        {
            await EnterAsync(new(request with { Asked = [] }, [.. isNew[false]], seen));
        }

        var asked = new EnteringSnapshot(request with { Resumed = null, Again = [], IsLong = true }, [.. isNew[true]], seen, taken);
        if (asked.Stream is null)
        {
            await EnterAsync(asked);
            return;
        }

        if (!_requests.TryBeginLong())
        {
            // It is read again when the other is through.
            taken?.Dispose();
            AskAgain(asked.Request);
            return;
        }

        var streaming = StreamAsync(asked);
        await (request.HoldsUp ? streaming : Task.CompletedTask);
    }

    private async Task StreamAsync(EnteringSnapshot entering)
    {
        ending.Begin();
        await EnterAsync(entering);
        ending.Finish();
        _requests.EndLong();
        ReadInvalidated();
    }

    /// <summary>Hands a snapshot to the pump. Never throws.</summary>
    /// <returns>When the transport has taken it.</returns>
    private async Task EnterAsync(EnteringSnapshot entering)
    {
        try
        {
            pump.Enter(entering);
            Settle(entering.Request, await entering.Written.WaitAsync(ending.Token));
        }
        catch (Exception e)
        {
            Fail(entering.Request, e);
        }
        finally
        {
            entering.Taken?.Dispose();
        }
    }

    private async Task<EnteringSnapshot> ReadRowsAsync(SnapshotRequest request)
    {
        var members = request.Read();
        var (shapes, seen) = Resume(request);
        if (members.Count == 0)
        {
            await shared.Router.WaitForAsync(seen, ending.Token);
            return new(request, shapes, seen);
        }

        var taken = await ReadRowsAsync(members, request.NotBefore);
        try
        {
            seen = Math.Max(seen, taken.Shapes.Max(s => s.Seen.Offset));
            await shared.Router.WaitForAsync(seen, ending.Token);
            return new(request, [.. shapes, .. taken.Shapes.Select((s, i) => new EnteringShape(members[i], s.From, s.From.Offset, s.Rows))], seen, taken);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private async Task<TakenSnapshots> ReadRowsAsync(List<ShapeMember> members, long notBefore)
    {
        var activity = LiveHubActivities.ReadSnapshot(members.Count);
        try
        {
            var taken = await shared.Snapshots.ReadAsync(members.ConvertAll(m => m.Shape.Shape), notBefore, ending.Token);
            activity?.SetTag("livehub.rows", taken.Shapes.Sum(s => s.Rows.Count));
            return taken;
        }
        catch (Exception e) when (!ending.HasEnded)
        {
            activity.Fail(e);
            throw;
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

        var missed = shared.Router.ReadInvalidations(resumed.From.Offset, resumed.Joined);
        var lost = resumed.Subscriptions.ToLookup(s => missed is null || missed.Any(i => Differ.MayShow(s.Member.Shape.Shape, i.Invalidation)));
        return ReadInstead(request, [.. lost[true]], [.. lost[false]]);
    }

    /// <summary>The client is told that it gets the rows anew.</summary>
    private SnapshotRequest ReadInstead(SnapshotRequest request, List<OpenSubscription> lost, IReadOnlyList<OpenSubscription> kept)
    {
        lost.ForEach(subscription => pump.Send(subscription.Accepted(resumed: false)));
        return request with { Asked = [.. request.Asked, .. lost], Resumed = kept.Count > 0 ? request.Resumed! with { Subscriptions = kept } : null };
    }

    private static (IReadOnlyList<EnteringShape> Shapes, long Seen) Resume(SnapshotRequest request)
        => request.Resumed is { } resumed
            ? ([.. resumed.Subscriptions.Select(s => s.Member).Distinct().Select(m => new EnteringShape(m, resumed.From, resumed.Joined, Rows: null))], resumed.Joined)
            : ([], 0);

    private void Settle(SnapshotRequest request, Entry entry)
    {
        ref var shortLogs = ref request.IsLong ? ref _shortLogsOfStreams : ref _shortLogs;
        shortLogs = entry is Entry.LogTooShort ? shortLogs + 1 : 0;
        if (shortLogs == MaxAttempts)
        {
            shortLogs = 0;
            Refuse(request, ErrorCodes.SnapshotTooSlow,
                "The log does not reach back to the start of the read. Raise LogRetention on the server, or subscribe to fewer rows.", retryMs: null);
        }
        else if (entry is not Entry.Done)
        {
            AskAgain(ReadInstead(request, [.. request.Resumed?.Subscriptions ?? []], []) with { HoldsUp = request.IsLong && entry is Entry.Invalidated }, request.IsLong);
        }
    }

    private void Fail(SnapshotRequest request, Exception exception)
    {
        if (ending.HasEnded)
        {
            // The connection has ended; nobody waits for the rows.
            return;
        }

        if (exception is SnapshotTooLargeException)
        {
            Fail(request, ErrorCodes.SnapshotTooLarge,
                $"The rows take more than {shared.Options.MaxSnapshotBytes} bytes. Narrow the filter, open fewer at once, or raise MaxSnapshotBytes on the server.", retryMs: null);
            return;
        }

        shared.Logger.SnapshotFailed(string.Join("; ", request.Read().Select(m => m.Shape.Shape)), exception);
        shared.Metrics.Failed(Stages.Snapshot, exception);
        if (exception is OperationCanceledException)
        {
            Fail(request, ErrorCodes.SnapshotTooSlow,
                $"Reading took longer than {shared.Options.SnapshotTimeout}. Raise SnapshotTimeout on the server, or subscribe to fewer rows.", retryMs: null);
        }
        else
        {
            Fail(request, ErrorCodes.SnapshotFailed, "The rows could not be read. The client asks again.", RetryMs);
        }
    }

    /// <summary>What was asked for and what was invalidated are read apart before one pays for the other's fault.</summary>
    private void Fail(SnapshotRequest request, string code, string message, int? retryMs)
    {
        if (request.Asked.Count > 0 && request.Again.Count > 0 && request.Attempt < MaxAttempts)
        {
            AskAgain(request with { Attempt = request.Attempt + 1 }, againAlone: true);
            return;
        }

        if (request.Resumed is { } resumed)
        {
            if (request.Asked.Count + request.Again.Count > 0)
            {
                // They need nothing of what could not be read.
                AskAgain(request with { Asked = [] });
            }
            else
            {
                request = ReadInstead(request, [.. resumed.Subscriptions], []);
            }
        }

        Refuse(request.Asked.Count > 0 ? request with { Again = [] } : request, code, message, request.Again.Count > 0 ? RetryMs : retryMs);
    }

    /// <inheritdoc cref="SnapshotRequests.AddAgain"/>
    private void AskAgain(SnapshotRequest request, bool againAlone = false)
    {
        _requests.AddAgain(request, againAlone);

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
