using LiveHub.Backplane;
using LiveHub.Model;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>How an application of a test differs from the usual one.</summary>
internal sealed class CaptureAppOptions
{
    public Action<NpgsqlConnectionStringBuilder>? Connection { get; set; }

    public Action<NpgsqlDbContextOptionsBuilder>? Npgsql { get; set; }

    public Action<DbContextOptionsBuilder>? Context { get; set; }

    public Action<IServiceCollection>? Services { get; set; }

    public bool Pooled { get; set; }
}

/// <summary>Says how an application captures.</summary>
internal interface ICaptureMode
{
    void Configure<TContext>(LiveHubBuilder<TContext> live)
        where TContext : DbContext;
}

/// <summary>An application with two contexts on one database: the shop, and the yard with its odd shapes.</summary>
internal sealed class CaptureApp : IAsyncDisposable
{
    private readonly IHost _host;

    private CaptureApp(IHost host, string connectionString)
    {
        _host = host;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    public IServiceProvider Services => _host.Services;

    public IBackplane Log => Services.GetRequiredService<IBackplane>();

    public LiveModel Model => Services.GetRequiredService<LiveModel>();

    public static async Task<CaptureApp> StartAsync(string connectionString, ICaptureMode mode, CaptureAppOptions options)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        options.Connection?.Invoke(connection);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        AddContext<ShopDb>(builder.Services, connection.ConnectionString, options);
        AddContext<YardDb>(builder.Services, connection.ConnectionString, options);
        builder.Services.AddLiveHub<ShopDb>(live =>
        {
            live.Expose<Shelf>().Expose<Item>(item => item.Hide(i => i.Secret)).Expose<Tag>().Expose<Price>().Expose("ItemTag");
            mode.Configure(live);
        });
        builder.Services.AddLiveHub<YardDb>(live =>
        {
            YardDb.Expose(live);
            mode.Configure(live);
        });
        options.Services?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new(host, connection.ConnectionString);
    }

    public AsyncServiceScope Scope() => Services.CreateAsyncScope();

    /// <summary>Runs something with a context of its own.</summary>
    public async Task WithAsync<TContext>(Func<TContext, Task> use)
        where TContext : DbContext
    {
        await using var scope = Scope();
        await use(scope.ServiceProvider.GetRequiredService<TContext>());
    }

    /// <summary>A context that the application builds itself, on a connection of its own.</summary>
    public TContext On<TContext>(NpgsqlConnection connection)
        where TContext : DbContext
        => (TContext)Activator.CreateInstance(typeof(TContext), new DbContextOptionsBuilder<TContext>().UseNpgsql(connection).UseLiveHub(Services).Options)!;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(ConnectionString));
    }

    private static void AddContext<TContext>(IServiceCollection services, string connectionString, CaptureAppOptions options)
        where TContext : DbContext
    {
        if (options.Pooled)
        {
            services.AddDbContextPool<TContext>(Configure);
        }
        else
        {
            services.AddDbContext<TContext>(Configure);
        }

        void Configure(DbContextOptionsBuilder context)
        {
            context.UseNpgsql(connectionString, npgsql => options.Npgsql?.Invoke(npgsql));
            options.Context?.Invoke(context);
        }
    }
}
