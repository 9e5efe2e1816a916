using LiveHub.Model;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Reads an entity's rows with a query of EF Core, in a context that nothing is attached to.</summary>
internal static class StoredRows
{
    public static async Task<Dictionary<KeyValues, Row>> ReadAsync(CaptureDatabase database, Entity entity)
    {
        await using DbContext db = entity.ContextType == typeof(ShopDb) ? database.Plain<ShopDb>() : database.Plain<YardDb>();
        var type = db.Model.FindEntityType(entity.Type.Name)!;
        var query = (Task)typeof(StoredRows).GetMethod(nameof(LoadAsync))!.MakeGenericMethod(type.ClrType).Invoke(null, [db, type.HasSharedClrType ? type.Name : null])!;
        await query;
        return db.ChangeTracker.Entries()
            .Where(e => type.IsAssignableFrom(e.Metadata))
            .Select(e => new Row([.. entity.Columns.Select(c => c.IsCaptured ? ValueOf(e, c) : null)]))
            .ToDictionary(r => r.Select(entity.KeyOrdinals));
    }

    public static Task LoadAsync<T>(DbContext db, string? sharedName)
        where T : class
        => (sharedName is null ? db.Set<T>() : db.Set<T>(sharedName)).IgnoreQueryFilters().LoadAsync();

    private static object? ValueOf(EntityEntry entry, Column column) => column.ToRow(column.Member is { } member ? member.Of(entry.Entity) : entry.Property(column.PropertyName).CurrentValue);
}
