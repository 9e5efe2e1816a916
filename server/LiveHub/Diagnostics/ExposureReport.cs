using LiveHub.Model;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Diagnostics;

/// <summary>Checks the model at start-up and logs what every client that may connect can see.</summary>
internal sealed class ExposureReport(LiveModel model, GuardedLogger<LiveModel> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var entity in model.Entities)
        {
            logger.Exposes(entity.Name, entity.ContextType.Name, string.Join(", ", entity.Exposed.AsEnumerable()));
            if (!entity.Apart.IsEmpty)
            {
                logger.LeavesOut(string.Join(", ", entity.Apart), entity.Name);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
