using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LiveHub.Tests.Infrastructure;

/// <summary>An application with LiveHub on real Kestrel and a database of its own.</summary>
public sealed class Shop : IAsyncDisposable
{
    private readonly PostgresServer _server;
    private readonly bool _isFirst;

    private Shop(PostgresServer server, WebApplication app, string connectionString, bool isFirst)
    {
        _server = server;
        _isFirst = isFirst;
        App = app;
        ConnectionString = connectionString;
    }

    public WebApplication App { get; }

    public string ConnectionString { get; }

    public ILiveHub Live => App.Services.GetRequiredService<ILiveHub>();

    internal IBackplane Log => App.Services.GetRequiredService<IBackplane>();

    internal Router Router => App.Services.GetRequiredService<Router>();

    public Uri HubUrl => WebSocket("/live");

    /// <param name="server">Where its database is.</param>
    /// <param name="options">Changes LiveHub's options.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="live">Exposes more.</param>
    /// <param name="map">What the application does instead of mapping the hub at /live.</param>
    /// <param name="beside">The first node of the application, whose database this one shares; it ends last.</param>
    public static async Task<Shop> StartAsync(
        PostgresServer server,
        Action<LiveHubOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<LiveHubBuilder<ShopDb>>? live = null,
        Action<WebApplication>? map = null,
        Shop? beside = null)
    {
        // Nodes are processes: each has a pool of its own.
        var connectionString = beside is null
            ? await server.CreateDatabaseAsync()
            : new NpgsqlConnectionStringBuilder(beside.ConnectionString) { ApplicationName = $"node {Guid.NewGuid():N}" }.ConnectionString;
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDbContextPool<ShopDb>(o => o.UseNpgsql(connectionString));
        builder.Services.AddLiveHub<ShopDb>(exposed =>
        {
            exposed
                .Expose<Shelf>()
                .Expose<Item>(item => item.Hide(i => i.Secret))
                .Expose<Tag>()
                .Expose<Price>()
                .Expose("ItemTag");
            live?.Invoke(exposed);
        });
        builder.Services.Configure<LiveHubOptions>(o => options?.Invoke(o));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        var shop = new Shop(server, app, connectionString, isFirst: beside is null);
        try
        {
            (map ?? (a => a.MapLiveHub("/live")))(app);
            if (beside is null)
            {
                await shop.WithDbAsync(async db =>
                {
                    await db.Database.EnsureCreatedAsync();
                    db.AddRange(new Shelf { Name = "top" }, new Shelf { Name = "bottom" });
                    await db.SaveChangesAsync();
                });
            }

            await app.StartAsync();

            // What was written before is past.
            await shop.Router.WaitForAsync(shop.Log.Head.Offset, CancellationToken.None);
            return shop;
        }
        catch
        {
            await shop.EndAsync();
            throw;
        }
    }

    public Uri WebSocket(string path) => new(App.Urls.Single().Replace("http://", "ws://", StringComparison.Ordinal) + path);

    /// <summary>Runs something with a context of its own.</summary>
    public async Task<T> WithDbAsync<T>(Func<ShopDb, Task<T>> use)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<ShopDb>());
    }

    public Task WithDbAsync(Func<ShopDb, Task> use) => WithDbAsync(async db =>
    {
        await use(db);
        return 0;
    });

    /// <summary>A context that the application builds itself, on a connection of its own.</summary>
    public ShopDb ContextOn(NpgsqlConnection connection)
        => new(new DbContextOptionsBuilder<ShopDb>().UseNpgsql(connection).UseLiveHub(App.Services).Options);

    /// <summary>Runs something in a transaction that ADO.NET begins and ends: no event of EF Core tells how.</summary>
    public async Task InAdoTransactionAsync(Func<ShopDb, DbTransaction, Task> use)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var db = ContextOn(connection);
        await db.Database.UseTransactionAsync(transaction);
        await use(db, transaction);
    }

    public Task AddItemsAsync(int shelf, params string[] names) => WithDbAsync(async db =>
    {
        foreach (var name in names)
        {
            db.Items.Add(new() { ShelfId = shelf, Name = name });
            await db.SaveChangesAsync();
        }
    });

    public Task AddShelfAsync(string name) => WithDbAsync(async db =>
    {
        db.Shelves.Add(new() { Name = name });
        await db.SaveChangesAsync();
    });

    public Task RenameAsync(int item, string name) => WithDbAsync(async db =>
    {
        (await db.Items.SingleAsync(i => i.Id == item)).Name = name;
        await db.SaveChangesAsync();
    });

    /// <summary>Whether a transaction has taken its snapshot and read nothing yet.</summary>
    public bool IsSnapshotTaken()
    {
        using var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        const string sql = """
            select count(*) from pg_stat_activity
            where datname = current_database() and state = 'idle in transaction' and query in ('select 1', 'select pg_current_snapshot()::text')
            """;
        using var command = new NpgsqlCommand(sql, connection);
        return (long)command.ExecuteScalar()! > 0;
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await EndAsync();
    }

    private async Task EndAsync()
    {
        await App.DisposeAsync();
        if (_isFirst)
        {
            await _server.DropDatabaseAsync(ConnectionString);
        }
        else
        {
            NpgsqlConnection.ClearPool(new(ConnectionString));
        }
    }
}
