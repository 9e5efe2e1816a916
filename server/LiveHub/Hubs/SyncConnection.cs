using System.Text.Json;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Shapes;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>One client's connection: answers its messages, reads its snapshots, and owns the pump that writes to it.</summary>
internal sealed class SyncConnection : IQueueWriter, IDisposable
{
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(1);

    private readonly SyncConnectionFactory _shared;
    private readonly HubConnectionContext _hub;
    private readonly Ending _ending = new();
    private readonly SendQueue _queue;
    private readonly Replies _replies;
    private readonly Subscriptions _subscriptions;
    private readonly ConnectionPump _pump;
    private readonly ConnectionSnapshots _snapshots;
    private readonly AwaitedTransactions _awaited;
    private readonly SubscriptionOpener _opener;
    private bool _saidHello;
    private bool _isWelcome;
    private int _isDisposed;

    public SyncConnection(SyncConnectionFactory shared, HubConnectionContext hub)
    {
        _shared = shared;
        _hub = hub;
        _queue = new(shared.Options.MaxQueuedRows, this, shared.Metrics);
        _replies = new(shared.Metrics);
        _subscriptions = new(shared.Router, _queue, shared.Metrics);
        var invalidated = new InvalidatedShapes(shared.Router, _queue, _subscriptions);
        _pump = new(shared, this, hub, _queue, _replies, _subscriptions, invalidated);
        _snapshots = new(shared, _subscriptions, invalidated, _pump, _ending);
        _awaited = new(shared, hub.ConnectionId, _pump, _ending);
        _opener = new(shared, hub, _subscriptions, _replies, _pump, _snapshots);
        shared.Router.Attach(_queue);
        shared.Metrics.Connected(1);
    }

    /// <summary>How many requests wait to be read from the database.</summary>
    public int Waiting => _snapshots.Waiting;

    /// <summary>Handles a client message. Messages of one connection come one after the other.</summary>
    /// <returns>When it is handled, and there is room for the answers to the next.</returns>
    public async Task ReceiveAsync(JsonElement json)
    {
        if (Volatile.Read(ref _isDisposed) != 0)
        {
            return;
        }

        try
        {
            await _replies.RoomAsync(_hub.ConnectionAborted);
            await HandleAsync(ClientMessageReader.Read(json));
        }
        catch (OperationCanceledException) when (_hub.ConnectionAborted.IsCancellationRequested)
        {
            // The connection has ended; nobody waits for the rest of the answers.
        }
        catch (RefusedException e)
        {
            _pump.Send(ServerMessages.Error(e.Code, e.Message));
        }
        catch (Exception e)
        {
            _shared.Logger.MessageFailed(_hub.ConnectionId, e);
            _shared.Metrics.Failed(Stages.Message, e);
            _pump.Send(ServerMessages.Error(ErrorCodes.Internal, "The server failed on this message; its log says why."));
        }
    }

    /// <summary>The connection has ended: leaves nothing behind.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _pump.ReportCut();
        _ending.End();
        _shared.Remove(this);
        _shared.Router.Detach(_queue);
        _subscriptions.CloseAll();
        _queue.Close();
        _replies.Close();
        _shared.Metrics.Connected(-1);
    }

    void IQueueWriter.Flush(bool here)
    {
        if (here)
        {
            _pump.WakeHere();
        }
        else
        {
            _pump.Wake();
        }
    }

    /// <summary>Reads again what was invalidated.</summary>
    public void ReadInvalidated() => _snapshots.ReadInvalidated();

    /// <summary>The client is told how far the log has come, where it does not know.</summary>
    public void Beat() => _pump.Beat();

    /// <summary>The application stops: the client is to leave when it has got all that waits for it now, and to come back later.</summary>
    public void GoAway() => _ = _pump.SendAfterAsync(0, ServerMessages.GoingAway(_shared.NextRetryMs()));

    /// <summary>Nothing is heard of the log, and what the client shows may be out of date. Whoever is not welcome yet waits.</summary>
    public void SendAway()
    {
        if (Volatile.Read(ref _isWelcome) && Volatile.Read(ref _isDisposed) == 0)
        {
            End(_shared.NextRetryMs());
        }
    }

    /// <summary>It came when the application was about to stop, and would hold that up if it stayed.</summary>
    private async Task LeaveAsync()
    {
        GoAway();
        await Task.Delay(TimeToLeave, _hub.ConnectionAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hub.Abort();
    }

    private Task HandleAsync(ClientMessage message)
    {
        if (_shared.IsStopping)
        {
            _ = LeaveAsync();
            return Task.CompletedTask;
        }

        if (!_saidHello && message is not ClientMessage.Hello)
        {
            throw new RefusedException(ErrorCodes.BadMessage, "The first message of a connection must be 'hello'.");
        }

        switch (message)
        {
            case ClientMessage.Hello hello:
                return GreetAsync(hello);
            case ClientMessage.Subscribe subscribe:
                return _opener.OpenAsync(subscribe.Subscriptions);
            case ClientMessage.Unsubscribe unsubscribe:
                foreach (var id in unsubscribe.Ids)
                {
                    _subscriptions.Close(id);
                }

                _pump.Wake();
                break;
            case ClientMessage.Seen seen:
                _awaited.Add(seen.Transaction);
                break;
        }

        return Task.CompletedTask;
    }

    private async Task GreetAsync(ClientMessage.Hello hello)
    {
        if (_saidHello)
        {
            throw new RefusedException(ErrorCodes.BadMessage, "This connection has said hello already.");
        }

        const int spoken = ServerMessages.ProtocolVersion;
        if (hello.MinProtocol > spoken || hello.MaxProtocol < spoken)
        {
            throw new RefusedException(ErrorCodes.Protocol,
                $"This server speaks protocol {spoken}, the client {hello.MinProtocol} to {hello.MaxProtocol}. Update the older of the two.");
        }

        _saidHello = true;
        await HearAsync(hello.Position);
        var epoch = _shared.Backplane.Epoch;
        Volatile.Write(ref _isWelcome, true);
        _pump.Send(ServerMessages.Welcome(epoch));
        var isHere = hello.Position?.Epoch == epoch;
        if (isHere && _shared.Router.Remembers(hello.Position!.Position) is { } remembers)
        {
            _opener.ResumeFrom = remembers ? hello.Position.Position : null;
        }
        else if (isHere || hello.Position == ClientPosition.MadeUp)
        {
            _pump.Send(ServerMessages.Error(ErrorCodes.UnknownPosition, "The log of this server has no such position. All rows are sent anew; go on from the position of the next step."));
        }
    }

    /// <summary>Nobody is welcome while nothing is heard of the log. Who comes from another node, which had heard more of it, waits until this one has.</summary>
    private async Task HearAsync(ClientPosition? position)
    {
        while (true)
        {
            await _shared.Backplane.WaitUntilHeardAsync(_hub.ConnectionAborted);
            var mayResume = position?.Epoch == _shared.Backplane.Epoch;
            if (!mayResume && _shared.Backplane.SilentSince is null)
            {
                return;
            }

            try
            {
                // A log that hangs is not heard either, before its connection counts as lost.
                var head = await _shared.Backplane.ReadHeadAsync(shown: default, _hub.ConnectionAborted);
                if (mayResume && position!.Position.Offset <= head.Offset)
                {
                    await _shared.Router.WaitForAsync(position.Position.Offset, _hub.ConnectionAborted);
                }

                return;
            }
            catch (BackplaneSilentException)
            {
                // Its client goes elsewhere when it has waited for long enough.
            }
        }
    }

    /// <summary>
    /// The connection has missed something: it ends, and the client starts again from snapshots. Where all have, each is to come back at another time.
    /// </summary>
    void IQueueWriter.GiveUp(string reason)
    {
        _shared.Metrics.Reset(reason);
        _shared.Logger.ConnectionGivenUp(_hub.ConnectionId, reason == Resets.Log ? "the log begins anew" : "it fell too far behind");
        End(reason == Resets.Log ? _shared.NextRetryMs() : null);
    }

    /// <param name="retryMs">When the client is to come back; null where that is up to it.</param>
    private void End(int? retryMs)
        => ThreadPool.QueueUserWorkItem(static end => _ = end.Connection.EndAsync(end.RetryMs), (Connection: this, RetryMs: retryMs), preferLocal: false);

    private async Task EndAsync(int? retryMs)
    {
        // From here on nothing is written but the farewell: what is still being read belongs to nobody.
        Dispose();
        if (retryMs is { } delay)
        {
            await LeaveAsync(delay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _hub.Abort();

        // A close message would wait behind what the client does not read; the socket itself has to go.
        if (_hub.Features.Get<IHttpTransportFeature>()?.TransportType is not HttpTransportType.LongPolling)
        {
            _hub.GetHttpContext()?.Abort();
        }
    }

    private async Task LeaveAsync(int retryMs)
    {
        var writer = new FrameWriter(_pump);
        await writer.WriteAsync(ServerMessages.GoingAway(retryMs));
        await writer.FlushAsync().AsTask().WaitAsync(TimeToLeave, _shared.Time, _hub.ConnectionAborted);
        await Task.Delay(TimeToLeave, _shared.Time, _hub.ConnectionAborted);
    }
}
