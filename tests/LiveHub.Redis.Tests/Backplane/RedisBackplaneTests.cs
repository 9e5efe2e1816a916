using System.Diagnostics.Metrics;
using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Tests.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LiveHub.Redis.Tests.Backplane;

public sealed class RedisLogTests() : RedisLogSpecification(RedisBackplaneTests.CreateAsync);

public sealed class RedisFaultTests() : RedisFaultSpecification(RedisBackplaneTests.CreateAsync);

/// <summary>The backplane as UseRedis makes it.</summary>
internal static class RedisBackplaneTests
{
    public static async Task<IBackplane> CreateAsync(RedisOptions options, LogRetention retention, CancellationToken cancellationToken)
    {
        var metrics = new LiveHubMetrics(
            new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), TimeProvider.System, new(NullLogger<LiveHubMetrics>.Instance));
        var log = new RedisBackplane(
            Options.Create(options), Options.Create(new LiveHubOptions { LogRetention = retention }), Catalog.Model, metrics, TimeProvider.System, new(NullLogger<RedisBackplane>.Instance));
        try
        {
            await log.StartAsync(cancellationToken);
            return log;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }
}
