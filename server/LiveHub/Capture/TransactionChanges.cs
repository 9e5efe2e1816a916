using System.Data.Common;
using System.Runtime.CompilerServices;
using LiveHub.Changes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.Capture;

/// <summary>
/// What the saves of open transactions wrote. It hangs on the transaction object, weakly: a transaction that is dropped
/// without a word leaves nothing behind. Providers use transaction objects again (Npgsql has one a connection), so what
/// is found on an object when a transaction starts on it is of one that ended without a word, and is dropped.
/// </summary>
internal sealed class TransactionChanges
{
    private readonly ConditionalWeakTable<DbTransaction, Held> _held = [];

    public void Hold(DbContext context, DbTransaction transaction, ChangesetBuilder changes)
    {
        var held = _held.GetOrCreateValue(transaction);
        lock (held)
        {
            held.Changes.Add(changes);
            held.Savers.Add(new(context));
        }
    }

    /// <summary>Takes out what was held for a transaction that has ended; null where nothing was.</summary>
    public ChangesetBuilder? Release(DbTransaction transaction)
        => _held.Remove(transaction, out var held) ? held.Changes : null;

    /// <summary>A context takes part in a transaction that was begun elsewhere: the one whose changes are held, or a later one on the same object.</summary>
    public void Join(DbTransaction transaction)
    {
        if (_held.TryGetValue(transaction, out var held) && !held.Savers.Exists(saver => TakesPart(saver, transaction)))
        {
            _held.Remove(transaction);
        }
    }

    private static bool TakesPart(WeakReference<DbContext> saver, DbTransaction transaction)
    {
        try
        {
            return saver.TryGetTarget(out var context) && context.Database.CurrentTransaction?.GetDbTransaction() == transaction;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private sealed class Held
    {
        public ChangesetBuilder Changes { get; } = new();

        public List<WeakReference<DbContext>> Savers { get; } = [];
    }
}
