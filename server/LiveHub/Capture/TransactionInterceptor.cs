using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Publishes what a transaction's saves wrote when it has committed, and forgets it when it was rolled back.</summary>
internal sealed class TransactionInterceptor(TransactionChanges transactions, ChangesetPublisher publisher, CommitWindow window)
    : DbTransactionInterceptor
{
    private readonly ConditionalWeakTable<DbTransaction, CommitWindow.Ticket> _committing = [];

    public override DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        transactions.Release(result);
        return result;
    }

    public override ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        transactions.Release(result);
        return new(result);
    }

    public override DbTransaction TransactionUsed(DbConnection connection, TransactionEventData eventData, DbTransaction result)
    {
        transactions.Join(result);
        return result;
    }

    public override ValueTask<DbTransaction> TransactionUsedAsync(
        DbConnection connection, TransactionEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        transactions.Join(result);
        return new(result);
    }

    public override InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Begin(transaction);
        return result;
    }

    public override ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Begin(transaction);
        return new(result);
    }

    public override void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => End(transaction, committed: true);

    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        End(transaction, committed: true);
        return Task.CompletedTask;
    }

    public override void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) => End(transaction, committed: false);

    public override Task TransactionRolledBackAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        End(transaction, committed: false);
        return Task.CompletedTask;
    }

    public override void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData) => End(transaction, committed: false);

    public override Task TransactionFailedAsync(
        DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        End(transaction, committed: false);
        return Task.CompletedTask;
    }

    private void Begin(DbTransaction transaction)
    {
        End(transaction);
        _committing.Add(transaction, window.Open());
    }

    private void End(DbTransaction transaction, bool committed)
    {
        var changes = transactions.Release(transaction);
        if (committed && changes is not null)
        {
            publisher.Publish(changes);
        }

        End(transaction);
    }

    private void End(DbTransaction transaction)
    {
        if (_committing.Remove(transaction, out var ticket))
        {
            ticket.Close();
        }
    }
}
