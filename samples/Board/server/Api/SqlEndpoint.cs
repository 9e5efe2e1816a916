using System.Data.Common;
using System.Text.Json;
using BoardSample.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace BoardSample.Api;

/// <summary><c>GET /api/sql/{set}</c>: the rows as SQL reads them, with neither EF nor LiveHub between: what tests compare a screen with.</summary>
internal static class SqlEndpoint
{
    public static void MapSql(this IEndpointRouteBuilder api, IModel model)
    {
        Map("cardLabels", model.FindEntityType("CardLabel")!);
        foreach (var entity in model.GetEntityTypes().Where(e => !e.HasSharedClrType))
        {
            Map(JsonNamingPolicy.CamelCase.ConvertName(entity.GetTableName()!), entity);
        }

        void Map(string set, IEntityType entity)
        {
            var key = string.Join(", ", entity.FindPrimaryKey()!.Properties.Select(p => $"\"{p.GetColumnName()}\""));
            var sql = $"select * from \"{entity.GetTableName()}\" order by {key}";
            api.MapGet($"sql/{set}", async (BoardDb db, CancellationToken token) =>
                TypedResults.Ok(await ReadAsync(db.Database.GetConnectionString()!, sql, token)));
        }
    }

    private static async Task<List<Row>> ReadAsync(string connectionString, string sql, CancellationToken token)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        var names = Enumerable.Range(0, reader.FieldCount).Select(i => JsonNamingPolicy.CamelCase.ConvertName(reader.GetName(i))).ToArray();
        var rows = new List<Row>();
        while (await reader.ReadAsync(token))
        {
            rows.Add(names.Select((name, i) => (name, value: Value(reader, i))).ToDictionary(c => c.name, c => c.value, StringComparer.Ordinal));
        }

        return rows;
    }

    private static object? Value(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? null
        : reader.GetFieldType(column) == typeof(DateTime) ? reader.GetFieldValue<DateTimeOffset>(column)
        : reader.GetValue(column);
}
