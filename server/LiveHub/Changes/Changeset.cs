using System.Collections.Immutable;

namespace LiveHub.Changes;

/// <summary>All changes of one committed database transaction; one a row, never split.</summary>
/// <param name="Id">Tells a repeated append from a new one; who saved it may ask whether it was seen.</param>
/// <param name="Transaction">The database's number for it, where capture knows it.</param>
/// <param name="Changes">At most one change a row.</param>
/// <param name="Invalidations">What else of it must be read again.</param>
/// <param name="SizeBytes">About what it takes in memory.</param>
/// <param name="Trace">The activity that saved it (W3C trace context); null where nobody listens.</param>
internal sealed record Changeset(
    ChangesetId Id, TransactionId? Transaction, ImmutableArray<Change> Changes, ImmutableArray<Invalidation> Invalidations, long SizeBytes, string? Trace = null)
{
    public static Changeset Of(
        ChangesetId id, TransactionId? transaction, ImmutableArray<Change> changes, ImmutableArray<Invalidation> invalidations, string? trace = null)
    {
        long size = 64 + (128 * invalidations.Length);
        foreach (var change in changes)
        {
            size += change.SizeBytes;
        }

        return new(id, transaction, changes, invalidations, size, trace);
    }

    /// <summary>The same where nobody knows what became of it: what it changed is read again.</summary>
    public Changeset Doubted()
        => Of(Id, transaction: null, [], Invalidations.AddRange(Changes.GroupBy(c => c.Entity).Select(rows => Invalidation.Of(rows.Key, [.. rows.Select(c => c.Key.Detach())]))), Trace);
}
