using System.Buffers;
using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>
/// An owned or complex type of an entity, shown as one column of JSON. Its text is canonical: whatever it is made from, the same stored
/// values give the same text.
/// </summary>
internal sealed class Member(MemberPart part, string? container, ImmutableArray<IProperty> leaves)
{
    /// <summary>Its name in the model.</summary>
    public string Name => part.Property.Name;

    /// <summary>The navigation or the complex property.</summary>
    public IPropertyBase Property => part.Property;

    public MemberPart Part => part;

    public bool IsCollection => part.IsCollection;

    /// <summary>The column whose JSON holds it; null where it is stored in columns of the entity's table, which <see cref="Leaves"/> lists.</summary>
    public string? Container => container;

    /// <summary>The properties whose columns tell it, in the order in which <see cref="FromLeaves"/> takes their values; none where it is stored in JSON.</summary>
    public ImmutableArray<IProperty> Leaves => leaves;

    /// <summary>What a query may ask for; null where it must ask for the whole entity and take the member from that.</summary>
    public PropertyInfo? Projected => part.Property.PropertyInfo is { SetMethod: not null } property ? property : null;

    /// <summary>The member of an instance of the entity.</summary>
    public object? Of(object entity) => InstanceSource.Instance.Part(entity, part);

    /// <summary>From the model's value: an instance, or a list of them.</summary>
    public JsonText? FromInstance(object? value) => Read(InstanceSource.Instance, value);

    /// <summary>From the text in its <see cref="Container"/>; null for a column that is null.</summary>
    public JsonText? FromStored(string? json)
    {
        if (json is null)
        {
            return Read(StoredSource.Instance, null);
        }

        using var document = JsonDocument.Parse(json);
        return Read(StoredSource.Instance, document.RootElement.ValueKind is JsonValueKind.Null ? null : document.RootElement);
    }

    /// <summary>From the model's values of its <see cref="Leaves"/>, as a scalar column's row value would be; null where the row has no such member.</summary>
    public JsonText? FromLeaves(IReadOnlyList<object?> values) => Read(LeafSource.Instance, LeafSource.Instance.Part(values, part));

    public JsonText? Read(MemberSource source, object? node)
    {
        if (node is null && !IsCollection)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
        {
            Write(writer, source, part, node);
        }

        return new(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    public override string ToString() => Name;

    private static void Write(Utf8JsonWriter writer, MemberSource source, MemberPart part, object? node)
    {
        if (!part.IsCollection)
        {
            Write(writer, source, part.Type, node);
            return;
        }

        writer.WriteStartArray();
        foreach (var item in node is null ? Array.Empty<object?>() : source.Items(node))
        {
            Write(writer, source, part.Type, item);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, MemberSource source, MemberType type, object? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        foreach (var value in type.Values)
        {
            writer.WritePropertyName(value.Name);
            if (source.Value(node, value) is { } present)
            {
                value.Codec.Write(writer, present);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        foreach (var part in type.Parts)
        {
            writer.WritePropertyName(part.Name);
            Write(writer, source, part, source.Part(node, part));
        }

        writer.WriteEndObject();
    }
}
