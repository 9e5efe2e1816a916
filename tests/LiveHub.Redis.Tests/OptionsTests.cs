using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace LiveHub.Redis.Tests;

public sealed class OptionsTests
{
    private static readonly RedisOptionsValidator Validator = new([], [], new([]));

    [Fact]
    public void What_is_left_as_it_is_is_good() => Assert.Equal([], Faults(_ => { }));

    [Theory, MemberData(nameof(Bounds))]
    public void Each_option_comes_from_configuration_and_is_refused_by_name_beyond_its_bounds(string name, string least, string below, string most, string above)
    {
        Assert.Equal([], FaultsOf(name, least));
        Assert.Equal([], FaultsOf(name, most));
        Assert.StartsWith($"RedisOptions.{name} is ", Assert.Single(FaultsOf(name, below)), StringComparison.Ordinal);
        Assert.StartsWith($"RedisOptions.{name} is ", Assert.Single(FaultsOf(name, above)), StringComparison.Ordinal);
    }

    /// <summary>The least, what is below it, the most, and what is above it.</summary>
    public static TheoryData<string, string, string, string, string> Bounds() => new()
    {
        { "Prefix", "a", "", new('a', 100), new('a', 101) },
        { "CommandTimeout", "00:00:00.1", "00:00:00.0999999", "00:01:00", "00:01:00.0000001" },
        { "HeartbeatInterval", "00:00:00.1", "00:00:00.0999999", "00:00:02", "00:00:02.0000001" },
        { "MaxQueuedChangesets", "1", "0", "1000000", "1000001" },
        { "MaxQueuedBytes", "65536", "65535", "1073741824", "1073741825" },
    };

    [Fact]
    public void Every_option_is_tested()
        => Assert.Equal(
            typeof(RedisOptions).GetProperties().Select(p => p.Name).Order(),
            Bounds().Select(b => b.Data.Item1).Concat([nameof(RedisOptions.Configuration), nameof(RedisOptions.StartWithoutRedis)]).Order());

    [Theory]
    [InlineData("{app}")]
    [InlineData("my app")]
    [InlineData("app\n")]
    public void A_prefix_that_would_change_the_names_of_keys_is_refused(string prefix)
        => Assert.StartsWith("RedisOptions.Prefix is ", Assert.Single(Faults(o => o.Prefix = prefix)), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("  ", "is empty")]
    [InlineData("password=secret", "names no server")]
    [InlineData("localhost:6379,passwrod=secret", "is no connection string")]
    [InlineData("localhost:6379,connectTimeout=secret", "is no connection string")]
    public void A_connection_string_that_is_none_is_refused_and_not_repeated(string configuration, string why)
    {
        var fault = Assert.Single(Faults(o => o.Configuration = configuration));
        Assert.StartsWith($"RedisOptions.Configuration {why}", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_found_together()
        => Assert.Equal(3, Faults(o => (o.Configuration, o.Prefix, o.MaxQueuedChangesets) = ("", "", 0)).Count);

    private static List<string> FaultsOf(string name, string value) => Faults(options => new ConfigurationBuilder()
        .AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)])
        .Build()
        .Bind(options));

    private static List<string> Faults(Action<RedisOptions> set)
    {
        var options = new RedisOptions { Configuration = "localhost:6379,password=secret" };
        set(options);
        return [.. Validator.Validate(null, options).Failures ?? []];
    }
}
