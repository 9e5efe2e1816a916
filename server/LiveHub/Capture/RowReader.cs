using LiveHub.Model;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace LiveHub.Capture;

/// <summary>Reads a tracked entry's values as a row.</summary>
internal static class RowReader
{
    public static Row ReadCurrent(TrackedType type, EntityEntry entry)
        => Read(type, entry.CurrentValues, member => member.FromInstance(member.Of(entry.Entity)));

    /// <summary>The row as it was read.</summary>
    public static Row ReadOriginal(TrackedType type, EntityEntry entry, OwnedEntries owned)
        => Read(type, entry.OriginalValues, member => OriginalSource.Read(member, entry, owned));

    private static Row Read(TrackedType type, PropertyValues source, Func<Member, JsonText?> read)
    {
        var values = new object?[type.Properties.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (!type.Entity.Columns[i].IsCaptured)
            {
                continue;
            }

            if (type.Members[i] is { } member)
            {
                values[i] = read(member);
                continue;
            }

            var value = type.Properties[i] is { } property ? source[property] : null;
            var row = type.Entity.Columns[i].ToRow(value);

            // The application may write into its array after the save; the row must not follow.
            values[i] = row is Array array && ReferenceEquals(row, value) ? array.Clone() : row;
        }

        return new(values);
    }
}
