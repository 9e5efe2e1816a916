using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>Makes a member of an owned or complex type of an entity, and finds what in it has no form on the wire.</summary>
internal sealed class MemberBuilder
{
    private readonly string _entity;
    private readonly IPropertyBase _root;
    private readonly List<string> _faults;
    private readonly List<IProperty> _leaves = [];
    private readonly List<string> _apart = [];

    private MemberBuilder(string entity, IPropertyBase root, List<string> faults)
    {
        _entity = entity;
        _root = root;
        _faults = faults;
    }

    /// <summary>The owned and complex types of an entity type.</summary>
    public static IEnumerable<IPropertyBase> Find(IEntityType type) => type.GetComplexProperties().Concat<IPropertyBase>(Owned(type));

    /// <summary>Whether the member's rows are rows of another table, which this one does not show.</summary>
    public static bool IsApart(IPropertyBase property)
        => property is INavigation { TargetEntityType: var type } navigation && !type.IsMappedToJson()
        && (navigation.IsCollection || type.GetTableName() != navigation.DeclaringEntityType.GetTableName()
            || type.GetSchema() != navigation.DeclaringEntityType.GetSchema());

    /// <summary>Whether it is shown where nothing else is said: no shadow property, nothing that JSON ignores.</summary>
    public static bool IsShown(IReadOnlyPropertyBase property)
        => !property.IsShadowProperty() && property.PropertyInfo?.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition is not JsonIgnoreCondition.Always;

    /// <param name="entity">The entity's name.</param>
    /// <param name="property">One of <see cref="Find"/>, not apart.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="apart">Takes the paths of what in it is left out, because its rows are rows of another table.</param>
    public static Member Build(string entity, IPropertyBase property, List<string> faults, List<string> apart)
    {
        var builder = new MemberBuilder(entity, property, faults);
        var part = builder.BuildPart(property, property.Name);
        apart.AddRange(builder._apart);
        return new(part, TypeOf(property).GetContainerColumnName(), [.. builder._leaves]);
    }

    private static IEnumerable<INavigation> Owned(IEntityType type) => type.GetNavigations().Where(n => n.ForeignKey.IsOwnership && !n.IsOnDependent);

    private static ITypeBase TypeOf(IPropertyBase property)
        => property is IComplexProperty complex ? complex.ComplexType : ((INavigation)property).TargetEntityType;

    private static JsonEncodedText NameOf(IPropertyBase property)
        => JsonEncodedText.Encode(JsonNamingPolicy.CamelCase.ConvertName(property.Name), WireJson.Encoder);

    private MemberPart BuildPart(IPropertyBase property, string path)
    {
        var type = TypeOf(property);
        var storedName = property == _root || !type.IsMappedToJson() ? null
            : type is IEntityType entity ? entity.GetJsonPropertyName() : ((IComplexType)type).GetJsonPropertyName();
        return new(property, NameOf(property), storedName, property.IsCollection, BuildType(property, type, path));
    }

    private MemberType BuildType(IPropertyBase property, ITypeBase type, string path)
    {
        // Keys of owned types are the owner's, or places in a list.
        var values = type.GetProperties().Where(p => !p.IsPrimaryKey() && IsShown(p)).Select(p => BuildValue(p, $"{path}.{p.Name}")).OfType<MemberValue>().ToImmutableArray();
        var parts = ImmutableArray.CreateBuilder<MemberPart>();
        foreach (var inner in (type is IEntityType entity ? Find(entity) : type.GetComplexProperties()).Where(IsShown))
        {
            if (IsApart(inner))
            {
                _apart.Add($"{path}.{inner.Name}");
            }
            else
            {
                parts.Add(BuildPart(inner, $"{path}.{inner.Name}"));
            }
        }

        var names = values.Select(v => (Name: v.Name.Value, Property: (IPropertyBase)v.Property)).Concat(parts.Select(p => (Name: p.Name.Value, p.Property)));
        foreach (var clash in names.GroupBy(n => n.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            _faults.Add($"{_entity}.{path}: the properties {string.Join(" and ", clash.Select(c => c.Property.Name))} would both be called '{clash.Key}'. " +
                "Put [JsonIgnore] on one of them.");
        }

        return new(values, parts.ToImmutable(), type.IsMappedToJson() ? Presence.Always : PresenceOf(property, type));
    }

    private MemberValue? BuildValue(IProperty property, string path)
    {
        var codec = ValueCodecs.Find(property);
        var isInJson = property.DeclaringType.IsMappedToJson();
        var reader = isInJson ? property.GetJsonValueReaderWriter() ?? property.FindTypeMapping()?.JsonValueReaderWriter : null;
        if (codec is null || (isInJson && reader is null))
        {
            _faults.Add($"{_entity}.{path}: values of type {property.ClrType.Name} have no form on the wire yet. Hide all of it with Hide(x => x.{_root.Name}), " +
                "put [JsonIgnore] on the property, or give it a value converter to a simple type.");
            return null;
        }

        var stored = isInJson ? new StoredValue(property.GetJsonPropertyName()!, reader!) : null;
        return new(property, NameOf(property), codec, DefaultOf(property.ClrType), stored, isInJson ? -1 : LeafOf(property));
    }

    private static object? DefaultOf(Type type) => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Activator.CreateInstance(type) : null;

    private int LeafOf(IProperty property)
    {
        var leaf = _leaves.IndexOf(property);
        if (leaf < 0)
        {
            leaf = _leaves.Count;
            _leaves.Add(property);
        }

        return leaf;
    }

    /// <summary>When EF Core makes an instance from a row, and when it says that there is none.</summary>
    private Presence PresenceOf(IPropertyBase property, ITypeBase type)
    {
        if (property is IComplexProperty complex)
        {
            return complex.IsNullable ? PresenceOf(type.GetFlattenedProperties().ToList()) : Presence.Always;
        }

        var entity = (IEntityType)type;
        var table = TableOf(entity);
        if (!table.IsOptional(entity))
        {
            return Presence.Always;
        }

        var own = entity.GetProperties().Where(p => !p.IsPrimaryKey()).ToList();
        var unshared = own.Where(p => !IsShared(table, entity, p)).ToList();
        return new([.. own.Where(p => !p.IsNullable).Select(LeafOf)],
            unshared.TrueForAll(p => p.IsNullable) ? [.. unshared.Select(LeafOf)] : []);
    }

    /// <summary>For a complex type one required property tells; where there is none, any value does.</summary>
    private Presence PresenceOf(List<IProperty> properties)
        => properties.Find(p => !p.IsNullable) is { } required ? new([LeafOf(required)], []) : new([], [.. properties.Select(LeafOf)]);

    private static ITableBase TableOf(IEntityType type)
        => type.GetViewMappings().FirstOrDefault(m => m.IsSplitEntityTypePrincipal ?? true)?.Table
        ?? type.GetTableMappings().First(m => m.IsSplitEntityTypePrincipal ?? true).Table;

    /// <summary>Whether the property's column is a column of an owner too, and so tells nothing of the owned type.</summary>
    private static bool IsShared(ITableBase table, IEntityType type, IProperty property)
    {
        var owners = new HashSet<ITypeBase>();
        for (var owner = type.FindOwnership()?.PrincipalEntityType; owner is not null; owner = owner.FindOwnership()?.PrincipalEntityType)
        {
            owners.Add(owner);
        }

        return table.FindColumn(property)?.PropertyMappings.Any(m => owners.Contains(m.TableMapping.TypeBase)) ?? false;
    }
}
