using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>What a batch brings besides what EF Core wants: which rows are read under lock in front of its statements, which its statements return, and which are read after them.</summary>
internal sealed class BatchPlan
{
    /// <summary>A result for each statement is quicker than one query for all as long as there are few.</summary>
    private const int Few = 4;

    /// <summary>Keys in one query: a statement takes 65,535 parameters at most.</summary>
    private const int MaxKeys = 1_000;

    private readonly CapturedCommand[] _commands;
    private readonly List<Read> _before = [];
    private readonly List<(Cascade Cascade, List<ReadKey> Keys)> _reached = [];
    private readonly List<Read> _after = [];

    private BatchPlan(CapturedCommand[] commands, ISqlGenerationHelper sql)
    {
        _commands = commands;
        foreach (var command in commands)
        {
            Add(command, sql);
        }
    }

    public IReadOnlyList<CapturedCommand> Commands => _commands;

    /// <summary>A result in front of the batch's own, each.</summary>
    public IReadOnlyList<Read> Before => _before;

    /// <summary>A result each after those.</summary>
    public IEnumerable<Cascade> Reached => _reached.Select(r => r.Cascade);

    /// <summary>A result after the batch's own, each.</summary>
    public IEnumerable<RowSource> After => _after.Select(r => r.Source);

    /// <summary>How many results there are before the batch's own.</summary>
    public int Leading => _before.Count + _reached.Count;

    /// <summary>A single statement brings the stamp along.</summary>
    public bool IsAlone => _commands is [{ IsProcedure: false }];

    /// <summary>All that the batch may have touched.</summary>
    public IEnumerable<Entity> Touched => _commands.SelectMany(c => c.Sources.Select(s => s.Entity).Concat(c.Cascades.SelectMany(ReachedBy))).Distinct();

    /// <summary>What is written by stored procedures or reached by cascades, and whose rows nobody can read in the same command.</summary>
    public IEnumerable<Entity> Unread
        => _commands.Where(c => c.IsProcedure).SelectMany(c => c.Sources).Select(s => s.Entity)
            .Concat(_commands.SelectMany(c => c.Cascades).Where(c => c.ParentKey is null).SelectMany(ReachedBy))
            .Distinct();

    /// <param name="returnsOld">Whether the server's updates return rows as they were.</param>
    /// <returns>Null where nothing that is exposed is written.</returns>
    public static BatchPlan? Of(IReadOnlyList<IReadOnlyModificationCommand> commands, RowSources sources, bool returnsOld, ISqlGenerationHelper sql)
    {
        var planned = new CapturedCommand[commands.Count];
        var (any, locks) = (false, false);
        for (var i = 0; i < planned.Length; i++)
        {
            planned[i] = Plan(commands[i], sources.Find(commands[i]), sources.CascadesOf(commands[i]), isOneOfFew: planned.Length <= Few, returnsOld);
            any |= planned[i].IsExposed;
            locks |= planned[i].LocksFirst;
        }

        if (locks)
        {
            // Then all of them do: rows that are locked in another order than without LiveHub may deadlock.
            for (var i = 0; i < planned.Length; i++)
            {
                planned[i] = planned[i] with { ReturnsBefore = false };
            }
        }

        return any ? new(planned, sql) : null;
    }

    /// <summary>Puts what is read around the batch's statements, and what they return into them.</summary>
    /// <param name="sql">The batch's statements; becomes the whole.</param>
    /// <param name="ends">Where each of them ends, in front of its terminator.</param>
    /// <param name="propagates">Whether EF Core has a command return something already.</param>
    public void Complete(StringBuilder sql, IReadOnlyList<int> ends, Func<int, bool> propagates)
    {
        var statements = sql.ToString();
        sql.Clear();
        foreach (var read in _before)
        {
            // What a delete locks, so that it does not have to be locked harder later.
            read.AppendSelect(sql, read.State is EntityState.Deleted ? "UPDATE" : "NO KEY UPDATE");
        }

        foreach (var (cascade, keys) in _reached)
        {
            cascade.AppendSelect(sql, keys);
        }

        var written = 0;
        for (var i = 0; i < _commands.Length; i++)
        {
            sql.Append(statements, written, ends[i] - written);
            written = ends[i];
            if (_commands[i].ReturnsRow || IsAlone)
            {
                sql.Append(propagates(i) ? ", " : "\nRETURNING ").AppendJoin(", ", IsAlone ? _commands[i].Returning().Append(Stamps.Columns) : _commands[i].Returning());
            }
        }

        sql.Append(statements, written, statements.Length - written);
        foreach (var read in _after)
        {
            read.AppendSelect(sql, lockStrength: null);
        }

        if (!IsAlone)
        {
            sql.AppendLine(Stamps.Sql);
        }
    }

    private static CapturedCommand Plan(IReadOnlyModificationCommand command, RowSource[] sources, Cascade[] cascades, bool isOneOfFew, bool returnsOld)
    {
        var (before, after) = command.StoreStoredProcedure is not null || sources.Length == 0 ? default : command.EntityState switch
        {
            // Always, since its key may be known only there.
            EntityState.Added => (false, Array.Exists(sources, s => s.IsWhole)),

            // Where nothing writes the row again after it.
            EntityState.Modified when isOneOfFew && Array.TrueForAll(sources, s => s.IsWhole && !s.HasTriggers) => (returnsOld && Array.TrueForAll(sources, s => s.CanReturnOld), true),

            // What cascades is read under the lock of its parent.
            EntityState.Deleted when isOneOfFew && cascades.Length == 0 => (Array.TrueForAll(sources, s => s.IsWhole), false),
            _ => default,
        };
        return new(command, sources, cascades, before, after);
    }

    private static IEnumerable<Entity> ReachedBy(Cascade cascade) => cascade.Further.Prepend(cascade.Source.Entity);

    private void Add(CapturedCommand command, ISqlGenerationHelper sql)
    {
        if (!command.IsProcedure)
        {
            foreach (var source in command.Sources)
            {
                Add(command, source, sql);
            }
        }

        foreach (var cascade in command.Cascades)
        {
            if (cascade.ParentKey is { } names && ReadKey.Of(command.Command, names, sql) is { } key)
            {
                Add(cascade, key);
            }
        }
    }

    private void Add(CapturedCommand command, RowSource source, ISqlGenerationHelper sql)
    {
        var state = command.Command.EntityState;
        var isReadBefore = !command.ReturnsBefore;
        var isReadAfter = !(command.ReturnsAfter && source.IsWhole) && (state is not EntityState.Deleted || !source.IsWhole);

        // What is inserted into the one table comes back from the insert itself.
        if ((!isReadBefore && !isReadAfter) || (state is EntityState.Added && source.IsWhole)
            || ReadKey.Of(command.Command, source.KeyNamesIn(command.Command.TableName, command.Command.Schema), sql) is not { } key)
        {
            return;
        }

        // In the order of the statements, so that nothing is locked in another order than without LiveHub.
        if (isReadBefore)
        {
            if (_before.Count == 0 || _before[^1].Source != source || _before[^1].State != state || _before[^1].Keys.Count == MaxKeys)
            {
                _before.Add(new(source, state, []));
            }

            _before[^1].Add(key);
        }

        if (isReadAfter)
        {
            if (_after.FindLast(r => r.Source == source) is not { } read || read.Keys.Count == MaxKeys)
            {
                _after.Add(read = new(source, state, []));
            }

            read.Add(key);
        }
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
}
