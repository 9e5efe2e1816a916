using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Capture;

/// <summary>
/// Refuses to start on a database that would break a promise. One that cannot be reached yet, or has not all tables yet, is no reason not to
/// start: it is looked at again until it can be. So is where each database stands, once the log is heard: it may have been restored while no node ran (rule 8).
/// </summary>
internal sealed class DatabaseCheck(
    LiveModel model, Databases databases, IBackplane backplane, IServiceScopeFactory scopes, TimeProvider time, GuardedLogger<DatabaseCheck> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly List<ContextModel> _open = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var isHeard = backplane.WaitUntilHeardAsync(cancellationToken).IsCompletedSuccessfully;
        foreach (var context in model.Contexts)
        {
            var found = await FindFaultsAsync(context, cancellationToken);
            faults.AddRange(found.Faults);
            if (!found.IsComplete || !isHeard)
            {
                _open.Add(context);
            }
        }

        if (faults.Count > 0)
        {
            throw LiveModel.Invalid(faults);
        }

        await ToldAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await backplane.WaitUntilHeardAsync(stoppingToken);
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

    /// <summary>Nobody is to go on from a log of another history: what the log was told of the databases, it has heard before anybody is welcome.</summary>
    private async Task ToldAsync(CancellationToken cancellationToken)
    {
        try
        {
            await backplane.ReadHeadAsync(shown: default, cancellationToken);
        }
        catch (BackplaneSilentException)
        {
            // Then nobody is welcome anyway.
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
            var database = databases.For(context.ContextType);
            await database.ObserveAsync(lease.Context, patience.Token);
            return await database.FindFaultsAsync(lease.Context, context, patience.Token);
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
