using LiveHub;
using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Diagnostics;
using LiveHub.Hubs;
using LiveHub.Model;
using LiveHub.Protocol;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers LiveHub.</summary>
public static class LiveHubServiceCollectionExtensions
{
    /// <summary>A client message carries at most a thousand keys and some filters.</summary>
    private const long MaxClientMessageBytes = 128 * 1024;

    /// <summary>How often clients give a sign of life. They wait twice as long for one of the server.</summary>
    private static readonly TimeSpan ClientPing = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Captures what a context saves and lets clients subscribe to what is exposed. Call it once for each context, before or after
    /// AddDbContext, AddDbContextPool or AddDbContextFactory; then <c>app.MapLiveHub("/live")</c>.
    /// </summary>
    /// <typeparam name="TContext">A context of a relational provider.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says what is exposed.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="InvalidOperationException">It was called for this context already.</exception>
    public static IServiceCollection AddLiveHub<TContext>(this IServiceCollection services, Action<LiveHubBuilder<TContext>> configure)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(s => s.ImplementationInstance is ContextRegistration known && known.ContextType == typeof(TContext)))
        {
            throw new InvalidOperationException(
                $"AddLiveHub<{typeof(TContext).Name}> was called twice. Call it once and expose all of the context's entities there.");
        }

        var builder = new LiveHubBuilder<TContext>();
        configure(builder);
        services.AddSingleton(new ContextRegistration(typeof(TContext), ContextLease.Rent<TContext>, builder.Exposed));
        services.AddSingleton(new DatabaseRegistration(typeof(TContext), builder.Database));
        services.ConfigureDbContext<TContext>((provider, options) => options.UseLiveHub(provider));
        builder.Backplane?.Invoke(services);
        AddCore(services);
        return services;
    }

    private static void AddCore(IServiceCollection services)
    {
        services.AddOptions<LiveHubOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LiveHubOptions>, LiveHubOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton(typeof(GuardedLogger<>));
        services.TryAddSingleton<LiveHubMetrics>();
        services.TryAddSingleton<LiveModel>();

        services.TryAddSingleton<Databases>();
        services.TryAddSingleton<DatabaseHistories>();
        services.TryAddSingleton<TransactionResolver>();
        services.TryAddSingleton<DatabaseOrigin>();
        services.TryAddSingleton<OpenTransactions>();
        services.TryAddSingleton<CommitWindow>();
        services.TryAddSingleton<ChangesetPublisher>();
        services.TryAddSingleton<Saves>();
        services.TryAddSingleton<SaveInterceptor>();
        services.TryAddSingleton<TransactionInterceptor>();
        services.TryAddSingleton<CommandInterceptor>();
        services.TryAddSingleton<ILiveHub, LiveHubService>();

        services.TryAddSingleton<IBackplane, MemoryBackplane>();
        services.TryAddSingleton<ShapeReader>();
        services.TryAddSingleton<SnapshotsInProgress>();
        services.TryAddSingleton<SpoolFolder>();
        services.TryAddSingleton<SnapshotReader>();
        services.TryAddSingleton<SharedSnapshots>();
        services.TryAddSingleton<RowOrder>();
        services.TryAddSingleton<Router>();
        services.TryAddSingleton<SyncConnectionFactory>();
        services.TryAddSingleton<HubLifetimeManager<SyncHub>, SyncLifetimeManager>();
        services.TryAddSingleton<Shutdown>();

        // Of these there is one each, however many contexts there are.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Hosting.IHostedService, ExposureReport>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Hosting.IHostedService, RouterService>());

        // What the log knows of the databases comes first: where they stand is compared with that.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Hosting.IHostedService, DatabaseCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Hosting.IHostedService, HeartbeatService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<Hosting.IHostedService, SilenceService>());

        services.PostConfigure<JsonHubProtocolOptions>(HubJson.Configure);
        services.AddSignalR().AddHubOptions<SyncHub>(Configure);
    }

    /// <summary>What the application has set for all hubs comes first: filters stay, and what clients do not depend on.</summary>
    private static void Configure(HubOptions<SyncHub> hub)
    {
        hub.SupportedProtocols = ["json"];
        hub.MaximumReceiveMessageSize = MaxClientMessageBytes;
        hub.MaximumParallelInvocationsPerClient = 1;
        hub.KeepAliveInterval = hub.KeepAliveInterval < ClientPing ? hub.KeepAliveInterval : ClientPing;
        hub.ClientTimeoutInterval = hub.ClientTimeoutInterval > 2 * ClientPing ? hub.ClientTimeoutInterval : 2 * ClientPing;
    }
}
