using System.Net;
using System.Net.Http.Json;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;

namespace LiveHub.Tests;

/// <summary>Where and how the hub can be mapped.</summary>
public sealed class EndpointTests(PostgresServer server)
{
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
    public void Without_AddLiveHub_mapping_says_what_is_missing()
    {
        var app = WebApplication.CreateBuilder().Build();
        var exception = Assert.Throws<InvalidOperationException>(() => app.MapLiveHub("/live"));
        Assert.Contains("AddLiveHub<TContext>", exception.Message, StringComparison.Ordinal);
    }

    private sealed record NegotiationResponse(IReadOnlyList<Available> AvailableTransports);

    private sealed record Available(string Transport);
}
