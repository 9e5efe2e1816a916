using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace LiveHub.Capture;

/// <summary>What one SaveChanges is about to write. Before-values exist only before it, generated ones only after it.</summary>
internal sealed class PendingSave
{
    private readonly List<(Entity Entity, EntityEntry Entry, Row? Before, bool IsDelete)> _writes = [];

    private PendingSave()
    {
    }

    public static PendingSave Begin(ContextModel model, DbContext context)
    {
        var save = new PendingSave();
        foreach (var entry in context.ChangeTracker.Entries())
        {
            if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted
                && model.Find(entry.Metadata) is { } entity)
            {
                var before = entry.State is EntityState.Added ? null : RowReader.Original(entity, entry);
                save._writes.Add((entity, entry, before, entry.State is EntityState.Deleted));
            }
        }

        return save;
    }

    public bool IsEmpty => _writes.Count == 0;

    public ChangesetBuilder Complete()
    {
        var changes = new ChangesetBuilder();
        foreach (var (entity, entry, before, isDelete) in _writes)
        {
            changes.Add(entity, before, isDelete ? null : RowReader.Current(entity, entry));
        }

        return changes;
    }
}
