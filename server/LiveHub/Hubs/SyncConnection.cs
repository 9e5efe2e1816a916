using System.Text.Json;
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
    private const int SnapshotAttempts = 3;
    private const int RetryMs = 2_000;

    private readonly SyncConnectionFactory _shared;
    private readonly HubConnectionContext _hub;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly SendQueue _queue;
    private readonly Subscriptions _subscriptions;
    private readonly ConnectionPump _pump;
    private bool _saidHello;
    private int _isDisposed;

    public SyncConnection(SyncConnectionFactory shared, HubConnectionContext hub)
    {
        _shared = shared;
        _hub = hub;
        _closed = _closing.Token;
        _queue = new(shared.Options.MaxQueuedRows, _ => _pump!.Wake(), _ => GiveUp());
        _subscriptions = new(shared.Router, _queue);
        _pump = new(shared, hub, _queue, _subscriptions, ReadAgain);
        shared.Router.Attach(_queue);
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
        _shared.Router.Detach(_queue);
        _subscriptions.CloseAll();
        _queue.Close();
    }

    private void Handle(ClientMessage message)
    {
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

                break;
        }
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
        var from = _shared.Router.Routed;
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
                _pump.Send(ServerMessages.Error(e.Code, e.Message, request.Id));
            }
        }

        if (opened.Count > 0)
        {
            _ = ReadAsync(new(opened, from, Attempt: 1));
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

    private void ReadAgain(EnteringSnapshot entering)
    {
        if (entering.Attempt < SnapshotAttempts)
        {
            _ = ReadAsync(entering with { From = _shared.Router.Routed, Attempt = entering.Attempt + 1, Snapshot = null });
        }
        else
        {
            Refuse(entering, ErrorCodes.SnapshotTooSlow,
                "The log does not reach back to the start of the read. Raise LogRetention on the server, or subscribe to fewer rows.", retryMs: null);
        }
    }

    /// <summary>Reads a snapshot and hands it to the pump. Never throws.</summary>
    private async Task ReadAsync(EnteringSnapshot entering)
    {
        var shapes = entering.Subscriptions.Select(s => s.Member.Shape.Shape).Distinct().ToList();
        try
        {
            await Task.Yield();
            var snapshot = await _shared.Snapshots.ReadAsync(shapes, _closed);
            await _shared.Router.WaitForAsync(snapshot.Seen.Offset, _closed);
            _pump.Enter(entering with { Snapshot = snapshot });
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The connection has ended; nobody waits for the rows.
        }
        catch (OperationCanceledException e)
        {
            _shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            Refuse(entering, ErrorCodes.SnapshotTooSlow,
                $"Reading took longer than {_shared.Options.SnapshotTimeout}. Raise SnapshotTimeout on the server, or subscribe to fewer rows.", retryMs: null);
        }
        catch (Exception e)
        {
            _shared.Logger.SnapshotFailed(string.Join("; ", shapes), e);
            Refuse(entering, ErrorCodes.SnapshotFailed, "The database could not be read. The client asks again.", RetryMs);
        }
    }

    private void Refuse(EnteringSnapshot entering, string code, string message, int? retryMs)
    {
        foreach (var (id, member) in entering.Subscriptions)
        {
            if (_subscriptions.IsOpen(id, member))
            {
                _subscriptions.Close(id);
                _pump.Send(ServerMessages.Error(code, message, id, retryMs));
            }
        }
    }

    /// <summary>The connection has missed something: it ends, and the client starts again from snapshots. Called by the router, which must not wait.</summary>
    private void GiveUp() => ThreadPool.QueueUserWorkItem(static connection =>
    {
        connection._shared.Logger.ConnectionGivenUp(connection._hub.ConnectionId);
        connection.Dispose();
        connection._hub.Abort();

        // A close message would wait behind what the client does not read; the socket itself has to go.
        if (connection._hub.Features.Get<IHttpTransportFeature>()?.TransportType is not HttpTransportType.LongPolling)
        {
            connection._hub.GetHttpContext()?.Abort();
        }
    }, this, preferLocal: false);
}
