using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace LiveHub.Hubs;

/// <summary>The hub that clients connect to. All it does is hand messages to the connection.</summary>
internal sealed class SyncHub : Hub
{
    /// <summary>Receives a client message (docs/protocol.md). What is wrong with it is answered, never thrown.</summary>
    public Task Send(JsonElement message) => Context.Features.Get<SyncConnection>()!.ReceiveAsync(message);
}
