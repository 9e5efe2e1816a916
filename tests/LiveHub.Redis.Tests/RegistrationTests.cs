using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LiveHub.Redis.Tests;

public sealed class RegistrationTests
{
    private const string Server = "localhost:6379,password=secret";

    [Fact]
    public void What_UseRedis_is_told_are_the_options()
    {
        var options = OptionsOf(live => live.UseRedis(Server, redis => redis.Prefix = "shop"), _ => { });
        Assert.Equal((Server, "shop", TimeSpan.FromSeconds(5)), (options.Configuration, options.Prefix, options.CommandTimeout));
    }

    [Fact]
    public void Several_contexts_may_say_the_same()
    {
        Assert.Equal(Server, OptionsOf(live => live.UseRedis(Server), live => live.UseRedis(Server)).Configuration);
        Assert.Equal(Server, OptionsOf(_ => { }, live => live.UseRedis(Server)).Configuration);
    }

    [Fact]
    public void Contexts_that_say_different_things_are_refused_by_name_without_telling_a_password()
    {
        var fault = Assert.Throws<OptionsValidationException>(
            () => OptionsOf(live => live.UseRedis(Server, redis => redis.Prefix = "shop"), live => live.UseRedis("localhost,password=secret")));
        Assert.StartsWith("UseRedis was told different things for ShopDb and CatalogDb (Configuration, Prefix).", Assert.Single(fault.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_one_context_that_says_two_things()
        => Assert.Throws<OptionsValidationException>(() => OptionsOf(live => live.UseRedis(Server).UseRedis("localhost"), _ => { }));

    [Fact]
    public void Options_may_be_configured_beside_it()
    {
        var options = OptionsOf(live => live.UseRedis(Server), _ => { }, services => services.Configure<RedisOptions>(redis => redis.MaxQueuedChangesets = 5));
        Assert.Equal(5, options.MaxQueuedChangesets);
    }

    [Fact]
    public void An_empty_connection_string_is_refused_at_once()
        => Assert.Throws<ArgumentException>(() => OptionsOf(live => live.UseRedis(" "), _ => { }));

    [Fact]
    public void Contexts_whose_versions_hold_for_one_process_alone_are_refused_by_name()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => OptionsOf(live => live.UseRedis(Server), _ => { }, versions: false));
        Assert.Equal(["CatalogDb", "ShopDb"], fault.Failures.Select(f => f[..f.IndexOf(':', StringComparison.Ordinal)]).Order());
        Assert.All(fault.Failures, f => Assert.Contains("UsePostgreSql()", f, StringComparison.Ordinal));
    }

    private static RedisOptions OptionsOf(Action<LiveHubBuilder<ShopDb>> shop, Action<LiveHubBuilder<CatalogDb>> catalog, Action<IServiceCollection>? more = null, bool versions = true)
    {
        var services = new ServiceCollection();
        services.AddDbContext<ShopDb>(o => o.UseNpgsql());
        services.AddDbContext<CatalogDb>(o => o.UseNpgsql());
        services.AddLiveHub<ShopDb>(live => shop(versions ? live.UsePostgreSql() : live));
        services.AddLiveHub<CatalogDb>(live => catalog(versions ? live.UsePostgreSql() : live));
        more?.Invoke(services);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<RedisOptions>>().Value;
    }
}
