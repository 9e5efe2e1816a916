using System.Collections.Immutable;
using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Rows of one source that the database deletes or empties by itself when rows of another table are deleted: no command names them.</summary>
/// <param name="Source">Whose rows.</param>
/// <param name="Columns">The foreign key's columns in the source's query.</param>
/// <param name="ParentKey">What they are called in the table whose rows are deleted, where they are its key and its rows are locked as well.</param>
/// <param name="Deletes">Or only empties them.</param>
/// <param name="Further">Who may be reached in turn.</param>
internal sealed record Cascade(RowSource Source, ImmutableArray<string> Columns, ImmutableArray<string>? ParentKey, bool Deletes, ImmutableArray<Entity> Further)
{
    /// <summary>All that deletes in a table reach at once.</summary>
    public static IEnumerable<Cascade> Of(ITable table, TableMap tables, Func<ITable, IEnumerable<RowSource>> sourcesOf, ISqlGenerationHelper sql)
    {
        var isLocked = sourcesOf(table).Any();
        foreach (var key in table.ReferencingForeignKeyConstraints)
        {
            if (key.OnDeleteAction is not (ReferentialAction.Cascade or ReferentialAction.SetNull or ReferentialAction.SetDefault))
            {
                continue;
            }

            var child = (ITable)key.Table;
            var deletes = key.OnDeleteAction is ReferentialAction.Cascade;
            ImmutableArray<Entity> further = deletes ? [.. tables.ReachedByDelete(child)] : [];
            var isKey = key.PrincipalColumns.All(c => table.PrimaryKey!.Columns.Contains(c));
            foreach (var source in sourcesOf(child).Where(s => !IsPartOf(s, key)))
            {
                yield return new(source, source.ColumnsOf(child, key.Columns, sql), isKey && isLocked ? [.. key.PrincipalColumns.Select(c => c.Name)] : null, deletes, further);
            }
        }
    }

    /// <summary>More rows than this are read again by those who show them, instead of being handed on one by one.</summary>
    public const int MaxRows = 1_000;

    public void AppendSelect(StringBuilder sql, IReadOnlyList<ReadKey> keys) => Source.AppendSelect(sql, Columns, keys.Select(k => k.Placeholders).ToList(), "UPDATE", MaxRows + 1);

    /// <summary>Whether the foreign key only ties the tables of one row together (TPT, entity splitting).</summary>
    private static bool IsPartOf(RowSource source, IForeignKeyConstraint key)
        => source.Tables.Contains(key.PrincipalTable) && key.Columns.SequenceEqual(((ITable)key.Table).PrimaryKey!.Columns);
}
