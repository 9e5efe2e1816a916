using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Which rows a batch reads under lock before its statements, and which after them.</summary>
internal sealed class BatchReads
{
    private readonly List<Read> _before = [];
    private readonly Dictionary<RowSource, Read> _after = [];

    private BatchReads()
    {
    }

    /// <summary>A result in front of the batch's own, each.</summary>
    public IReadOnlyList<RowSource> Before => [.. _before.Select(r => r.Source)];

    /// <summary>A result after the batch's own, each.</summary>
    public IReadOnlyList<RowSource> After => [.. _after.Keys];

    public static BatchReads Of(IReadOnlyList<IReadOnlyModificationCommand> commands, RowSources sources, ISqlGenerationHelper sql)
    {
        var reads = new BatchReads();
        foreach (var command in commands)
        {
            foreach (var source in sources.Find(command.TableName, command.Schema))
            {
                if (command.StoreStoredProcedure is null && KeyOf(command, source, sql) is { } key)
                {
                    reads.Add(command.EntityState, source, key);
                }
            }
        }

        return reads;
    }

    public string BeforeSql()
    {
        var sql = new StringBuilder();
        foreach (var read in _before)
        {
            // What a delete locks, so that it does not have to be locked harder later.
            read.Source.AppendSelect(sql, read.Keys, read.State is EntityState.Deleted ? "UPDATE" : "NO KEY UPDATE");
        }

        return sql.ToString();
    }

    public string AfterSql()
    {
        var sql = new StringBuilder();
        foreach (var read in _after.Values)
        {
            read.Source.AppendSelect(sql, read.Keys, lockStrength: null);
        }

        return sql.ToString();
    }

    private void Add(EntityState state, RowSource source, string[] key)
    {
        // What is inserted into the one table comes back from the insert itself.
        if (state is EntityState.Added && source.IsWhole)
        {
            return;
        }

        // In the order of the statements, so that nothing is locked in another order than without LiveHub.
        if (_before.Count == 0 || _before[^1].Source != source || _before[^1].State != state)
        {
            _before.Add(new(source, state, []));
        }

        _before[^1].Keys.Add(key);
        if (state is not EntityState.Deleted || !source.IsWhole)
        {
            if (!_after.TryGetValue(source, out var read))
            {
                _after.Add(source, read = new(source, state, []));
            }

            read.Keys.Add(key);
        }
    }

    /// <summary>Placeholders of a row's key; null where the database makes it.</summary>
    private static string[]? KeyOf(IReadOnlyModificationCommand command, RowSource source, ISqlGenerationHelper sql)
    {
        var names = source.KeyNamesIn(command.TableName, command.Schema);
        var key = new string[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var column = command.ColumnModifications.FirstOrDefault(m => m.ColumnName == names[i] && m.IsKey);
            var parameter = column is null ? null : column.UseOriginalValueParameter ? column.OriginalParameterName : column.UseCurrentValueParameter ? column.ParameterName : null;
            if (parameter is null)
            {
                return null;
            }

            key[i] = sql.GenerateParameterName(parameter);
        }

        return key;
    }

    private sealed record Read(RowSource Source, EntityState State, List<string[]> Keys);
}
