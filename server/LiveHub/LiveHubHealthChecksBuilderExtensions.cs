using LiveHub.Model;
using LiveHub.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>LiveHub among the application's health checks.</summary>
public static class LiveHubHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that what is committed reaches its readers: the router runs, and gets to the log's head within a few seconds. It asks no database. Its data
    /// has the log's head, how far behind the router is (changesets), and how many connections there are.
    /// </summary>
    /// <param name="builder">From <c>AddHealthChecks()</c>.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What is reported where it fails; null: unhealthy.</param>
    /// <param name="tags">To choose checks by.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called; thrown when the check first runs.</exception>
    public static IHealthChecksBuilder AddLiveHub(
        this IHealthChecksBuilder builder, string name = "livehub", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new(
            name,
            services => services.GetService<LiveModel>() is not null
                ? ActivatorUtilities.GetServiceOrCreateInstance<RouterHealth>(services)
                : throw new InvalidOperationException("AddHealthChecks().AddLiveHub() needs LiveHub's services. Call builder.Services.AddLiveHub<TContext>(…) too."),
            failureStatus,
            tags));
    }
}
