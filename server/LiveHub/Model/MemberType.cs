using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.Json;

namespace LiveHub.Model;

/// <summary>What is shown of an owned or complex type, in the order in which it is written.</summary>
internal sealed record MemberType(ImmutableArray<MemberValue> Values, ImmutableArray<MemberPart> Parts, Presence Presence);

/// <summary>A simple property of an owned or complex type.</summary>
/// <param name="Property">The model's property.</param>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Codec">Its form on the wire.</param>
/// <param name="Default">The model's value where nothing is stored.</param>
/// <param name="Stored">How it is stored in the member's JSON; null where it has a column.</param>
/// <param name="Leaf">Its place in <see cref="Member.Leaves"/>; -1 where it is stored in JSON.</param>
internal sealed record MemberValue(IProperty Property, JsonEncodedText Name, ValueCodec Codec, object? Default, StoredValue? Stored, int Leaf);

/// <summary>A property as the provider writes it into JSON.</summary>
/// <param name="Name">The JSON property.</param>
/// <param name="Reader">Reads the model's value from it.</param>
internal sealed record StoredValue(string Name, JsonValueReaderWriter Reader);

/// <summary>An owned or complex type, or a list of them, in an entity or in another such type.</summary>
/// <param name="Property">The navigation or the complex property.</param>
/// <param name="Name">Its name on the wire.</param>
/// <param name="StoredName">The JSON property in the JSON around it, where there is such.</param>
/// <param name="IsCollection">A list; where there is none it is empty, never null.</param>
/// <param name="Type">What each holds.</param>
internal sealed record MemberPart(IPropertyBase Property, JsonEncodedText Name, string? StoredName, bool IsCollection, MemberType Type);

/// <summary>
/// When a member that is stored in columns is there, as the mapping tells it: all of some leaves are not null, and at least one of
/// some others is not.
/// </summary>
internal sealed record Presence(ImmutableArray<int> Required, ImmutableArray<int> AnyOf)
{
    public static readonly Presence Always = new([], []);

    public bool Holds(IReadOnlyList<object?> leaves)
    {
        foreach (var leaf in Required)
        {
            if (leaves[leaf] is null)
            {
                return false;
            }
        }

        foreach (var leaf in AnyOf)
        {
            if (leaves[leaf] is not null)
            {
                return true;
            }
        }

        return AnyOf.IsEmpty;
    }
}
