using System.Collections.Immutable;

namespace LiveHub.Changes;

/// <summary>All changes of one committed database transaction; one a row, never split.</summary>
/// <param name="Id">Tells a repeated append from a new one.</param>
/// <param name="Transaction">The database's number for it, where capture knows it.</param>
/// <param name="Changes">At most one change a row.</param>
/// <param name="Invalidations">What else of it must be read again.</param>
/// <param name="SizeBytes">About what it takes in memory.</param>
internal sealed record Changeset(
    Guid Id, TransactionId? Transaction, ImmutableArray<Change> Changes, ImmutableArray<Invalidation> Invalidations, long SizeBytes);
