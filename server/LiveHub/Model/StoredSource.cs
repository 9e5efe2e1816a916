using System.Collections;
using System.Text.Json;

namespace LiveHub.Model;

/// <summary>JSON as the provider stored it; a node is an element of it.</summary>
internal sealed class StoredSource : MemberSource
{
    public static readonly StoredSource Instance = new();

    public override object? Value(object node, MemberValue value)
        => Find(node, value.Stored!.Name) is { } json ? value.Stored.Reader.FromJsonString(json.GetRawText()) : value.Default;

    public override object? Part(object node, MemberPart part) => Find(node, part.StoredName!);

    public override IEnumerable Items(object list)
    {
        foreach (var item in ((JsonElement)list).EnumerateArray())
        {
            yield return item.ValueKind is JsonValueKind.Null ? null : item;
        }
    }

    private static JsonElement? Find(object node, string name)
        => ((JsonElement)node).TryGetProperty(name, out var json) && json.ValueKind is not JsonValueKind.Null ? json : null;
}
