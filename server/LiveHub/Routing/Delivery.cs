namespace LiveHub.Routing;

/// <summary>A slot of a send queue: one change, for one shape of the connection.</summary>
internal readonly record struct Delivery(RowDiff Diff, ShapeMember Member)
{
    public RoutedChange Change => Diff.Change;

    public DiffKind Kind => Diff.Kind;
}
