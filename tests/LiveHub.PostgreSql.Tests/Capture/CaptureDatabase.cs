using LiveHub.PostgreSql.Tests.Infrastructure;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>A database with the tables of both contexts for the tests of a class, which take turns in it.</summary>
public abstract class CaptureDatabase(PostgresServer server) : IAsyncLifetime
{
    private readonly Dictionary<string, CaptureApp> _apps = [];
    private string _reset = "";

    public string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await server.CreateDatabaseAsync();
        await using (var shop = Plain<ShopDb>())
        {
            await shop.Database.EnsureCreatedAsync();
            await using var yard = Plain<YardDb>();
            await yard.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
            await yard.Database.ExecuteSqlRawAsync(Triggers.Sql);
            var sql = shop.GetService<ISqlGenerationHelper>();
            var tables = TablesOf(shop).Concat(TablesOf(yard)).Select(t => $"delete from {sql.DelimitIdentifier(t.Name, t.Schema)};");

            // Quicker than truncating: most tables are empty already.
            _reset = $"""
                set session_replication_role = replica;
                {string.Join('\n', tables)}
                select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) from pg_sequences;
                insert into "Shelves" ("Name", "Photo") values ('top', ''), ('bottom', '');
                """;
        }
    }

    /// <summary>Empties all tables but for two shelves.</summary>
    public Task ResetAsync() => PostgresServer.ExecuteAsync(ConnectionString, _reset);

    /// <summary>An application that tests share who want the same one.</summary>
    internal async Task<CaptureApp> AppAsync(ICaptureMode mode, string name = "", Action<CaptureAppOptions>? configure = null)
    {
        if (!_apps.TryGetValue(name, out var app))
        {
            var options = new CaptureAppOptions();
            configure?.Invoke(options);
            _apps.Add(name, app = await CaptureApp.StartAsync(ConnectionString, mode, options));
        }

        return app;
    }

    /// <summary>A context that nothing is attached to.</summary>
    public TContext Plain<TContext>()
        where TContext : DbContext
        => (TContext)Activator.CreateInstance(typeof(TContext), new DbContextOptionsBuilder<TContext>().UseNpgsql(ConnectionString).Options)!;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var app in _apps.Values)
        {
            await app.DisposeAsync();
        }

        if (ConnectionString.Length > 0)
        {
            await server.DropDatabaseAsync(ConnectionString);
        }
    }

    private static IEnumerable<ITable> TablesOf(DbContext context) => context.Model.GetRelationalModel().Tables;
}

public sealed class Database18(PostgresServer server) : CaptureDatabase(server);

public sealed class Database15(Postgres15 server) : CaptureDatabase(server);
