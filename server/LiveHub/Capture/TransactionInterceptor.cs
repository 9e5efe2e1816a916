using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Publishes what a transaction wrote when it has committed, and forgets it when it was rolled back.</summary>
internal sealed class TransactionInterceptor(
    OpenTransactions transactions, TransactionResolver resolver, ChangesetPublisher publisher, Databases databases, Saves saves, CommitWindow window)
    : DbTransactionInterceptor
{
    private readonly ConditionalWeakTable<DbTransaction, CommitWindow.Ticket> _committing = [];

    public override DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        transactions.Begin(eventData.Context, result);
        return result;
    }

    public override ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        transactions.Begin(eventData.Context, result);
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

    public override void CreatedSavepoint(DbTransaction transaction, TransactionEventData eventData) => CreatedSavepoint(eventData.Context, transaction);

    public override Task CreatedSavepointAsync(
        DbTransaction transaction, TransactionEventData eventData, CancellationToken cancellationToken = default)
    {
        CreatedSavepoint(eventData.Context, transaction);
        return Task.CompletedTask;
    }

    public override void RolledBackToSavepoint(DbTransaction transaction, TransactionEventData eventData) => RolledBackToSavepoint(eventData.Context, transaction);

    public override Task RolledBackToSavepointAsync(
        DbTransaction transaction, TransactionEventData eventData, CancellationToken cancellationToken = default)
    {
        RolledBackToSavepoint(eventData.Context, transaction);
        return Task.CompletedTask;
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

    public override void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Committed(transaction);

    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Committed(transaction);
        return Task.CompletedTask;
    }

    public override void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) => RolledBack(transaction);

    public override Task TransactionRolledBackAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        RolledBack(transaction);
        return Task.CompletedTask;
    }

    public override void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData) => Failed(transaction, eventData);

    public override Task TransactionFailedAsync(
        DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(transaction, eventData);
        return Task.CompletedTask;
    }

    private void CreatedSavepoint(DbContext? context, DbTransaction transaction)
    {
        if (HasNamelessSavepoints(context))
        {
            transactions.Of(context!, transaction, stamp: null).CreateSavepoint(name: null);
        }
    }

    private void RolledBackToSavepoint(DbContext? context, DbTransaction transaction)
    {
        if (transactions.Find(transaction) is { } open)
        {
            open.HasFailed = false;
            if (HasNamelessSavepoints(context))
            {
                open.RollBackToSavepoint(name: null);
            }
        }
    }

    /// <summary>EF Core's own savepoint around a save takes back nothing that was held: the save is held when it is done.</summary>
    private bool HasNamelessSavepoints(DbContext? context)
        => context is not null && !databases.For(context.GetType()).NamesSavepoints && !saves.IsSaving(context);

    private void Begin(DbTransaction transaction)
    {
        CloseWindow(transaction);
        var open = transactions.Find(transaction);
        _committing.Add(transaction, open?.Stamp is { } stamp ? window.Open(stamp.Transaction, open.WroteBefore) : window.Open());
    }

    private void Committed(DbTransaction transaction)
    {
        if (transactions.Release(transaction) is { } open)
        {
            if (open.HasFailed)
            {
                resolver.Resolve(open);
            }
            else
            {
                publisher.Publish(open);
            }
        }

        CloseWindow(transaction);
    }

    private void RolledBack(DbTransaction transaction)
    {
        if (transactions.Release(transaction) is { } open)
        {
            publisher.Drop(open);
        }

        CloseWindow(transaction);
    }

    private void Failed(DbTransaction transaction, TransactionErrorEventData eventData)
    {
        switch (eventData.Action)
        {
            case "Commit":
                // The error may have come before the commit, or instead of its answer.
                if (transactions.Release(transaction) is { } open)
                {
                    resolver.Resolve(open);
                }

                CloseWindow(transaction);
                break;
            case "Rollback":
                RolledBack(transaction);
                break;
            default:
                // Of a savepoint; the transaction goes on.
                if (transactions.Find(transaction) is { } going)
                {
                    going.HasFailed = true;
                }

                break;
        }
    }

    private void CloseWindow(DbTransaction transaction)
    {
        if (_committing.Remove(transaction, out var ticket))
        {
            ticket.Close();
        }
    }
}
