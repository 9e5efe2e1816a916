using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace LiveHub.Hubs;

/// <summary>Gives every connection its <see cref="SyncConnection"/>, which writes to it directly.</summary>
internal sealed class SyncLifetimeManager(SyncConnectionFactory connections, ILogger<DefaultHubLifetimeManager<SyncHub>> logger)
    : DefaultHubLifetimeManager<SyncHub>(logger)
{
    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        LongMessages.Use(connection.Features);
        connection.Features.Set(connections.Create(connection));
        return base.OnConnectedAsync(connection);
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        connection.Features.Get<SyncConnection>()?.Dispose();
        return base.OnDisconnectedAsync(connection);
    }
}
