using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Capture;

/// <summary>The owned instances that a context tracks. A change of one is a change of its owner's row, though the owner's entry may be unchanged.</summary>
internal sealed class OwnedEntries
{
    private readonly List<EntityEntry> _all = [];
    private readonly HashSet<(IEntityType Root, KeyValues Key)> _changedOwners = [];
    private ILookup<(IEntityType Type, KeyValues Owner), EntityEntry>? _byOwner;

    public OwnedEntries(IEnumerable<EntityEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Metadata.FindOwnership() is { } ownership)
            {
                _all.Add(entry);
                if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted && RootOf(entry, ownership) is { } root)
                {
                    _changedOwners.Add(root);
                }
            }
        }
    }

    /// <summary>Whether something that the entity owns has changed.</summary>
    public bool HasChanged(EntityEntry owner)
        => _changedOwners.Count > 0 && owner.Metadata.FindPrimaryKey() is { } key
        && _changedOwners.Contains((owner.Metadata.GetRootType(), Values(owner, key.Properties)));

    /// <summary>The instances of an owned type that belong to an entry, whatever has become of them.</summary>
    public IEnumerable<EntityEntry> Of(EntityEntry owner, INavigation navigation)
    {
        _byOwner ??= _all.ToLookup(e => (e.Metadata, Values(e, e.Metadata.FindOwnership()!.Properties)));
        return _byOwner[(navigation.TargetEntityType, Values(owner, navigation.ForeignKey.PrincipalKey.Properties))];
    }

    /// <summary>Keys of owned types contain their owner's, but for some in tables of their own, which are no part of a row.</summary>
    private static (IEntityType Root, KeyValues Key)? RootOf(EntityEntry entry, IForeignKey ownership)
    {
        var properties = ownership.Properties.ToList();
        while (ownership.PrincipalEntityType.FindOwnership() is { } next)
        {
            var places = next.Properties.Select(p => ownership.PrincipalKey.Properties.ToList().IndexOf(p)).ToList();
            if (places.Contains(-1))
            {
                return null;
            }

            properties = [.. places.Select(i => properties[i])];
            ownership = next;
        }

        return (ownership.PrincipalEntityType.GetRootType(), Values(entry, properties));
    }

    private static KeyValues Values(EntityEntry entry, IReadOnlyList<IProperty> properties)
        => new([.. properties.Select(p => entry.Property(p).CurrentValue)]);
}
