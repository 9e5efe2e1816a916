using System.Text.Json;
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
internal sealed class SyncConnection : IDisposable
{
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(1);

    private readonly SyncConnectionFactory _shared;
    private readonly HubConnectionContext _hub;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SendQueue _queue;
    private readonly Replies _replies;
    private readonly Subscriptions _subscriptions;
    private readonly ConnectionPump _pump;
    private readonly ConnectionSnapshots _snapshots;
    private readonly AwaitedTransactions _awaited;
    private bool _saidHello;

    /// <summary>What the client's rows are as of, where it holds some of this log.</summary>
    private Position? _resumeFrom;
    private int _isDisposed;

    public SyncConnection(SyncConnectionFactory shared, HubConnectionContext hub)
    {
        _shared = shared;
        _hub = hub;
        _closed = _closing.Token;
        _queue = new(shared.Options.MaxQueuedRows, Flush, GiveUp, shared.Metrics);
        _replies = new(shared.Metrics);
        _subscriptions = new(shared.Router, _queue, shared.Metrics);
        var invalidated = new InvalidatedShapes(shared.Router, _queue, _subscriptions);
        _pump = new(shared, hub, _queue, _replies, _subscriptions, invalidated, () => _snapshots!.ReadInvalidated());
        _snapshots = new(shared, _subscriptions, invalidated, _pump, _closed);
        _awaited = new(shared, hub.ConnectionId, _pump, _closed);
        shared.Router.Attach(_queue);
        shared.Metrics.Connected(1);
    }

    /// <summary>How many requests wait to be read from the database.</summary>
    public int Waiting => _snapshots.Waiting;

    /// <summary>Handles a client message. Messages of one connection come one after the other.</summary>
    /// <returns>When it is handled, and there is room for the answers to the next.</returns>
    public async Task ReceiveAsync(JsonElement json)
    {
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

        _closing.Cancel();
        _closing.Dispose();
        _shared.Remove(this);
        _shared.Router.Detach(_queue);
        _subscriptions.CloseAll();
        _queue.Close();
        _replies.Close();
        _shared.Metrics.Connected(-1);
    }

    private void Flush(bool here)
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

    /// <summary>The client is told how far the log has come, where it does not know.</summary>
    public void Beat() => _pump.Beat();

    /// <summary>The application stops: the client is to leave when it has got all that waits for it now, and to come back later.</summary>
    public void GoAway() => _ = _pump.SendAfterAsync(0, ServerMessages.GoingAway(_shared.NextRetryMs()));

    /// <summary>It came when the application was about to stop, and would hold that up if it stayed.</summary>
    private async Task LeaveAsync()
    {
        GoAway();
        await Task.Delay(TimeToLeave, _closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
                Greet(hello);
                break;
            case ClientMessage.Subscribe subscribe:
                return SubscribeAsync(subscribe.Subscriptions);
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

    private void Greet(ClientMessage.Hello hello)
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
        var epoch = _shared.Backplane.Epoch;
        _pump.Send(ServerMessages.Welcome(epoch));
        var isHere = hello.Position?.Epoch == epoch;
        if (isHere && _shared.Router.Remembers(hello.Position!.Position) is { } remembers)
        {
            _resumeFrom = remembers ? hello.Position.Position : null;
        }
        else if (isHere || hello.Position == ClientPosition.MadeUp)
        {
            _pump.Send(ServerMessages.Error(ErrorCodes.UnknownPosition, "The log of this server has no such position. All rows are sent anew; go on from the position of the next step."));
        }
    }

    private async Task SubscribeAsync(IReadOnlyList<SubscriptionRequest> requests)
    {
        var asked = new List<OpenSubscription>();
        var resumed = new List<OpenSubscription>();
        foreach (var request in requests)
        {
            await _replies.RoomAsync(_hub.ConnectionAborted);
            try
            {
                CheckRoom(request.Id);
                var shape = _shared.Shapes.Read(request);
                CheckRoom(shape);
                if (_subscriptions.Open(request.Id, shape, out var isFirst) is { } member)
                {
                    var opened = new OpenSubscription(request.Id, member, request.Keys is { } keys ? RespelledKeys.Of(shape.Entity, keys) : null);
                    if (_resumeFrom is { } from && request.Fingerprint == shape.Fingerprint && (isFirst || resumed.Exists(s => s.Member == member)))
                    {
                        // From here on an invalidation concerns it.
                        member.ReadAt = from.Offset;
                        resumed.Add(opened);
                    }
                    else
                    {
                        asked.Add(opened);
                    }
                }
            }
            catch (RefusedException e)
            {
                // The id of a duplicate stands for the subscription that is open, and stays so.
                _pump.Send(ServerMessages.Error(e.Code, e.Message, e.Code == ErrorCodes.DuplicateId ? null : request.Id));
            }
            catch (Exception e)
            {
                _shared.Logger.MessageFailed(_hub.ConnectionId, e);
                _shared.Metrics.Failed(Stages.Message, e);
                _subscriptions.Close(request.Id);
                _pump.Send(ServerMessages.Error(ErrorCodes.Internal, "The server failed on this subscription; its log says why.", request.Id));
            }
        }

        // Of one shape, all are read or none is.
        asked.AddRange(resumed.Where(s => asked.Exists(a => a.Member == s.Member)));
        resumed.RemoveAll(asked.Contains);
        asked.ForEach(subscription => _pump.Send(subscription.Accepted(resumed: false)));
        if (asked.Count + resumed.Count > 0)
        {
            _snapshots.Read(asked, Resume(resumed));
        }
    }

    private Resumption? Resume(List<OpenSubscription> subscriptions)
    {
        if (subscriptions.Count == 0)
        {
            return null;
        }

        var joined = _shared.Router.Given;
        subscriptions.ForEach(s => s.Member.ReadAt = joined);
        var from = _resumeFrom!.Value;

        // A long way back is gone once a connection, however often its client asks.
        _resumeFrom = null;
        return new(from, joined, subscriptions);
    }

    private void CheckRoom(long id)
    {
        if (_subscriptions.Contains(id))
        {
            throw new RefusedException(ErrorCodes.DuplicateId, $"The id {id} is open already. Choose another, or unsubscribe first.");
        }

        if (_subscriptions.Count >= _shared.Options.MaxSubscriptionsPerConnection)
        {
            throw new RefusedException(ErrorCodes.TooManySubscriptions,
                $"A connection may have {_shared.Options.MaxSubscriptionsPerConnection} subscriptions open. Close some.");
        }
    }

    private void CheckRoom(Shape shape)
    {
        if (!_subscriptions.HasRoomFor(shape, _shared.Options.MaxFilterBytesPerConnection))
        {
            throw new RefusedException(ErrorCodes.TooManySubscriptions,
                $"The keys and filters of a connection's subscriptions may take {_shared.Options.MaxFilterBytesPerConnection} bytes on the server. Close some, or ask for fewer keys.");
        }
    }

    /// <summary>The connection has missed something: it ends, and the client starts again from snapshots. Called by the router, which must not wait.</summary>
    private void GiveUp(string reason)
    {
        _shared.Metrics.Reset(reason);
        ThreadPool.QueueUserWorkItem(static connection => connection.End(), this, preferLocal: false);
    }

    private void End()
    {
        _shared.Logger.ConnectionGivenUp(_hub.ConnectionId);
        Dispose();
        _hub.Abort();

        // A close message would wait behind what the client does not read; the socket itself has to go.
        if (_hub.Features.Get<IHttpTransportFeature>()?.TransportType is not HttpTransportType.LongPolling)
        {
            _hub.GetHttpContext()?.Abort();
        }
    }
}
