using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>
/// A mapped property of an entity, or a member that is shown as one. Only exposed ones ever leave the server.
/// </summary>
internal sealed class Column
{
    private readonly IReadOnlyProperty? _property;
    private readonly ValueCodec? _codec;

    public Column(int ordinal, IReadOnlyProperty property, string name, ValueCodec? codec, bool isExposed)
    {
        if (isExposed && codec is null)
        {
            throw new ArgumentException($"Column '{name}' is exposed and has no codec.", nameof(codec));
        }

        Ordinal = ordinal;
        _property = property;
        PropertyName = property.Name;
        Name = name;
        EncodedName = JsonEncodedText.Encode(name, WireJson.Encoder);
        _codec = codec;
        IsExposed = isExposed;
        IsKey = property.IsPrimaryKey();
    }

    public Column(int ordinal, Member member, string name)
    {
        Ordinal = ordinal;
        Member = member;
        PropertyName = member.Name;
        Name = name;
        EncodedName = JsonEncodedText.Encode(name, WireJson.Encoder);
        _codec = JsonCodec.OfMember;
        IsExposed = true;
    }

    public int Ordinal { get; }

    /// <summary>The property; a member has none.</summary>
    public IReadOnlyProperty Property => _property ?? throw new InvalidOperationException($"Column '{Name}' is a member and not a property.");

    /// <summary>The owned or complex type that is this column; null for a property.</summary>
    public Member? Member { get; }

    /// <summary>The name in the model, of the property or the member.</summary>
    public string PropertyName { get; }

    public string Name { get; }

    public JsonEncodedText EncodedName { get; }

    public bool IsExposed { get; }

    public bool IsKey { get; }

    /// <summary>
    /// Whether rows hold it. What nobody may see and nothing depends on is left where it is: it may be a document of megabytes.
    /// </summary>
    public bool IsCaptured { get; init; } = true;

    /// <summary>Whether the database stores a value as it was assigned, and compares it as C# does: nothing is rounded, padded or folded.</summary>
    public bool IsExact
    {
        get
        {
            if (_property is not { } property)
            {
                return false;
            }

            var own = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
            var type = property.GetValueConverter()?.ProviderClrType ?? own;
            type = Nullable.GetUnderlyingType(type) ?? type;
            return own.IsEnum || ExactTypes.Contains(type)
                || (type == own && type == typeof(string) && property.GetColumnType() is { } stored
                    && (stored == "text" || stored.StartsWith("character varying", StringComparison.Ordinal)));
        }
    }

    private static readonly HashSet<Type> ExactTypes =
        [typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(Guid), typeof(DateOnly), typeof(byte[])];

    /// <summary>How the column's values look on the wire. Exposed columns and keys always have one.</summary>
    public ValueCodec Codec => _codec ?? throw new InvalidOperationException($"Column '{Name}' has no form on the wire.");

    /// <summary>Whether filters may compare it: not JSON, and not a list.</summary>
    public bool CanFilter => _codec?.CanFilter ?? true;

    /// <summary>The model's value of the property or the member, as a row holds it.</summary>
    public object? ToRow(object? value)
        => Member is { } member ? member.FromInstance(value) : value is null || _codec is null ? value : _codec.ToRow(value);

    public override string ToString() => Name;
}
