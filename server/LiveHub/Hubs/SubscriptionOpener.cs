using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Protocol;
using LiveHub.Shapes;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>Opens the subscriptions that a client asks for, within the connection's limits.</summary>
internal sealed class SubscriptionOpener(
    SyncConnectionFactory shared, HubConnectionContext hub, Subscriptions subscriptions, Replies replies, ConnectionPump pump, ConnectionSnapshots snapshots)
{
    /// <summary>What the client's rows are as of, where it holds some of this log.</summary>
    public Position? ResumeFrom { get; set; }

    /// <summary>Opens those that may be, tells of the others why not, and has the rows read of what does not go on from where it was.</summary>
    public async Task OpenAsync(IReadOnlyList<SubscriptionRequest> requests)
    {
        var asked = new List<OpenSubscription>();
        var resumed = new List<OpenSubscription>();
        foreach (var request in requests)
        {
            await replies.RoomAsync(hub.ConnectionAborted);
            try
            {
                CheckRoom(request.Id);
                var shape = shared.Shapes.Read(request);
                CheckRoom(shape);
                if (subscriptions.Open(request.Id, shape, out var isFirst) is { } member)
                {
                    var opened = new OpenSubscription(request.Id, member, request.Keys is { } keys ? RespelledKeys.Of(shape.Entity, keys) : null);
                    if (ResumeFrom is { } from && request.Fingerprint == shape.Fingerprint && (isFirst || resumed.Exists(s => s.Member == member)))
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
                pump.Send(ServerMessages.Error(e.Code, e.Message, e.Code == ErrorCodes.DuplicateId ? null : request.Id));
            }
            catch (Exception e)
            {
                shared.Logger.MessageFailed(hub.ConnectionId, e);
                shared.Metrics.Failed(Stages.Message, e);
                subscriptions.Close(request.Id);
                pump.Send(ServerMessages.Error(ErrorCodes.Internal, "The server failed on this subscription; its log says why.", request.Id));
            }
        }

        // Of one shape, all are read or none is.
        asked.AddRange(resumed.Where(s => asked.Exists(a => a.Member == s.Member)));
        resumed.RemoveAll(asked.Contains);
        asked.ForEach(subscription => pump.Send(subscription.Accepted(resumed: false)));
        if (asked.Count + resumed.Count > 0)
        {
            snapshots.Read(asked, Resume(resumed));
        }
    }

    private Resumption? Resume(List<OpenSubscription> resumed)
    {
        if (resumed.Count == 0)
        {
            return null;
        }

        var joined = shared.Router.Given;
        resumed.ForEach(s => s.Member.ReadAt = joined);
        var from = ResumeFrom!.Value;

        // A long way back is gone once a connection, however often its client asks.
        ResumeFrom = null;
        return new(from, joined, resumed);
    }

    private void CheckRoom(long id)
    {
        if (subscriptions.Contains(id))
        {
            throw new RefusedException(ErrorCodes.DuplicateId, $"The id {id} is open already. Choose another, or unsubscribe first.");
        }

        if (subscriptions.Count >= shared.Options.MaxSubscriptionsPerConnection)
        {
            throw new RefusedException(ErrorCodes.TooManySubscriptions,
                $"A connection may have {shared.Options.MaxSubscriptionsPerConnection} subscriptions open. Close some.");
        }
    }

    private void CheckRoom(Shape shape)
    {
        if (!subscriptions.HasRoomFor(shape, shared.Options.MaxFilterBytesPerConnection))
        {
            throw new RefusedException(ErrorCodes.TooManySubscriptions,
                $"The keys and filters of a connection's subscriptions may take {shared.Options.MaxFilterBytesPerConnection} bytes on the server. Close some, or ask for fewer keys.");
        }
    }
}
