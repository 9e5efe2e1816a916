using LiveHub.Changes;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>Evaluates a shape on a row's before and after (rule 17).</summary>
internal static class Differ
{
    public static DiffKind Diff(Shape shape, Change change)
    {
        var matched = change.Before is { } before && shape.Matches(before);
        var matches = change.After is { } after && shape.Matches(after);
        return (matched, matches) switch
        {
            (false, true) => DiffKind.Insert,
            (true, false) => DiffKind.Delete,
            (true, true) when change.Changed.Overlaps(shape.Projection.Set) => DiffKind.Update,
            _ => DiffKind.None,
        };
    }
}
