using System.Collections.Immutable;
using System.Data.Common;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.PostgreSql.Capture;

/// <summary>What of the database a column of an entity consists of: one column, or the several that a member is flattened to.</summary>
internal sealed class StoredColumn
{
    private readonly Func<DbDataReader, int, object?> _read;

    private StoredColumn(ImmutableArray<(int Table, string Name)> places, Func<DbDataReader, int, object?> read)
    {
        Places = places;
        _read = read;
    }

    /// <summary>Columns of the database: which of the source's tables, and the name.</summary>
    public ImmutableArray<(int Table, string Name)> Places { get; }

    public static StoredColumn Of(Column column, IEntityType type, IReadOnlyList<ITableMapping> mappings)
    {
        if (!column.IsCaptured)
        {
            return new([], (_, _) => null);
        }

        if (column.Member is not { } member)
        {
            var property = type.FindProperty(column.PropertyName)!;
            var read = ColumnReader.Of(property);
            return new([PlaceOf(property, mappings)], (reader, first) => column.ToRow(read(reader, first)));
        }

        if (member.Container is { } container)
        {
            return new([PlaceOf(container, mappings)], (reader, first) => member.FromStored(reader.IsDBNull(first) ? null : reader.GetString(first)));
        }

        var leaves = member.Leaves.Select(leaf => ColumnReader.Of(leaf, isPart: true)).ToArray();
        return new([.. member.Leaves.Select(l => PlaceOf(l, mappings))], (reader, first) =>
        {
            var values = new object?[leaves.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = leaves[i](reader, first + i);
            }

            return member.FromLeaves(values);
        });
    }

    /// <param name="first">Where the column's first place is in the reader.</param>
    public object? Read(DbDataReader reader, int first) => _read(reader, first);

    private static (int Table, string Name) PlaceOf(IProperty property, IReadOnlyList<ITableMapping> mappings)
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            if (property.GetColumnName(StoreObjectIdentifier.Table(mappings[i].Table.Name, mappings[i].Table.Schema)) is { } name)
            {
                return (i, name);
            }
        }

        throw new InvalidOperationException($"{property.DeclaringType.DisplayName()}.{property.Name} has no column in {string.Join(", ", mappings.Select(m => m.Table.Name))}.");
    }

    private static (int Table, string Name) PlaceOf(string column, IReadOnlyList<ITableMapping> mappings)
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings[i].Table.FindColumn(column) is not null)
            {
                return (i, column);
            }
        }

        throw new InvalidOperationException($"There is no column '{column}' in {string.Join(", ", mappings.Select(m => m.Table.Name))}.");
    }
}
