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
    public IReadOnlyList<Read> Before => _before;

    /// <summary>A result after the batch's own, each.</summary>
    public IReadOnlyCollection<RowSource> After => _after.Keys;

    public static BatchReads Of(IReadOnlyList<IReadOnlyModificationCommand> commands, RowSources sources, ISqlGenerationHelper sql)
    {
        var reads = new BatchReads();
        foreach (var command in commands)
        {
            foreach (var source in sources.Find(command))
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
            read.Source.AppendSelect(sql, read.Keys.ConvertAll(k => k.Placeholders), read.State is EntityState.Deleted ? "UPDATE" : "NO KEY UPDATE");
        }

        return sql.ToString();
    }

    public string AfterSql()
    {
        var sql = new StringBuilder();
        foreach (var read in _after.Values)
        {
            read.Source.AppendSelect(sql, read.Keys.ConvertAll(k => k.Placeholders), lockStrength: null);
        }

        return sql.ToString();
    }

    private void Add(EntityState state, RowSource source, ReadKey key)
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

    /// <summary>Null where the database makes the key.</summary>
    private static ReadKey? KeyOf(IReadOnlyModificationCommand command, RowSource source, ISqlGenerationHelper sql)
    {
        var names = source.KeyNamesIn(command.TableName, command.Schema);
        var placeholders = new string[names.Length];
        var values = new object?[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var column = command.ColumnModifications.FirstOrDefault(m => m.ColumnName == names[i] && m.IsKey);
            switch (column)
            {
                case { UseOriginalValueParameter: true }:
                    placeholders[i] = sql.GenerateParameterName(column.OriginalParameterName!);
                    values[i] = column.OriginalValue;
                    break;
                case { UseCurrentValueParameter: true }:
                    placeholders[i] = sql.GenerateParameterName(column.ParameterName!);
                    values[i] = column.Value;
                    break;
                default:
                    return null;
            }
        }

        return new(placeholders, new(values));
    }
}

/// <summary>Rows of one source that are read together.</summary>
/// <param name="State">What the save does with them.</param>
internal sealed record Read(RowSource Source, EntityState State, List<ReadKey> Keys);

/// <summary>A row's key, as parameters of the command and as it was asked for.</summary>
internal readonly record struct ReadKey(string[] Placeholders, KeyValues Values);
