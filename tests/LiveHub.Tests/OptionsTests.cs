using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
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

    [Theory, MemberData(nameof(Names))]
    public void Each_option_comes_from_configuration_and_is_refused_by_name_where_it_is_out_of_range(string name)
    {
        var other = ValueOf(new(), name) switch
        {
            int number => number + 1,
            long number => number + 1,
            TimeSpan time => (object)(time + TimeSpan.FromSeconds(1)),
            var value => throw new InvalidOperationException($"Say which other value {name} may have than {value}."),
        };
        Assert.Equal(other, ValueOf(Bind((name, $"{other}")), name));
        var exception = Assert.Throws<OptionsValidationException>(() => Bind((name, other is TimeSpan ? "-00:00:01" : "-1")));
        Assert.StartsWith($"LiveHubOptions.{name.Replace(':', '.')} is -", Assert.Single(exception.Failures), StringComparison.Ordinal);
    }

    public static TheoryData<string> Names()
        => [.. NamesOf(typeof(LiveHubOptions)).SelectMany(name => name == nameof(LogRetention) ? NamesOf(typeof(LogRetention)).Select(inner => $"{name}:{inner}") : [name])];

    [Fact]
    public async Task A_start_with_values_out_of_range_is_refused_and_names_them_all()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Live:MaxFilterTerms"] = "101";
        builder.Configuration["Live:LogRetention:Age"] = "00:00:00.5";
        builder.Services.AddDbContext<ShopDb>(options => options.UseNpgsql());
        builder.Services.AddLiveHub<ShopDb>(live => live.Expose<Shelf>());
        builder.Services.Configure<LiveHubOptions>(builder.Configuration.GetSection("Live"));
        builder.Services.Configure<LiveHubOptions>(options => options.MaxSnapshotBytes = 1);
        await using var app = builder.Build();
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            ["MaxFilterTerms is 101; it must be from 1 to 100.", "MaxSnapshotBytes is 1; it must be from 65536 to 1073741824.",
                "LogRetention.Age is 00:00:00.5000000; it must be from 00:00:01 to 10675199.02:48:05.4775807."],
            exception.Failures.Select(f => f["LiveHubOptions.".Length..]));
    }

    private static IEnumerable<string> NamesOf(Type options) => options.GetProperties().Select(property => property.Name);

    /// <param name="options">Where to look.</param>
    /// <param name="name">As in configuration: names with colons between them.</param>
    private static object ValueOf(LiveHubOptions options, string name)
        => name.Split(':').Aggregate((object)options, (holder, part) => holder.GetType().GetProperty(part)!.GetValue(holder)!);

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
