using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Model;

/// <summary>Checks what was exposed against the EF model and finds all faults at once, each with its remedy.</summary>
internal sealed class ContextModelBuilder(Type contextType, IReadOnlyModel model)
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

        if (type.GetTableName() is null)
        {
            _faults.Add($"{name}: is not mapped to a table (but to a view, a function or a query), so nothing tells when it changes. Expose the entity types of the tables behind it.");
            return null;
        }

        if (type.IsOwned())
        {
            _faults.Add($"{name}: is an owned type, a part of its owner. Expose the owner.");
            return null;
        }

        var faults = _faults.Count;
        CheckNames(options, type, name);
        var columns = BuildColumns(options, type, name);
        var filter = BuildFilter(type, name, columns);
        return _faults.Count == faults ? new(name, contextType, type, columns, filter) : null;
    }

    private void CheckNames(EntityOptions options, IReadOnlyEntityType type, string name)
    {
        foreach (var property in options.Hidden.Concat(options.Columns ?? []).Distinct(StringComparer.Ordinal))
        {
            if (type.FindProperty(property) is null)
            {
                _faults.Add($"{name}.{property}: is not a mapped property. Hide and Columns take mapped properties by their CLR name.");
            }
        }

        foreach (var key in type.FindPrimaryKey()!.Properties.Where(k => options.Hidden.Contains(k.Name)))
        {
            _faults.Add($"{name}.{key.Name}: is part of the key, which readers need to tell rows apart. Do not hide it.");
        }
    }

    private ImmutableArray<Column> BuildColumns(EntityOptions options, IReadOnlyEntityType type, string name)
    {
        var columns = ImmutableArray.CreateBuilder<Column>();
        foreach (var property in type.GetProperties())
        {
            var codec = ValueCodecs.Find(property);
            var exposed = IsExposed(options, type, property);
            if (codec is null && (exposed || property.IsPrimaryKey()))
            {
                var hide = property.IsPrimaryKey() ? "Give" : $"Hide it with Hide(x => x.{property.Name}), or give";
                _faults.Add($"{name}.{property.Name}: values of type {property.ClrType.Name} have no form on the wire yet. {hide} it a value converter to a simple type.");
                exposed = false;
            }

            columns.Add(new(columns.Count, property, JsonNamingPolicy.CamelCase.ConvertName(property.Name), codec, exposed));
        }

        foreach (var clash in columns.Where(c => c.IsExposed).GroupBy(c => c.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            _faults.Add($"{name}: the properties {string.Join(" and ", clash.Select(c => c.Property.Name))} would both be called '{clash.Key}'. Hide one of them.");
        }

        return columns.ToImmutable();
    }

    /// <summary>Shown is what the CLR type shows: no shadow property unless it is named, nothing that JSON ignores.</summary>
    private static bool IsExposed(EntityOptions options, IReadOnlyEntityType type, IReadOnlyProperty property)
    {
        if (property.IsPrimaryKey())
        {
            return true;
        }

        if (options.Hidden.Contains(property.Name))
        {
            return false;
        }

        if (options.Columns is { } columns)
        {
            return columns.Contains(property.Name);
        }

        if (type.HasSharedClrType)
        {
            return true;
        }

        var ignore = property.PropertyInfo?.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition;
        return !property.IsShadowProperty() && ignore is not JsonIgnoreCondition.Always;
    }

    private static bool IsBaseOf(IReadOnlyEntityType parent, IReadOnlyEntityType type)
        => type.BaseType is { } next && (next == parent || IsBaseOf(parent, next));

    /// <summary>Query filters belong to the root of a hierarchy and hold for all of it.</summary>
    private RowFilter BuildFilter(IReadOnlyEntityType type, string name, ImmutableArray<Column> columns)
    {
        try
        {
            return RowFilter.Compile(type.GetRootType().GetDeclaredQueryFilters().Select(f => f.Expression).OfType<System.Linq.Expressions.LambdaExpression>(), columns);
        }
        catch (RowFilterException e)
        {
            _faults.Add($"{name}: in its query filter, {e.Message}");
            return RowFilter.None;
        }
    }
}
