using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Where an entity's rows are, and how to read them: one table, or several that share a key (TPT, entity splitting).</summary>
internal sealed class RowSource
{
    private readonly StoredColumn[] _columns;
    private readonly HashSet<object?>? _discriminators;
    private readonly int _discriminatorOrdinal;
    private readonly string[] _keyColumns;
    private readonly string[][] _keyNames;
    private readonly string _select;

    private readonly IEntityType _type;
    private readonly bool _hasTriggers;
    private readonly TableTriggers _triggers;

    public RowSource(Entity entity, IEntityType type, IReadOnlyList<ITableMapping> mappings, TableTriggers triggers, ISqlGenerationHelper sql)
    {
        Entity = entity;
        _type = type;
        Tables = [.. mappings.Select(m => m.Table)];
        _columns = [.. entity.Columns.Select(c => StoredColumn.Of(c, type, mappings))];
        _hasTriggers = Tables.Any(t => t.Triggers.Any());
        _triggers = triggers;
        var key = entity.Key.Select(c => type.FindProperty(c.PropertyName)!).ToList();
        (_discriminatorOrdinal, _discriminators) = Discriminators(entity, type);
        _keyNames = [.. mappings.Select(m => KeyNamesOf(m, mappings[0], key))];
        _keyColumns = [.. _keyNames[0].Select(n => sql.DelimitIdentifier(n))];
        var places = _columns.SelectMany(c => c.Places).ToList();
        Width = places.Count;
        Returning = string.Join(", ", places.Select(p => sql.DelimitIdentifier(p.Name)));
        ReturningOld = string.Join(", ", places.Select(p => $"old.{sql.DelimitIdentifier(p.Name)}"));
        _select = $"SELECT {string.Join(", ", places.Select(p => $"t{p.Table}.{sql.DelimitIdentifier(p.Name)}"))} FROM {From(mappings, sql)}";
    }

    public Entity Entity { get; }

    public IReadOnlyList<ITable> Tables { get; }

    /// <summary>How many columns of the database a row takes.</summary>
    public int Width { get; }

    /// <summary>Whether a row of the one table is the entity's whole row.</summary>
    public bool IsWhole => Tables.Count == 1;

    /// <summary>Whether triggers may write a row once more after a statement has returned it: where the model tells of some, or the database was not asked yet.</summary>
    public bool HasTriggers => _hasTriggers || !Tables.All(_triggers.AreNone);

    /// <summary>The entity's columns as names of the one table, separated by commas.</summary>
    public string Returning { get; }

    /// <summary>Not, where <c>old</c> is the table's own name.</summary>
    public bool CanReturnOld => Tables[0].Name != "old";

    /// <summary>The same of the row as it was.</summary>
    public string ReturningOld { get; }

    /// <summary>Whether a command on one of the tables may write a row of the entity: not, where it is known to write one of another type of the hierarchy.</summary>
    public bool Concerns(IReadOnlyModificationCommand command)
    {
        foreach (var entry in command.Entries)
        {
            // What is deleted and inserted under one key in a save is one command, of two types perhaps.
            if (Concerns(entry.EntityType) || (entry.SharedIdentityEntry is { } replaced && Concerns(replaced.EntityType)))
            {
                return true;
            }
        }

        return command.Entries.Count == 0;
    }

    /// <summary>What the entity's key columns are called in a table.</summary>
    public string[] KeyNamesIn(string table, string? schema)
    {
        for (var i = 0; i < Tables.Count; i++)
        {
            if (Tables[i].Name == table && Tables[i].Schema == schema)
            {
                return _keyNames[i];
            }
        }

        throw new ArgumentException($"{Entity} has no rows in {table}.", nameof(table));
    }

    /// <summary>What columns of one of the tables are called in the queries.</summary>
    public ImmutableArray<string> ColumnsOf(ITable table, IEnumerable<IColumn> columns, ISqlGenerationHelper sql)
        => [.. columns.Select(c => $"t{Tables.ToList().IndexOf(table)}.{sql.DelimitIdentifier(c.Name)}")];

    /// <summary>A query for rows by key, in the key's order so that racing saves lock in one order.</summary>
    /// <param name="keys">Placeholders: a list for each row.</param>
    public void AppendSelect(StringBuilder sql, IReadOnlyList<string[]> keys, string? lockStrength)
        => AppendSelect(sql, [.. _keyColumns.Select(c => $"t0.{c}")], keys, lockStrength);

    /// <summary>A query for rows by other columns than the key.</summary>
    public void AppendSelect(StringBuilder sql, IReadOnlyList<string> columns, IReadOnlyList<string[]> keys, string? lockStrength, int? limit = null)
    {
        sql.Append(_select);
        if (keys.Count == 1)
        {
            sql.Append(" WHERE ").AppendJoin(" AND ", columns.Zip(keys[0], (column, value) => $"{column} = {value}"));
        }
        else if (columns.Count == 1)
        {
            sql.Append(" WHERE ").Append(columns[0]).Append(" IN (").AppendJoin(", ", keys.Select(k => k[0])).Append(')');
        }
        else
        {
            // A list of rows in IN becomes a chain of ORs, which PostgreSQL neither plans well nor takes at any length.
            sql.Append(" INNER JOIN (VALUES ").AppendJoin(", ", keys.Select(k => $"({string.Join(", ", k)})"))
                .Append(") AS k (").AppendJoin(", ", columns.Select((_, n) => $"k{n}")).Append(") ON ").AppendJoin(" AND ", columns.Select((c, n) => $"{c} = k.k{n}"));
        }

        if (lockStrength is not null)
        {
            if (keys.Count > 1)
            {
                sql.Append(" ORDER BY ").AppendJoin(", ", _keyColumns.Select(c => $"t0.{c}"));
            }

            if (limit is { } most)
            {
                sql.Append(CultureInfo.InvariantCulture, $" LIMIT {most}");
            }

            sql.Append(" FOR ").Append(lockStrength).Append(" OF ").AppendJoin(", ", Tables.Select((_, n) => $"t{n}"));
        }

        sql.AppendLine(";");
    }

    /// <summary>The entity's row, or null where the table's row is of another type of the hierarchy.</summary>
    public Row? Read(DbDataReader reader, int first = 0)
    {
        var values = new object?[_columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _columns[i].Read(reader, first);
            first += _columns[i].Places.Length;
        }

        return _discriminators is null || _discriminators.Contains(values[_discriminatorOrdinal]) ? new(values) : null;
    }

    private bool Concerns(IEntityType written)
    {
        var type = OwnerOf(written);
        return _type.IsAssignableFrom(type) || type.GetRootType() != _type.GetRootType();
    }

    private static IEntityType OwnerOf(IEntityType type) => type.FindOwnership() is { } ownership ? OwnerOf(ownership.PrincipalEntityType) : type;

    private static (int Ordinal, HashSet<object?>? Values) Discriminators(Entity entity, IEntityType type)
        => type.BaseType is null || type.FindDiscriminatorProperty() is not { } discriminator
            ? (0, null)
            : (entity.Columns.Single(c => c.PropertyName == discriminator.Name).Ordinal, [.. type.GetConcreteDerivedTypesInclusive().Select(t => t.GetDiscriminatorValue())]);

    private static string[] KeyNamesOf(ITableMapping mapping, ITableMapping first, IReadOnlyList<IProperty> key)
    {
        var places = first.Table.PrimaryKey!.Columns.Select(c => c.Name).ToList();
        var table = StoreObjectIdentifier.Table(first.Table.Name, first.Table.Schema);
        return [.. key.Select(p => mapping.Table.PrimaryKey!.Columns[places.IndexOf(p.GetColumnName(table)!)].Name)];
    }

    private static string From(IReadOnlyList<ITableMapping> mappings, ISqlGenerationHelper sql)
    {
        var from = new StringBuilder();
        for (var i = 0; i < mappings.Count; i++)
        {
            from.Append(i == 0 ? "" : " INNER JOIN ").Append(sql.DelimitIdentifier(mappings[i].Table.Name, mappings[i].Table.Schema)).Append(" AS t").Append(i);
            if (i > 0)
            {
                from.Append(" ON ").AppendJoin(" AND ", KeyOf(mappings[i], sql).Zip(KeyOf(mappings[0], sql), (own, first) => $"t{i}.{own} = t0.{first}"));
            }
        }

        return from.ToString();
    }

    private static IEnumerable<string> KeyOf(ITableMapping mapping, ISqlGenerationHelper sql)
        => mapping.Table.PrimaryKey!.Columns.Select(c => sql.DelimitIdentifier(c.Name));
}
