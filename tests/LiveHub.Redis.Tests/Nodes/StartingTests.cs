using System.Globalization;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>Applications start, with Redis or without.</summary>
public sealed class StartingTests(PostgresServer server)
{
    [Fact]
    public async Task G12_an_application_does_not_start_where_Redis_cannot_be_reached_and_says_where_and_how_it_would()
    {
        await using var nodes = await ShopNodes.StartAsync(server, count: 0, configure: redis => redis.CommandTimeout = TimeSpan.FromMilliseconds(500));
        await nodes.Redis.KillAsync();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => nodes.AddAsync());
        Assert.StartsWith($"LiveHub cannot start: Redis at 127.0.0.1:{nodes.Lines[0].Port} cannot be used", fault.Message, StringComparison.Ordinal);
        Assert.Contains("StartWithoutRedis", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G12_an_application_does_not_start_with_a_wrong_password_and_does_not_tell_it()
    {
        await using var redis = await RedisServer.StartAsync(password: "secret");
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Shop.StartAsync(server, live: live => live.UsePostgreSql().UseRedis(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port},password=wrongword"))));
        Assert.Contains("it refuses the password", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrongword", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G11_an_application_that_may_start_without_Redis_is_degraded_until_it_is_there_and_then_serves_what_was_saved()
    {
        await using var nodes = await ShopNodes.StartAsync(
            server, count: 0, configure: redis => (redis.StartWithoutRedis, redis.CommandTimeout) = (true, TimeSpan.FromMilliseconds(500)));
        await nodes.Redis.KillAsync();
        await nodes.AddAsync();
        await nodes.AddAsync();
        Assert.Equal([HealthStatus.Degraded, HealthStatus.Degraded], [await nodes.HealthAsync(0), await nodes.HealthAsync(1)]);
        await nodes[0].AddItemsAsync(1, "cup");
        await using var guest = new Guest();
        await guest.KnockAsync(nodes[1]);
        await Task.Delay(100);
        Assert.False(guest.Client.HasMore, "It was welcome.");
        await nodes.Redis.RestartAsync(isEmpty: true);
        await guest.EnterAsync();
        await nodes.SettleAsync(guest);
        await nodes.UntilHealthIsAsync(0, HealthStatus.Healthy);
        await nodes.UntilHealthIsAsync(1, HealthStatus.Healthy);
    }

    [Fact]
    public async Task That_Redis_is_away_is_logged_when_it_goes_and_once_a_minute_and_not_at_every_try()
    {
        using var log = new LogLines();
        await using var nodes = await ShopNodes.StartAsync(
            server, count: 0, configure: redis => (redis.StartWithoutRedis, redis.CommandTimeout) = (true, TimeSpan.FromMilliseconds(500)));
        await nodes.Redis.KillAsync();
        var node = await nodes.AddAsync(services => services.AddSingleton<ILoggerProvider>(log));
        using var measured = new Measured(node.App.Services);
        await Until.TrueAsync(() => measured["livehub.failures backplane LiveHub.Redis.RedisFaultException"] >= 4, measured.ToString);
        Assert.Equal(1, Times(20));
        nodes.Clock.Leap(TimeSpan.FromMinutes(1));
        await Until.TrueAsync(() => Times(20) == 2, measured.ToString);
        await nodes.Redis.RestartAsync(isEmpty: true);
        await Until.TrueAsync(() => Times(21) == 1, measured.ToString);
        var told = Times(20);
        await nodes.Redis.KillAsync();
        await Until.TrueAsync(() => Times(20) > told, measured.ToString);

        int Times(int id) => log.Events.Count(e => e == id);
    }
}
