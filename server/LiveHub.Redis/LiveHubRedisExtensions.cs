using LiveHub;
using LiveHub.Backplane;
using LiveHub.Redis;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>LiveHub on several nodes.</summary>
public static class LiveHubRedisExtensions
{
    /// <summary>
    /// The nodes of the application share their log in Redis 5 or later (tested with 7.0): what one saves reaches the browsers of all. The log is that of all contexts: it is enough
    /// to say it for one, and whoever says it again says the same.
    /// </summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="live">The context's builder.</param>
    /// <param name="configuration">A connection string of StackExchange.Redis, for example <c>"localhost:6379,password=…"</c>.</param>
    /// <returns><paramref name="live"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="configuration"/> is empty.</exception>
    public static LiveHubBuilder<TContext> UseRedis<TContext>(this LiveHubBuilder<TContext> live, string configuration)
        where TContext : DbContext
        => live.UseRedis(configuration, _ => { });

    /// <inheritdoc cref="UseRedis{TContext}(LiveHubBuilder{TContext}, string)"/>
    /// <param name="live">The context's builder.</param>
    /// <param name="configuration">A connection string of StackExchange.Redis, for example <c>"localhost:6379,password=…"</c>.</param>
    /// <param name="configure">Sets more: a prefix, times and limits.</param>
    public static LiveHubBuilder<TContext> UseRedis<TContext>(this LiveHubBuilder<TContext> live, string configuration, Action<RedisOptions> configure)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        ArgumentNullException.ThrowIfNull(configure);
        live.Backplane += services => Register(services, new(typeof(TContext), options =>
        {
            options.Configuration = configuration;
            configure(options);
        }));
        return live;
    }

    private static void Register(IServiceCollection services, RedisRegistration registration)
    {
        services.AddSingleton(registration);
        services.AddOptions<RedisOptions>().Configure(registration.Configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>());

        services.Replace(ServiceDescriptor.Singleton<IBackplane, RedisBackplane>());
    }
}
