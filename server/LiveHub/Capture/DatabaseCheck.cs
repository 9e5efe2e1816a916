using System.Data.Common;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Capture;

/// <summary>
/// Refuses to start on a database that would break a promise. One that cannot be reached yet, or has not all tables yet, is no reason not to
/// start: it is looked at again until it can be.
/// </summary>
internal sealed class DatabaseCheck(LiveModel model, Databases databases, IServiceScopeFactory scopes, TimeProvider time, GuardedLogger<DatabaseCheck> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly List<ContextModel> _open = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var context in model.Contexts)
        {
            var found = await FindFaultsAsync(context, cancellationToken);
            faults.AddRange(found.Faults);
            if (!found.IsComplete)
            {
                _open.Add(context);
            }
        }

        if (faults.Count > 0)
        {
            throw LiveModel.Invalid(faults);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var delay = First; _open.Count > 0; delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, Longest.Ticks)))
        {
            await Task.Delay(delay, time, stoppingToken);
            foreach (var context in _open.ToList())
            {
                var found = await FindFaultsAsync(context, stoppingToken);
                foreach (var fault in found.Faults)
                {
                    logger.FaultFound(fault);
                }

                if (found.IsComplete)
                {
                    _open.Remove(context);
                }
            }
        }
    }

    private async Task<DatabaseFaults> FindFaultsAsync(ContextModel context, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await using var lease = model.Rent(scope.ServiceProvider, context.ContextType);
            return await databases.For(context.ContextType).FindFaultsAsync(lease.Context, context, patience.Token);
        }
        catch (Exception e) when (IsAway(e) && !cancellationToken.IsCancellationRequested)
        {
            logger.CannotCheck(context.ContextType.Name, e);
            return new([], IsComplete: false);
        }
    }

    /// <summary>Execution strategies wrap what may pass.</summary>
    private static bool IsAway(Exception exception)
        => exception is DbException or TimeoutException or OperationCanceledException || exception.InnerException is DbException;
}
