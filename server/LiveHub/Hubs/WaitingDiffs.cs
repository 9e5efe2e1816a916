using LiveHub.Routing;

namespace LiveHub.Hubs;

/// <summary>Makes ops of the diffs that waited for a connection.</summary>
internal static class WaitingDiffs
{
    /// <summary>Adds the ops of the next changeset to a step: one a row.</summary>
    /// <param name="composer">Makes them.</param>
    /// <param name="deliveries">What waits.</param>
    /// <param name="start">Where the changeset begins.</param>
    /// <param name="entering">What enters with the step.</param>
    /// <returns>Where the next changeset begins.</returns>
    public static int AddChangeset(StepComposer composer, Span<Delivery> deliveries, int start, List<ShapeMember> entering)
    {
        var offset = deliveries[start].Change.Position.Offset;
        var i = start;
        while (i < deliveries.Length && deliveries[i].Change.Position.Offset == offset)
        {
            var first = i;
            while (++i < deliveries.Length && deliveries[i].Change == deliveries[first].Change)
            {
            }

            AddRow(composer, deliveries[first..i], entering);
        }

        return i;
    }

    /// <summary>Leaves out shapes that were closed, and those whose snapshot enters with this step or later: it brings these diffs along.</summary>
    public static bool IsFor(ShapeMember member, RoutedChange change, List<ShapeMember> entering)
        => !member.HasLeft && member.EnteredAt < change.Position.Offset && !entering.Contains(member);

    private static void AddRow(StepComposer composer, Span<Delivery> deliveries, List<ShapeMember> entering)
    {
        var kept = 0;
        for (var i = 0; i < deliveries.Length; i++)
        {
            if (IsFor(deliveries[i].Member, deliveries[i].Change, entering))
            {
                if (kept < i)
                {
                    deliveries[kept] = deliveries[i];
                }

                kept++;
            }
        }

        composer.AddRow(deliveries[..kept]);
    }
}
