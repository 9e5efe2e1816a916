using System.Collections;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.Capture;

/// <summary>
/// Members as they were when they were read; a node is the entry of an owner. What cannot be looked behind (a complex type that has
/// changed, a list that has lost or got items) makes the whole member unknown: it has changed, and that is all that a row's past is
/// asked for.
/// </summary>
internal sealed class OriginalSource(OwnedEntries owned) : MemberSource
{
    private bool _isUnknown;

    public static JsonText? Read(Member member, EntityEntry entry, OwnedEntries owned)
    {
        if (member.Property is INavigation && !owned.HasChanged(entry))
        {
            return member.FromInstance(member.Of(entry.Entity));
        }

        var source = new OriginalSource(owned);
        var text = member.Read(source, source.Part(entry, member.Part));
        return source._isUnknown ? JsonText.Unknown : text;
    }

    public override object? Value(object node, MemberValue value)
        => node is EntityEntry entry ? entry.Property(value.Property.Name).OriginalValue : InstanceSource.Instance.Value(node, value);

    public override object? Part(object node, MemberPart part)
    {
        if (node is not EntityEntry entry)
        {
            return InstanceSource.Instance.Part(node, part);
        }

        if (entry.Metadata.FindNavigation(part.Property.Name) is { } navigation)
        {
            return Owned(owned.Of(entry, navigation), part);
        }

        _isUnknown |= part.IsCollection
            ? entry.ComplexCollection(part.Property.Name).IsModified
            : HasChanged(entry.ComplexProperty(part.Property.Name), part.Type);
        return InstanceSource.Instance.Part(entry.Entity, part);
    }

    public override IEnumerable Items(object list) => (IEnumerable)list;

    private object? Owned(IEnumerable<EntityEntry> entries, MemberPart part)
    {
        if (!part.IsCollection)
        {
            return entries.FirstOrDefault(e => e.State is not EntityState.Added);
        }

        _isUnknown |= entries.Any(e => e.State is EntityState.Added or EntityState.Deleted);
        return entries.OrderBy(Place);
    }

    /// <summary>What is not shown may change unheard.</summary>
    private static bool HasChanged(ComplexPropertyEntry entry, MemberType type)
        => type.Values.Any(v => entry.Property(v.Property.Name).IsModified)
        || type.Parts.Any(p => p.IsCollection ? entry.ComplexCollection(p.Property.Name).IsModified : HasChanged(entry.ComplexProperty(p.Property.Name), p.Type));

    /// <summary>The last of an item's key properties counts its list.</summary>
    private static int Place(EntityEntry item) => item.Property(item.Metadata.FindPrimaryKey()!.Properties[^1]).CurrentValue is int place ? place : 0;
}
