using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Options_come_from_configuration_those_of_the_log_too()
    {
        var options = Bind(("MaxKeys", "5"), ("SnapshotTimeout", "00:00:07"), ("LogRetention:Age", "00:02:00"), ("LogRetention:Count", "77"));
        Assert.Equal((5, TimeSpan.FromSeconds(7)), (options.MaxKeys, options.SnapshotTimeout));
        Assert.Equal((TimeSpan.FromMinutes(2), 77, 64L << 20), (options.LogRetention.Age, options.LogRetention.Count, options.LogRetention.Bytes));
        Assert.Equal(new LiveHubOptions().MaxQueuedRows, options.MaxQueuedRows);
    }

    [Fact]
    public void Values_out_of_range_are_refused_together_with_what_they_may_be()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Bind(("MaxKeys", "0"), ("LogRetention:Count", "-1")));
        Assert.Equal(
            ["LiveHubOptions.MaxKeys is 0; it must be from 1 to 10000.", "LiveHubOptions.LogRetention.Count is -1; it must be from 1 to 10000000."], exception.Failures);
    }

    private static LiveHubOptions Bind(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"LiveHub:{s.Name}", (string?)s.Value)))
            .Build();
        var services = new ServiceCollection();
        services.AddLiveHub<ShopDb>(live => live.Expose<Shelf>());
        services.Configure<LiveHubOptions>(configuration.GetSection("LiveHub"));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<LiveHubOptions>>().Value;
    }
}
