namespace LiveHub.Model;

/// <summary>What <c>Expose</c> was told about one entity; checked against the EF model at start-up.</summary>
internal sealed class EntityOptions(Type? clrType, string? typeName, string? name)
{
    public Type? ClrType { get; } = clrType;

    public string? TypeName { get; } = typeName;

    public string? Name { get; } = name;

    public HashSet<string> Hidden { get; } = new(StringComparer.Ordinal);

    public HashSet<string>? Columns { get; set; }
}
