using System.Collections;
using System.Text.Json;

namespace LiveHub.Model;

/// <summary>A list of simple values, each as a column of its type looks.</summary>
internal sealed class ListCodec(ValueCodec element) : ValueCodec
{
    public override string Expected => "a list";

    public override bool CanFilter => false;

    /// <summary>An array, which is compared by content.</summary>
    public override object ToRow(object value) => value as Array ?? ((IEnumerable)value).Cast<object?>().ToArray();

    public override void Write(Utf8JsonWriter writer, object value)
    {
        writer.WriteStartArray();
        foreach (var item in (IEnumerable)value)
        {
            if (item is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                element.Write(writer, item);
            }
        }

        writer.WriteEndArray();
    }

    public override bool TryRead(JsonElement json, out object? value)
    {
        value = null;
        return false;
    }
}
