using LiveHub.Backplane;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Hubs;

/// <summary>
/// While nothing is heard of the log, nobody is shown rows as live that may be out of date: clients are sent away, each at another time, and find another node, or wait to be welcome at
/// this one; from there they go on where they were (docs/decisions/0017).
/// </summary>
internal sealed class SilenceService(SyncConnectionFactory connections, IBackplane backplane, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (backplane.SilentSince is not null)
                {
                    connections.SendAway();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }
}
