using System.Text.Json;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Routing;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>One client's connection: answers its messages, reads its snapshots, and owns the pump that writes to it.</summary>
internal sealed class SyncConnection : IDisposable
{
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(1);

    /// <summary>A client may ask for as many transactions at one time.</summary>
    private const int MaxAwaited = 100;

    private readonly SyncConnectionFactory _shared;
    private readonly HubConnectionContext _hub;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SendQueue _queue;
    private readonly Subscriptions _subscriptions;
    private readonly ConnectionPump _pump;
    private readonly ConnectionSnapshots _snapshots;
    private bool _saidHello;
    private int _awaited;
    private int _isDisposed;

    public SyncConnection(SyncConnectionFactory shared, HubConnectionContext hub)
    {
        _shared = shared;
        _hub = hub;
        _closed = _closing.Token;
        _queue = new(shared.Options.MaxQueuedRows, Flush, GiveUp, shared.Metrics);
        _subscriptions = new(shared.Router, _queue, shared.Metrics);
        var invalidated = new InvalidatedShapes(_queue, _subscriptions);
        _pump = new(shared, hub, _queue, _subscriptions, invalidated, () => _snapshots!.ReadInvalidated());
        _snapshots = new(shared, _subscriptions, invalidated, _pump, _closed);
        shared.Router.Attach(_queue);
        shared.Metrics.Connected(1);
    }

    /// <summary>Handles a client message. Messages of one connection come one after the other.</summary>
    public void Receive(JsonElement json)
    {
        try
        {
            Handle(ClientMessageReader.Read(json));
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

    /// <summary>The application stops: the client is to leave when it has got all that waits for it now, and to come back later.</summary>
    public void GoAway() => _pump.SendAfter(0, ServerMessages.GoingAway(_shared.NextRetryMs()));

    /// <summary>It came when the application was about to stop, and would hold that up if it stayed.</summary>
    private async Task LeaveAsync()
    {
        GoAway();
        await Task.Delay(TimeToLeave, _closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hub.Abort();
    }

    private void Handle(ClientMessage message)
    {
        if (_shared.IsStopping)
        {
            _ = LeaveAsync();
            return;
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
                Subscribe(subscribe.Subscriptions);
                break;
            case ClientMessage.Unsubscribe unsubscribe:
                foreach (var id in unsubscribe.Ids)
                {
                    _subscriptions.Close(id);
                }

                _pump.Wake();
                break;
            case ClientMessage.Seen seen:
                _ = SeeAsync(seen.Transaction);
                break;
        }
    }

    /// <summary>Answers when what a request has committed was sent, as far as anything of it is of this connection.</summary>
    private async Task SeeAsync(string token)
    {
        if (RequestTransactions.Parse(token) is not { } transactions)
        {
            Refuse(ErrorCodes.UnknownTransaction, "This is not a value of the header LiveHub-Transaction.");
        }
        else if (Interlocked.Increment(ref _awaited) > MaxAwaited)
        {
            Interlocked.Decrement(ref _awaited);
            Refuse(ErrorCodes.TooManyTransactions, $"A connection may wait for {MaxAwaited} transactions. Wait for some of them first.");
        }
        else
        {
            try
            {
                await SeeAsync(token, transactions);
            }
            catch (TimeoutException)
            {
                Refuse(ErrorCodes.UnknownTransaction,
                    $"It has not come in {_shared.Options.TransactionTimeout}: it is of another application, or was lost with the process that committed it.");
            }
            catch (Exception) when (_closed.IsCancellationRequested)
            {
                // Nobody waits any longer.
            }
            catch (Exception e)
            {
                _shared.Logger.MessageFailed(_hub.ConnectionId, e);
                _shared.Metrics.Failed(Stages.Message, e);
                Refuse(ErrorCodes.Internal, "The server failed on this message; its log says why.");
            }
            finally
            {
                Interlocked.Decrement(ref _awaited);
            }
        }

        void Refuse(string code, string message) => _pump.Send(ServerMessages.NotSeen(code, message, token));
    }

    private async Task SeeAsync(string token, IReadOnlyList<ChangesetId> transactions)
    {
        long through = 0;
        foreach (var transaction in transactions)
        {
            through = Math.Max(through, await _shared.Router.WaitForAsync(transaction, _shared.Options.TransactionTimeout, _closed));
        }

        _pump.SendAfter(through, ServerMessages.Seen(token));
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
        _pump.Send(ServerMessages.Welcome(_shared.Backplane.Epoch));
    }

    private void Subscribe(IReadOnlyList<SubscriptionRequest> requests)
    {
        var opened = new List<(long Id, ShapeMember Member)>();
        foreach (var request in requests)
        {
            try
            {
                CheckRoom(request.Id);
                var shape = _shared.Shapes.Read(request);
                if (_subscriptions.Open(request.Id, shape) is { } member)
                {
                    _pump.Send(ServerMessages.Subscribed(request.Id, member.Shape.Id, shape.Entity, shape.Fingerprint));
                    opened.Add((request.Id, member));
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

        if (opened.Count > 0)
        {
            _snapshots.Read(opened);
        }
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
