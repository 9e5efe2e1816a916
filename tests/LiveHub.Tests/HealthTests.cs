using LiveHub.Routing;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveHub.Tests;

public sealed class HealthTests(PostgresServer server)
{
    [Fact]
    public async Task A_server_whose_changes_reach_their_readers_is_healthy_and_says_how_many_there_are()
    {
        await using var shop = await Shop.StartAsync(server, services: services => services.AddHealthChecks().AddLiveHub(tags: ["ready"]));
        await using var client = await RawClient.ConnectAsync(shop.HubUrl);
        await shop.AddItemsAsync(1, "cup");
        var entry = (await CheckAsync(shop.App.Services)).Entries["livehub"];
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(["ready"], entry.Tags);
        Assert.Equal<object>([shop.Router.Routed.Offset, 0L, 1, 0], [entry.Data["head"], entry.Data["behind"], entry.Data["connections"], entry.Data["shapes"]]);
    }

    [Theory, InlineData(null, HealthStatus.Unhealthy), InlineData(HealthStatus.Degraded, HealthStatus.Degraded)]
    public async Task A_router_that_does_not_run_is_a_failure(HealthStatus? failure, HealthStatus expected)
    {
        await using var shop = await Shop.StartAsync(server, services: services => services.AddHealthChecks().AddLiveHub("sync", failure));
        await shop.App.StopAsync(TestContext.Current.CancellationToken);
        var entry = (await CheckAsync(shop.App.Services)).Entries["sync"];
        Assert.Equal(expected, entry.Status);
        Assert.Contains("does not run", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_router_that_does_not_catch_up_is_a_failure_that_says_how_far_it_is_behind()
    {
        var log = new LosingLog();
        var router = Pieces.Router(log);
        using var stopping = new CancellationTokenSource();
        var running = router.RunAsync(stopping.Token);
        log.SkipSilently(7);
        var check = new RouterHealth(router, log, TimeProvider.System);
        var result = await check.CheckHealthAsync(
            new() { Registration = new("livehub", check, HealthStatus.Degraded, tags: null) }, TestContext.Current.CancellationToken);
        Assert.Equal((HealthStatus.Degraded, 7L), (result.Status, result.Data["behind"]));
        Assert.Contains("7 changesets behind", result.Description, StringComparison.Ordinal);
        await stopping.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_check_without_LiveHub_says_what_is_missing()
    {
        await using var services = new ServiceCollection().AddLogging().AddHealthChecks().AddLiveHub().Services.BuildServiceProvider();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => CheckAsync(services));
        Assert.Contains("AddLiveHub<TContext>", exception.Message, StringComparison.Ordinal);
    }

    private static Task<HealthReport> CheckAsync(IServiceProvider services)
        => services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
}
