using System.Collections.Immutable;

namespace LiveHub.Changes;

/// <summary>Which transactions a read of the database saw (PostgreSQL: <c>pg_snapshot</c>).</summary>
/// <param name="XMin">All transactions below are seen, or were rolled back.</param>
/// <param name="XMax">No transaction from here on is seen.</param>
/// <param name="Active">Transactions between the two that were in progress, ascending: not seen.</param>
internal sealed record TransactionSnapshot(TransactionId XMin, TransactionId XMax, ImmutableArray<TransactionId> Active)
{
    public bool Sees(TransactionId transaction)
        => transaction.Value < XMin.Value
        || (transaction.Value < XMax.Value && Active.AsSpan().BinarySearch(transaction, ById) < 0);

    private static readonly Comparer<TransactionId> ById = Comparer<TransactionId>.Create((a, b) => a.Value.CompareTo(b.Value));
}
