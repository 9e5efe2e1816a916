using System.Data.Common;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The rows that a batch brought, before and after.</summary>
internal sealed class CapturedRows
{
    private readonly Dictionary<(Entity, KeyValues), (Row? Before, Row? After)> _rows = [];
    private readonly Dictionary<Entity, Exception> _unreadable = [];

    /// <summary>Of which more rows are reached than are handed on one by one, or nobody knows which.</summary>
    private readonly HashSet<Entity> _whole = [];
    private readonly List<Read> _missed = [];
    private readonly List<(Entity Entity, KeyValues Key)> _again = [];

    public Stamp Stamp { get; set; }

    /// <summary>Entities with rows that the model cannot read, and why.</summary>
    public IReadOnlyDictionary<Entity, Exception> Unreadable => _unreadable;

    /// <summary>The results in front of the batch's own.</summary>
    public async ValueTask ReadBeforeAsync(BatchPlan plan, Results results)
    {
        foreach (var read in plan.Before)
        {
            var found = 0;
            for (; await results.ReadAsync(); found++)
            {
                AddBefore(read.Source, results.Reader);
            }

            if (found < read.Keys.Count && read.State is not EntityState.Added)
            {
                // Not all rows were there to be locked, and yet the statements will find them, or the save fails: somebody deleted a row and
                // inserted it again while we waited for its lock, and each statement looks anew (PostgreSQL, section 13.2.1).
                _missed.Add(read);
            }

            await results.NextAsync();
        }

        foreach (var cascade in plan.Reached)
        {
            for (var found = 1; await results.ReadAsync(); found++)
            {
                if (found <= Cascade.MaxRows)
                {
                    AddReached(cascade, results.Reader);
                }
                else
                {
                    _whole.Add(cascade.Source.Entity);
                }
            }

            await results.NextAsync();
        }
    }

    /// <summary>What a statement returned.</summary>
    /// <param name="first">The reader's column to begin at.</param>
    /// <returns>The column after the last.</returns>
    public int AddReturned(CapturedCommand command, DbDataReader reader, int first)
    {
        foreach (var source in command.Returned)
        {
            if (command.ReturnsBefore)
            {
                AddBefore(source, reader, first);
                first += source.Width;
            }

            if (command.ReturnsAfter)
            {
                if (AddAfter(source, reader, first) is { } row && source.HasTriggers)
                {
                    // It is as its statement left it, before any trigger that runs after that.
                    _again.Add((source.Entity, row.Select(source.Entity.KeyOrdinals)));
                }

                first += source.Width;
            }
        }

        return first;
    }

    /// <summary>The results after the batch's own, and the stamp.</summary>
    public async ValueTask ReadAfterAsync(BatchPlan plan, Results results)
    {
        foreach (var source in plan.After)
        {
            while (await results.ReadAsync())
            {
                AddAfter(source, results.Reader);
            }

            await results.NextAsync();
        }

        if (!plan.IsAlone)
        {
            await results.ReadAsync();
            Stamp = Stamps.Read(results.Reader);

            // The answer to an implicit commit comes after the last result.
            await results.NextAsync();
        }
    }

    public ChangesetBuilder ToChanges()
    {
        var changes = new ChangesetBuilder();
        foreach (var ((entity, _), (before, after)) in _rows)
        {
            if (!_unreadable.ContainsKey(entity))
            {
                changes.Add(entity, before, after);
            }
        }

        foreach (var read in _missed)
        {
            var entity = read.Source.Entity;
            changes.Add(Invalidation.Of(entity, read.Keys.Select(k => k.Values).Where(k => _rows.GetValueOrDefault((entity, k)).Before is null).ToList()));
        }

        foreach (var entity in _unreadable.Keys.Union(_whole))
        {
            changes.Add(Invalidation.Of(entity));
        }

        foreach (var rows in _again.GroupBy(r => r.Entity))
        {
            changes.Add(Invalidation.Of(rows.Key, rows.Select(r => r.Key.Detach()).ToList()));
        }

        return changes;
    }

    private void AddBefore(RowSource source, DbDataReader reader, int first = 0)
    {
        if (Read(source, reader, first) is { } row)
        {
            // Its successor may have come first: a row that moves to another table of its hierarchy is inserted there and deleted here.
            var key = (source.Entity, row.Select(source.Entity.KeyOrdinals));
            var (before, after) = _rows.GetValueOrDefault(key);
            _rows[key] = (before ?? row, after);
        }
    }

    /// <summary>A row that the database will delete or empty by itself, unless a command does it first.</summary>
    private void AddReached(Cascade cascade, DbDataReader reader)
    {
        if (Read(cascade.Source, reader, 0) is not { } row)
        {
            return;
        }

        var key = (cascade.Source.Entity, row.Select(cascade.Source.Entity.KeyOrdinals));
        if (_rows.TryAdd(key, (row, null)) && !cascade.Deletes)
        {
            _rows.Remove(key);
            _again.Add(key);
        }

        _whole.UnionWith(cascade.Further);
    }

    private Row? AddAfter(RowSource source, DbDataReader reader, int first = 0)
    {
        var row = Read(source, reader, first);
        if (row is not null)
        {
            var key = (source.Entity, row.Select(source.Entity.KeyOrdinals));
            _rows[key] = (_rows.GetValueOrDefault(key).Before, row);
        }

        return row;
    }

    /// <summary>The command may be committed by now: a value that the model cannot take must not fail it.</summary>
    private Row? Read(RowSource source, DbDataReader reader, int first)
    {
        try
        {
            return source.Read(reader, first);
        }
        catch (Exception e) when (e is not DbException)
        {
            _unreadable.TryAdd(source.Entity, e);
            return null;
        }
    }
}
