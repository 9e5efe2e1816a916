using System.Net;
using System.Net.Http.Json;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests;

/// <summary>Where and how the hub can be mapped.</summary>
public sealed class EndpointTests(PostgresServer server)
{
    /// <summary>Where pages of another origin come from.</summary>
    private const string Page = "https://pages.example";

    [Fact]
    public async Task The_hub_works_behind_a_path_base_and_in_a_group_of_routes()
    {
        await using var shop = await Shop.StartAsync(server, map: app =>
        {
            app.UsePathBase("/shop");
            app.UseRouting();
            app.MapGroup("/api").MapLiveHub("/live");
        });
        await using var client = await RawClient.ConnectAsync(shop.WebSocket("/shop/api/live"));
        await client.SubscribeAsync(1, "Shelf");
        await client.UntilAsync(new(), v => v.Rows(1)?.Count == 2);
    }

    [Fact]
    public async Task A_client_may_take_two_minutes_for_what_the_transport_has_in_hand()
    {
        var timeout = TimeSpan.Zero;
        await using var shop = await Shop.StartAsync(server, map: app => app.MapLiveHub("/live", options => timeout = options.TransportSendTimeout));
        Assert.Equal(TimeSpan.FromMinutes(2), timeout);
    }

    [Fact]
    public async Task Options_of_the_route_and_conventions_are_the_application_s()
    {
        await using var shop = await Shop.StartAsync(server, map: app =>
        {
            app.MapLiveHub("/live", options => options.Transports = HttpTransportType.LongPolling);
            app.MapLiveHub("/other").RequireHost("elsewhere.example");
        });
        using var http = new HttpClient { BaseAddress = new(shop.App.Urls.Single()) };
        var negotiation = await (await http.PostAsync("/live/negotiate?negotiateVersion=1", content: null, TestContext.Current.CancellationToken))
            .Content.ReadFromJsonAsync<NegotiationResponse>(TestContext.Current.CancellationToken);
        Assert.Equal("LongPolling", Assert.Single(negotiation!.AvailableTransports).Transport);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync("/other/negotiate", content: null, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Conventions_of_a_group_and_of_the_hub_hold_for_its_requests_behind_a_path_base_too()
    {
        await using var shop = await Shop.StartAsync(
            server,
            services: services =>
            {
                services.AddCors(cors => cors.AddPolicy("pages", policy => policy.WithOrigins(Page)));
                services.AddAuthentication("token").AddBearerToken("token");
                services.AddAuthorization();
            },
            map: app =>
            {
                app.UsePathBase("/shop");
                app.UseRouting();
                app.UseCors();
                app.UseAuthorization();
                app.MapLiveHub("/live");
                app.MapLiveHub("/pages").RequireCors("pages");
                app.MapLiveHub("/here").RequireHost("127.0.0.1");
                app.MapLiveHub("/elsewhere").RequireHost("elsewhere.example");
                app.MapGroup("/open").MapLiveHub("/live");
                app.MapGroup("/closed").RequireAuthorization().MapLiveHub("/live");
            });
        using var http = new HttpClient { BaseAddress = new(shop.App.Urls.Single()) };
        Assert.Null(await AllowedAsync("/live"));
        Assert.Equal(Page, await AllowedAsync("/pages"));
        Assert.Equal(HttpStatusCode.OK, await NegotiateAsync("/here"));
        Assert.Equal(HttpStatusCode.NotFound, await NegotiateAsync("/elsewhere"));
        Assert.Equal(HttpStatusCode.OK, await NegotiateAsync("/shop/open/live"));
        Assert.Equal(HttpStatusCode.Unauthorized, await NegotiateAsync("/shop/closed/live"));

        async Task<HttpStatusCode> NegotiateAsync(string hub)
        {
            using var response = await http.PostAsync($"{hub}/negotiate?negotiateVersion=1", content: null, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }

        // The origin that a browser is told it may come from, before it sends anything.
        async Task<string?> AllowedAsync(string hub)
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, $"{hub}/negotiate");
            request.Headers.Add("Origin", Page);
            request.Headers.Add("Access-Control-Request-Method", "POST");
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) ? origins.Single() : null;
        }
    }

    [Fact]
    public void Without_AddLiveHub_mapping_says_what_is_missing()
    {
        var app = WebApplication.CreateBuilder().Build();
        var exception = Assert.Throws<InvalidOperationException>(() => app.MapLiveHub("/live"));
        Assert.Contains("AddLiveHub<TContext>", exception.Message, StringComparison.Ordinal);
    }

    private sealed record NegotiationResponse(IReadOnlyList<Available> AvailableTransports);

    private sealed record Available(string Transport);
}
