using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Entity = LiveHub.Model.Entity;

namespace LiveHub.Tests.Snapshots;

/// <summary>Trips on a real PostgreSQL: read as snapshots do, as capture does, and past EF Core.</summary>
public sealed class MembersServer(PostgresServer server) : IAsyncLifetime
{
    private string _connectionString = "";
    private ServiceProvider? _services;

    internal ServiceProvider Services => _services!;

    internal Entity Trip => Services.GetRequiredService<LiveModel>().Find("Trip")!;

    internal IBackplane Log => Services.GetRequiredService<IBackplane>();

    public async ValueTask InitializeAsync()
    {
        _connectionString = await server.CreateDatabaseAsync();
        _services = Catalog.ServicesOf<MembersDb>(MembersDb.Expose, _connectionString);
        await WithDbAsync(db => db.Database.EnsureCreatedAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await server.DropDatabaseAsync(_connectionString);
    }

    internal Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(_connectionString, sql);

    internal async Task<T> WithDbAsync<T>(Func<MembersDb, Task<T>> use)
    {
        await using var scope = Services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<MembersDb>());
    }

    internal Task<int> SaveAsync(params Trip[] trips) => WithDbAsync(db =>
    {
        db.AddRange(trips);
        return db.SaveChangesAsync();
    });

    /// <summary>The one change that a save brings; null where it brings none.</summary>
    internal async Task<Change?> ChangeAsync(int id, Action<Trip, MembersDb> change)
    {
        var start = (await Log.ReadHeadAsync(default)).Offset;
        await WithDbAsync(async db =>
        {
            change(await db.Trips.SingleAsync(t => t.Id == id), db);
            return await db.SaveChangesAsync();
        });
        var entries = (await Log.ReadRangeAsync(start, (await Log.ReadHeadAsync(default)).Offset, default))!;
        return entries.Count == 0 ? null : Assert.Single(Assert.Single(entries).Changeset.Changes);
    }

    /// <summary>Rows by key, as snapshots read them.</summary>
    internal Task<Dictionary<int, Row>> SnapshotAsync(params string[] columns) => WithDbAsync(async db =>
    {
        var shape = new Shape(Trip, [], new(Trip, columns.Length == 0 ? Trip.Exposed : Trip.Exposed.Where(c => columns.Contains(c.Name))));
        var rows = new Dictionary<int, Row>();
        await foreach (var row in ShapeQuery.Of(Trip).ReadAsync(db, shape, default))
        {
            rows.Add((int)row[Trip.KeyOrdinals[0]]!, row);
        }

        return rows;
    });

    /// <summary>A column's row values by key, from what the table holds.</summary>
    internal async Task<Dictionary<int, object?>> StoredAsync(Column column)
    {
        var leaves = column.Member is { Container: null } ? column.Member.Leaves : [];
        var names = column.Member is null ? [$"\"{column.Property.GetColumnName()}\"::text"]
            : column.Member.Container is { } container ? [$"\"{container}\"::text"] : leaves.Select(l => $"\"{l.GetColumnName(StoreObjectIdentifier.Table("Trips"))}\"");
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"select \"Id\", {string.Join(", ", names)} from \"Trips\"", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<int, object?>();
        while (await reader.ReadAsync())
        {
            var text = leaves.IsEmpty && !reader.IsDBNull(1) ? reader.GetString(1) : null;
            rows.Add(reader.GetInt32(0), column.Member is null ? text is null ? null : new JsonText(text)
                : leaves.IsEmpty ? column.Member.FromStored(text)
                : column.Member.FromLeaves([.. leaves.Select((leaf, i) => Value(reader, i + 1, leaf))]));
        }

        return rows;
    }

    private static object? Value(DbDataReader reader, int ordinal, IProperty property)
    {
        if (reader.IsDBNull(ordinal))
        {
            return null;
        }

        var converter = property.GetTypeMapping().Converter;
        var type = converter?.ProviderClrType ?? property.ClrType;
        var value = typeof(DbDataReader).GetMethod(nameof(DbDataReader.GetFieldValue))!
            .MakeGenericMethod(Nullable.GetUnderlyingType(type) ?? type).Invoke(reader, [ordinal]);
        return converter is null ? value : converter.ConvertFromProvider(value);
    }
}
