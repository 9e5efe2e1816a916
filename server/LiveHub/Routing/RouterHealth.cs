using LiveHub.Backplane;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveHub.Routing;

/// <summary>Whether what is in the log reaches the connections.</summary>
internal sealed class RouterHealth(Router router, IBackplane backplane, TimeProvider time) : IHealthCheck
{
    /// <summary>The router takes microseconds a changeset; a check must not be held up for long itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failure = context.Registration.FailureStatus;
        if (!router.IsRunning)
        {
            return new(failure, "The router does not run: the host has not started it yet, or is stopping.");
        }

        if (backplane.SilentSince is { } since)
        {
            return new(HealthStatus.Degraded, $"Nothing is heard of the log since {since:u}: what is saved is published when it answers again, and readers are told that they may be out of date.");
        }

        var head = backplane.Head;
        try
        {
            await router.WaitForAsync(head.Offset, cancellationToken).WaitAsync(Patience, time, cancellationToken);
            return HealthCheckResult.Healthy("Changes reach their readers.", Data(head.Offset));
        }
        catch (TimeoutException)
        {
            var data = Data(head.Offset);
            return new(failure, $"The router is {data["behind"]} changesets behind the log and has not caught up within {Patience.TotalSeconds:0} s.", data: data);
        }
    }

    private Dictionary<string, object> Data(long head)
    {
        var (connections, shapes) = router.Count();
        return new(StringComparer.Ordinal)
        {
            ["head"] = head,
            ["behind"] = Math.Max(0, head - router.Routed.Offset),
            ["connections"] = connections,
            ["shapes"] = shapes,
        };
    }
}
