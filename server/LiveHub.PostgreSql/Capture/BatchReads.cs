using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Which rows a batch reads under lock before its statements, and which after them.</summary>
internal sealed class BatchReads
{
    /// <summary>A result for each statement is quicker than one query for all as long as there are few.</summary>
    private const int Few = 4;

    /// <summary>Keys in one query: a statement takes 65,535 parameters at most.</summary>
    private const int MaxKeys = 1_000;

    private readonly HashSet<int> _returned = [];
    private readonly HashSet<int> _returnedOld = [];
    private readonly List<Read> _before = [];
    private readonly List<(Cascade Cascade, List<ReadKey> Keys)> _reached = [];
    private readonly List<Read> _after = [];

    private BatchReads()
    {
    }

    /// <summary>Whether a command's own statement returns the row that it leaves.</summary>
    public bool IsReturned(int command) => _returned.Contains(command);

    /// <summary>Whether it returns the row that it finds, so that nothing needs to be read in front of it.</summary>
    public bool IsOldReturned(int command) => _returnedOld.Contains(command);

    /// <summary>A result in front of the batch's own, each.</summary>
    public IReadOnlyList<Read> Before => _before;

    /// <summary>A result each after those.</summary>
    public IEnumerable<Cascade> Reached => _reached.Select(r => r.Cascade);

    /// <summary>How many results there are before the batch's own.</summary>
    public int Leading => _before.Count + _reached.Count;

    /// <summary>A result after the batch's own, each.</summary>
    public IEnumerable<RowSource> After => _after.Select(r => r.Source);

    public static BatchReads Of(IReadOnlyList<IReadOnlyModificationCommand> commands, RowSources sources, bool returnsOld, ISqlGenerationHelper sql)
    {
        var reads = new BatchReads();
        for (var i = 0; i < commands.Count; i++)
        {
            var command = commands[i];
            var written = sources.Find(command);
            if (ReturnsRow(command, written, commands.Count))
            {
                reads._returned.Add(i);
            }

            if (commands.Count <= Few && ReturnsOld(command, written, returnsOld && reads.IsReturned(i), sources))
            {
                reads._returnedOld.Add(i);
            }

            foreach (var source in written)
            {
                if (command.StoreStoredProcedure is null && KeyOf(command, source.KeyNamesIn(command.TableName, command.Schema), sql) is { } key)
                {
                    reads.Add(command.EntityState, source, key, reads.IsReturned(i), reads.IsOldReturned(i));
                }
            }

            foreach (var cascade in sources.CascadesOf(command))
            {
                if (cascade.ParentKey is { } names && KeyOf(command, names, sql) is { } key)
                {
                    reads.Add(cascade, key);
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

        foreach (var (cascade, keys) in _reached)
        {
            cascade.AppendSelect(sql, keys);
        }

        return sql.ToString();
    }

    public string AfterSql()
    {
        var sql = new StringBuilder();
        foreach (var read in _after)
        {
            read.Source.AppendSelect(sql, read.Keys.ConvertAll(k => k.Placeholders), lockStrength: null);
        }

        return sql.ToString();
    }

    private void Add(Cascade cascade, ReadKey key)
    {
        var place = _reached.FindLastIndex(r => r.Cascade == cascade);
        if (place < 0 || _reached[place].Keys.Count == MaxKeys)
        {
            place = _reached.Count;
            _reached.Add((cascade, []));
        }

        _reached[place].Keys.Add(key);
    }

    /// <summary>An insert always, since its key may be known only there; an update, where nothing writes the row again after it.</summary>
    private static bool ReturnsRow(IReadOnlyModificationCommand command, RowSource[] sources, int commands)
        => command.StoreStoredProcedure is null && command.EntityState switch
        {
            EntityState.Added => Array.Exists(sources, s => s.IsWhole),
            EntityState.Modified => commands <= Few && sources.Length > 0 && Array.TrueForAll(sources, s => s.IsWhole && !s.HasTriggers),
            _ => false,
        };

    /// <summary>A delete has always returned what it takes; an update does from PostgreSQL 18 on. What cascades is read under the lock of its parent.</summary>
    private static bool ReturnsOld(IReadOnlyModificationCommand command, RowSource[] written, bool updatesDo, RowSources sources)
        => command.EntityState switch
        {
            EntityState.Modified => updatesDo,
            EntityState.Deleted => command.StoreStoredProcedure is null && written.Length > 0 && Array.TrueForAll(written, s => s.IsWhole)
                && sources.CascadesOf(command).Length == 0,
            _ => false,
        };

    private void Add(EntityState state, RowSource source, ReadKey key, bool isReturned, bool isOldReturned)
    {
        // What is inserted into the one table comes back from the insert itself.
        if (state is EntityState.Added && source.IsWhole)
        {
            return;
        }

        // In the order of the statements, so that nothing is locked in another order than without LiveHub.
        if (!isOldReturned)
        {
            if (_before.Count == 0 || _before[^1].Source != source || _before[^1].State != state || _before[^1].Keys.Count == MaxKeys)
            {
                _before.Add(new(source, state, []));
            }

            _before[^1].Add(key);
        }

        if (!isReturned && (state is not EntityState.Deleted || !source.IsWhole))
        {
            if (_after.FindLast(r => r.Source == source) is not { } read || read.Keys.Count == MaxKeys)
            {
                _after.Add(read = new(source, state, []));
            }

            read.Add(key);
        }
    }

    /// <summary>Null where the database makes the key.</summary>
    private static ReadKey? KeyOf(IReadOnlyModificationCommand command, IReadOnlyList<string> names, ISqlGenerationHelper sql)
    {
        var placeholders = new string[names.Count];
        var values = new object?[names.Count];
        for (var i = 0; i < names.Count; i++)
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
internal sealed record Read(RowSource Source, EntityState State, List<ReadKey> Keys)
{
    private readonly HashSet<KeyValues>? _known = Source.IsWhole ? null : [];

    /// <summary>A row in several tables has a command for each; it is read once.</summary>
    public void Add(ReadKey key)
    {
        if (_known?.Add(key.Values) is not false)
        {
            Keys.Add(key);
        }
    }
}

/// <summary>A row's key, as parameters of the command and as it was asked for.</summary>
internal readonly record struct ReadKey(string[] Placeholders, KeyValues Values);
