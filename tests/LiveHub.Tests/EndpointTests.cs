using System.Net;
using System.Net.Http.Json;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests;

/// <summary>Where and how the hub can be mapped.</summary>
public sealed class EndpointTests(PostgresServer server)
{
    [Fact]
    public async Task The_hub_works_behind_a_path_base_and_in_a_group_of_routes()
    {
        await using var site = await Site.StartAsync(server, app =>
        {
            app.UsePathBase("/shop");
            app.UseRouting();
            app.MapGroup("/api").MapLiveHub("/live");
        });
        await using var client = await RawClient.ConnectAsync(site.WebSocket("/shop/api/live"));
        await client.SubscribeAsync(1, "Shelf");
        await client.UntilAsync(new(), v => v.Rows(1)?.Count == 2);
    }

    [Fact]
    public async Task Options_of_the_route_and_conventions_are_the_application_s()
    {
        await using var site = await Site.StartAsync(server, app =>
        {
            app.MapLiveHub("/live", options => options.Transports = HttpTransportType.LongPolling);
            app.MapLiveHub("/other").RequireHost("elsewhere.example");
        });
        var negotiation = await (await site.Http.PostAsync("/live/negotiate?negotiateVersion=1", content: null, TestContext.Current.CancellationToken))
            .Content.ReadFromJsonAsync<NegotiationResponse>(TestContext.Current.CancellationToken);
        Assert.Equal("LongPolling", Assert.Single(negotiation!.AvailableTransports).Transport);
        Assert.Equal(HttpStatusCode.NotFound, (await site.Http.PostAsync("/other/negotiate", content: null, TestContext.Current.CancellationToken)).StatusCode);
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

    private sealed class Site(PostgresServer server, WebApplication app, string connectionString) : IAsyncDisposable
    {
        public HttpClient Http { get; } = new() { BaseAddress = new(app.Urls.Single()) };

        public static async Task<Site> StartAsync(PostgresServer server, Action<WebApplication> map)
        {
            var connectionString = await server.CreateDatabaseAsync();
            var builder = WebApplication.CreateBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddDbContext<ShopDb>(options => options.UseNpgsql(connectionString));
            builder.Services.AddLiveHub<ShopDb>(live => live.Expose<Shelf>());
            var app = builder.Build();
            map(app);
            await using (var scope = app.Services.CreateAsyncScope())
            {
                var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
                await db.Database.EnsureCreatedAsync();
                db.AddRange(new Shelf { Name = "top" }, new Shelf { Name = "bottom" });
                await db.SaveChangesAsync();
            }

            await app.StartAsync();
            return new(server, app, connectionString);
        }

        public Uri WebSocket(string path) => new(app.Urls.Single().Replace("http://", "ws://", StringComparison.Ordinal) + path);

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await app.DisposeAsync();
            await server.DropDatabaseAsync(connectionString);
        }
    }
}
