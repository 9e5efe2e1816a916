using System.Net;
using System.Net.Sockets;
using LiveHub.PostgreSql.Tests.Capture;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Snapshots;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace LiveHub.PostgreSql.Tests.Hosting;

/// <summary>Databases that come to be while the application runs, or before it.</summary>
public sealed class DatabaseTests(PostgresServer server)
{
    private static readonly Dictionary<string, Func<DepotDb, Task>> Ways = new(StringComparer.Ordinal)
    {
        ["EnsureCreated"] = db => db.Database.EnsureCreatedAsync(),
        ["Migrate"] = db => db.Database.MigrateAsync(),
    };

    public static MatrixTheoryData<string, bool> Cases() => new(Ways.Keys, [true, false]);

    [Theory, MemberData(nameof(Cases))]
    public async Task A_database_is_made_and_seeded_through_a_context_with_LiveHub_before_the_start_and_after_it(string way, bool isFirst)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = $"test_{Guid.NewGuid():N}", MaxPoolSize = 20 }.ConnectionString;
        using var log = new LogLines();
        await using (var app = Build(connectionString, log))
        {
            if (isFirst)
            {
                await WithDbAsync(app, Ways[way]);
            }

            await app.StartAsync(TestContext.Current.CancellationToken);
            await using var client = await RawClient.ConnectAsync(UrlOf(app));
            if (!isFirst)
            {
                Assert.Equal(("snapshot_failed", 2000), await RefusalAsync(client));
                await WithDbAsync(app, Ways[way]);
            }

            await client.SubscribeAsync(1, "Parcel");
            var view = await client.UntilAsync(new(), v => v.Rows(1)?.Count == 1);
            await WithDbAsync(app, AddAsync);
            await client.UntilAsync(view, v => v.Rows(1)!.Count == 2);
            Assert.Equal(["seed", "new"], view.Rows(1)!.Values.Select(r => (string?)r["name"]));

            // A start that finds it as it should be changes nothing.
            await WithDbAsync(app, Ways[way]);
            await WithDbAsync(app, AddAsync);
            await client.UntilAsync(view, v => v.Rows(1)!.Count == 3);
            Assert.Equal(isFirst ? [1] : [1, 10, 5], log.Events.Distinct());
        }

        await server.DropDatabaseAsync(connectionString);
    }

    [Fact]
    public async Task A_database_that_is_not_there_at_the_start_is_read_when_it_is_and_until_then_clients_ask_again()
    {
        await using var way = await WayAsync();
        using var log = new LogLines();
        await using var app = Build(way.ConnectionString, log);
        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var client = await RawClient.ConnectAsync(UrlOf(app));
        Assert.Equal(("snapshot_failed", 2000), await RefusalAsync(client));
        Assert.Contains(10, log.Events);
        var health = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, health.Status);
        way.Open();
        await client.SubscribeAsync(1, "Parcel");
        var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
        await WithDbAsync(app, AddAsync);
        await client.UntilAsync(view, v => v.Rows(1)!.Count == 1);
    }

    [Fact]
    public async Task A_database_that_goes_away_in_the_middle_of_a_read_is_not_taken_for_a_slow_one()
    {
        await using var way = await WayAsync();
        way.Open();
        using var log = new LogLines();
        var clock = new StoppedClock();

        // The strategy tries again for longer than a read may take.
        await using var app = Build(way.ConnectionString, log, npgsql => npgsql.EnableRetryOnFailure(), services => services.AddSingleton<TimeProvider>(clock));
        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var client = await RawClient.ConnectAsync(UrlOf(app));
        await using var other = new NpgsqlConnection(way.Database);
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using (var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var locking = new NpgsqlCommand("lock table \"Parcels\" in access exclusive mode", other, transaction);
            await locking.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await client.SubscribeAsync(1, "Parcel");
            await using var waits = new NpgsqlCommand("select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())", other, transaction);
            await Until.TrueAsync(() => (bool)waits.ExecuteScalar()!, () => "nobody reads");
            await way.CloseAsync();
        }

        await Until.TrueAsync(() => log.Texts.Any(t => t.Contains("will be retried", StringComparison.Ordinal)), () => "nobody tries again");
        clock.TimeIsUp();
        Assert.Equal(("snapshot_failed", 2000), await NextRefusalAsync(client));
        way.Open();
        await client.SubscribeAsync(1, "Parcel");
        await client.UntilAsync(new(), v => v.Rows(1) is not null);
    }

    private async Task<Way> WayAsync()
    {
        var way = new Way(server, await server.CreateDatabaseAsync());
        await using var db = new DepotDb(new DbContextOptionsBuilder<DepotDb>().UseNpgsql(way.Database).Options);
        await db.Database.EnsureCreatedAsync();
        return way;
    }

    private static async Task<(string?, int?)> RefusalAsync(RawClient client)
    {
        await client.SubscribeAsync(1, "Parcel");
        return await NextRefusalAsync(client);
    }

    private static async Task<(string?, int?)> NextRefusalAsync(RawClient client)
    {
        var view = await client.UntilAsync(new(), v => v.Errors.Count > 0);
        return ((string?)view.Errors[0]["code"], (int?)view.Errors[0]["retryMs"]);
    }

    private static WebApplication Build(string connectionString, LogLines log, Action<NpgsqlDbContextOptionsBuilder>? npgsql = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDbContextPool<DepotDb>(options => options
            .UseNpgsql(connectionString, npgsql)
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning))
            .UseAsyncSeeding(async (db, _, token) =>
            {
                if (!await db.Set<Parcel>().AnyAsync(token))
                {
                    db.Add(new Parcel { Name = "seed" });
                    await db.SaveChangesAsync(token);
                }
            }));
        builder.Services.AddLiveHub<DepotDb>(live => live.Expose<Parcel>().UsePostgreSql());
        builder.Services.AddHealthChecks().AddLiveHub();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapLiveHub("/live");
        return app;
    }

    private static Uri UrlOf(WebApplication app) => new(app.Urls.Single().Replace("http", "ws", StringComparison.Ordinal) + "/live");

    private static async Task WithDbAsync(WebApplication app, Func<DepotDb, Task> use)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await use(scope.ServiceProvider.GetRequiredService<DepotDb>());
    }

    private static Task AddAsync(DepotDb db)
    {
        db.Add(new Parcel { Name = "new" });
        return db.SaveChangesAsync();
    }

    /// <summary>A way to a database that is closed, and opens and closes on the same port.</summary>
    private sealed class Way : IAsyncDisposable
    {
        private readonly PostgresServer _server;
        private readonly NpgsqlConnectionStringBuilder _own;
        private LossyProxy? _open;

        public Way(PostgresServer server, string database)
        {
            (_server, Database) = (server, database);
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            _own = new(database) { Host = "127.0.0.1", Port = ((IPEndPoint)probe.LocalEndpoint).Port };
        }

        /// <summary>Past it.</summary>
        public string Database { get; }

        public string ConnectionString => _own.ConnectionString;

        public void Open()
        {
            var real = new NpgsqlConnectionStringBuilder(Database);
            _open = new(real.Host!, real.Port, _own.Port);
        }

        public async Task CloseAsync()
        {
            await (_open?.DisposeAsync() ?? default);
            _open = null;
        }

        public async ValueTask DisposeAsync()
        {
            await CloseAsync();
            NpgsqlConnection.ClearPool(new(ConnectionString));
            await _server.DropDatabaseAsync(Database);
        }
    }

    private sealed class DepotDb(DbContextOptions<DepotDb> options) : DbContext(options)
    {
        public DbSet<Parcel> Parcels => Set<Parcel>();
    }

    private sealed class Parcel
    {
        public int Id { get; set; }

        public string Name { get; set; } = "";
    }

    [DbContext(typeof(DepotDb)), Migration("20260101000000_First")]
    private sealed class First : Migration
    {
        protected override void Up(MigrationBuilder migrationBuilder)
            => migrationBuilder.Sql("""create table "Parcels"("Id" int generated by default as identity primary key, "Name" text not null)""");
    }
}
