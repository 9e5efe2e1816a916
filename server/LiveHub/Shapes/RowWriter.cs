using System.Text.Json;
using LiveHub.Model;

namespace LiveHub.Shapes;

/// <summary>Writes rows, and pieces of them, as JSON.</summary>
internal static class RowWriter
{
    public static void WriteRow(Utf8JsonWriter writer, Projection projection, Row row)
    {
        writer.WriteStartObject();
        foreach (var column in projection.Columns)
        {
            writer.WritePropertyName(column.EncodedName);
            WriteValue(writer, column, row[column.Ordinal]);
        }

        writer.WriteEndObject();
    }

    public static void WriteChanged(Utf8JsonWriter writer, Projection projection, Row row, ColumnSet changed)
    {
        writer.WriteStartObject();
        foreach (var column in projection.Columns)
        {
            if (changed.Contains(column.Ordinal))
            {
                writer.WritePropertyName(column.EncodedName);
                WriteValue(writer, column, row[column.Ordinal]);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>The key's value, or for a composite key a list.</summary>
    public static void WriteKey(Utf8JsonWriter writer, Entity entity, Row row)
    {
        if (entity.Key.Length == 1)
        {
            WriteValue(writer, entity.Key[0], row[entity.KeyOrdinals[0]]);
            return;
        }

        writer.WriteStartArray();
        foreach (var column in entity.Key)
        {
            WriteValue(writer, column, row[column.Ordinal]);
        }

        writer.WriteEndArray();
    }

    public static void WriteValue(Utf8JsonWriter writer, Column column, object? value)
    {
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            column.Codec.Write(writer, value);
        }
    }
}
