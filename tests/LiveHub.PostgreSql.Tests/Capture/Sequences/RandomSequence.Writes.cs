using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Tests.Capture.Sequences;

/// <summary>What a step of a sequence does.</summary>
internal sealed partial class RandomSequence
{
    private async Task SavepointAsync(IDbContextTransaction transaction)
    {
        switch (random.Next(3))
        {
            case 0:
                var name = random.Next(4) == 0 && _savepoints.Count > 0 ? _savepoints[0] : $"s{random.Next(100)}";
                Say($"savepoint {name}");
                _savepoints.Add(name);
                await transaction.CreateSavepointAsync(name);
                break;
            case 1 when _savepoints.Count > 0:
                var back = random.Next(_savepoints.Count);
                back = _savepoints.LastIndexOf(_savepoints[back]);
                Say($"back to {_savepoints[back]}");
                await transaction.RollbackToSavepointAsync(_savepoints[back]);
                _savepoints.RemoveRange(back + 1, _savepoints.Count - back - 1);
                _contexts.ForEach(c => c.ChangeTracker.Clear());
                break;
            case 2 when _savepoints.Count > 0:
                var released = _savepoints.LastIndexOf(_savepoints[random.Next(_savepoints.Count)]);
                Say($"release {_savepoints[released]}");
                await transaction.ReleaseSavepointAsync(_savepoints[released]);
                _savepoints.RemoveRange(released, _savepoints.Count - released);
                break;
        }
    }

    private async Task WriteAsync(DbContext db)
    {
        var kinds = Kinds.All.Where(k => k.ContextType == db.GetType()).ToList();
        var kind = kinds[random.Next(kinds.Count)];
        _entities.UnionWith(kind.Entities);
        var how = random.Next(100);
        if (how < 3)
        {
            Say($"{kind.Entities[0]} bulk {(how == 0 ? "delete" : "update")}");
            _ = how == 0 ? await kind.DeleteAllAsync(db) : await kind.UpdateAllAsync(db);
            return;
        }

        var row = how < 30 ? null : await kind.PickAsync(db, random, tracked: how < 75);
        if (row is null)
        {
            Say($"add {kind.Entities[0]}");
            db.Add(kind.New(random));
            return;
        }

        switch (how)
        {
            case < 55:
                Say($"change {kind.Entities[0]}");
                kind.Change(row, random);
                break;
            case < 68:
                Say($"remove {kind.Entities[0]}");
                db.Remove(row);
                break;
            case < 75:
                Say($"replace {kind.Entities[0]}");
                var other = kind.New(random);
                Kind.CopyKey(db, row, other);
                db.Remove(row);
                db.Add(other);
                break;
            case < 84:
                Say($"attach and change {kind.Entities[0]}");
                db.Attach(row);
                kind.Change(row, random);
                break;
            case < 92:
                Say($"update detached {kind.Entities[0]}");
                kind.Change(row, random);
                db.Update(row);
                break;
            default:
                Say($"remove stub of {kind.Entities[0]}");
                db.Remove(Kind.Stub(db, row));
                break;
        }
    }
}
