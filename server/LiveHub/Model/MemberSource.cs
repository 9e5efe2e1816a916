using System.Collections;

namespace LiveHub.Model;

/// <summary>Where the values of a member come from. A node stands for one instance of an owned or complex type, or for a list of them.</summary>
internal abstract class MemberSource
{
    public abstract object? Value(object node, MemberValue value);

    public abstract object? Part(object node, MemberPart part);

    public abstract IEnumerable Items(object list);
}

/// <summary>Instances, as the application has them and as a query makes them.</summary>
internal sealed class InstanceSource : MemberSource
{
    public static readonly InstanceSource Instance = new();

    public override object? Value(object node, MemberValue value) => value.Property.GetGetter().GetClrValue(node);

    public override object? Part(object node, MemberPart part) => part.Property.GetGetter().GetClrValue(node);

    public override IEnumerable Items(object list) => (IEnumerable)list;
}

/// <summary>The values of the columns in which a member is stored: every node is the list of all of them.</summary>
internal sealed class LeafSource : MemberSource
{
    public static readonly LeafSource Instance = new();

    public override object? Value(object node, MemberValue value) => ((IReadOnlyList<object?>)node)[value.Leaf] ?? value.Default;

    public override object? Part(object node, MemberPart part) => part.Type.Presence.Holds((IReadOnlyList<object?>)node) ? node : null;

    public override IEnumerable Items(object list) => throw new InvalidOperationException("A list is not stored in columns.");
}
