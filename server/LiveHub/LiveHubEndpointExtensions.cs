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
    /// <summary>
    /// SignalR's own 10 seconds for what the transport has in hand end a client that reads slowly, and it begins a long snapshot anew for ever. What waits for one
    /// is bounded (rule 19), and who is gone is noticed by its silence.
    /// </summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromMinutes(2);

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
    /// <param name="configure">Changes the options of the route, which are SignalR's but for <c>TransportSendTimeout</c>: 2 minutes. Null leaves them.</param>
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
        var hub = endpoints.MapHub<SyncHub>(pattern, options =>
        {
            options.TransportSendTimeout = SendTimeout;
            configure?.Invoke(options);
        });
        endpoints.ServiceProvider.GetRequiredService<Shutdown>().Register();
        return hub;
    }
}
