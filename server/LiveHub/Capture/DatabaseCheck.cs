using System.Data.Common;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveHub.Capture;

/// <summary>Refuses to start on a database that would break a promise. One that cannot be reached yet is no reason not to start.</summary>
internal sealed class DatabaseCheck(LiveModel model, Databases databases, IServiceScopeFactory scopes, ILogger<DatabaseCheck> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var context in model.Contexts)
        {
            faults.AddRange(await FindFaultsAsync(context, cancellationToken));
        }

        if (faults.Count > 0)
        {
            throw LiveModel.Invalid(faults);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<IReadOnlyList<string>> FindFaultsAsync(ContextModel context, CancellationToken cancellationToken)
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
            return [];
        }
    }

    /// <summary>Execution strategies wrap what may pass.</summary>
    private static bool IsAway(Exception exception)
        => exception is DbException or TimeoutException or OperationCanceledException || exception.InnerException is DbException;
}
