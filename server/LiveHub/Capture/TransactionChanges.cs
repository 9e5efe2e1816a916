using System.Data.Common;
using System.Runtime.CompilerServices;
using LiveHub.Changes;

namespace LiveHub.Capture;

/// <summary>
/// What the saves of open transactions wrote. It hangs on the transaction object, weakly: a transaction that is dropped
/// without a word leaves nothing behind.
/// </summary>
internal sealed class TransactionChanges
{
    private readonly ConditionalWeakTable<DbTransaction, ChangesetBuilder> _held = [];

    public void Hold(DbTransaction transaction, ChangesetBuilder changes)
    {
        var held = _held.GetOrCreateValue(transaction);
        lock (held)
        {
            held.Add(changes);
        }
    }

    /// <summary>Takes out what was held for a transaction that has ended; null where nothing was.</summary>
    public ChangesetBuilder? Release(DbTransaction transaction)
        => _held.Remove(transaction, out var held) ? held : null;
}
