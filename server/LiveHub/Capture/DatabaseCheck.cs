using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Capture;

/// <summary>
/// Refuses to start on a database that would break a promise. One that cannot be reached yet, or has not all tables yet, is no reason not to
/// start: it is looked at again until it can be. It tells the log which databases these are, before anybody is welcome and whenever somebody asks (rule 8).
/// </summary>
internal sealed class DatabaseCheck(
    LiveModel model, Databases databases, IBackplane backplane, IServiceScopeFactory scopes, TimeProvider time, GuardedLogger<DatabaseCheck> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly List<ContextModel> _open = [];
    private readonly HashSet<Type> _warned = [];

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

        await TellAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(LookAgainAsync(stoppingToken), AnswerAsync(stoppingToken));

    private async Task LookAgainAsync(CancellationToken stoppingToken)
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

    /// <summary>Which databases these are, whenever somebody asks; not more often than is good for them.</summary>
    private async Task AnswerAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await backplane.WaitUntilAskedAsync(stoppingToken);
            foreach (var context in model.Contexts)
            {
                await WithDatabaseAsync(context, (database, db, patience) => database.ObserveAsync(db, patience), stoppingToken);
            }

            await Task.Delay(First, time, stoppingToken);
        }
    }

    /// <summary>Nobody is to go on from a log of another database: what it was told, it has heard before anybody is welcome.</summary>
    private async Task TellAsync(CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); ;)
        {
            try
            {
                await backplane.ReadHeadAsync(shown: default, cancellationToken);
                return;
            }
            catch (ForeignLogException e)
            {
                // Nodes that were killed a moment ago count as there for some seconds.
                if (time.GetElapsedTime(started) >= 2 * Patience)
                {
                    throw new InvalidOperationException($"LiveHub cannot start: {e.Message}", e);
                }
            }
            catch (BackplaneSilentException)
            {
                // Then nobody is welcome anyway.
                return;
            }
        }
    }

    private async Task<DatabaseFaults> FindFaultsAsync(ContextModel context, CancellationToken cancellationToken)
    {
        var found = new DatabaseFaults([], IsComplete: false);
        await WithDatabaseAsync(
            context,
            async (database, db, patience) =>
            {
                if (database.IsUntoldPostgreSql(db) && _warned.Add(context.ContextType))
                {
                    logger.PostgreSqlIsNotUsed(context.ContextType.Name);
                }

                await database.ObserveAsync(db, patience);
                found = await database.FindFaultsAsync(db, context, patience);
            },
            cancellationToken);
        return found;
    }

    /// <summary>Asks a context's database something. One that is away is none that breaks a promise.</summary>
    private async Task WithDatabaseAsync(ContextModel context, Func<Database, DbContext, CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await using var lease = model.Rent(scope.ServiceProvider, context.ContextType);
            await ask(databases.For(context.ContextType), lease.Context, patience.Token);
        }
        catch (Exception e) when (IsAway(e) && !cancellationToken.IsCancellationRequested)
        {
            logger.CannotCheck(context.ContextType.Name, e);
        }
    }

    /// <summary>Execution strategies wrap what may pass.</summary>
    private static bool IsAway(Exception exception)
        => exception is DbException or TimeoutException or OperationCanceledException || exception.InnerException is DbException;
}
