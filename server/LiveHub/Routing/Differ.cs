using LiveHub.Changes;
using LiveHub.Shapes;

namespace LiveHub.Routing;

/// <summary>What a shape sees of a change: it is evaluated on the row's before and after (rule 17).</summary>
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

    /// <summary>Whether a shape may show some of the rows that an invalidation concerns, before or after.</summary>
    public static bool MayShow(Shape shape, Invalidation invalidation)
    {
        if (shape.Entity != invalidation.Entity)
        {
            return false;
        }

        foreach (var concerned in invalidation.Terms)
        {
            foreach (var term in shape.Terms)
            {
                if (term.Excludes(concerned))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
