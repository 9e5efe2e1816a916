using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Changes;

/// <summary>
/// Rows of an entity may have changed in a way that capture did not see: every shape that may show some of them, before or
/// after, is read again (rule 5).
/// </summary>
/// <param name="Entity">Whose rows.</param>
/// <param name="Terms">What holds for every row concerned, before as well as after; none: any row may be.</param>
internal sealed record Invalidation(Entity Entity, ImmutableArray<Term> Terms)
{
    /// <summary>More keys than this are no narrower than the whole entity.</summary>
    private const int MaxKeys = 1_000;

    public static Invalidation Of(Entity entity) => new(entity, []);

    public static Invalidation Of(Entity entity, IReadOnlyCollection<KeyValues> keys)
        => keys.Count > MaxKeys ? Of(entity) : new(entity, [new(entity.Key, keys)]);
}
