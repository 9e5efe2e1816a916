using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace ValuesServer;

/// <summary>One write: properties in camelCase, values in .NET's own JSON, which knows nothing of LiveHub's.</summary>
public sealed record Write(string Op, string Entity, Dictionary<string, JsonElement>? Key, Dictionary<string, JsonElement>? Values);

/// <summary>Writes rows through EF Core.</summary>
public static class SaveEndpoint
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>All writes in one save. Returns the keys of the rows, in order, where they are numbers that the database made.</summary>
    public static async Task<IResult> SaveAsync(HttpRequest request, ValuesDb db, CancellationToken cancellationToken)
    {
        // Whatever JSON the application is set to.
        var writes = (await request.ReadFromJsonAsync<Write[]>(JsonSerializerOptions.Web, cancellationToken))!;
        var rows = new List<object>();
        foreach (var write in writes)
        {
            var type = db.Model.FindEntityType(Keys.TypeOf(write.Entity))!;
            var row = write.Op == "insert" ? Activator.CreateInstance(type.ClrType)! : await FindAsync(db, type, write.Key!, cancellationToken);
            rows.Add(row);
            foreach (var (name, value) in write.Values ?? [])
            {
                Set(row, name, value);
            }

            if (write.Op is "insert")
            {
                db.Add(row);
            }
            else if (write.Op is "delete")
            {
                db.Remove(row);
            }
        }

        await db.SaveChangesAsync(cancellationToken);
        return Results.Json(rows.Select(row => (row as Sample)?.Id), JsonSerializerOptions.Web);
    }

    private static async Task<object> FindAsync(ValuesDb db, IEntityType type, Dictionary<string, JsonElement> key, CancellationToken cancellationToken)
    {
        var values = type.FindPrimaryKey()!.Properties.Select(p => key[JsonNamingPolicy.CamelCase.ConvertName(p.Name)].Deserialize(p.ClrType, Json)).ToArray();
        return await db.FindAsync(type.ClrType, values, cancellationToken) ?? throw new InvalidOperationException($"There is no {type.DisplayName()} {string.Join(", ", values)}.");
    }

    private static void Set(object row, string name, JsonElement value)
    {
        var property = row.GetType().GetProperty(string.Concat(char.ToUpperInvariant(name[0]).ToString(), name.AsSpan(1)))
            ?? throw new InvalidOperationException($"{row.GetType().Name} has no {name}.");
        property.SetValue(row, value.Deserialize(property.PropertyType, Json));
    }
}
