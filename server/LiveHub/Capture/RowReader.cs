using LiveHub.Model;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Capture;

/// <summary>Reads a tracked entry's values as a row.</summary>
internal static class RowReader
{
    public static Row Original(Entity entity, EntityEntry entry) => Read(entity, entry.OriginalValues);

    public static Row Current(Entity entity, EntityEntry entry) => Read(entity, entry.CurrentValues);

    private static Row Read(Entity entity, PropertyValues source)
    {
        var values = new object?[entity.Columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var value = source[(IProperty)entity.Columns[i].Property];

            // The application may write into its array after the save; the row must not follow.
            values[i] = value is byte[] bytes ? bytes.Clone() : value;
        }

        return new(values);
    }
}
