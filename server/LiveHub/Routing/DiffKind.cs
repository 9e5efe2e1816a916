namespace LiveHub.Routing;

/// <summary>A change as one shape sees it.</summary>
internal enum DiffKind
{
    None,

    /// <summary>The row starts to match: a move-in.</summary>
    Insert,

    /// <summary>It matched and still does, and something that the shape shows has changed.</summary>
    Update,

    /// <summary>It no longer matches, or is gone: a move-out.</summary>
    Delete,
}
