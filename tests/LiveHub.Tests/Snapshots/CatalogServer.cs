using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json.Nodes;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Entity = LiveHub.Model.Entity;

namespace LiveHub.Tests.Snapshots;

/// <summary>The catalog on a real PostgreSQL, and every command that is sent to it.</summary>
public sealed class CatalogServer(PostgresServer server) : IAsyncLifetime
{
    private string _connectionString = "";
    private ServiceProvider? _services;

    internal ServiceProvider Services => _services!;

    internal Commands Sent { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _connectionString = await server.CreateDatabaseAsync();
        _services = Catalog.ServicesOf<CatalogDb>(Catalog.Expose, _connectionString, s => s.ConfigureDbContext<CatalogDb>(o => o.AddInterceptors(Sent)));
        await WithDbAsync(db => db.Database.EnsureCreatedAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await server.DropDatabaseAsync(_connectionString);
    }

    internal Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(_connectionString, sql);

    internal string ConnectionString => _connectionString;

    internal async Task<T> WithDbAsync<T>(Func<CatalogDb, Task<T>> use)
    {
        await using var scope = Services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<CatalogDb>());
    }

    internal Task SaveAsync(params object[] rows) => WithDbAsync(db =>
    {
        db.AddRange(rows);
        return db.SaveChangesAsync();
    });

    /// <summary>An entity as the running model knows it.</summary>
    internal Entity Entity(string name) => Services.GetRequiredService<LiveHub.Model.LiveModel>().Find(name)!;

    internal Shape Shape(string entity, params (string Property, object?[] Values)[] terms)
        => new(Entity(entity), [.. terms.Select(t => Catalog.Term(Entity(entity), t.Property, t.Values))], Catalog.Projection(Entity(entity)));

    internal async Task<List<JsonObject>> ReadAsync(Shape shape) => (await ReadAllAsync(shape))[0];

    internal async Task<List<JsonObject>[]> ReadAllAsync(params Shape[] shapes)
        => [.. (await Reader.ReadAsync(shapes, TestContext.Current.CancellationToken)).Rows.Select(Rows)];

    internal SnapshotReader Reader => Services.GetRequiredService<SnapshotReader>();

    internal static List<JsonObject> Rows(SnapshotRows rows)
        => [.. Enumerable.Range(0, rows.Chunks.Count).SelectMany(c => JsonNode.Parse("{\"rows\":[" + Text(rows, c))!["rows"]!.AsArray()).Select(r => r!.AsObject())];

    /// <summary>A chunk, wherever it is.</summary>
    internal static string Text(SnapshotRows rows, int chunk)
    {
        var read = rows.ReadAsync(chunk, new());
        return Routing.Pieces.Text(read.IsCompleted ? read.Result : read.AsTask().GetAwaiter().GetResult());
    }

    /// <summary>Records what is read, and lets a test do something just before.</summary>
    internal sealed class Commands : DbCommandInterceptor
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Texts.Enqueue(command.CommandText);
            await Before(command.CommandText);
            return result;
        }
    }
}
