using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.Model;

/// <summary>A type that the model converts: on the wire it looks like what is stored.</summary>
internal sealed class ConvertedCodec(ValueCodec stored, ValueConverter converter) : ValueCodec
{
    public override string Expected => stored.Expected;

    public override void Write(Utf8JsonWriter writer, object value)
    {
        if (converter.ConvertToProvider(value) is { } provided)
        {
            stored.Write(writer, provided);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    public override bool TryRead(JsonElement json, out object? value)
    {
        value = null;
        if (!stored.TryRead(json, out var provided))
        {
            return false;
        }

        try
        {
            value = converter.ConvertFromProvider(provided);
        }
        catch (Exception)
        {
            // The converter is the application's code; whatever it throws, the column cannot hold this.
            return false;
        }

        return value is not null;
    }
}
