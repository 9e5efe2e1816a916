using System.Text.RegularExpressions;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Capture;

/// <summary>What an ExecuteUpdate or ExecuteDelete may have changed, read off its SQL.</summary>
internal static class BulkCommand
{
    /// <summary>After EF Core's tags, which are comments: what is written to, as one of the providers delimits it.</summary>
    private static readonly Regex Target = new(
        """
        \A(?:\s|--[^\n]*\n)*(?:UPDATE|(?<delete>DELETE\s+FROM))\s+
        (?:(?<schema>"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\]|`(?:[^`]|``)+`|\w+)\.)?
        (?<table>"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\]|`(?:[^`]|``)+`|\w+)
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    /// <summary>The entities of the command's table and, after a delete, those that the database's cascades reach; all, where the table is not known.</summary>
    public static ChangesetBuilder Invalidate(TableMap tables, string sql)
    {
        var changes = new ChangesetBuilder();
        foreach (var entity in Touched(tables, sql).Distinct())
        {
            changes.Add(Invalidation.Of(entity));
        }

        return changes;
    }

    private static IEnumerable<Entity> Touched(TableMap tables, string sql)
    {
        var target = Target.Match(sql);
        if (!target.Success || Find(tables, target) is not { } table)
        {
            return tables.All;
        }

        var own = tables.EntitiesOf(table);
        return target.Groups["delete"].Success ? own.Concat(tables.ReachedByDelete(table)) : own;
    }

    private static ITable? Find(TableMap tables, Match target)
        => tables.Find(Name(target.Groups["table"].Value), target.Groups["schema"] is { Success: true } schema ? Name(schema.Value) : null);

    private static string Name(string identifier) => identifier[0] switch
    {
        '"' => identifier[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal),
        '[' => identifier[1..^1].Replace("]]", "]", StringComparison.Ordinal),
        '`' => identifier[1..^1].Replace("``", "`", StringComparison.Ordinal),
        _ => identifier,
    };
}
