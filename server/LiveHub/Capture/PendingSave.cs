using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Capture;

/// <summary>What one SaveChanges is about to write. Before-values exist only before it, generated ones only after it.</summary>
internal sealed class PendingSave
{
    private readonly List<(TrackedType Type, EntityEntry Entry, Row? Before, bool BeforeIsUnknown, bool IsDelete)> _writes = [];

    private PendingSave()
    {
    }

    public static PendingSave Begin(ContextModel model, DbContext context)
    {
        var save = new PendingSave();
        var entries = context.ChangeTracker.Entries().ToList();
        var owned = new OwnedEntries(entries);
        foreach (var entry in entries)
        {
            if ((entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted || owned.HasChanged(entry))
                && model.Find(entry.Metadata) is { } type)
            {
                var unknown = entry.State is EntityState.Modified && IsDetachedUpdate(entry);
                var before = entry.State is EntityState.Added || unknown ? null : RowReader.ReadOriginal(type, entry, owned);
                save._writes.Add((type, entry, before, unknown, entry.State is EntityState.Deleted));
            }
        }

        return save;
    }

    public bool IsEmpty => _writes.Count == 0;

    public ChangesetBuilder Complete()
    {
        var changes = new ChangesetBuilder();
        foreach (var (type, entry, before, unknown, isDelete) in _writes)
        {
            var after = isDelete ? null : RowReader.ReadCurrent(type, entry);
            if (before is not null)
            {
                after?.TakeEqual(before);
            }

            changes.Add(type.Entity, before, after, unknown);
        }

        return changes;
    }

    /// <summary>What must be read again where nobody can say what was written.</summary>
    public ChangesetBuilder InDoubt()
    {
        var changes = new ChangesetBuilder();
        foreach (var entity in _writes.Select(w => w.Type.Entity).Distinct())
        {
            changes.Add(Invalidation.Of(entity));
        }

        return changes;
    }

    /// <summary><c>Update(x)</c> of an instance that was not read: every column is written, and what it was before is not known.</summary>
    private static bool IsDetachedUpdate(EntityEntry entry)
    {
        var any = false;
        foreach (var property in entry.Properties.Where(p => p.Metadata.GetAfterSaveBehavior() is PropertySaveBehavior.Save))
        {
            if (!property.IsModified || !property.Metadata.GetValueComparer().Equals(property.OriginalValue, property.CurrentValue))
            {
                return false;
            }

            any = true;
        }

        return any;
    }
}
