using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>Checks what was exposed against the EF model and finds all faults at once, each with its remedy.</summary>
internal sealed class ContextModelBuilder(Type contextType, IModel model)
{
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    public ContextModel Build(IReadOnlyList<EntityOptions> exposed)
    {
        var entities = ImmutableArray.CreateBuilder<Entity>();
        foreach (var options in exposed)
        {
            if (BuildEntity(options) is { } entity)
            {
                if (entities.Any(e => e.Type == entity.Type))
                {
                    _faults.Add($"{contextType.Name}: '{entity.Type.DisplayName()}' is exposed twice. Call Expose once for each entity.");
                }
                else
                {
                    entities.Add(entity);
                }
            }
        }

        foreach (var (derived, parent) in entities.SelectMany(e => entities.Where(p => IsBaseOf(p.Type, e.Type)).Select(p => (e, p))))
        {
            _faults.Add($"{derived}: its base type '{parent}' is exposed too, and a row belongs to one entity. Expose one of them.");
        }

        return new(contextType, entities.ToImmutable());
    }

    private Entity? BuildEntity(EntityOptions options)
    {
        var asked = options.TypeName ?? options.ClrType!.Name;
        var type = options.TypeName is null ? model.FindEntityType(options.ClrType!) : model.FindEntityType(options.TypeName);
        if (type is null)
        {
            _faults.Add($"{contextType.Name}: '{asked}' is not an entity type of the model. Map it, or expose a mapped type. " +
                $"Mapped are: {string.Join(", ", model.GetEntityTypes().Select(t => t.DisplayName()).Order(StringComparer.Ordinal))}.");
            return null;
        }

        var name = options.Name ?? (type.HasSharedClrType ? type.Name : type.ClrType.Name);
        if (type.FindPrimaryKey() is null)
        {
            _faults.Add($"{name}: has no primary key. Give it one with HasKey, or do not expose it.");
            return null;
        }

        if (!HasTable(type))
        {
            _faults.Add($"{name}: is not mapped to a table (but to a view, a function or a query), so nothing tells when it changes. Expose the entity types of the tables behind it.");
            return null;
        }

        if (type.GetViewName() is not null || type.GetFunctionName() is not null || type.GetSqlQuery() is not null)
        {
            _faults.Add($"{name}: is read from a view, a function or a query and written to a table, so that what a save stores is not what a read shows. Map it to the table alone, or do not expose it.");
            return null;
        }

        if (type.IsOwned())
        {
            _faults.Add($"{name}: is an owned type, a part of its owner. Expose the owner.");
            return null;
        }

        var faults = _faults.Count;
        CheckNames(options, type, name);
        var apart = new List<string>();
        var columns = BuildColumns(options, type, name, apart);
        var filter = BuildFilter(type, name, columns);
        return _faults.Count == faults ? new(name, contextType, type, columns, filter) { Apart = [.. apart] } : null;
    }

    /// <summary>An abstract type has no table of its own where each concrete one has.</summary>
    private static bool HasTable(IReadOnlyEntityType type)
        => type.GetTableName() is not null
        || (type.GetMappingStrategy() == RelationalAnnotationNames.TpcMappingStrategy && type.GetDerivedTypes().Any(t => t.GetTableName() is not null));

    private void CheckNames(EntityOptions options, IEntityType type, string name)
    {
        var members = MemberBuilder.Find(type).ToDictionary(m => m.Name, StringComparer.Ordinal);
        foreach (var property in options.Hidden.Concat(options.Columns ?? []).Distinct(StringComparer.Ordinal))
        {
            if (type.FindProperty(property) is null && !members.ContainsKey(property))
            {
                _faults.Add($"{name}.{property}: is not a mapped property. Hide and Columns take mapped properties by their CLR name.");
            }
        }

        foreach (var member in (options.Columns ?? []).Where(c => members.TryGetValue(c, out var m) && MemberBuilder.IsApart(m)))
        {
            _faults.Add($"{name}.{member}: its rows are in a table of their own and no part of this one's. Map it to JSON with ToJson, make it an entity and expose that, or leave it out of Columns.");
        }

        foreach (var key in type.FindPrimaryKey()!.Properties.Where(k => options.Hidden.Contains(k.Name)))
        {
            _faults.Add($"{name}.{key.Name}: is part of the key, which readers need to tell rows apart. Do not hide it.");
        }
    }

    private ImmutableArray<Column> BuildColumns(EntityOptions options, IEntityType type, string name, List<string> apart)
    {
        var columns = ImmutableArray.CreateBuilder<Column>();
        var filtered = NamesIn.Of(FiltersOf(type));
        foreach (var property in type.GetProperties())
        {
            var codec = ValueCodecs.Find(property);
            var exposed = IsExposed(options, type, property);
            if ((codec is null && (exposed || property.IsPrimaryKey())) || (codec is { CanFilter: false } && property.IsPrimaryKey()))
            {
                var hide = property.IsPrimaryKey() ? "Give" : $"Hide it with Hide(x => x.{property.Name}), or give";
                var form = property.IsPrimaryKey() && codec is not null ? "cannot be a key" : "have no form on the wire yet";
                _faults.Add($"{name}.{property.Name}: values of type {property.ClrType.Name} {form}. {hide} it a value converter to a simple type.");
                exposed = false;
            }

            columns.Add(new(columns.Count, property, JsonNamingPolicy.CamelCase.ConvertName(property.Name), codec, exposed && codec is not null)
            {
                IsCaptured = exposed || (codec is not null && property.ClrType.IsValueType) || property.IsKey() || property.IsForeignKey() || filtered.Contains(property.Name)
                    || property == type.FindDiscriminatorProperty(),
            });
        }

        foreach (var member in MemberBuilder.Find(type).Where(m => IsExposed(options, type, m)))
        {
            if (MemberBuilder.IsApart(member))
            {
                apart.Add(member.Name);
            }
            else
            {
                columns.Add(new(columns.Count, MemberBuilder.Build(name, member, _faults, apart), JsonNamingPolicy.CamelCase.ConvertName(member.Name)));
            }
        }

        foreach (var clash in columns.Where(c => c.IsExposed).GroupBy(c => c.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            _faults.Add($"{name}: the properties {string.Join(" and ", clash.Select(c => c.PropertyName))} would both be called '{clash.Key}'. Hide one of them.");
        }

        return columns.ToImmutable();
    }

    /// <summary>Shown is what the CLR type shows: no shadow property unless it is named, nothing that JSON ignores.</summary>
    private static bool IsExposed(EntityOptions options, IEntityType type, IPropertyBase property)
    {
        if (property is IProperty key && key.IsPrimaryKey())
        {
            return true;
        }

        if (options.Hidden.Contains(property.Name))
        {
            return false;
        }

        return options.Columns?.Contains(property.Name) ?? (type.HasSharedClrType || MemberBuilder.IsShown(property));
    }

    private static bool IsBaseOf(IReadOnlyEntityType parent, IReadOnlyEntityType type)
        => type.BaseType is { } next && (next == parent || IsBaseOf(parent, next));

    private static IEnumerable<System.Linq.Expressions.LambdaExpression> FiltersOf(IReadOnlyEntityType type)
        => type.GetRootType().GetDeclaredQueryFilters().Select(f => f.Expression).OfType<System.Linq.Expressions.LambdaExpression>();

    /// <summary>Query filters belong to the root of a hierarchy and hold for all of it.</summary>
    private RowFilter BuildFilter(IReadOnlyEntityType type, string name, ImmutableArray<Column> columns)
    {
        try
        {
            return RowFilter.Compile(FiltersOf(type), columns);
        }
        catch (RowFilterException e)
        {
            _faults.Add($"{name}: in its query filter, {e.Message}");
            return RowFilter.None;
        }
    }
}
