using Microsoft.Extensions.Hosting;

namespace LiveHub.Routing;

/// <summary>Runs the router as long as the host runs.</summary>
internal sealed class RouterService(Router router) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await router.StartAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => router.RunAsync(stoppingToken);
}
