using System.Diagnostics.CodeAnalysis;
using LiveHub.Hubs;
using LiveHub.Model;
using LiveHub.Protocol;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps LiveHub's hub.</summary>
public static class LiveHubEndpointExtensions
{
    /// <summary>Maps the hub that clients connect to: one for all contexts.</summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <param name="pattern">The route, for example <c>"/live"</c>. A path base and the group's prefix come before it.</param>
    /// <returns>A builder for conventions: <c>RequireAuthorization</c>, <c>RequireCors</c>, <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called, or SignalR's protocol <c>json</c> was replaced by another.</exception>
    public static HubEndpointConventionBuilder MapLiveHub(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern)
        => MapLiveHub(endpoints, pattern, configure: null);

    /// <summary>Maps the hub that clients connect to, with a say in how connections are made: transports, buffers, authentication that expires.</summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <param name="pattern">The route, for example <c>"/live"</c>. A path base and the group's prefix come before it.</param>
    /// <param name="configure">Changes the options of the route; null leaves them.</param>
    /// <returns>A builder for conventions: <c>RequireAuthorization</c>, <c>RequireCors</c>, <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called, or SignalR's protocol <c>json</c> was replaced by another.</exception>
    public static HubEndpointConventionBuilder MapLiveHub(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Action<HttpConnectionDispatcherOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<LiveModel>() is null)
        {
            throw new InvalidOperationException("MapLiveHub needs LiveHub's services. Call builder.Services.AddLiveHub<TContext>(…) first.");
        }

        HubJson.Check(endpoints.ServiceProvider.GetRequiredService<IHubProtocolResolver>());
        var hub = endpoints.MapHub<SyncHub>(pattern, configure);
        endpoints.ServiceProvider.GetRequiredService<Shutdown>().Register();
        return hub;
    }
}
