using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LiveHub.Hubs;

/// <summary>Tells connections whose rows do not change how far the log has come: a client that comes back goes on from there (rule 20).</summary>
internal sealed class HeartbeatService(SyncConnectionFactory connections, IOptions<LiveHubOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.HeartbeatInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                connections.Beat();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
