using System.Text.Json;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>A mapped property of an entity. Every mapped property is captured; only exposed ones ever leave the server.</summary>
internal sealed class Column
{
    private readonly ValueCodec? _codec;

    public Column(int ordinal, IReadOnlyProperty property, string name, ValueCodec? codec, bool isExposed)
    {
        if (isExposed && codec is null)
        {
            throw new ArgumentException($"Column '{name}' is exposed and has no codec.", nameof(codec));
        }

        Ordinal = ordinal;
        Property = property;
        Name = name;
        EncodedName = JsonEncodedText.Encode(name, WireJson.Encoder);
        _codec = codec;
        IsExposed = isExposed;
        IsKey = property.IsPrimaryKey();
    }

    public int Ordinal { get; }

    public IReadOnlyProperty Property { get; }

    public string Name { get; }

    public JsonEncodedText EncodedName { get; }

    public bool IsExposed { get; }

    public bool IsKey { get; }

    /// <summary>How the column's values look on the wire. Exposed columns and keys always have one.</summary>
    public ValueCodec Codec => _codec ?? throw new InvalidOperationException($"Column '{Name}' has no form on the wire.");

    public override string ToString() => Name;
}
