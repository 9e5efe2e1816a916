using System.Diagnostics.CodeAnalysis;
using LiveHub.Hubs;
using LiveHub.Model;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps LiveHub's hub.</summary>
public static class LiveHubEndpointExtensions
{
    /// <summary>Maps the hub that clients connect to: one for all contexts.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The route, for example <c>"/live"</c>.</param>
    /// <returns>A builder for conventions: <c>RequireAuthorization</c>, <c>RequireCors</c>, <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called.</exception>
    public static HubEndpointConventionBuilder MapLiveHub(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.ServiceProvider.GetService<LiveModel>() is not null
            ? endpoints.MapHub<SyncHub>(pattern)
            : throw new InvalidOperationException("MapLiveHub needs LiveHub's services. Call builder.Services.AddLiveHub<TContext>(…) first.");
    }
}
