using System.Diagnostics.CodeAnalysis;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore.Storage.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.Formats;

/// <summary>A type that the model converts: what is stored is written.</summary>
internal sealed class ConvertedFormat(ValueFormat stored, ValueConverter converter) : ValueFormat(stored.Form)
{
    public override bool MayThrow => true;

    public override bool IsNull([NotNullWhen(false)] object? value) => value is null || converter.ConvertToProvider(value) is null;

    public override void Write(ref ByteWriter writer, object value) => stored.Write(ref writer, converter.ConvertToProvider(value)!);

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value)
    {
        value = null;
        if (!stored.TryRead(ref reader, out var provided))
        {
            return false;
        }

        try
        {
            // A converter need not lead back to where it came from: then nobody can tell the value from what is stored.
            value = converter.ConvertFromProvider(provided) is { } shown && Values.AreEqual(provided, converter.ConvertToProvider(shown)) ? shown : null;
        }
        catch (Exception)
        {
            // The converter is the application's code; whatever it throws, the column cannot hold this.
        }

        return value is not null;
    }
}

/// <summary>A type of the provider's, as it writes it into JSON.</summary>
internal sealed class ProviderJsonFormat(JsonValueReaderWriter json) : ValueFormat(ValueForm.ProviderJson)
{
    public override bool MayThrow => true;

    public override void Write(ref ByteWriter writer, object value) => writer.WriteText(json.ToJsonString(value));

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value)
    {
        var text = reader.ReadText();
        value = null;
        try
        {
            value = json.FromJsonString(text) is { } read && json.ToJsonString(read) == text ? read : null;
        }
        catch (Exception)
        {
            // The provider's code; whatever it throws, the column cannot hold this.
        }

        return value is not null;
    }
}
