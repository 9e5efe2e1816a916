using LiveHub.Model;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace LiveHub.Capture;

/// <summary>Reads a tracked entry's values as a row.</summary>
internal static class RowReader
{
    public static Row Read(TrackedType type, PropertyValues source)
    {
        var values = new object?[type.Properties.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = type.Properties[i] is { } property ? source[property] : null;

            // The application may write into its array after the save; the row must not follow.
            values[i] = value is byte[] bytes ? bytes.Clone() : value;
        }

        return new(values);
    }
}
