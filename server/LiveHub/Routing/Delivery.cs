namespace LiveHub.Routing;

/// <summary>A slot of a send queue: one change, for one shape of the connection.</summary>
internal readonly record struct Delivery(RoutedChange Change, ShapeMember Member, DiffKind Kind);
