using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.Capture;

/// <summary>
/// What the transactions in progress have written. It hangs on the transaction objects, weakly: one that is dropped without a
/// word leaves nothing behind. Providers use transaction objects again (Npgsql has one a connection), so that an object may stand
/// for one transaction after the other: numbers of the database tell them apart, and where there are none, who takes part.
/// </summary>
internal sealed class OpenTransactions(
    DatabaseOrigin origin, TransactionResolver resolver, ChangesetPublisher publisher, CommitWindow window, TimeProvider time)
{
    private readonly ConditionalWeakTable<DbTransaction, Held> _held = [];
    private readonly ConditionalWeakTable<Transaction, List<OpenTransaction>> _ambient = [];

    /// <summary>Takes what a command of a context wrote; without a transaction it is committed already.</summary>
    public void Add(DbContext context, ChangesetBuilder writes, Stamp? stamp)
    {
        var isOurs = writes.IsEmpty ? false : origin.IsOurs(context);
        if (isOurs is false)
        {
            return;
        }

        if (isOurs is null)
        {
            // Reading again shows the rows of our database, whoever's were written.
            writes.Doubt(0);
            stamp = null;
        }

        if (context.Database.CurrentTransaction is { } transaction)
        {
            Of(context, transaction.GetDbTransaction(), stamp).Add(writes, stamp);
        }
        else if (Ambient(context) is { } ambient)
        {
            Of(context, ambient, stamp).Add(writes, stamp);
        }
        else
        {
            publisher.Publish(writes, stamp, DatabaseName.Of(context));
        }
    }

    /// <summary>A command of a context was its own transaction, and its answer did not come.</summary>
    /// <param name="backend">The server's process that ran it, where that is known.</param>
    public void Doubt(DbContext context, ChangesetBuilder writes, int? backend)
    {
        var doubtful = New(context, backend);
        doubtful.Add(writes, stamp: null);
        resolver.Resolve(doubtful);
    }

    public static bool IsInTransaction(DbContext context) => context.Database.CurrentTransaction is not null || Ambient(context) is not null;

    private static Transaction? Ambient(DbContext context) => context.Database.GetEnlistedTransaction() ?? Transaction.Current;

    public OpenTransaction? Find(DbTransaction transaction)
        => _held.TryGetValue(transaction, out var held) ? held.Transaction : null;

    /// <summary>The one that the object stands for now; made where there is none.</summary>
    public OpenTransaction Of(DbContext context, DbTransaction transaction, Stamp? stamp)
    {
        var held = _held.GetOrCreateValue(transaction);
        lock (held)
        {
            if (held.Transaction is { Stamp: { } known } earlier && stamp is { } now && known.Transaction != now.Transaction)
            {
                held.Transaction = null;
                held.Savers.Clear();
                resolver.Resolve(earlier);
            }

            if (stamp is { } first && held.Retired is { } retired)
            {
                held.Retired = null;
                held.Transaction = retired.TryContinue(held.Transaction, first) ? retired : held.Transaction;
            }

            held.TakePart(context);
            if (held.Transaction is not { } open)
            {
                open = held.Transaction = New(context);
                open.IsForeign = held.IsForeign;
            }

            if (open.IsForeign && stamp is not null && open.Stamp is null)
            {
                // No event may tell of its end, and its number is what is asked for.
                open.Add(new(), stamp);
                open.Window = window.Open(stamp.Value.Transaction, open.WroteBefore, () => open.Hurried.Release());
                resolver.Resolve(open);
            }

            return open;
        }
    }

    /// <summary>A command failed: the database may answer a commit by rolling back, without an error.</summary>
    public void MarkFailed(DbContext? context, DbTransaction? transaction)
    {
        if (transaction is not null)
        {
            Find(transaction)?.HasFailed = true;
        }
        else if (context is not null && Ambient(context) is { } ambient && _ambient.TryGetValue(ambient, out var open))
        {
            lock (open)
            {
                open.ForEach(o => o.HasFailed = true);
            }
        }
    }

    /// <summary>Takes out what was held for a transaction that has ended; null where nothing was.</summary>
    public OpenTransaction? Release(DbTransaction transaction)
    {
        if (!_held.Remove(transaction, out var held))
        {
            return null;
        }

        lock (held)
        {
            return held.Transaction;
        }
    }

    /// <summary>A context has begun a transaction; what the object stood for has ended without a word.</summary>
    public void Begin(DbContext? context, DbTransaction transaction)
    {
        if (Release(transaction) is { } earlier)
        {
            if (earlier.IsForeign)
            {
                resolver.Resolve(earlier);
            }
            else
            {
                publisher.Drop(earlier);
            }
        }

        if (context is not null)
        {
            var held = new Held();
            held.TakePart(context);
            _held.Add(transaction, held);
        }
    }

    /// <summary>A context takes part in a transaction that was begun elsewhere: the one that is held, or a later one on the same object.</summary>
    public void Join(DbTransaction transaction)
    {
        if (_held.TryGetValue(transaction, out var held))
        {
            lock (held)
            {
                if (!held.Savers.Exists(saver => TakesPart(saver, transaction)))
                {
                    Retire(held);
                    held.IsForeign = true;
                }
            }
        }
        else
        {
            _held.Add(transaction, new() { IsForeign = true });
        }
    }

    /// <summary>It has ended, or will soon, without a word.</summary>
    public void Resolve(OpenTransaction transaction) => resolver.Resolve(transaction);

    /// <summary>It was rolled back.</summary>
    public void Drop(OpenTransaction transaction) => publisher.Drop(transaction);

    private OpenTransaction Of(DbContext context, Transaction ambient, Stamp? stamp)
    {
        var open = _ambient.GetOrCreateValue(ambient);
        lock (open)
        {
            if (open.Count == 0)
            {
                ambient.TransactionCompleted += (_, e) => End(open, e.Transaction?.TransactionInformation.Status);
            }

            var name = DatabaseName.Of(context.Database.GetDbConnection());
            var own = open.Find(o => o.Database == name && (o.Stamp is null || stamp is null || o.Stamp.Value.Transaction == stamp.Value.Transaction));
            if (own is null)
            {
                open.Add(own = New(context));
            }

            if (stamp is { } known)
            {
                own.Window ??= window.Open(known.Transaction, own.WroteBefore, () => resolver.Resolve(own));
            }

            return own;
        }
    }

    private void End(List<OpenTransaction> ambient, TransactionStatus? status)
    {
        lock (ambient)
        {
            foreach (var open in ambient)
            {
                switch (status)
                {
                    case TransactionStatus.Committed when !open.HasFailed:
                        publisher.Publish(open);
                        break;
                    case TransactionStatus.Aborted when open.Stamp is null:
                        publisher.Drop(open);
                        break;
                    default:
                        resolver.Resolve(open);
                        break;
                }
            }
        }
    }

    private OpenTransaction New(DbContext context, int? backend = null)
        => new(context.GetType(), DatabaseName.Of(context.Database.GetDbConnection())) { Id = publisher.NewId(), Backend = backend, Since = time.GetTimestamp() };

    /// <summary>Nobody known takes part any more: it has ended without a word, or the next one who saves in it goes on with it.</summary>
    private void Retire(Held held)
    {
        if (held.Transaction is { } earlier)
        {
            if (earlier.Stamp is null || !earlier.IsForeign)
            {
                resolver.Resolve(earlier);
            }

            held.Retired = earlier.Stamp is null ? null : earlier;
        }

        held.Transaction = null;
        held.Savers.Clear();
    }

    private static bool TakesPart(WeakReference<DbContext> saver, DbTransaction transaction)
    {
        try
        {
            return saver.TryGetTarget(out var context) && ReferenceEquals(context.Database.CurrentTransaction?.GetDbTransaction(), transaction);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private sealed class Held
    {
        public OpenTransaction? Transaction { get; set; }

        /// <summary>What the object stood for while somebody took part who no longer does.</summary>
        public OpenTransaction? Retired { get; set; }

        public bool IsForeign { get; set; }

        public List<WeakReference<DbContext>> Savers { get; } = [];

        public void TakePart(DbContext context)
        {
            if (Savers.Count == 0 || !Savers[^1].TryGetTarget(out var last) || !ReferenceEquals(last, context))
            {
                Savers.Add(new(context));
            }
        }
    }
}
